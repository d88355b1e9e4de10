"""Rows against the declaration of their table."""

from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

from schemas.table import Table


class SchemaMismatch(ValueError):
    """The rows of a job differ from the table that it writes."""


def spark_schema(table: Table) -> StructType:
    schema = StructType.fromDDL(table.ddl)
    assert isinstance(schema, StructType)
    return schema


def conform(rows: DataFrame, table: Table) -> DataFrame:
    """The columns of `table`, in its order. Raises SchemaMismatch with every difference, not only the first."""
    expected, actual = types(spark_schema(table)), types(rows.schema)
    differences = (
        [f"missing {name} {expected[name]}" for name in expected.keys() - actual.keys()]
        + [f"unknown {name} {actual[name]}" for name in actual.keys() - expected.keys()]
        + [
            f"{name} is {actual[name]}, not {expected[name]}"
            for name in expected.keys() & actual.keys()
            if actual[name] != expected[name]
        ]
    )
    if differences:
        raise SchemaMismatch(f"{table.name}: " + "; ".join(sorted(differences)))
    return rows.select(*expected)


def types(schema: StructType) -> dict[str, str]:
    """Column types without nullability, which Delta's NOT NULL checks on every row."""
    return {field.name: field.dataType.simpleString() for field in schema}
