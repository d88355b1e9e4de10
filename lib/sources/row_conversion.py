"""Rows of a source as rows of their table, good and bad together, so that none is lost between two queries."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lib.config import IngestSettings, Source, TargetSettings
from lib.expressions import lenient, tolerant
from lib.sources.input_columns import MAP, inputs_of
from lib.sources.readers import LANDING, LINE, Raw
from lib.sources.row_validation import (
    DOMAIN,
    REASON,
    landed,
    with_defaults,
    with_domain,
    with_reason,
)
from lib.sources.selection import BAD_BYTES, RECORD, selected
from lib.text.targets import target_column, targets_column
from schemas.catalog import TABLES

SOURCE, RAW, RAW_BYTES = "_winnow_source", "_winnow_raw", "_winnow_raw_bytes"
ROW, IDENTITY = "_winnow_row", "_winnow_identity"
COPY, STATE = "_winnow_copy", "_winnow_state"
KEPT, DUPLICATE, QUARANTINED = "kept", "duplicates", "quarantined"
OLDEST_FIRST = {"interactions": "event_time", "label_imports": "is_spam"}  # of copies, the one that is kept


def read_rows(
    name: str, source: Source, raw: Raw, days: Sequence[date], ingest: IngestSettings, targets: TargetSettings
) -> DataFrame:
    """The rows of `raw` that landed on `days` or on no readable day, each with what became of it.

    Columns: SOURCE, LANDING, REASON (null for a good row), RAW and RAW_BYTES of a bad one, and ROW with the columns of
    the source's table, which have a meaning in good rows only.
    """
    with lenient():
        rows = dated_rows(name, source, raw).where(F.col(LANDING).isNull() | one_of(days))
        rows = with_defaults(rows, source)
        rows = with_reason(with_domain(rows, source, ingest, target_column(targets)), source, ingest)
        kept = [column.name for column in inputs_of(source)]
        rows = rows.select(LANDING, REASON, DOMAIN, *as_it_came(), *kept)
        if source.table == "interactions":  # only now: whatever is next to the links goes through Python's queue
            rows = rows.withColumn("targets", targets_column(targets)(F.when(F.col(REASON).isNull(), F.col("urls"))))
        columns = [value.alias(column) for column, value in table_values(name, source, rows).items()]
        return rows.select(F.lit(name).alias(SOURCE), LANDING, REASON, RAW, RAW_BYTES, F.struct(*columns).alias(ROW))


def one_of(days: Sequence[date]) -> Column:
    """Whether a row landed on one of `days`, in whatever order they are."""
    first, last = min(days), max(days)
    within = F.col(LANDING).between(F.lit(first), F.lit(last))
    gapless = (last - first).days == len(set(days)) - 1
    return within if gapless else within & F.col(LANDING).isin(list(days))


def dated_rows(name: str, source: Source, raw: Raw) -> DataFrame:
    """Our columns as lib.sources.selection makes them, with the day that each row lands on."""
    with lenient():
        return landed(selected(name, source, raw), source)


def as_it_came() -> list[Column]:
    """The line, or JSON of the columns, of a bad row; and its bytes where they are not UTF-8."""
    bad, record = F.col(REASON).isNotNull(), F.col(RECORD).cast("string")
    json = tolerant(F.to_json(F.col(RECORD), {"ignoreNullFields": "false"}))
    line = F.when(bad, F.make_valid_utf8(F.coalesce(F.col(LINE), json, record, F.lit(""))))
    bytes_ = F.when(bad & F.col(BAD_BYTES), F.coalesce(F.col(LINE), record).cast("binary"))
    return [line.alias(RAW), bytes_.alias(RAW_BYTES)]


def table_values(name: str, source: Source, rows: DataFrame) -> dict[str, Column]:
    """The value of each column of the source's table."""
    table = TABLES[source.table]
    given: dict[str, Callable[[], Column]] = {
        "landing_day": lambda: F.col(LANDING),
        "day": lambda: F.col("event_time").cast("date") if source.table == "interactions" else F.col(LANDING),
        "domain": lambda: F.col(DOMAIN),
        "row_id": row_id,
    }
    if source.table == "interactions":
        given["source"] = lambda: F.lit(name)
    if source.table == "label_imports":
        of_domain = F.col("entity_kind") == "domain"
        given["entity_id"] = lambda: F.when(of_domain, F.col(DOMAIN)).otherwise(F.col("entity_id"))
    return {
        column.name: (given[column.name]() if column.name in given else F.col(column.name)).cast(column.type)
        for column in table.columns
    }


