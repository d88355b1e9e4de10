"""The rows of a source as they are: the user's columns, and what ingest needs to know of each row.

JSON and CSV are read as lines of text, so that bad bytes and bad lines are noticed and not guessed at. A line is a
record: JSON lines and CSV records that go over several lines are not supported, and blank lines are no rows.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from lib.config import Source
from lib.expressions import SPARK_ERRORS, first_sentence
from lib.sources.input_columns import inputs_of
from lib.sources.schema_inference import inferred_schema
from lib.sources.source_files import SourceError, files_below, first_line, hadoop_path
from schemas.table import identifier

LANDING, LINE, FAULT = "_winnow_landing_day", "_winnow_line", "_winnow_fault"
INTERNAL = (LANDING, LINE, FAULT)
CORRUPT = "_winnow_corrupt"
LINE_OPTIONS = {"header", "multiline", "encoding", "charset", "mode", "linesep", "columnnameofcorruptrecord"}
NAME = re.compile(r"\w+")
BYTE_ORDER_MARK = "\ufeff"
Paths = dict[date | None, list[str]]


@dataclass(frozen=True)
class Raw:
    """Rows of a source. `rows` has `columns`, and INTERNAL: the path's {day}, the line, and what is wrong with it."""

    rows: DataFrame
    columns: tuple[str, ...]
    text: bool  # whether a row is a line
    empty: bool = False  # no row shows which columns there are


def raw_frames(name: str, source: Source, paths: Paths) -> list[Raw]:
    """All rows at `paths`, in as many frames as they have layouts. Raises SourceError where they cannot be read."""
    try:
        if source.format == "json":
            return [json_frame(name, source, paths)]
        if source.format == "csv":
            return csv_frames(name, source, paths)
        return column_frames(source, paths)
    except SPARK_ERRORS as error:
        raise SourceError(f"source {name}: {source.path} cannot be read: {first_sentence(error)}") from error


def column_frames(source: Source, paths: Paths) -> list[Raw]:
    """Formats that bring their own columns."""
    if source.format == "parquet":
        try:
            return [column_frame(source, paths)]
        except SPARK_ERRORS:
            if len(paths) == 1:
                raise
    return [column_frame(source, {day: of_day}) for day, of_day in paths.items()]  # a Delta table, or a type, per day


def column_frame(source: Source, paths: Paths) -> Raw:
    spark, everything = SparkSession.active(), flat(paths)
    if source.format == "table":
        rows = spark.table(everything[0])
    elif source.format == "delta":
        rows = spark.read.format("delta").options(**source.options).load(everything[0])
    else:
        rows = spark.read.options(mergeSchema=True, **source.options).parquet(*everything)
    columns = tuple(rows.columns)
    nothing = F.lit(None).cast("string")
    return Raw(with_landing_day(rows, paths).withColumns({LINE: nothing, FAULT: nothing}), columns, text=False)


def flat(paths: Paths) -> list[str]:
    return [path for of_day in paths.values() for path in of_day]


def with_landing_day(rows: DataFrame, paths: Paths) -> DataFrame:
    """Adds the day of the path that each row came from; null for a source without {day}."""
    days = list(paths)
    if len(days) == 1:
        return rows.withColumn(LANDING, F.lit(days[0]).cast("date"))
    uris = [(encoded(path), day) for day, of_day in paths.items() for path in of_day]
    depths = {path.count("/") for path, _ in uris}
    assert len(depths) == 1, f"paths of one source differ in depth: {uris}"
    origin = F.substring_index(F.col("_metadata.file_path"), "/", depths.pop() + 1)
    days_of = SparkSession.active().createDataFrame(uris, f"_winnow_path string, {LANDING} date")
    with_path = rows.select("*", origin.alias("_winnow_path"))
    return with_path.join(F.broadcast(days_of), "_winnow_path", "left").drop("_winnow_path")


def encoded(path: str) -> str:
    """As _metadata.file_path has it."""
    return str(hadoop_path(path).toUri().toString())


def lines_of(files: Sequence[str], paths: Paths) -> DataFrame:
    """One row per line of `files` that is not blank, with LANDING by `paths`; LINE need not be valid UTF-8."""
    rows = with_landing_day(SparkSession.active().read.option("recursiveFileLookup", True).text(list(files)), paths)
    line = F.when(F.startswith("value", F.lit(BYTE_ORDER_MARK)), F.substr("value", F.lit(2))).otherwise(F.col("value"))
    return rows.select(LANDING, line.alias(LINE)).where(F.trim(LINE) != "")


