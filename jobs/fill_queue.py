"""What reviewers are asked about today, within their minutes."""

from datetime import date

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from lib.config import QueueSettings, SampleSettings
from lib.queue.ranking import (
    best,
    best_explore,
    candidates,
    cluster_questions,
    first_asked,
    item_id,
    items,
    label_questions,
    not_open,
    priority,
    slots,
    with_purpose,
    without_members,
)
from lib.wording.cluster_wording import cluster_sentences
from lib.wording.reason_sentences import unreached_sentence
from schemas.decisions import REVIEW_QUEUE

ITEM = (
    "entity_kind string, entity_id string, rank int, purpose string, score double, exposure bigint, priority double, "
    "accounts bigint, own_sentences array<string>"
)


def fill_queue(
    *,
    entity_scores: DataFrame,
    decisions: DataFrame,
    evidence: DataFrame,
    account_domain_days: DataFrame,
    account_clusters: DataFrame,
    cluster_reports: DataFrame,
    label_candidates: DataFrame,
    review_queue: DataFrame,
    day: date,
    queue: QueueSettings,
    samples: SampleSettings,
) -> DataFrame:
    """Rows of review_queue; at most as many as the day's minutes allow come to the driver."""
    # Checkpoints: both are used more than once below.
    entities = with_purpose(entity_scores, decisions).localCheckpoint()
    clusters = cluster_questions(entities, entity_scores, account_clusters, cluster_reports, queue).localCheckpoint()
    single = candidates(without_members(entities, account_clusters, clusters), account_domain_days)
    batch = label_questions(label_candidates, entity_scores, entities.where("purpose IS NOT NULL"))
    questions = single.unionByName(clusters, allowMissingColumns=True).unionByName(batch, allowMissingColumns=True)
    open_questions = not_open(questions, review_queue, day, queue)
    result = open_questions.withColumn("priority", priority(queue)).localCheckpoint()
    capacity, _ = slots(queue)
    nothing_scored = entity_scores.where("size(detectors) > 0").isEmpty()
    taken = items(
        best(result, "harm", capacity),
        best(result, "new_cluster", capacity),
        best_explore(result, capacity, samples, domains_first=nothing_scored),
        first_asked(result, capacity),
        queue,
    )
    of_clusters = sentences_of_clusters(cluster_reports, [row for _, row in taken])
    session = entity_scores.sparkSession
    rows = session.createDataFrame([record(rank, row, of_clusters) for rank, row in taken], ITEM)
    return with_sentences(rows, evidence, queue.sentences).select(
        F.lit(day).alias("day"),
        item_id(day).alias("item_id"),
        F.lit(queue.minutes_per_item).alias("minutes"),
        *(name for name in REVIEW_QUEUE.names if name not in ("day", "item_id", "minutes")),
    )


def sentences_of_clusters(cluster_reports: DataFrame, taken: list[Row]) -> dict[str, list[str]]:
    """The sentences about each cluster that is asked about, by its id."""
    asked = [row["entity_id"] for row in taken if row["entity_kind"] == "cluster"]
    if not asked:
        return {}
    reports = cluster_reports.where(F.col("cluster_id").isin(asked)).collect()
    return {report["cluster_id"]: cluster_sentences(report.asDict(recursive=True)) for report in reports}


def record(rank: int, row: Row, of_clusters: dict[str, list[str]]) -> tuple[object, ...]:
    """A row of ITEM. What is explored has no score, and the reason for asking in place of evidence."""
    sentences = of_clusters.get(row["entity_id"])
    if row["purpose"] == "explore":
        interactions, accounts = row["interactions_1d"], row["accounts_7d"]
        sentences = [unreached_sentence(row["entity_kind"], interactions=interactions, accounts=accounts)]
    return (
        row["entity_kind"],
        row["entity_id"],
        rank,
        row["purpose"],
        row["score"] if row["detectors"] else None,
        row["exposure_1d"],
        row["priority"],
        row["accounts"],
        sentences,
    )


def with_sentences(rows: DataFrame, evidence: DataFrame, most: int) -> DataFrame:
    """`sentences`: the `most` strongest reasons in words."""
    key = ["entity_kind", "entity_id"]
    strongest = (
        evidence.where(F.col("rank") <= most)
        .join(F.broadcast(rows.select(*key)), key, "left_semi")
        .groupBy(*key)
        .agg(F.array_sort(F.collect_list(F.struct("rank", "sentence"))).alias("reasons"))
    )
    nothing = F.array().cast("array<string>")
    return (
        rows.join(strongest, key, "left")
        .withColumn("sentences", F.coalesce(F.col("reasons")["sentence"], "own_sentences", nothing))
        .drop("reasons", "own_sentences")
    )
