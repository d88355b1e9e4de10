"""One day of an account, of a domain, and of the two together."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lib.samples import sample_hash
from lib.tiles.links import hours, linked_domains, sketch, smallest


def account_domain_days(interactions: DataFrame) -> DataFrame:
    """What each account did with links to each domain, by day."""
    by_both = linked_domains(interactions).groupBy("day", "account_id", "domain")
    return by_both.agg(F.count("*").alias("interactions"), F.sum("links").alias("links"))


def account_days(interactions: DataFrame, *, sketch_size: int) -> DataFrame:
    """What each account did, by day, with or without links."""
    links = F.size("targets").cast("bigint")
    urls = F.transform("targets.url", lambda url: F.xxhash64(url))  # noqa: PLW0108 - Spark counts a function's parameters
    return (
        with_gap(interactions)
        .groupBy("day", "account_id")
        .agg(
            F.count("*").alias("interactions"),
            F.count_if(links > 0).alias("linking"),
            F.sum(links).alias("links"),
            *shape(sketch_size),
            smallest(F.flatten(F.collect_set(urls)), sketch_size).alias("urls"),
            sketch("text", sketch_size).alias("texts"),
            *wording(),
            F.count("gap").alias("gaps"),
            F.coalesce(F.sum("gap"), F.lit(0)).alias("gap_seconds"),
            F.coalesce(F.sum(F.col("gap") * F.col("gap")), F.lit(0)).alias("gap_seconds_squared"),
        )
    )


def with_gap(interactions: DataFrame) -> DataFrame:
    """`gap`: seconds since the account's interaction before it on the day; null for its first one."""
    before = Window.partitionBy("day", "account_id").orderBy("event_time", "interaction_id")
    second = F.unix_timestamp("event_time")
    return interactions.withColumn("gap", second - F.lag(second).over(before))


def wording() -> list[Column]:
    """Counts of the characters of the day's texts; the text's length less what is left without a class of them."""
    text = F.col("text")

    def characters(name: str, pattern: str) -> Column:
        count = F.length(text) - F.length(F.regexp_replace(text, pattern, ""))
        return F.coalesce(F.sum(count), F.lit(0)).cast("bigint").alias(name)

    return [
        F.count(text).alias("texted"),
        F.coalesce(F.sum(F.length(text)), F.lit(0)).cast("bigint").alias("text_chars"),
        characters("text_upper", r"\p{Lu}+"),
        characters("text_digits", r"\p{Nd}+"),
        characters("text_marks", r"[^\p{L}\p{Nd}\s]+"),
    ]


def domain_days(interactions: DataFrame, *, sketch_size: int) -> DataFrame:
    """How each domain was linked to, by day."""
    return (
        linked_domains(interactions)
        .groupBy("day", "domain")
        .agg(F.count("*").alias("interactions"), F.sum("links").alias("links"), *shape(sketch_size))
    )


def shape(sketch_size: int) -> list[Column]:
    return [
        hours().alias("hours"),
        sketch("ip_prefix", sketch_size).alias("networks"),
        sketch("client", sketch_size).alias("clients"),
    ]


def domain_links(interactions: DataFrame, *, size: int, salt: str) -> DataFrame:
    """For each day and domain, the `size` distinct links with the smallest hashes, in that order."""
    targets = interactions.select("day", F.explode("targets").alias("target"))
    links = targets.select("day", "target.domain", "target.url").where("domain IS NOT NULL").distinct()
    return links_sample(links, by=["day", "domain"], size=size, salt=salt)


def links_sample(links: DataFrame, *, by: list[str], size: int, salt: str) -> DataFrame:
    """`links` has distinct rows of `by` and url. A sample of samples is the sample of the whole, so days merge."""
    smallest = F.min_by("url", sample_hash(F.col("url"), salt), size)
    return links.groupBy(*by).agg(smallest.alias("links"))