def json_frame(name: str, source: Source, paths: Paths) -> Raw:
    check_options(name, source)
    lines = lines_of(flat(paths), paths)
    schema = inferred_schema(lines, F.col(LINE), plain=plain_fields(source))
    wanted = StructType([*schema.fields, StructField(CORRUPT, StringType())])
    options = {**source.options, "columnNameOfCorruptRecord": CORRUPT}
    parsed = lines.withColumn("_winnow_record", F.from_json(F.make_valid_utf8(LINE), wanted, options))
    record = F.col("_winnow_record")
    fields = [record.getField(column).alias(column) for column in schema.names]
    rows = parsed.select(*fields, LANDING, LINE, json_fault(record, schema.names).alias(FAULT))
    return Raw(rows, tuple(schema.names), text=True, empty=not schema.names)


def plain_fields(source: Source) -> set[str]:
    """The fields whose value `select` takes as it is, in lower case."""
    taken = [source.select.get(column.name, column.name).strip().strip("`").lower() for column in inputs_of(source)]
    others = " ".join(expression for expression in taken if not NAME.fullmatch(expression))
    return {name for name in taken if NAME.fullmatch(name) and name not in others}


def json_fault(record: Column, names: Sequence[str]) -> Column:
    """Null where the line is one JSON object. A field of another type than in most rows is null, and no fault."""
    line = F.trim(LINE)
    unread = record.getField(CORRUPT).isNotNull()
    for name in names:
        unread = unread & record.getField(name).isNull()
    # Spark takes the first of two objects on a line without a word: where there may be two, count them.
    values = F.from_json(F.concat(F.lit("["), line, F.lit("]")), "array<string>")
    inner = F.instr(line, "}") < F.char_length(line)  # cheap, and true of few lines
    two = inner & line.rlike(r"\}\s*,?\s*\{") & ~F.coalesce(F.size(values) == 1, F.lit(False))
    good = F.startswith(line, F.lit("{")) & F.endswith(line, F.lit("}")) & ~unread & ~two
    return F.when(~good, "the line is not one JSON object")


def csv_frames(name: str, source: Source, paths: Paths) -> list[Raw]:
    """One frame for each header: files of different days may have other columns, or another order of them."""
    check_options(name, source)
    by_header: dict[str, list[str]] = {}
    for file in (status.getPath().toString() for path in flat(paths) for status in files_below(path)):
        by_header.setdefault(first_line(file), []).append(file)
    by_header.pop("", None)  # files without a line have no rows
    frames = [csv_frame(source, header, files, paths) for header, files in sorted(by_header.items())]
    return frames or [nothing_read()]


def csv_frame(source: Source, header: str, files: Sequence[str], paths: Paths) -> Raw:
    names = column_names(header, source.options)
    wanted = ", ".join(f"{identifier(name)} string" for name in (*names, CORRUPT))
    options = {"escape": '"', **source.options, "columnNameOfCorruptRecord": CORRUPT}  # RFC 4180 doubles quotes
    lines = lines_of(files, paths).where(F.trim(LINE) != F.lit(header.strip()))
    parsed = lines.withColumn("_winnow_record", F.from_csv(F.make_valid_utf8(LINE), wanted, options))
    record = F.col("_winnow_record")
    fault = F.when(record.getField(CORRUPT).isNotNull(), f"the line is not a record of {len(names)} fields")
    fields = [record.getField(column).alias(column) for column in names]
    return Raw(parsed.select(*fields, LANDING, LINE, fault.alias(FAULT)), names, text=True)


def column_names(header: str, options: dict[str, str]) -> tuple[str, ...]:
    """The header's fields; an empty one or a second one of a name gets its position as name."""
    separator = options.get("sep") or options.get("delimiter") or ","
    quote = options.get("quote") or '"'
    fields = next(csv.reader([header], delimiter=separator, quotechar=quote)) if len(separator) == 1 else []
    names: list[str] = []
    for place, field in enumerate(fields or header.split(separator)):
        name = field.strip()
        taken = not name or name.lower() in (other.lower() for other in names)
        names.append(f"{name or 'column'}_{place + 1}" if taken else name)
    return tuple(names)


def check_options(name: str, source: Source) -> None:
    for option in source.options:
        if option.lower() in LINE_OPTIONS:
            raise SourceError(
                f"source {name}: sources.{name}.options.{option} cannot be set; "
                "text sources are UTF-8, one record per line, CSV with a header"
            )


def nothing_read() -> Raw:
    rows = SparkSession.active().createDataFrame([], f"{LANDING} date, {LINE} string, {FAULT} string")
    return Raw(rows, (), text=True, empty=True)
