"""What a day's report shows, taken from the day's tables; only a bounded number of rows comes to the driver."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame, Row, Window
from pyspark.sql import functions as F

from lib.wording.cluster_wording import cluster_sentences
from schemas.decisions import ACTIONS, STATES

MOST = 40  # rows of each list that a page shows
SENTENCES = 3  # of evidence with a decision
BINS = 20  # of the scores' histograms
TREND_DAYS = 28
KEY = ["entity_kind", "entity_id"]

Table = list[dict[str, Any]]


@dataclass(frozen=True)
class Decided:
    """`standing[action][state]` counts all; the lists hold the first MOST by score, with sentences."""

    standing: Mapping[str, Mapping[str, int]]
    lists: Mapping[str, Table]  # of states new, held and reversed


@dataclass(frozen=True)
class Scores:
    histograms: Mapping[str, list[int]]  # by kind: scored entities in each of BINS
    unreached: Mapping[str, int]  # by kind: entities that no detector has a score of


@dataclass(frozen=True)
class Trend:
    days: list[date]
    new: Mapping[str, list[int]]  # by action
    interactions: list[int]
    accounts: list[int]  # active on the day


@dataclass(frozen=True)
class Quality:
    sources: Table  # read, kept, duplicates, quarantined by source
    reasons: Table  # why rows were quarantined, the most frequent first, each with an example


def decided_on(decisions: DataFrame, evidence: DataFrame, day: date) -> Decided:
    today = decisions.where(F.col("day") == F.lit(day))
    counts = {(r["action"], r["state"]): r["count"] for r in today.groupBy("action", "state").count().collect()}
    order = Window.partitionBy("state").orderBy(F.desc("score"), *KEY)
    first = today.where("state != 'kept'").withColumn("place", F.row_number().over(order)).where(F.col("place") <= MOST)
    displayed = first.orderBy("state", "place").collect()
    sentences = sentences_of(evidence, {(r["entity_kind"], r["entity_id"]) for r in displayed})
    lists: dict[str, Table] = {state: [] for state in STATES}
    for row in displayed:
        key = (row["entity_kind"], row["entity_id"])
        lists[row["state"]].append(row.asDict() | {"sentences": sentences.get(key, [])})
    standing = {action: {state: counts.get((action, state), 0) for state in STATES} for action in ACTIONS}
    return Decided(standing, lists)


def sentences_of(evidence: DataFrame, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """The strongest sentences of each of a few entities."""
    wanted = evidence.sparkSession.createDataFrame(sorted(keys), "entity_kind string, entity_id string")
    rows = evidence.where(F.col("rank") <= SENTENCES).join(F.broadcast(wanted), KEY, "left_semi").collect()
    result: dict[tuple[str, str], list[str]] = {}
    for row in sorted(rows, key=lambda row: int(row["rank"])):
        result.setdefault((row["entity_kind"], row["entity_id"]), []).append(row["sentence"])
    return result


def scores_of(entity_scores: DataFrame) -> Scores:
    bucket = F.least(F.floor(F.col("score") * BINS), F.lit(BINS - 1)).cast("int")
    reached = F.size("detectors") > 0
    rows = entity_scores.groupBy("entity_kind", F.when(reached, bucket).alias("bin")).count().collect()
    histograms = {kind: [0] * BINS for kind in ("domain", "account")}
    unreached = dict.fromkeys(histograms, 0)
    for row in rows:
        if row["bin"] is None:
            unreached[row["entity_kind"]] = row["count"]
        else:
            histograms[row["entity_kind"]][row["bin"]] = row["count"]
    return Scores(histograms, unreached)


def trend_of(decisions: DataFrame, account_days: DataFrame, day: date) -> Trend:
    days = [day - timedelta(days=back) for back in range(TREND_DAYS - 1, -1, -1)]
    built = decisions.where("state = 'new'").groupBy("day", "action").count().collect()
    new = {(r["day"], r["action"]): r["count"] for r in built}
    activity = account_days.groupBy("day").agg(F.sum("interactions").alias("made"), F.count("*").alias("who")).collect()
    by_day = {r["day"]: r for r in activity}
    return Trend(
        days,
        {action: [new.get((d, action), 0) for d in days] for action in ACTIONS},
        [by_day[d]["made"] if d in by_day else 0 for d in days],
        [by_day[d]["who"] if d in by_day else 0 for d in days],
    )


def queue_of(review_queue: DataFrame) -> Table:
    return [row.asDict() for row in review_queue.orderBy("rank").limit(MOST).collect()]


def clusters_of(cluster_reports: DataFrame) -> Table:
    """Clusters that labels and models do not know yet, the largest first, then the others by score; with sentences."""
    living = cluster_reports.where("state != 'ended'")
    size = F.when(F.col("emerging"), F.col("accounts"))
    ordered = living.orderBy(F.desc("emerging"), F.desc(size), F.desc("score"), "cluster_id")
    rows = [row.asDict(recursive=True) for row in ordered.limit(MOST).collect()]
    return [row | {"sentences": cluster_sentences(row)} for row in rows]


def queue_size(review_queue: DataFrame) -> dict[str, Any]:
    row = review_queue.agg(
        F.count("*").alias("items"), F.coalesce(F.sum("minutes"), F.lit(0.0)).alias("minutes")
    ).head()
    return row.asDict() if row else {}


def tokens_of(evidence: DataFrame) -> Table:
    """The words of links and pages that speak against the most decisions."""
    words = evidence.where("detector = 'domain_model' AND kind IN ('token', 'page') AND contribution > 0")
    ranked = words.groupBy("kind", "what").agg(
        F.count("*").alias("decisions"), F.sum("contribution").alias("contribution")
    )
    return [
        row.asDict() for row in ranked.orderBy(F.desc("decisions"), F.desc("contribution"), "what").limit(15).collect()
    ]


def weights_of(fusion_weights: DataFrame) -> Table:
    rows = fusion_weights.drop("day").orderBy("entity_kind", F.col("detector") == "bias", "detector").collect()
    return [row.asDict() for row in rows]


def newest_runs(runs: DataFrame) -> list[Row]:
    """The newest run of each job, in the order in which they began."""
    newest: dict[str, Row] = {}
    for row in sorted(runs.collect(), key=lambda run: (run["started_at"], run["job"])):
        newest[row["job"]] = row
    return sorted(newest.values(), key=lambda run: (run["started_at"], run["job"]))


def quality_of(quarantine: DataFrame, runs: Iterable[Row]) -> Quality:
    sources: dict[str, dict[str, Any]] = {}
    for run in runs:
        for name, number in run["counts"].items():
            source, _, what = name.rpartition(".")
            if what in ("read", "kept", "duplicates", "quarantined"):
                sources.setdefault(source, {"source": source})[what] = number
    reasons = quarantine.groupBy("source", "reason").agg(F.count("*").alias("rows"), F.min("raw").alias("example"))
    worst = reasons.orderBy(F.desc("rows"), "source", "reason").limit(15).collect()
    return Quality([sources[name] for name in sorted(sources)], [row.asDict() for row in worst])
