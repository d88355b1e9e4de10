"""The content of rows, whatever their order and partitions: hashes of days, and comparison within a tolerance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, DoubleType, FloatType, MapType, StructType

from schemas.table import Table

HALF = 32  # bits of a hash
TOLERANCE = 1e-6  # floats so close are equal, absolutely below 1 and relatively above


class DuplicateKeys(ValueError):
    """A job made two rows with the same key."""


@dataclass(frozen=True)
class DayContent:
    """The rows of one day: how many, and a hash that does not depend on their order."""

    rows: int
    hash: str


Contents = dict[tuple[date, date], DayContent]


def contents(new: DataFrame, stored: DataFrame, table: Table) -> tuple[Contents, Contents]:
    """The content of each (day that a write replaces by, day that jobs read by) in `new`, and in `stored`.

    Raises DuplicateKeys with examples of new ones. One query, as planning one takes longer than a small day. Its first
    part sums hashes of rows where they are, its second shuffles hashes of the new keys, 8 bytes a row.
    """
    days = [F.col(table.day).alias("write_day"), F.col(table.read_day).alias("read_day")]
    hashed = [
        rows.select(F.lit(rows is new).alias("is_new"), *days, row_hash(rows).alias("hash")) for rows in (new, stored)
    ]
    by_day = hashed[0].unionAll(hashed[1]).groupBy("is_new", "write_day", "read_day")
    keys = new.select(F.xxhash64(*unique_columns(table)).alias("key"))
    doubled = F.count("*") - F.count_distinct("key")
    counted = by_day.agg(F.count("*").alias("rows"), *sums("hash"))
    lines = counted.unionByName(keys.agg(doubled.alias("doubled")), allowMissingColumns=True).collect()
    if any(row.doubled for row in lines) and (keys_of_several := examples(new, table)):
        raise DuplicateKeys(f"{table.name}: more than one row with the key {keys_of_several}")
    sides: tuple[Contents, Contents] = ({}, {})
    for row in lines:
        if row.doubled is None:
            content = DayContent(row.rows, f"{row.rows}:{row.exclusive}:{total(row)}")
            sides[0 if row.is_new else 1][row.write_day, row.read_day] = content
    return sides


def unique_columns(table: Table) -> list[str]:
    """No two rows of a table have the same values in these."""
    return list(dict.fromkeys((table.day, table.read_day, *table.key)))


def sums(hashes: str) -> list[Column]:
    """Of 64-bit hashes, whatever their order: `exclusive`, and for `total` the sums of their halves.

    No table is so long that these overflow. A sum of decimals would not either, but makes an object of each.
    """
    halves = {"upper": F.shiftright(hashes, HALF), "lower": F.col(hashes).bitwiseAND(F.lit((1 << HALF) - 1))}
    return [
        F.bit_xor(hashes).alias("exclusive"),
        *(F.coalesce(F.sum(half), F.lit(0)).alias(name) for name, half in halves.items()),  # 0 without rows
    ]


def total(row: Row) -> int:
    """The sum of the hashes, of a row of `sums`."""
    return int((row["upper"] << HALF) + row["lower"])


def examples(rows: DataFrame, table: Table) -> str:
    """The first keys of several rows; empty where two keys only had the same hash."""
    counts = rows.groupBy(*unique_columns(table)).count().where("count > 1")
    return "; ".join(
        ", ".join(map(str, row)) for row in counts.select(*table.key).orderBy(*table.key).limit(3).collect()
    )


def row_hash(rows: DataFrame) -> Column:
    """xxhash64 of all columns; maps, which it refuses, as their sorted entries."""
    return F.xxhash64(*(hashable(F.col(f.name), f.dataType) for f in rows.schema.fields))


def hashable(value: Column, kind: DataType) -> Column:
    return F.array_sort(F.map_entries(value)) if isinstance(kind, MapType) else value


def differing_days(new: DataFrame, stored: DataFrame, table: Table) -> list[date]:
    """The days on which some key has another row in `new` than in `stored`, or is in only one of them."""
    keys = [F.col(f"new.{key}").eqNullSafe(F.col(f"stored.{key}")) for key in table.key]
    values = [f for f in new.schema.fields if f.name not in table.key]
    same = F.lit(True)
    for field in values:
        same = same & close(F.col(f"new.{field.name}"), F.col(f"stored.{field.name}"), field.dataType)
    joined = (
        new.withColumn("_present", F.lit(True))
        .alias("new")
        .join(stored.withColumn("_present", F.lit(True)).alias("stored"), on=keys, how="full")
    )
    both = F.col("new._present").isNotNull() & F.col("stored._present").isNotNull()
    day = F.coalesce(F.col(f"new.{table.day}"), F.col(f"stored.{table.day}")).alias("day")
    return sorted(row.day for row in joined.where(~(both & same)).select(day).distinct().collect())


def close(a: Column, b: Column, kind: DataType) -> Column:
    """Whether two values are equal, floats within TOLERANCE, at any depth. Null equals null. Never null itself."""
    return F.coalesce(close_values(a, b, kind), a.isNull() & b.isNull())


def close_values(a: Column, b: Column, kind: DataType) -> Column:
    if isinstance(kind, DoubleType | FloatType):
        scale = F.greatest(F.lit(1.0), F.abs(a), F.abs(b))
        return a.eqNullSafe(b) | (F.abs(a - b) <= TOLERANCE * scale)
    if isinstance(kind, MapType):
        entry = StructType().add("key", kind.keyType).add("value", kind.valueType)
        return close_values(F.array_sort(F.map_entries(a)), F.array_sort(F.map_entries(b)), ArrayType(entry))
    if isinstance(kind, ArrayType):
        pairs = F.arrays_zip(a.alias("a"), b.alias("b"))
        return (F.size(a) == F.size(b)) & F.forall(pairs, lambda p: close(p["a"], p["b"], kind.elementType))
    if isinstance(kind, StructType):
        return all_of([close(a[f.name], b[f.name], f.dataType) for f in kind.fields])
    return a == b


def all_of(conditions: Sequence[Column]) -> Column:
    result = F.lit(True)
    for condition in conditions:
        result = result & condition
    return result
