"""Reconciliation: of the rows of a source, read = kept + duplicates + quarantined on each landing day.

The rows read are counted apart from what becomes of them, so that a row cannot get lost between two queries.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from lib.config import IngestSettings, Source
from lib.sources.input_columns import INPUTS, LINKS
from lib.sources.readers import LANDING, Raw
from lib.sources.row_conversion import (
    DUPLICATE,
    KEPT,
    QUARANTINED,
    RAW,
    ROW,
    SOURCE,
    STATE,
    dated_rows,
)
from lib.sources.row_validation import REASON
from lib.text.sanitize import defang

EXAMPLE_CHARS = 120
RowsRead = dict[date | None, int]  # by landing day; None: on no readable day


class TooManyBadRows(ValueError):
    """So many rows of a source were unreadable that the fault is likelier in the delivery or in its settings."""


class UnbalancedCounts(RuntimeError):
    """Rows were lost or added: read is not kept + duplicates + quarantined."""


@dataclass
class RowCounts:
    """What became of the rows of one source that landed on one day; None: on no readable day."""

    kept: int = 0
    duplicates: int = 0
    quarantined: int = 0
    links: int = 0
    unparsed_links: int = 0
    nulls: Counter[str] = field(default_factory=Counter)  # in kept rows, by optional column
    reasons: list[tuple[int, str, str]] = field(default_factory=list)  # rows, reason, the smallest such row


Counts = dict[tuple[str, date | None], RowCounts]  # by source and landing day


def rows_read(sources: Mapping[str, tuple[Source, Sequence[Raw]]]) -> dict[str, RowsRead]:
    """Rows of each source by landing day, counted without most of what ingest does to them, in one pass.

    Raises UnbalancedCounts where dating the rows of a source without {day} changes their number.
    """
    parts = [
        part for name, (source, frames) in sources.items() for raw in frames for part in landing_days(name, source, raw)
    ]
    read: dict[str, RowsRead] = {name: {} for name in sources}
    plain: Counter[str] = Counter()
    if parts:
        for row in reduce(DataFrame.unionAll, parts).groupBy("name", "dated", "day").count().collect():
            if row.dated:
                read[row.name][row.day] = row["count"]
            else:
                plain[row.name] = row["count"]
    for name, number in plain.items():
        if number != sum(read[name].values()):
            raise UnbalancedCounts(f"source {name}: of {number} rows, {sum(read[name].values())} were dated")
    return read


def landing_days(name: str, source: Source, raw: Raw) -> list[DataFrame]:
    """One short row per row: its landing day and, where that is read from the row, once more without reading it."""
    label = F.lit(name).alias("name")
    if source.daily:
        return [raw.rows.select(label, F.lit(True).alias("dated"), F.col(LANDING).alias("day"))]
    dated = dated_rows(name, source, raw).select(label, F.lit(True).alias("dated"), F.col(LANDING).alias("day"))
    return [dated, raw.rows.select(label, F.lit(False).alias("dated"), F.lit(None).cast("date").alias("day"))]


def row_counts(table: str, rows: DataFrame) -> Counts:
    """The counts of all sources of a table, from its ranked rows."""
    optional = [column.name for column in INPUTS[table] if not column.required and column.type != LINKS]
    optional = [] if table == "label_imports" else optional  # theirs have defaults
    sums = [F.count_if(F.col(f"{ROW}.{name}").isNull()).alias(f"null_{name}") for name in optional]
    if table == "interactions":
        targets = F.col(ROW)["targets"]
        sums += [F.sum(F.size(targets)).alias("links"), F.sum(with_domain(targets)).alias("with_domain")]
    example = F.min(F.left(RAW, F.lit(EXAMPLE_CHARS * 2))).alias("example")
    grouped = rows.groupBy(SOURCE, LANDING, STATE, REASON).agg(F.count("*").alias("rows"), example, *sums)
    counts: Counts = {}
    for row in grouped.collect():
        add(row, counts.setdefault((row[SOURCE], row[LANDING]), RowCounts()), optional)
    return counts


def with_domain(targets: Column) -> Column:
    """How many of an interaction's links have a domain; for most have one link, which needs no lambda."""
    one = F.get(targets, F.lit(0))["domain"].isNotNull().cast("int")
    several = F.size(F.filter(targets, lambda target: target["domain"].isNotNull()))
    return F.when(F.size(targets) == 1, one).otherwise(several)


