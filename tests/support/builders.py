"""Rows for tests: a test states only what differs from the default row of the table."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lib.conform import spark_schema
from schemas.table import Table

DAY = date(2026, 3, 10)
ZERO: dict[str, Any] = {
    "string": "",
    "date": DAY,
    "timestamp": datetime(2026, 3, 10, 12, tzinfo=UTC),
    "bigint": 0,
    "int": 0,
    "double": 0.0,
    "boolean": False,
    "binary": b"",
}


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


def rows(table: Table, *differences: dict[str, Any]) -> DataFrame:
    """One row for each of `differences` from the default row. An unknown column is an error."""
    session = SparkSession.getActiveSession()
    assert session is not None, "the test needs the fixture spark"
    default = {c.name: None if c.nullable else zero(c.type) for c in table.columns}
    for difference in differences:
        assert difference.keys() <= default.keys(), f"{table.name} has no {difference.keys() - default.keys()}"
    records: list[tuple[Any, ...]] = [
        tuple((default | difference)[name] for name in table.names) for difference in differences
    ]
    return session.createDataFrame(records, spark_schema(table))


def zero(spark_type: str) -> Any:
    if spark_type.startswith("array"):
        return []
    return {} if spark_type.startswith("map") else ZERO[spark_type]
