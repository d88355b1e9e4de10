"""The beginning of a source, looked at before anything runs: `winnow check`."""

import re
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

from lib.config import Source
from lib.sources.input_columns import Input, inputs_of
from lib.sources.readers import Raw, raw_frames
from lib.sources.selection import expressions_of, selected
from lib.sources.source_files import SourceError, located, matches

ROWS = 1000
ANY_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
VALUE_CHARS = 60
Line = tuple[str, str, str, str]  # our column, where it comes from, rows without it, its smallest value


@dataclass(frozen=True)
class Checked:
    """The beginning of a source through its `select`, and what is wrong with it, if anything."""

    columns: list[Line]
    rows: int
    problem: str = ""


def check_source(name: str, source: Source) -> Checked:
    """Reads the beginning of a source (of its newest day) as ingest would; a SourceError becomes its `problem`."""
    try:
        raw = beginning(name, source)
        return checked(name, source, raw)
    except SourceError as error:
        return Checked([], 0, str(error))


def beginning(name: str, source: Source) -> Raw:
    paths = located(name, source, [newest_day(name, source)] if source.daily else [])
    raw = raw_frames(name, source, paths)[0]
    return Raw(raw.rows.limit(ROWS), raw.columns, raw.text, raw.empty)


def newest_day(name: str, source: Source) -> date:
    """The last day that a source with {day} has something for."""
    if source.format == "table":
        raise SourceError(f"source {name}: which days {source.path} has is not known; winnow run --day D reads one")
    before = source.path.partition("{day}")[0].rpartition("/")[2]
    day = re.compile(re.escape(before) + r"(\d{4}-\d{2}-\d{2})")
    days = [match for path in matches(source.path.replace("{day}", ANY_DAY)) for match in day.findall(path)]
    if not days:
        raise SourceError(f"source {name}: there is no {source.path} for any day; look at sources.{name}.path")
    return date.fromisoformat(max(days))


def checked(name: str, source: Source, raw: Raw) -> Checked:
    inputs = inputs_of(source)
    rows = selected(name, source, raw)
    missing = [F.count_if(F.col(column.name).isNull()).alias(f"missing_{column.name}") for column in inputs]
    least = [F.left(F.min(readable(column)), F.lit(VALUE_CHARS)).alias(f"least_{column.name}") for column in inputs]
    summary = rows.agg(F.count("*").alias("rows"), *missing, *least).collect()[0]
    given = expressions_of(source, raw)
    columns = [
        (c.name, given.get(c.name, "-"), str(summary[f"missing_{c.name}"]), summary[f"least_{c.name}"] or "")
        for c in inputs
    ]
    absent = [c.name for c in inputs if c.required and summary["rows"] == summary[f"missing_{c.name}"]]
    problem = f"source {name}: no row has a readable {' or '.join(absent)}" if absent and summary["rows"] else ""
    return Checked(columns, summary["rows"], problem)


def readable(column: Input) -> Column:
    value = F.col(column.name)
    return F.make_valid_utf8(F.to_json(value) if "<" in column.type else value.cast("string"))