def row_id() -> Column:
    """Of an aggregated row: what it says, whatever the order of its pivots."""
    pivots = F.array_sort(F.map_entries("pivots"))
    return F.sha2(F.to_json(F.struct(LANDING, "content_id", "url", "account_id", pivots, "impressions")), 256)


def with_identity(table_name: str, sources: Sequence[DataFrame]) -> DataFrame:
    """The rows of all sources of a table, with IDENTITY: a hash that copies share, and hardly any others."""
    return reduce(DataFrame.unionAll, sources).withColumn(IDENTITY, F.xxhash64(*identity(table_name)))


def identity(table_name: str) -> list[Column]:
    """What copies have in common: the key of good rows; source and wording of bad ones."""
    bad = F.col(REASON).isNotNull()
    key = [F.when(~bad, F.col(ROW)[column]) for column in TABLES[table_name].key]
    return [F.col(LANDING), F.when(bad, F.col(SOURCE)), F.when(bad, raw_hash()), *key]


def copied(rows: DataFrame) -> DataFrame:
    """The IDENTITY of rows that there may be copies of. To shuffle it alone is far less than to sort all rows."""
    return rows.groupBy(IDENTITY).count().where("count > 1").select(IDENTITY)


def ranked(table_name: str, rows: DataFrame, copies: DataFrame) -> DataFrame:
    """Adds STATE, and COPY: the number of a row among those of its key (or, of bad rows, among equal ones).

    `rows` have an IDENTITY, and `copies` are those that are `copied`. Of copies the earliest event is kept, then the
    one whose hash is smallest: the same one on every run.
    """
    bad = F.col(REASON).isNotNull()
    if copies.isEmpty():
        return rows.withColumns({COPY: F.lit(1), STATE: F.when(bad, QUARANTINED).otherwise(KEPT)})
    first = [F.col(f"{ROW}.{OLDEST_FIRST[table_name]}")] if table_name in OLDEST_FIRST else []
    order = Window.partitionBy(*identity(table_name)).orderBy(
        *first, content_hash(table_name), F.col(SOURCE), F.col(REASON)
    )
    single = rows.join(copies, IDENTITY, "left_anti").withColumn(COPY, F.lit(1))
    several = rows.join(copies, IDENTITY, "left_semi").withColumn(COPY, F.row_number().over(order))
    state = F.when(bad, QUARANTINED).when(F.col(COPY) == 1, KEPT).otherwise(DUPLICATE)
    return single.unionByName(several).withColumn(STATE, state)


def raw_hash() -> Column:
    return F.sha2(F.coalesce(F.col(RAW_BYTES), F.col(RAW).cast("binary")), 256)


def content_hash(table_name: str) -> Column:
    columns = ((F.col(f"{ROW}.{column.name}"), column.type) for column in TABLES[table_name].columns)
    plain = [
        F.to_json(value) if type_.replace(" ", "") == MAP else value for value, type_ in columns
    ]  # no hash of maps
    return F.xxhash64(*plain)


def kept_rows(rows: DataFrame, table_name: str) -> DataFrame:
    return rows.where(F.col(STATE) == KEPT).select(f"{ROW}.*").select(*TABLES[table_name].names)


def quarantine_rows(rows: DataFrame, days: Sequence[date]) -> DataFrame:
    """The bad rows. One that no day can be read from is quarantined on each of `days`: whenever it is met."""
    of_row = F.when(F.col(LANDING).isNull(), F.array(*map(F.lit, days))).otherwise(F.array(LANDING))
    return rows.where(F.col(STATE) == QUARANTINED).select(
        F.explode(of_row).alias("day"),
        F.col(SOURCE).alias("source"),
        F.concat_ws("-", raw_hash(), F.col(COPY)).alias("row_id"),
        F.col(REASON).alias("reason"),
        F.col(RAW).alias("raw"),
        F.col(RAW_BYTES).alias("raw_bytes"),
    )
