"""One day of an account, of a domain, and of the two together."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lib.sampling import sample_hash


def account_domain_days(interactions: DataFrame) -> DataFrame:
    """What each account did with links to each domain, by day."""
    by_both = linked_domains(interactions).groupBy("day", "account_id", "domain")
    return by_both.agg(F.count("*").alias("interactions"), F.sum("links").alias("links"))


def account_days(interactions: DataFrame, *, sketch_size: int) -> DataFrame:
    """What each account did, by day, with or without links."""
    text = interactions.select(
        "day",
        "account_id",
        F.size("targets").cast("bigint").alias("links"),
        url_hashes().alias("urls"),
        hashed("text").alias("texts"),
        F.unix_timestamp("event_time").alias("second"),
        *usage_counts(),
        *text_counts(),
    )
    counts = [
        F.count("*").alias("interactions"),
        F.count_if(F.col("links") > 0).alias("linking"),
        F.sum("links").alias("links"),
        hours(),
        F.count("texts").alias("texted"),
        *(F.coalesce(F.sum(name), F.lit(0)).cast("bigint").alias(name) for name in TEXT_COUNTS),
    ]
    samples = [
        *(sketch(name, sketch_size) for name in ("networks", "clients", "texts")),
        smallest(F.flatten(F.collect_set("urls")), sketch_size).alias("urls"),
        F.sort_array(F.collect_list("second")).alias("seconds"),
    ]
    return aggregated(text, ["account_id", "day"], counts, samples).select("*", *gaps()).drop("seconds")


def aggregated(rows: DataFrame, key: list[str], counts: list[Column], samples: list[Column]) -> DataFrame:
    """One row a key. Spark compiles an aggregation into counts but not one into arrays, where each buffer of each key
    looks a setting up: so the two are made apart. Arrays grow no shorter by what is put together before a shuffle."""
    return rows.groupBy(*key).agg(*counts).join(rows.repartition(*key).groupBy(*key).agg(*samples), key)


def url_hashes() -> Column:
    """Of the links of an interaction; null without. See links_to."""
    several = F.transform("targets.url", lambda url: F.xxhash64(url))  # noqa: PLW0108 - Spark counts a function's parameters
    one = F.array(F.xxhash64(F.get("targets", F.lit(0))["url"]))
    return F.when(F.size("targets") == 1, one).when(F.size("targets") > 1, several)


def gaps() -> list[Column]:
    """Their number, sum and sum of squares, from `seconds`: those of all interactions, in order."""
    several = F.size("seconds") - 1
    between = F.zip_with(
        F.slice("seconds", F.lit(2), several), F.slice("seconds", F.lit(1), several), lambda b, a: b - a
    )
    return [
        several.cast("bigint").alias("gaps"),
        (F.element_at("seconds", -1) - F.element_at("seconds", 1)).alias("gap_seconds"),
        F.aggregate(between, F.lit(0).cast("bigint"), lambda sum_, gap: sum_ + gap * gap).alias("gap_seconds_squared"),
    ]


TEXT_COUNTS = {  # name -> all characters but these
    "text_chars": "",
    "text_upper": r"\p{Lu}+",
    "text_digits": r"\p{Nd}+",
    "text_marks": r"[^\p{L}\p{Nd}\s]+",
}


def text_counts() -> list[Column]:
    """Counts of the characters of a text: its length, and the length less what is left without a class of them."""
    length = F.length("text")
    return [
        (length - F.length(F.regexp_replace("text", pattern, "")) if pattern else length).alias(name)
        for name, pattern in TEXT_COUNTS.items()
    ]


def domain_days(interactions: DataFrame, *, sketch_size: int) -> DataFrame:
    """How each domain was linked to, by day."""
    text = linked_domains(interactions).select("day", "domain", "links", *usage_counts())
    counts = [F.count("*").alias("interactions"), F.sum("links").alias("links"), hours()]
    return aggregated(text, ["domain", "day"], counts, [sketch(name, sketch_size) for name in ("networks", "clients")])


def usage_counts() -> list[Column]:
    """When and from where: few bytes, where texts and links are many."""
    return [
        F.hour("event_time").cast("tinyint").alias("hour"),
        hashed("ip_prefix").alias("networks"),
        hashed("client").alias("clients"),
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


HOURS = 24


def linked_domains(interactions: DataFrame) -> DataFrame:
    """One row for each interaction and each domain that it links to, with the number of its links there."""
    nothing = F.array(F.lit(None).cast("string"))
    domains = F.array_except(F.col("targets.domain"), nothing)  # distinct, and compiled, which array_compact is not
    exploded = interactions.select("*", F.explode(domains).alias("domain"))
    return exploded.withColumn("links", links_to(F.col("domain")))


def links_to(domain: Column) -> Column:
    """Of an interaction with one link, the one; Spark does not compile the lambda that counts several."""
    several = F.size(F.filter("targets", lambda target: target["domain"] == domain))
    return F.when(F.size("targets") == 1, 1).otherwise(several).cast("bigint")


def hours() -> Column:
    """Rows in each hour of the day, as an array of 24."""
    return F.array(*(F.count_if(F.col("hour") == F.lit(h)) for h in range(HOURS))).alias("hours")


def hashed(value: str) -> Column:
    """The hash of a value; null for null."""
    return F.when(F.col(value).isNotNull(), F.xxhash64(value))


def sketch(hashes: str, size: int) -> Column:
    """The `size` smallest of the distinct hashes, sorted. It merges: see lib/features/windows.py."""
    return smallest(F.collect_set(hashes), size).alias(hashes)


def smallest(hashes: Column, size: int) -> Column:
    """The `size` smallest distinct ones of an array, sorted."""
    return F.slice(F.sort_array(F.array_distinct(hashes)), 1, size)  # compiled, which array_sort is not
