"""How accounts have behaved: the features of the account model, for one day or for many in one pass.

The domain scores of what an account links to are taken out of fold where the domain is labelled, on every day alike:
so that the account model learns from them as it will meet them, on domains that nobody has judged.
"""

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lib.features.tiles import aggregated
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
from schemas.features import BINS, SCORE_HISTOGRAM

KEY = ["account_id", "as_of"]
SKETCHES = ("networks", "clients", "urls", "texts")
VALUES_PER_ATTRIBUTE = 3  # of an account's values of an attribute, the most frequent ones
LONGEST = 80  # characters of a snapshot's value


def usage(account_days: DataFrame, days: list[date], windows: Windows, *, sketch_size: int) -> DataFrame:
    """One row per account and day: volumes, rhythm, repetition, texts, networks and clients."""
    tiles = windowed(account_days, days, length=windows.month)
    summed = ("linking", "links", "texted", "text_chars", "text_upper", "text_digits", "text_marks", "gaps",
              "gap_seconds", "gap_seconds_squared")  # fmt: skip
    counts = [
        *(total("interactions", n).cast("double").alias(f"interactions_{n}d") for n in windows.lengths),
        *(F.sum(name).cast("double").alias(name) for name in summed),
        *(F.count(within(n, F.lit(1))).alias(f"active_days_{n}d") for n in windows.lengths[1:]),
        F.max("interactions").alias("busiest"),
        *hour_sums(),
    ]
    new = aggregated(tiles, KEY, counts, [F.collect_list(name).alias(name) for name in SKETCHES])
    return with_distinct_estimates(new, SKETCHES, sketch_size).select(
        *KEY,
        F.array(*HOURS).alias("hours"),
        *(f"interactions_{n}d" for n in windows.lengths),
        *(f"active_days_{n}d" for n in windows.lengths[1:]),
        (F.col("busiest") * F.col("active_days_28d") / F.col("interactions_28d")).alias("burst_28d"),
        (4 * F.col("interactions_7d") / F.col("interactions_28d")).alias("growth_7d"),
        entropy(HOURS, "interactions_28d").alias("hour_entropy_28d"),
        F.try_divide("gap_seconds", "gaps").alias("gap_mean_28d"),
        gap_variation().alias("gap_variation_28d"),
        (F.col("linking") / F.col("interactions_28d")).alias("linking_share_28d"),
        F.try_divide("links", "linking").alias("links_per_interaction_28d"),
        repeated("urls", "links").alias("repeated_link_share_28d"),
        repeated("texts", "texted").alias("repeated_text_share_28d"),
        F.try_divide("text_chars", "texted").alias("text_chars_28d"),
        *(F.try_divide(f"text_{n}s" if n != "upper" else "text_upper", "text_chars").alias(f"text_{n}_share_28d")
          for n in ("upper", "digit", "mark")),
        (F.col("texted") / F.col("interactions_28d")).alias("texted_share_28d"),
        F.col("networks").alias("networks_28d"),
        F.col("clients").alias("clients_28d"),
    )  # fmt: skip


def gap_variation() -> Column:
    """Standard deviation of the pauses against their mean; 0 where all are of no time at all."""
    mean = F.col("gap_seconds") / F.col("gaps")
    variance = F.greatest(F.col("gap_seconds_squared") / F.col("gaps") - mean * mean, F.lit(0.0))
    return F.when(F.col("gaps") >= 2, F.when(mean > 0, F.sqrt(variance) / mean).otherwise(0.0))


def repeated(distinct: str, of: str) -> Column:
    """Share of the values that are there already; null without values. Estimates of distinct ones may exceed them."""
    return F.when(F.col(of) > 0, F.greatest(1 - F.coalesce(F.col(distinct), F.lit(0.0)) / F.col(of), F.lit(0.0)))


def link_features(
    account_domain_days: DataFrame, domain_scores: DataFrame, days: list[date], windows: Windows, *, spam_from: float
) -> DataFrame:
    """One row per account and day with links: how many domains it links to, who else links to those of this week, and
    the distribution of their scores.

    `domain_scores` has day, domain, score and oof_score; from `spam_from` on a domain counts as spam.
    """
    others = co_linkers(account_domain_days, domain_scores, days, windows, spam_from=spam_from)
    return domain_diversity(account_domain_days, days, windows).join(others, KEY, "left")


def domain_diversity(account_domain_days: DataFrame, days: list[date], windows: Windows) -> DataFrame:
    """One row per account and day: its domains of four weeks."""
    tiles = windowed(account_domain_days, days, length=windows.month).select(*KEY, "domain", "interactions")
    pairs = tiles.repartition(*KEY).groupBy(*KEY, "domain").agg(F.sum("interactions").alias("made"))
    return pairs.groupBy(*KEY).agg(
        F.count("*").cast("double").alias("domains_28d"), (F.max("made") / F.sum("made")).alias("top_domain_share_28d")
    )


