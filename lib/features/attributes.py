"""Expert attributes: Spark SQL expressions whose values accounts in one hand have in common."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Literal

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BinaryType, DataType, MapType, StructType

from lib.config import Attribute
from lib.expressions import is_blank, lenient, mistakes, tolerant

LONGEST = 200  # characters of a value; of a longer one its beginning and its hash stand for the whole
HASH = 16  # characters of that hash
ENTRIES = "array<struct<attribute: string, value: string>>"
Rows = Literal["interactions", "accounts"]
PREFIX = "_winnow_"  # before the name of an attribute, so that it meets no column of the rows


class BadAttribute(ValueError):
    """An expression of [attributes.NAME] cannot be used; the message lists all of them."""


def attribute_values(
    rows: DataFrame,
    attributes: Mapping[str, Attribute],
    *,
    of: Literal["interactions", "accounts"],
    keep: Sequence[str],
) -> DataFrame:
    """One row for each value that a row of `rows` shows: the columns `keep`, attribute and value, no value twice.

    Null, blank and failed values are left out. Raises BadAttribute.
    """
    chosen = {name: a.sql for name, a in attributes.items() if a.of == of and a.sql.strip()}
    with lenient():
        new = evaluated(rows, chosen, keep)
        entries = [entries_of(name, new.schema[PREFIX + name].dataType) for name in chosen]
        displayed = reduce(F.concat, entries, F.lit([]).cast(ENTRIES)) if entries else F.lit([]).cast(ENTRIES)
        # In a projection of its own: with a lambda in what it explodes, Spark compiles none of the explosion.
        return new.select(*keep, displayed.alias(PREFIX)).select(*keep, F.inline(PREFIX))


def evaluated(rows: DataFrame, chosen: Mapping[str, str], keep: Sequence[str]) -> DataFrame:
    try:
        return rows.select(*keep, *(tolerant(F.expr(sql)).alias(PREFIX + name) for name, sql in chosen.items()))
    except PySparkException as error:
        message = mistakes(
            "attributes",
            {f"attributes.{name}.sql": sql for name, sql in chosen.items()},
            lambda sql: rows.select("*", tolerant(F.expr(sql))),
            columns=[column for column in rows.columns if not column.startswith("_")],
            error=error,
        )
        raise BadAttribute(message) from error


def entries_of(name: str, kind: DataType) -> Column:
    """The values of one attribute in a row, as ENTRIES. One value needs no lambda, which Spark does not compile."""
    new = F.col(PREFIX + name)
    if not isinstance(kind, ArrayType):
        return only_entry(name, shortened(as_text(new, kind)))
    texts = F.transform(new, lambda value: shortened(as_text(value, kind.elementType)))
    known = F.array_distinct(F.filter(texts, lambda value: ~is_blank(value)))
    several = F.transform(known, lambda value: entry(name, value))
    first = shortened(as_text(F.get(new, F.lit(0)), kind.elementType))
    return F.when(F.size(new) > 1, several).otherwise(only_entry(name, first))


def only_entry(name: str, text: Column) -> Column:
    return F.when(~is_blank(text), F.array(entry(name, text))).otherwise(F.lit([]).cast(ENTRIES))


def entry(name: str, value: Column) -> Column:
    return F.struct(F.lit(name).alias("attribute"), value.alias("value"))


def as_text(value: Column, kind: DataType) -> Column:
    if isinstance(kind, StructType | MapType | ArrayType):
        return F.to_json(value)
    return F.hex(value) if isinstance(kind, BinaryType) else F.trim(value.cast("string"))


def shortened(value: Column) -> Column:
    long = F.concat(F.left(value, F.lit(LONGEST - HASH - 1)), F.lit("~"), F.left(F.sha2(value, 256), F.lit(HASH)))
    return F.when(F.length(value) > LONGEST, long).otherwise(value)


DAY = ("account_id", "day")


def attribute_days(interactions: DataFrame, attributes: Mapping[str, Attribute], *, minutes: int) -> DataFrame:
    """How often each account showed each value, by day, and in which minutes."""
    dated = interactions.withColumn("_minute", F.hour("event_time") * 60 + F.minute("event_time"))
    # What is kept must be of the expression's own rows, so the minute is made before the values are.
    displayed = attribute_values(dated, attributes, of="interactions", keep=(*DAY, "_minute"))
    # Hardly any value comes twice in a part, so that to sort and to count them before the shuffle is in vain.
    return (
        displayed.repartition(*DAY)
        .groupBy(*DAY, "attribute", "value")
        .agg(F.count("*").alias("interactions"), sampled(F.collect_set("_minute"), minutes).alias("minutes"))
    )


def sampled(distinct: Column, size: int) -> Column:
    """The `size` of these minutes with the smallest hashes, ascending: what acts together is kept together."""
    hashed = F.sort_array(F.transform(distinct, lambda m: F.struct(F.xxhash64(m).alias("hash"), m.alias("minute"))))
    chosen = F.when(F.size(distinct) > size, F.slice(hashed, 1, size)["minute"]).otherwise(distinct)
    return F.sort_array(chosen)
