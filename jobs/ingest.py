"""Takes in what the sources hold for the days, as it landed."""

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import reduce

from pyspark.sql import DataFrame, SparkSession

from jobs.contract import Output
from lib.config import IngestSettings, SampleSettings, Source, TargetSettings
from lib.sources.input_columns import INPUTS
from lib.sources.readers import Raw, raw_frames
from lib.sources.reconciliation import Counts, RowsRead, check_share, day_counts, row_counts, rows_read
from lib.sources.row_conversion import copied, kept_rows, quarantine_rows, ranked, read_rows, with_identity
from lib.sources.source_files import located
from schemas.catalog import TABLES


@dataclass(frozen=True)
class Delivery:
    """What one source has for the days, as it was read and as rows of its table."""

    source: Source
    frames: list[Raw]
    rows: list[DataFrame]
    missing: frozenset[date]  # days for which a daily source has nothing


def ingest(
    *,
    days: list[date],
    sources: Mapping[str, Source],
    ingest: IngestSettings,
    targets: TargetSettings,
    samples: SampleSettings,
) -> Output:
    """The rows of every table of the sources that landed on `days`, bad ones in quarantine, and their counts.

    A row lands on its path's {day}, else on its own day; one that no day can be read from, on each of `days`. Each
    source is read in one pass. Raises SourceError, TooManyBadRows or UnbalancedCounts before there is any output.
    """
    deliveries = {name: deliver(name, source, days, ingest, targets) for name, source in sources.items()}
    read = rows_read({name: (delivery.source, delivery.frames) for name, delivery in deliveries.items()})
    tables: dict[str, DataFrame] = {}
    counts: Counts = {}
    with ExitStack() as cached:
        for table in INPUTS:
            own = [rows for d in deliveries.values() if d.source.table == table for rows in d.rows]
            if own:
                rows = persisted(with_identity(table, own), cached)
                tables[table] = ranked(table, rows, persisted(copied(rows), cached))
                counts |= row_counts(table, tables[table])
        for name in sources:
            check_share(name, read[name], counts, ingest)
        by_day = {day: counts_of(deliveries, read, counts, day) for day in days}
        bad = {deliveries[name].source.table for (name, _), of_day in counts.items() if of_day.quarantined}
        outputs = output_tables(tables, bad, days)
        return Output(outputs, by_day, (cached.pop_all().close,), in_memory=frozenset(tables))


def persisted(rows: DataFrame, cached: ExitStack) -> DataFrame:
    """`rows` in memory, until `cached` is closed."""
    cached.callback(rows.unpersist)
    return rows.persist()


def deliver(name: str, source: Source, days: list[date], ingest: IngestSettings, targets: TargetSettings) -> Delivery:
    paths = located(name, source, days)
    frames = raw_frames(name, source, paths)
    rows = [read_rows(name, source, raw, days, ingest, targets) for raw in frames]
    missing = frozenset(days) - paths.keys() if source.daily else frozenset()
    return Delivery(source, frames, rows, missing)


def counts_of(
    deliveries: Mapping[str, Delivery], read: Mapping[str, RowsRead], all_counts: Counts, day: date
) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, delivery in deliveries.items():
        counts |= day_counts(name, delivery.source, read[name], all_counts, day)
        if day in delivery.missing:
            counts[f"{name}.missing"] = 1
    return counts


def output_tables(rows: Mapping[str, DataFrame], with_bad: Collection[str], days: list[date]) -> dict[str, DataFrame]:
    """Every table that ingest writes; those without a source are empty. `with_bad`: tables that have bad rows."""
    quarantined = [quarantine_rows(rows[table], days) for table in sorted(with_bad)]
    tables = {table: kept_rows(of_table, table) for table, of_table in rows.items()}
    if quarantined:
        tables["quarantine"] = reduce(DataFrame.unionAll, quarantined)
    return {name: tables[name] if name in tables else no_rows(name) for name in (*INPUTS, "quarantine")}


def no_rows(table: str) -> DataFrame:
    nulls = [f"CAST(NULL AS {column.type}) AS {column.name}" for column in TABLES[table].columns]
    return SparkSession.active().range(0).selectExpr(*nulls)
