"""What reviewers see: the items that prevent the most exposure to spam in the minutes that there are.

An item of purpose `harm` is worth score * ln(1 + exposure) a review: all reviews take equally long, so taking the most
valuable first is the best that the minutes allow. A share of the minutes goes to `explore`: what no detector reaches,
by exposure; else nobody would ever learn of it.

Nothing is asked twice: not what is labelled, not what already stands, not an account whose week's links mostly lead to
domains that are asked about themselves, and not what was asked lately, unless its score has moved since.
"""

from collections.abc import Sequence
from datetime import date
from itertools import islice

from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F

from lib.config import QueueSettings, SampleSettings
from lib.samples import sample_hash
from schemas.decisions import ENFORCEMENT

KEY = ["entity_kind", "entity_id"]


def share_minutes(harm: int, explore: int, *, capacity: int, quota: int) -> tuple[int, int]:
    """How many items of each purpose are taken: at most `quota` of explore, unless harm leaves room for more."""
    explored = min(explore, quota, capacity)
    harmful = min(harm, capacity - explored)
    return harmful, min(explore, capacity - harmful)


def slots(queue: QueueSettings) -> tuple[int, int]:
    """Items that the minutes suffice for, and those of them that are kept for explore (rounded half up)."""
    capacity = int(queue.minutes_per_day / queue.minutes_per_item + 1e-9)
    return capacity, int(capacity * queue.explore_share + 0.5)


def harm_candidates(entity_scores: DataFrame, decisions: DataFrame) -> DataFrame:
    """Unlabelled entities that are to be reviewed, or whose enforcement a brake holds."""
    asked = decisions.where("action = 'review' AND state IN ('new', 'kept') OR state = 'held'").select(*KEY)
    return entity_scores.where("label IS NULL").join(asked, KEY, "left_semi")


def explore_candidates(entity_scores: DataFrame, decisions: DataFrame) -> DataFrame:
    """Unlabelled entities that no detector reaches and nothing stands against."""
    standing = decisions.where("state != 'reversed'").select(*KEY)
    return entity_scores.where("label IS NULL AND size(detectors) = 0").join(standing, KEY, "left_anti")


def asked_domains(candidates: DataFrame, decisions: DataFrame) -> DataFrame:
    """Domains that speak for their accounts: candidates, and those that are dealt with already."""
    enforced = decisions.where(F.col("action").isin(*ENFORCEMENT) & F.col("state").isin("new", "kept", "held"))
    both = candidates.select(*KEY).unionByName(enforced.select(*KEY))
    return both.where("entity_kind = 'domain'").select(F.col("entity_id").alias("domain")).distinct()


def represented(accounts: DataFrame, domains: DataFrame, account_domain_days: DataFrame) -> DataFrame:
    """Of `accounts` those more than half of whose week's link interactions lead to `domains`: account_id, and the
    domain among them that most of it leads to."""
    mine = account_domain_days.join(accounts.select(F.col("entity_id").alias("account_id")), "account_id", "left_semi")
    made = mine.groupBy("account_id", "domain").agg(F.sum("interactions").alias("made"))
    marked = made.join(domains.withColumn("is_asked", F.lit(True)), "domain", "left")
    whole = Window.partitionBy("account_id")
    order = whole.orderBy(F.desc_nulls_last("is_asked"), F.desc("made"), "domain")
    asked = F.sum(F.when(F.col("is_asked"), F.col("made")).otherwise(0)).over(whole)
    return (
        marked.withColumn("mostly", 2 * asked > F.sum("made").over(whole))
        .withColumn("place", F.row_number().over(order))
        .where("mostly AND place = 1")
        .select("account_id", "domain")
    )


def with_accounts(candidates: DataFrame, domains: DataFrame, account_domain_days: DataFrame) -> DataFrame:
    """`candidates` without the accounts that a domain speaks for; `accounts` says for how many an item speaks."""
    accounts = candidates.where("entity_kind = 'account'")
    spoken_for = represented(accounts, domains, account_domain_days)
    gone = spoken_for.select(F.lit("account").alias("entity_kind"), F.col("account_id").alias("entity_id"))
    counts = spoken_for.groupBy(F.col("domain").alias("entity_id")).agg(F.count("*").alias("spoken_for"))
    counts = counts.withColumn("entity_kind", F.lit("domain"))
    own = F.when(F.col("entity_kind") == "account", 1).otherwise(F.coalesce("spoken_for", F.lit(0)))
    return (
        candidates.join(gone, KEY, "left_anti")
        .join(counts, KEY, "left")
        .withColumn("accounts", own.cast("bigint"))
        .drop("spoken_for")
    )


def not_open(candidates: DataFrame, review_queue: DataFrame, day: date, queue: QueueSettings) -> DataFrame:
    """Without what was asked within `open_days` and whose score has not moved since (a first score is a move)."""
    recent = review_queue.where(F.date_diff(F.lit(day), "day") < queue.open_days)
    newest = Window.partitionBy(*KEY).orderBy(F.desc("day"), "item_id")
    last = recent.withColumn("place", F.row_number().over(newest)).where("place = 1")
    last = last.select(*KEY, F.col("score").alias("asked_score"), F.lit(True).alias("was_asked"))
    score = F.when(F.size("detectors") > 0, F.col("score"))
    moved = F.abs(score - F.col("asked_score")) >= queue.reopen_score_change - 1e-9
    first_score = score.isNotNull() & F.col("asked_score").isNull()
    is_open = F.col("was_asked").isNotNull() & ~F.coalesce(moved, first_score)
    return candidates.join(last, KEY, "left").where(~is_open).drop("asked_score", "was_asked")


def priority(queue: QueueSettings) -> Column:
    return F.col("score") * F.log1p("exposure_1d") / queue.minutes_per_item


def best_harm(candidates: DataFrame, at_most: int) -> list[Row]:
    """The most valuable first; ties by score, then by key."""
    return candidates.orderBy(F.desc("priority"), F.desc("score"), *KEY).limit(at_most).collect()


def best_explore(candidates: DataFrame, at_most: int, samples: SampleSettings, *, domains_first: bool) -> list[Row]:
    """Those most seen first; ties by a hash, so that no name is at an advantage. Where nothing is scored at all,
    domains are taken before accounts, as one verdict covers many."""
    ties = [F.desc("priority"), sample_hash(F.concat_ws("|", *KEY), samples.salt), *(F.col(name) for name in KEY)]
    first = [F.asc(F.col("entity_kind") != "domain")] if domains_first else []
    return candidates.orderBy(*first, *ties).limit(at_most).collect()


def items(harm: Sequence[Row], explore: Sequence[Row], queue: QueueSettings) -> list[tuple[int, str, Row]]:
    """Rank, purpose and entity of what is taken. Within a purpose the rank follows the priority."""
    capacity, quota = slots(queue)
    harmful, explored = share_minutes(len(harm), len(explore), capacity=capacity, quota=quota)
    taken = [("harm", row) for row in islice(harm, harmful)]
    strange = sorted(islice(explore, explored), key=lambda row: -row["priority"])
    taken += [("explore", row) for row in strange]
    return [(rank, purpose, row) for rank, (purpose, row) in enumerate(taken, start=1)]


def item_id(day: date) -> Column:
    return F.substring(F.sha2(F.concat_ws("|", *KEY, F.lit(day.isoformat())), 256), 1, 16)
