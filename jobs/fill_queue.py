"""What reviewers are asked to look at today, within their minutes."""

from datetime import date

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from lib.config import QueueSettings, SampleSettings
from lib.queue.ranking import (
    asked_domains,
    best_explore,
    best_harm,
    explore_candidates,
    harm_candidates,
    item_id,
    items,
    not_open,
    priority,
    slots,
    with_accounts,
)
from schemas.decisions import REVIEW_QUEUE

ITEM = (
    "entity_kind string, entity_id string, rank int, purpose string, score double, exposure bigint, priority double, "
    "accounts bigint, told string"
)


def fill_queue(
    *,
    entity_scores: DataFrame,
    decisions: DataFrame,
    evidence: DataFrame,
    account_domain_days: DataFrame,
    review_queue: DataFrame,
    day: date,
    queue: QueueSettings,
    samples: SampleSettings,
) -> DataFrame:
    """Rows of review_queue; at most as many as the day's minutes allow come to the driver."""
    harm = harm_candidates(entity_scores, decisions)
    unreached = explore_candidates(entity_scores, decisions)
    asked = asked_domains(harm, decisions)
    alone = with_accounts(harm, asked, account_domain_days)
    strange = with_accounts(unreached, asked_domains(harm.unionByName(unreached), decisions), account_domain_days)

    capacity, _ = slots(queue)
    nothing_scored = entity_scores.where("size(detectors) > 0").isEmpty()
    harmful, explored = (
        not_open(found, review_queue, day, queue).withColumn("priority", priority(queue)) for found in (alone, strange)
    )
    taken = items(
        best_harm(harmful, capacity),
        best_explore(explored, capacity, samples, domains_first=nothing_scored),
        queue,
    )
    session = entity_scores.sparkSession
    rows = session.createDataFrame([record(*item) for item in taken], ITEM)
    return with_sentences(rows, evidence, queue.sentences).select(
        F.lit(day).alias("day"),
        item_id(day).alias("item_id"),
        F.lit(queue.minutes_per_item).alias("minutes"),
        *(name for name in REVIEW_QUEUE.names if name not in ("day", "item_id", "minutes")),
    )


def record(rank: int, purpose: str, row: Row) -> tuple[object, ...]:
    """A row of ITEM. What is explored has no score, and instead of evidence the reason why it is asked."""
    score = row["score"] if purpose == "harm" else None
    told = (
        f"no detector reaches it; {row['interactions_1d']:,} interactions on the day" if purpose == "explore" else None
    )
    if told and row["entity_kind"] == "domain":
        told += f", {row['accounts_7d']:,} accounts this week"
    key = (row["entity_kind"], row["entity_id"])
    return (*key, rank, purpose, score, row["exposure_1d"], row["priority"], row["accounts"], told)


def with_sentences(rows: DataFrame, evidence: DataFrame, most: int) -> DataFrame:
    """`sentences`: the `most` strongest reasons in words."""
    key = ["entity_kind", "entity_id"]
    strongest = (
        evidence.where(F.col("rank") <= most)
        .join(F.broadcast(rows.select(*key)), key, "left_semi")
        .groupBy(*key)
        .agg(F.array_sort(F.collect_list(F.struct("rank", "sentence"))).alias("reasons"))
    )
    told = F.array_compact(F.array("told"))
    return (
        rows.join(strongest, key, "left")
        .withColumn("sentences", F.coalesce(F.col("reasons")["sentence"], told))
        .drop("reasons", "told")
    )
