"""Whether a source has changed: cheaply by its files, and then by the rows of each day."""

import hashlib
from collections.abc import Sequence
from datetime import date

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from lib.compare import sums, total
from lib.config import Config, Source
from lib.lake import latest_version
from lib.sources.readers import LANDING, LINE, Raw, raw_frames
from lib.sources.row_conversion import dated_rows, one_of
from lib.sources.selection import RECORD
from lib.sources.source_files import existing, file_marks, located, path_on
from schemas.table import identifier

NOTHING = "nothing"


def fingerprint(source: Source, day: date | None) -> str:
    """Of what `source` has for `day` (None: a source without {day}), and NOTHING where that does not exist.

    Files by path, size and content (on other file systems than the local one by path, size and time), a Delta table by
    its identity and version, another table by its rows. Where the files lie does not count, so they may be moved.
    """
    paths = existing(source, path_on(source, day))
    if not paths:
        return NOTHING
    if source.format == "delta":
        marks = [delta_mark(path) for path in paths]
    elif source.format == "table":
        marks = [table_mark(path) for path in paths]
    else:
        marks = [mark for path in paths for mark in file_marks(path)]
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()


def table_mark(name: str) -> str:
    spark = SparkSession.active()
    detail = spark.sql(f"DESCRIBE EXTENDED {name}").where("col_name IN ('Provider', 'Location')").collect()
    described = {row.col_name: row.data_type for row in detail}
    if described.get("Provider") == "delta" and "Location" in described:
        return delta_mark(described["Location"])
    rows = spark.table(name)
    return digest(rows.select(row_hash(rows.columns).alias("hash")).agg(*counted()).collect()[0])


def delta_mark(path: str) -> str:
    """Identity and version."""
    spark = SparkSession.active()
    identity = DeltaTable.forPath(spark, path).detail().select("id").collect()[0].id
    return f"{identity}@{latest_version(spark, path)}"


def day_hashes(name: str, source: Source, days: Sequence[date], config: Config) -> dict[date, str]:
    """For each of `days`, a hash of the rows that land on it, as the source has them, whatever their order.

    Rows that no day can be read from count on every day, as they are quarantined on every day. It reads the whole
    source once. `config` is for sources whose landing day depends on settings; none does yet.
    """
    paths = located(name, source, days)
    hashed = [hashes(name, source, raw, days) for raw in raw_frames(name, source, paths)]
    digests: dict[date | None, list[str]] = {}
    for rows in hashed:
        for row in rows.groupBy(LANDING).agg(*counted()).collect():
            digests.setdefault(row[LANDING], []).append(digest(row))
    undated = digests.pop(None, [])
    return {day: hashlib.sha256("\n".join(sorted(digests.get(day, [])) + undated).encode()).hexdigest() for day in days}


def hashes(name: str, source: Source, raw: Raw, days: Sequence[date]) -> DataFrame:
    """The landing day and the hash of each row."""
    rows = raw.rows if source.daily else dated_rows(name, source, raw)
    if raw.text:
        value = F.xxhash64(LINE)
    else:
        value = row_hash(raw.columns) if source.daily else F.xxhash64(F.col(RECORD).cast("string"))
    return rows.where(F.col(LANDING).isNull() | one_of(days)).select(LANDING, value.alias("hash"))


def row_hash(columns: Sequence[str]) -> Column:
    """Of the text of all columns, which every type has."""
    return F.xxhash64(F.struct(*(F.col(identifier(column)) for column in columns)).cast("string"))


def counted() -> list[Column]:
    return [F.count("*").alias("rows"), *sums("hash")]


def digest(row: Row) -> str:
    return f"{row['rows']}:{total(row)}:{row['exclusive']}"
