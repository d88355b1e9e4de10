"""The one place that reads and writes tables.

A write compares first: a day whose rows are the stored ones is not written, so that a second run makes no commit.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from threading import Lock
from typing import Any

from delta.exceptions import DeltaConcurrentModificationException
from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.compare import DayContent, contents, differing_days
from lib.conform import conform
from lib.session import hadoop_configuration, jvm
from schemas.catalog import TABLES
from schemas.table import Table, identifier, quoted

SCHEMA = "winnow"
ROWS_PER_TASK = 100_000  # which two cores write sooner than one
USER_METADATA = "spark.databricks.delta.commitInfo.userMetadata"


class LakeConflict(RuntimeError):
    """Another run wrote the same days at the same time; this one wrote nothing of the table."""


@dataclass(frozen=True)
class Written:
    """The result of a write: the content of each day that is stored now, and the commit, if there was one."""

    contents: Mapping[tuple[date, date], DayContent]  # by (day that a write replaces by, day that jobs read by)
    changed: Sequence[date] = ()
    version: int | None = None


@dataclass
class Lake:
    """The tables under one root folder, and their names under the schema `winnow`."""

    spark: SparkSession
    root: str
    lateness_days: int = 3
    known: set[str] = field(default_factory=set)
    merging: Lock = field(default_factory=Lock)

    def path(self, table: Table) -> str:
        return f"{self.root}/{table.name}"

    def register_all(self) -> None:
        """Makes the name of every table known to SQL."""
        self.spark.sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        for table in TABLES.values():
            self.ensure(table)
            self.spark.sql(f"DROP TABLE IF EXISTS {SCHEMA}.{table.name}")  # of another lake, in the same session
            self.spark.sql(f"CREATE TABLE {SCHEMA}.{table.name} USING delta LOCATION {quoted(self.path(table))}")

    def ensure(self, table: Table) -> None:
        """Makes the table if it is not there. Raises SchemaMismatch if it is not as declared."""
        if table.name in self.known:
            return
        if DeltaTable.isDeltaTable(self.spark, self.path(table)):
            conform(self.rows(table), table)
        else:
            self.spark.sql(create_statement(table, self.path(table)))
        self.known.add(table.name)

    def rows(self, table: Table) -> DataFrame:
        return self.spark.read.format("delta").load(self.path(table))

    def read(self, table: Table) -> DataFrame:
        """All rows of the table."""
        self.ensure(table)
        return self.rows(table)

    def read_days(self, table: Table, *, first: date | None = None, last: date) -> DataFrame:
        """The rows of the days from `first` (or the beginning) to `last`, copies that landed later left out."""
        rows = self.read(table)
        if table.event_day:
            rows = self.only_first_landing(rows, table, first=first, last=last)
        rows = rows.where(F.col(table.read_day) <= F.lit(last))
        return rows if first is None else rows.where(F.col(table.read_day) >= F.lit(first))

    def only_first_landing(self, rows: DataFrame, table: Table, *, first: date | None, last: date) -> DataFrame:
        """Rows that landed in time, without those that already landed on an earlier day.

        Copies are looked for within the lateness limit on both sides, so that the cost does not grow with the lake.
        """
        reach = timedelta(days=self.lateness_days)
        rows = rows.where(F.col(table.day) <= F.lit(last + reach))
        if first is not None:
            rows = rows.where(F.col(table.day) >= F.lit(first - reach))
        if not in_parts(rows, table, first=first, last=last):
            return rows  # within a landing there are no copies
        identity = [key for key in table.key if key != table.day]
        landed = rows.groupBy(*identity).agg(F.min(table.day).alias("_first_landing"))
        both = rows.join(landed, on=identity)
        return both.where(F.col(table.day) == F.col("_first_landing")).select(*table.names)

    def write_days(
        self,
        table: Table,
        rows: DataFrame,
        days: Iterable[date],
        metadata: Mapping[str, Any],
        *,
        in_memory: bool = False,
    ) -> Written:
        """Makes `rows` the rows of `days`, in one commit, which only days that differ take part in.

        They are read more than once, so they are cached, unless they are `in_memory`. Raises SchemaMismatch,
        DuplicateKeys, or LakeConflict; then nothing is written.
        """
        self.ensure(table)
        wanted = sorted(set(days))
        new = conform(rows, table).where(F.col(table.day).isin(wanted))
        if not in_memory:
            new.persist()
        try:
            return self.write_changed(table, new, wanted, metadata)
        except DeltaConcurrentModificationException as conflict:
            span = f"{wanted[0]} to {wanted[-1]}" if len(wanted) > 1 else f"{wanted[0]}"
            raise LakeConflict(
                f"{table.name}: another run wrote {span} at the same time; run it again when that one has ended"
            ) from conflict
        finally:
            new.unpersist()

    def write_changed(self, table: Table, new: DataFrame, days: list[date], metadata: Mapping[str, Any]) -> Written:
        stored = self.rows(table).where(F.col(table.day).isin(days))
        new_contents, old_contents = contents(new, stored, table)
        suspects = [day for day in days if of_day(new_contents, day) != of_day(old_contents, day)]
        rewritten = [day for day in suspects if of_day(old_contents, day)]
        changed = [day for day in suspects if day not in rewritten]
        if rewritten:
            among = F.col(table.day).isin(rewritten)
            changed = sorted(changed + differing_days(new.where(among), stored.where(among), table))
        kept = [day for day in days if day not in changed]
        after = {k: c for k, c in new_contents.items() if k[0] in changed} | {
            k: c for k, c in old_contents.items() if k[0] in kept
        }
        if not changed:
            return Written(after)
        among = F.col(table.day).isin(changed)
        if table.followed and any(of_day(old_contents, day) for day in changed):
            version = self.merge(table, new.where(among), changed, metadata)
        else:
            size = sum(c.rows for k, c in new_contents.items() if k[0] in changed)
            version = self.replace(table, files(new.where(among), table, changed, size), changed, metadata)
        return Written(after, changed, version)

    def replace(self, table: Table, new: DataFrame, days: list[date], metadata: Mapping[str, Any]) -> int:
        writer = new.write.format("delta").mode("overwrite").option("userMetadata", json.dumps(metadata))
        writer.option("replaceWhere", one_of(table.day, days)).save(self.path(table))
        return self.version(table)

    def merge(self, table: Table, new: DataFrame, days: list[date], metadata: Mapping[str, Any]) -> int:
        """Like replace, but rows that stay as they are do not appear in the change feed."""
        values = [name for name in table.names if name not in table.key]
        differs = " OR ".join(f"NOT (stored.`{v}` <=> new.`{v}`)" for v in values)
        merge = (
            DeltaTable.forPath(self.spark, self.path(table))
            .alias("stored")
            .merge(new.alias("new"), " AND ".join(f"stored.`{k}` <=> new.`{k}`" for k in table.key))
            .whenMatchedUpdateAll(condition=differs)
            .whenNotMatchedInsertAll()
            .whenNotMatchedBySourceDelete(condition=one_of(f"stored.{table.day}", days))
        )
        with self.merging:  # a merge takes its metadata from the session alone
            self.spark.conf.set(USER_METADATA, json.dumps(metadata))
            try:
                merge.execute()
            finally:
                self.spark.conf.unset(USER_METADATA)
        return self.version(table)

    def append(self, table: Table, rows: DataFrame) -> int:
        """Adds rows to a table that is only ever added to."""
        self.ensure(table)
        conform(rows, table).coalesce(1).write.format("delta").mode("append").save(self.path(table))
        return self.version(table)

    def version(self, table: Table) -> int:
        """The newest version of the table."""
        self.ensure(table)
        return latest_version(self.spark, self.path(table))


def latest_version(spark: SparkSession, path: str) -> int:
    """Of a Delta table, by the public Java API of Delta Kernel: a history() costs a Spark job, 200 ms to its 5."""
    java = jvm(spark)
    engine = java.io.delta.kernel.defaults.engine.DefaultEngine.create(hadoop_configuration(spark))
    return int(java.io.delta.kernel.Table.forPath(engine, path).getLatestSnapshot(engine).getVersion())


def create_statement(table: Table, path: str) -> str:
    properties = {f"delta.constraints.{name}": check for name, check in table.checks.items()}
    properties["delta.checkpointInterval"] = "50"
    # Least and greatest values, of 32 columns by default, are a third of a large write. They spare a file to those who
    # read by a day that is no folder; otherwise the rows of a day have no order.
    if table.event_day:
        properties["delta.dataSkippingStatsColumns"] = table.event_day
    else:
        properties["delta.dataSkippingNumIndexedCols"] = "0"
    if table.followed:
        properties["delta.enableChangeDataFeed"] = "true"
    stated = ", ".join(f"{quoted(key)} = {quoted(value)}" for key, value in properties.items())
    by_day = f"PARTITIONED BY ({table.day}) " if table.day else ""
    return (
        f"CREATE TABLE delta.{identifier(path)} ({table.ddl}) USING delta {by_day}"
        f"COMMENT {quoted(table.row)} TBLPROPERTIES ({stated})"
    )


def in_parts(rows: DataFrame, table: Table, *, first: date | None, last: date) -> bool:
    """Whether the rows of some day from `first` to `last` landed on several days."""
    landings = rows.select(table.read_day, table.day).distinct().collect()
    days = [day for day, _ in landings if day <= last and (first is None or day >= first)]
    return len(days) > len(set(days))


def of_day(contents: Mapping[tuple[date, date], DayContent], day: date) -> dict[date, DayContent]:
    return {read_day: content for (write_day, read_day), content in contents.items() if write_day == day}


def files(rows: DataFrame, table: Table, days: Sequence[date], size: int) -> DataFrame:
    """`rows`, of which there are `size`, laid out so that a small day is one file.

    A larger one is as many as its size asks for and, written alone, as many as there are cores to write it.
    """
    pieces = max(1, -(-size // (len(days) * table.rows_per_file)))
    if len(days) > 1:
        piece = F.pmod(F.xxhash64(*table.key), F.lit(pieces))
        return rows.repartition(table.day, *([piece] if pieces > 1 else []))
    cores = rows.sparkSession.sparkContext.defaultParallelism
    return rows.coalesce(max(pieces, min(cores, size // ROWS_PER_TASK), 1))


def one_of(column: str, days: Sequence[date]) -> str:
    """SQL that holds on `days`. A run of days as two comparisons, which stay short however long it is."""
    if len(days) == (days[-1] - days[0]).days + 1:
        return f"{column} >= DATE'{days[0]}' AND {column} <= DATE'{days[-1]}'"
    listed = ", ".join(f"DATE'{day}'" for day in days)
    return f"{column} IN ({listed})"
