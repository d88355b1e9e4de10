"""How domains have been used: the features of the domain model, for one day or for many in one pass."""

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lib.features.tiles import aggregated, links_sample
from lib.features.windows import (
    HOURS,
    Windows,
    entropy,
    hour_sums,
    total,
    windowed,
    with_distinct_estimates,
    within,
)

KEY = ["domain", "as_of"]


def usage(domain_days: DataFrame, days: list[date], windows: Windows, *, sketch_size: int) -> DataFrame:
    """One row per domain and day: volumes, rhythm, networks and clients."""
    tiles = windowed(domain_days, days, length=windows.month)
    counts = [
        *(total("interactions", n).alias(f"interactions_{n}d") for n in windows.lengths),
        F.sum("links").alias("links_28d"),
        *(F.count(within(n, F.lit(1))).alias(f"active_days_{n}d") for n in windows.lengths[1:]),
        F.max("interactions").alias("busiest"),
        *hour_sums(),
    ]
    new = aggregated(tiles, KEY, counts, [F.collect_list(name).alias(name) for name in ("networks", "clients")])
    return with_distinct_estimates(new, ("networks", "clients"), sketch_size).select(
        "*",
        F.col("networks").alias("networks_28d"),
        F.col("clients").alias("clients_28d"),
        (F.col("links_28d") / F.col("interactions_28d")).alias("links_per_interaction_28d"),
        (F.col("busiest") * F.col("active_days_28d") / F.col("interactions_28d")).alias("burst_28d"),
        (4 * F.col("interactions_7d") / F.col("interactions_28d")).alias("growth_7d"),
        entropy(HOURS, "interactions_28d").alias("hour_entropy_28d"),
    )


def account_counts(account_domain_days: DataFrame, days: list[date], windows: Windows) -> DataFrame:
    """One row per domain and day: who links to it."""
    tiles = windowed(account_domain_days, days, length=windows.month).select(*KEY, "account_id", "interactions", "age")
    pairs = (
        tiles.repartition(*KEY)
        .groupBy(*KEY, "account_id")
        .agg(F.sum("interactions").alias("made"), F.min("age").alias("newest"))
    )
    return pairs.groupBy(*KEY).agg(
        *(F.count_if(F.col("newest") < n).cast("double").alias(f"accounts_{n}d") for n in windows.lengths),
        (F.max("made") / F.sum("made")).alias("top_account_share_28d"),
    )


def account_novelty(
    account_domain_days: DataFrame, account_days: DataFrame, first_seen: DataFrame, days: list[date], windows: Windows
) -> DataFrame:
    """One row per domain and day: how new those are who linked to it this week, and what else they did."""
    of_account = ["account_id", "as_of"]
    tiles = windowed(account_domain_days, days, length=windows.week).select(*of_account, "domain")
    pairs = tiles.repartition(*of_account).distinct()
    domains = F.count("*").over(Window.partitionBy(*of_account))
    volume = (
        windowed(account_days, days, length=windows.week)
        .groupBy(*of_account)
        .agg(F.sum("interactions").alias("week_interactions"), F.sum("linking").alias("week_linking"))
    )
    born = first_days(first_seen, "account").withColumnRenamed("entity_id", "account_id")
    known = pairs.withColumn("week_domains", domains).join(volume, of_account, "left").join(born, "account_id", "left")
    is_new = F.date_diff("as_of", "first_day") < windows.week
    return known.groupBy(*KEY).agg(
        (F.count_if(is_new) / F.count("*")).alias("new_account_share_7d"),
        F.avg("week_domains").alias("account_domains_7d"),
        F.try_divide(F.sum("week_linking"), F.sum("week_interactions")).alias("linking_share_7d"),
    )


def first_days(first_seen: DataFrame, kind: str) -> DataFrame:
    """The first day of each entity of a kind. Two rows of one entity stand until a late day is repaired."""
    of_kind = first_seen.where(F.col("entity_kind") == kind)
    return of_kind.groupBy("entity_id").agg(F.min("first_day").alias("first_day"))


def link_samples(domain_links: DataFrame, days: list[date], windows: Windows, *, size: int, salt: str) -> DataFrame:
    """One row per domain and day: the hash sample of its distinct links of four weeks."""
    links = windowed(domain_links, days, length=windows.month).select(*KEY, F.explode("links").alias("url")).distinct()
    return links_sample(links, by=KEY, size=size, salt=salt)


def newest_pages(pages: DataFrame, days: list[date]) -> DataFrame:
    """One row per domain and day with a page known by then: its newest page's text and media."""
    ends = F.explode(F.array(*(F.lit(day) for day in days))).alias("as_of")
    known = pages.select("*", ends).where("day <= as_of")
    newest = known.groupBy(*KEY).agg(
        F.max_by(F.struct("title", "text", "media_count"), F.struct("day", "url")).alias("page")
    )
    text = F.concat_ws(" ", "page.title", "page.text")
    return newest.select(
        *KEY,
        text.alias("page_text"),
        F.length(text).cast("double").alias("page_text_chars"),
        F.col("page.media_count").cast("double").alias("page_media"),
    )


def exposure(impressions: DataFrame) -> DataFrame:
    """One row per day and domain that was seen."""
    seen = impressions.where("domain IS NOT NULL").groupBy(F.col("day").alias("as_of"), "domain")
    return seen.agg(F.sum("impressions").alias("impressions"))


def lake_age() -> Column:
    return F.date_diff("as_of", "lake_start")


def age_in_days() -> Column:
    """Null where the entity was there when the lake began: it may be of any age."""
    return F.when(F.col("first_day") > F.col("lake_start"), F.date_diff("as_of", "first_day"))
