"""What rows say, whatever their order and partitions: hashes of days, and comparison within a tolerance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, DoubleType, FloatType, MapType, StructType

from lib.uniqueness import proven_unique
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

    Raises DuplicateKeys with examples of new ones. One query: planning one takes longer than a small day.
    """
    if proven_unique(new, table.key):
        return counted(new, stored, table, key=[])
    try:  # it takes a shuffle to see; of hashes it is shorter, and hardly any two keys have the same
        return counted(new, stored, table, key=[F.xxhash64(*table.key)])
    except DuplicateKeys:
        return counted(new, stored, table, key=[F.col(name) for name in table.key])


def counted(new: DataFrame, stored: DataFrame, table: Table, *, key: Sequence[Column]) -> tuple[Contents, Contents]:
    """See contents. No two rows of a day may have the same `key`; without one, it is known that none have."""
    days = [F.col(table.day).alias("write_day"), F.col(table.read_day).alias("read_day")]
    keys = {f"_key_{number}": column for number, column in enumerate(key)}
    hashed = [
        rows.select(
            F.lit(rows is new).alias("_new"),
            *days,
            *(column.alias(name) for name, column in keys.items()),
            row_hash(rows).alias("_hash"),
            F.lit(1).alias("copies"),
        )
        for rows in (new, stored)
    ]
    both = hashed[0].unionAll(hashed[1])
    if keys:
        by_key = both.groupBy(*keys, "_new", "write_day", "read_day")
        both = by_key.agg(F.sum("copies").alias("copies"), F.bit_xor("_hash").alias("_hash"))
    by_day = both.groupBy("_new", "write_day", "read_day").agg(
        F.sum("copies").alias("rows"),
        F.sum(F.when(F.col("copies") > 1, 1).otherwise(0)).alias("doubled"),
        *sums("_hash"),
    )
    found = by_day.collect()
    if any(day.doubled for day in found if day._new):
        raise DuplicateKeys(f"{table.name}: more than one row with the key {examples(new, table)}")
    sides: tuple[Contents, Contents] = ({}, {})
    for d in found:
        content = DayContent(d.rows, f"{d.rows}:{d.exclusive}:{total(d)}")
        sides[0 if d._new else 1][d.write_day, d.read_day] = content
    return sides


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
    doubled = rows.groupBy(*table.key).count().where("count > 1").orderBy(*table.key).limit(3)
    return "; ".join(", ".join(str(value) for value in row[:-1]) for row in doubled.collect())


def row_hash(rows: DataFrame) -> Column:
    """xxhash64 of all columns; maps, which it refuses, as their sorted entries."""
    return F.xxhash64(*(hashable(F.col(f.name), f.dataType) for f in rows.schema.fields))


def hashable(value: Column, kind: DataType) -> Column:
    return F.array_sort(F.map_entries(value)) if isinstance(kind, MapType) else value


def differing_days(new: DataFrame, stored: DataFrame, table: Table) -> list[date]:
    """The days on which some key has another row in `new` than in `stored`, or stands in only one of them."""
    keys = [F.col(f"new.{key}").eqNullSafe(F.col(f"stored.{key}")) for key in table.key]
    values = [f for f in new.schema.fields if f.name not in table.key]
    same = F.lit(True)
    for field in values:
        same = same & close(F.col(f"new.{field.name}"), F.col(f"stored.{field.name}"), field.dataType)
    joined = (
        new.withColumn("_there", F.lit(True))
        .alias("new")
        .join(stored.withColumn("_there", F.lit(True)).alias("stored"), on=keys, how="full")
    )
    both = F.col("new._there").isNotNull() & F.col("stored._there").isNotNull()
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