def add(row: Row, day: RowCounts, optional: Iterable[str]) -> None:
    """Adds one line of the query of row_counts to the counts of its source and day."""
    if row[STATE] == DUPLICATE:
        day.duplicates += row["rows"]
    elif row[STATE] == QUARANTINED:
        day.quarantined += row["rows"]
        day.reasons.append((row["rows"], row[REASON], row["example"]))
    elif row[STATE] == KEPT:
        day.kept += row["rows"]
        day.nulls.update({name: row[f"null_{name}"] for name in optional})
        if "links" in row:
            day.links += row["links"]
            day.unparsed_links += row["links"] - row["with_domain"]


def day_counts(name: str, source: Source, read: RowsRead, counts: Counts, day: date) -> dict[str, int]:
    """What ingest reports of one source and day. Raises UnbalancedCounts.

    Nulls of a column that `select` does not name are left out where no row has a value: the source may not have it.
    """
    dated, undated = counts.get((name, day), RowCounts()), counts.get((name, None), RowCounts())
    quarantined = dated.quarantined + undated.quarantined
    seen = read.get(day, 0) + read.get(None, 0)
    if seen != dated.kept + dated.duplicates + quarantined:
        raise UnbalancedCounts(
            f"source {name}, {day}: read {seen}, but kept {dated.kept} + duplicates {dated.duplicates} "
            f"+ quarantined {quarantined}; was the source changed meanwhile?"
        )
    reported = {"read": seen, "kept": dated.kept, "duplicates": dated.duplicates, "quarantined": quarantined}
    nulls = {column: rows for column, rows in dated.nulls.items() if column in source.select or rows < dated.kept}
    reported |= {f"null_{column}": nulls[column] for column in sorted(nulls)}
    if source.table == "interactions":
        reported |= {"links": dated.links, "unparsed_links": dated.unparsed_links}
    return {f"{name}.{what}": number for what, number in reported.items()}


def check_share(name: str, read: RowsRead, counts: Counts, ingest: IngestSettings) -> None:
    """Raises TooManyBadRows for the first landing day with a greater share of bad rows than `bad_share`.

    Rows that no day can be read from are compared with all rows of the source. One bad row among good ones is
    let pass however few they are.
    """
    for (source, day), of_day in sorted(counts.items(), key=lambda item: str(item[0][1] or "")):
        if source == name:
            seen = read.get(day, 0) if day else sum(read.values())
            if too_many(of_day.quarantined, seen, ingest):
                raise TooManyBadRows(message(name, day, of_day, seen, ingest))


def too_many(bad: int, seen: int, ingest: IngestSettings) -> bool:
    return bad > ingest.bad_share * seen and bad >= min(ingest.min_bad_rows, seen)


def message(name: str, day: date | None, counts: RowCounts, seen: int, ingest: IngestSettings) -> str:
    when = f"landing day {day}" if day else "rows that no day can be read from"
    worst = sorted(counts.reasons, key=lambda reason: (-reason[0], reason[1]))[:3]
    lines = [f"  {rows} x {reason}; such as {shortened(example)}" for rows, reason, example in worst]
    return (
        f"source {name}, {when}: {counts.quarantined} of {seen} rows cannot be read ({counts.quarantined / seen:.1%}); "
        f"ingest.bad_share = {ingest.bad_share:g} stops the run, and nothing was written\n"
        + "\n".join(lines)
        + f"\nRepair the delivery or sources.{name}.select, or raise ingest.bad_share."
    )


def shortened(text: str) -> str:
    """`text` on one line, cut short, with nothing in it that a terminal obeys or makes a link of."""
    plain = defang(text)
    return plain if len(plain) <= EXAMPLE_CHARS else plain[:EXAMPLE_CHARS] + "..."