def co_linkers(
    account_domain_days: DataFrame, domain_scores: DataFrame, days: list[date], windows: Windows, *, spam_from: float
) -> DataFrame:
    """One row per account and day: who else links to its domains of the week, and what scores these have.

    A domain counts with the interactions of the week that link to it.
    """
    of_domain = ["domain", "as_of"]
    tiles = windowed(account_domain_days, days, length=windows.week).select(*KEY, "domain", "interactions")
    pairs = tiles.repartition(*of_domain).groupBy(*KEY, "domain").agg(F.sum("interactions").alias("week"))
    unseen = F.coalesce("oof_score", "score").alias("of_domain")
    scores = domain_scores.select("domain", F.col("day").alias("as_of"), unseen)
    crowd = F.count("*").over(Window.partitionBy(*of_domain))
    known = pairs.withColumn("crowd", crowd).join(scores, of_domain, "left").drop("domain").repartition(*KEY)
    # A median by frequency: a domain that is linked to twice counts twice.
    often = F.when(F.col("of_domain").isNotNull(), F.col("week")).otherwise(0)
    quantiles = F.percentile("of_domain", F.lit([0.5, 0.9]), often).alias("quantiles")
    others = [
        F.avg("crowd").alias("domain_accounts_7d"),
        F.avg((F.col("crowd") > 1).cast("double")).alias("shared_domain_share_7d"),
    ]
    new = aggregated(known, KEY, [*others, *score_shares(spam_from)], [quantiles])
    return new.select(
        "*",
        F.get("quantiles", F.lit(0)).alias("domain_score_median"),
        F.get("quantiles", F.lit(1)).alias("domain_score_p90"),
    ).drop("quantiles")


def score_shares(spam_from: float) -> list[Column]:
    score, week = F.col("of_domain"), F.col("week")
    known = F.sum(F.when(score.isNotNull(), week))
    bad = F.when(score >= spam_from, week)
    place = F.least(F.floor(score * BINS), F.lit(BINS - 1))  # of a null it would be the last
    place = F.when(score.isNotNull(), place)
    in_bin = [F.sum(F.when(place == n, week).otherwise(0)) for n in range(BINS)]
    return [
        *(F.try_divide(n, known).alias(c.name) for n, c in zip(in_bin, SCORE_HISTOGRAM, strict=True)),
        F.try_divide(F.sum(score * week), known).alias("domain_score_mean"),
        F.max("of_domain").alias("domain_score_max"),
        F.when(known > 0, F.coalesce(F.sum(bad), F.lit(0)) / known).alias("spam_link_share"),
        F.try_divide(F.max(bad), F.sum(bad)).alias("spam_domain_top_share"),
        F.try_divide(F.coalesce(known, F.lit(0)), F.sum("week")).alias("scored_share"),
    ]


def profiles(accounts: DataFrame, days: list[date]) -> DataFrame:
    """One row per account and day with a snapshot by then: what the newest one tells."""
    ends = F.explode(F.array(*(F.lit(day) for day in days))).alias("as_of")
    known = accounts.select("*", ends).where("day <= as_of")
    newest = known.groupBy(*KEY).agg(F.max_by(F.struct("name", "created_at", "attributes"), "day").alias("told"))
    return newest.select(
        *KEY,
        "told.*",
        F.greatest(F.date_diff("as_of", "told.created_at"), F.lit(0)).alias("registered_days"),
        *name_pattern(F.when(F.length("told.name") > 0, F.col("told.name"))),
    )


def name_pattern(name: Column) -> list[Column]:
    def share(pattern: str) -> Column:
        return 1 - F.length(F.regexp_replace(name, pattern, "")) / F.length(name)

    characters = F.array_distinct(F.split(name, ""))
    shares = F.transform(
        characters, lambda one: (F.length(name) - F.length(F.replace(name, one, F.lit("")))) / F.length(name)
    )
    bits = F.aggregate(shares, F.lit(0.0), lambda sum_, share: sum_ - share * F.log2(share))
    return [
        F.length(name).alias("name_chars"),
        share(r"\p{Nd}+").alias("name_digit_share"),
        share(r"[^\p{L}\p{Nd}]+").alias("name_mark_share"),
        bits.alias("name_entropy"),
    ]


def categories(attribute_days: DataFrame, days: list[date], windows: Windows) -> DataFrame:
    """One row per account and day: its most frequent values of each attribute, as NAME=VALUE."""
    tiles = windowed(attribute_days, days, length=windows.month).select(*KEY, "attribute", "value", "interactions")
    by_account = tiles.repartition(*KEY)  # hardly any value comes twice, so that sums before a shuffle are in vain
    displayed = by_account.groupBy(*KEY, "attribute", "value").agg(F.sum("interactions").alias("times"))
    most = F.max_by("value", F.struct("times", "value"), VALUES_PER_ATTRIBUTE)
    values = displayed.groupBy(*KEY, "attribute").agg(most.alias("values"))
    named = F.transform("values", lambda value: F.concat(F.col("attribute"), F.lit("="), value))
    return values.groupBy(*KEY).agg(F.sort_array(F.flatten(F.collect_list(named))).alias("shown"))


def all_categories() -> Column:
    """What its interactions showed, and what its snapshot tells."""
    text = F.transform(
        F.map_entries("attributes"),
        lambda pair: F.concat(F.lit("account."), pair["key"], F.lit("="), F.left(pair["value"], F.lit(LONGEST))),
    )
    nothing = F.array().cast("array<string>")
    every = F.concat(F.coalesce("shown", nothing), F.coalesce(F.array_compact(text), nothing))
    return F.sort_array(F.array_distinct(every))
