"""The user's columns as ours, by the Spark SQL expressions of [sources.NAME.select].

An expression may fail on a row; then it is null in that row, and the job goes on.
"""

from collections.abc import Sequence
from functools import reduce

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BinaryType, DataType, StringType, StructType

from lib.config import Source
from lib.expressions import first_sentence, lenient, mistakes, tolerant
from lib.sources.input_columns import LINKS, MAP, Input, inputs_of
from lib.sources.readers import INTERNAL, LINE, Raw
from lib.sources.source_files import SourceError
from schemas.table import identifier

RECORD = "_winnow_columns"  # the user's columns as they are; null for text, which has its line
BAD_BYTES = "_winnow_bad_bytes"  # whether a string among them is not UTF-8


def selected(name: str, source: Source, raw: Raw) -> DataFrame:
    """INTERNAL, RECORD, BAD_BYTES and our columns, of the types in lib.sources.input_columns; unreadable is null.

    Raises SourceError that lists each expression that cannot be used, and the columns that there are.
    """
    check_keys(name, source)
    expressions = expressions_of(source, raw)
    with lenient():
        try:
            chosen = raw.rows.select(*kept(raw), *(tolerant(F.expr(e)).alias(c) for c, e in expressions.items()))
        except PySparkException as error:
            settings = {f"sources.{name}.select.{column}": sql for column, sql in expressions.items()}
            message = mistakes(
                f"source {name}",
                settings,
                lambda sql: raw.rows.select("*", tolerant(F.expr(sql))),
                columns=raw.columns,
                error=error,
            )
            raise SourceError(message) from error
        try:
            rows = chosen.select(*INTERNAL, RECORD, BAD_BYTES, *(wanted(chosen.schema, c) for c in inputs_of(source)))
        except PySparkException as error:
            raise SourceError(f"source {name}: {first_sentence(error)}") from error
        unchecked = [F.col(c.name) for c in inputs_of(source) if c.name in computed(raw, expressions)]
        return rows.withColumn(BAD_BYTES, F.col(BAD_BYTES) | bad_text(unchecked)) if unchecked else rows


def computed(raw: Raw, expressions: dict[str, str]) -> set[str]:
    """Our columns that are not simply a text column of the source: their bytes may be no text."""
    texts = {f"`{name}`".lower() for name in text_columns(raw)}
    return {name for name, expression in expressions.items() if f"`{expression.strip('` ')}`".lower() not in texts}


def text_columns(raw: Raw) -> list[str]:
    return [name for name in raw.columns if has_text(raw.rows.schema[name].dataType)]


def check_keys(name: str, source: Source) -> None:
    names = [column.name for column in inputs_of(source)]
    for key in source.select:
        if key not in names:
            why = " (the day is the path's {day})" if key == "day" and source.daily else ""
            raise SourceError(
                f"source {name}: sources.{name}.select.{key}: {source.table} has no such column{why}; "
                f"it has {', '.join(names)}"
            )


def expressions_of(source: Source, raw: Raw) -> dict[str, str]:
    """For each of our columns that the source has, the expression that makes it."""
    theirs = {column.lower(): identifier(column) for column in raw.columns}
    by_name = {c.name: theirs[c.name] for c in inputs_of(source) if c.name in theirs}
    return {} if raw.empty else by_name | source.select


def kept(raw: Raw) -> list[Column]:
    """What is kept of the row as it came: the line or, without lines, the columns."""
    if raw.text:
        record, bad = F.lit(None).cast("struct<none:string>"), bad_text([F.col(LINE)])
    else:
        columns = {name: F.col(identifier(name)) for name in raw.columns}
        record, bad = F.struct(*columns.values()), bad_text([columns[name] for name in text_columns(raw)])
    return [*map(F.col, INTERNAL), record.alias(RECORD), bad.alias(BAD_BYTES)]


def bad_text(columns: Sequence[Column]) -> Column:
    """Whether a string in `columns`, or within arrays, maps and structs of them, is not UTF-8."""
    valid = [F.coalesce(F.is_valid_utf8(column.cast("string")), F.lit(True)) for column in columns]
    return ~reduce(Column.__and__, valid, F.lit(True))


def has_text(type_: DataType) -> bool:
    """Binary values are no text; they may hold any bytes."""
    return "string" in type_.simpleString() and "binary" not in type_.simpleString()


def wanted(schema: StructType, column: Input) -> Column:
    """`column` of the type that we want; null where the source does not have it."""
    if column.name not in schema.names:
        return F.lit(None).cast(column.type).alias(column.name)
    value = converted(F.col(column.name), schema[column.name].dataType, column.type)
    return tolerant(value).alias(column.name)


def converted(value: Column, given: DataType, type_: str) -> Column:
    if type_ == LINKS:
        return links(value, given)
    if type_ == MAP and isinstance(given, StructType):
        return F.from_json(F.to_json(value), MAP)
    if type_ == MAP and isinstance(given, StringType):
        return F.from_json(value, MAP)
    if type_ == "string" and given.typeName() in ("struct", "array", "map"):
        return F.to_json(value)
    return value.cast(type_)


def links(value: Column, given: DataType) -> Column:
    """An array of links from an array, from one link, or from the JSON text of an array."""
    if isinstance(given, ArrayType):
        several = value.cast(LINKS)
    elif isinstance(given, StringType | BinaryType):
        one = value.cast("string")
        several = F.when(F.startswith(F.trim(one), F.lit("[")), F.from_json(one, LINKS))
        several = F.coalesce(several, F.when(~F.startswith(F.trim(one), F.lit("{")), F.array(one)))
    else:
        several = value.cast(LINKS)
    return several
