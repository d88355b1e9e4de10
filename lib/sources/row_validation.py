"""The rules that send a row to quarantine, and the day that a row lands on."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lib.config import IngestSettings, Source
from lib.expressions import is_blank
from lib.sources.input_columns import IDS, LINKS, Input, inputs_of, moment_of
from lib.sources.readers import FAULT, LANDING
from lib.sources.selection import BAD_BYTES
from lib.text.targets import OnColumn
from schemas.raw import LABEL_SOURCES

DOMAIN = "_winnow_domain"  # the target of a row's one link, or of a label's domain
FIRST, LAST = date(1970, 1, 1), date(2200, 12, 31)  # a time outside of these is a mistake
MAX_ID_BYTES = 1024
REASON = "_winnow_reason"
LINK_OF = {"pages": "url", "impressions": "url"}


def landed(rows: DataFrame, source: Source) -> DataFrame:
    """Fills in LANDING: the path's {day}, else the day of the row itself; null where that cannot be read."""
    if source.daily:
        return rows
    day = day_of(source)
    return rows.withColumn(LANDING, F.when(day.between(F.lit(FIRST), F.lit(LAST)), day))


def day_of(source: Source) -> Column:
    return F.col(moment_of(source)).cast("date")


def with_defaults(rows: DataFrame, source: Source) -> DataFrame:
    """What a source may leave out. A label lands with its delivery: no job of an earlier day sees it."""
    if source.table == "label_imports":
        start = F.col(LANDING).cast("timestamp")
        known = F.greatest("known_at", start) if source.daily else F.col("known_at")
        rows = rows.withColumns(
            {
                "entity_kind": F.lower(F.trim("entity_kind")),
                "source": F.coalesce(F.lower(F.trim("source")), F.lit("hand")),
                "weight": F.coalesce("weight", F.lit(1.0)),
                "known_at": known,
            }
        )
    if source.table == "accounts":  # it is not what dates the row
        rows = rows.withColumn("created_at", F.when(in_range(F.col("created_at").cast("date")), F.col("created_at")))
    return rows


def with_domain(rows: DataFrame, source: Source, ingest: IngestSettings, target: OnColumn) -> DataFrame:
    """Adds DOMAIN; null where the row has no link, and where the link has no host."""
    if source.table in LINK_OF:
        return rows.withColumn(DOMAIN, target(safe(F.col("url"), ingest)))
    if source.table == "label_imports":
        domain = F.when(F.col("entity_kind") == "domain", safe(F.col("entity_id"), ingest))
        return rows.withColumn(DOMAIN, target(domain))
    return rows.withColumn(DOMAIN, F.lit(None).cast("string"))


def safe(link: Column, ingest: IngestSettings) -> Column:
    return F.when(F.octet_length(link) <= ingest.max_url_bytes, link)


def with_reason(rows: DataFrame, source: Source, ingest: IngestSettings) -> DataFrame:
    """Adds REASON: all that is wrong with the row, separated by semicolons; null for a good row."""
    bad_line = F.col(FAULT).isNotNull()
    reasons = [F.when(~bad_line, fault) for fault in faults(source, ingest)]
    bytes_ = F.when(F.col(BAD_BYTES), "not valid UTF-8")
    return rows.withColumn(REASON, F.nullif(F.concat_ws("; ", bytes_, F.col(FAULT), *reasons), F.lit("")))


def faults(source: Source, ingest: IngestSettings) -> list[Column]:
    """One column per rule: what is wrong by it, or null."""
    inputs = inputs_of(source)
    return [
        *(missing(column) for column in inputs if column.required),
        *(too_long(column.name) for column in inputs if column.name in IDS),
        *time_faults(source, ingest),
        *(long_link(column, ingest) for column in inputs if column.name in ("urls", "url")),
        *table_faults(source.table),
    ]


def missing(column: Input) -> Column:
    if column.type == "string":
        return F.when(is_blank(F.col(column.name)), f"{column.name} is null or blank")
    return F.when(F.col(column.name).isNull(), f"{column.name} is null or unreadable")


def too_long(name: str) -> Column:
    return F.when(F.octet_length(name) > MAX_ID_BYTES, f"{name} is longer than {MAX_ID_BYTES} bytes")


def long_link(column: Input, ingest: IngestSettings) -> Column:
    limit = ingest.max_url_bytes
    several = F.exists(column.name, lambda link: F.octet_length(link) > limit) if column.type == LINKS else None
    over = F.octet_length(column.name) > limit if several is None else several
    return F.when(over, f"a link is longer than max_url_bytes = {limit}")


def time_faults(source: Source, ingest: IngestSettings) -> list[Column]:
    moment, day, landing = moment_of(source), day_of(source), F.col(LANDING)
    if source.daily and source.table not in ("interactions", "label_imports"):
        return []
    reasons = [F.when(~in_range(day), f"{moment} is not between {FIRST.year} and {LAST.year}")]
    if source.table == "label_imports" and not source.daily:
        reasons.append(F.when(F.col(moment).isNull(), f"{moment} is null or unreadable, and the path has no {{day}}"))
    if source.daily:
        reasons.append(F.when(day > landing, f"{moment} is after the landing day"))
    if source.daily and source.table == "interactions":
        late = F.date_diff(landing, day) > ingest.lateness_days
        reasons.append(
            F.when(late, f"{moment} is too late, more than {ingest.lateness_days} days before the landing day")
        )
    return reasons


def in_range(day: Column) -> Column:
    return day.between(F.lit(FIRST), F.lit(LAST))


def table_faults(table: str) -> list[Column]:
    match table:
        case "pages":
            return [F.when(F.col(DOMAIN).isNull(), "url has no domain")]
        case "label_imports":
            kind, weight = F.col("entity_kind"), F.col("weight")
            known = ", ".join(LABEL_SOURCES)
            return [
                F.when(~kind.isin("account", "domain"), "entity_kind is neither account nor domain"),
                F.when((kind == "domain") & F.col(DOMAIN).isNull(), "entity_id is no domain"),
                F.when(~F.col("source").isin(*LABEL_SOURCES), f"source is none of {known}"),
                F.when(F.isnan(weight) | ~((weight > 0) & (weight < float("inf"))), "weight is not a positive number"),
            ]
        case "impressions":
            about = [F.col(name).isNull() for name in ("content_id", "url", "account_id")]
            return [
                F.when(about[0] & about[1] & about[2], "none of content_id, url and account_id is there"),
                F.when(F.col("impressions") < 0, "impressions is negative"),
            ]
        case _:
            return []
