"""What reviewers see: the items that prevent the most exposure to spam in the minutes that there are.

An item of purpose `harm` is worth score * ln(1 + exposure) per review: all reviews take equally long, so taking the
most valuable first is the best that the minutes allow. A share of the minutes goes to `new_cluster`, clusters that
labels and models do not know yet, and another to `explore`: what no detector reaches, by exposure; otherwise it would
never be seen. A third one goes to `label`: domains of the day's labelling batch, whatever they are worth today.

Nothing is asked twice: not what is labelled, not what is decided already, not an account whose cluster is asked about
or whose week's links mostly lead to domains that are asked about themselves, and not what was asked lately, unless its
score has moved since.
"""

from collections.abc import Sequence
from datetime import date
from itertools import islice

from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F

from lib.config import QueueSettings, SampleSettings
from lib.sampling import sample_hash
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


def with_purpose(entity_scores: DataFrame, decisions: DataFrame) -> DataFrame:
    """`purpose`: harm for an unlabelled entity that is to be reviewed or whose enforcement a brake holds, explore for
    one that no detector reaches and that has no decision; null for those under enforcement (`is_enforced`). The others
    are left out."""
    applied = decisions.where("state != 'reversed'").select(*KEY, "action", "state")
    enforced = F.col("action").isin(*ENFORCEMENT) & (F.col("state") != "held")
    asked = (F.col("action") == "review") | (F.col("state") == "held")
    unreached = (F.size("detectors") == 0) & F.col("action").isNull()
    purpose = F.when(F.col("label").isNull(), F.when(asked, "harm").when(unreached, "explore"))
    return (
        entity_scores.join(applied, KEY, "left")
        .withColumns({"purpose": purpose, "is_enforced": F.coalesce(enforced, F.lit(False))})
        .where("purpose IS NOT NULL OR is_enforced")
        .drop("action", "state")
    )


def represented(entities: DataFrame, account_domain_days: DataFrame) -> DataFrame:
    """Accounts that a domain speaks for, each with the one that most of its links lead to: account_id, domain.

    More than half of the account's link interactions of the week lead to domains that are asked about or enforced.
    (A domain that is only explored does not speak for an account whose own score is high.)
    """
    accounts = entities.where("purpose IS NOT NULL AND entity_kind = 'account'").select(
        F.col("entity_id").alias("account_id"), "purpose"
    )
    domains = entities.where("entity_kind = 'domain'").select(
        F.col("entity_id").alias("domain"), F.coalesce("purpose", F.lit("harm")).alias("asked_for")
    )
    built = (
        account_domain_days.join(accounts, "account_id")
        .groupBy("account_id", "purpose", "domain")
        .agg(F.sum("interactions").alias("links"))
        .join(domains, "domain", "left")
        .withColumn("speaks", F.coalesce(F.col("asked_for").isin("harm", F.col("purpose")), F.lit(False)))
    )
    whole = Window.partitionBy("account_id")
    spoken_for = F.sum(F.when(F.col("speaks"), F.col("links")).otherwise(0)).over(whole)
    order = whole.orderBy(F.desc("speaks"), F.desc("links"), "domain")
    return (
        built.withColumn("mostly", 2 * spoken_for > F.sum("links").over(whole))
        .withColumn("place", F.row_number().over(order))
        .where("mostly AND place = 1")
        .select("account_id", "domain")
    )


def candidates(entities: DataFrame, account_domain_days: DataFrame) -> DataFrame:
    """Entities with a purpose, but for accounts that a domain speaks for; `accounts`: how many an item speaks for."""
    pairs = represented(entities, account_domain_days).select(
        F.explode(F.array(mark("account", "account_id", -1), mark("domain", "domain", 1))).alias("mark")
    )
    marks = pairs.select("mark.*").groupBy(*KEY).agg(F.sum("spoken_for").alias("spoken_for"))
    own = F.when(F.col("entity_kind") == "account", 1).otherwise(F.coalesce("spoken_for", F.lit(0)))
    return (
        entities.where("purpose IS NOT NULL")
        .join(marks, KEY, "left")
        .where("coalesce(spoken_for, 0) >= 0")
        .withColumn("accounts", own.cast("bigint"))
        .drop("spoken_for")
    )


def mark(kind: str, name: str, spoken_for: int) -> Column:
    return F.struct(
        F.lit(kind).alias("entity_kind"), F.col(name).alias("entity_id"), F.lit(spoken_for).alias("spoken_for")
    )


def not_open(result: DataFrame, review_queue: DataFrame, day: date, queue: QueueSettings) -> DataFrame:
    """Without what was asked within `open_days` and whose score has not moved since (a first score is a move)."""
    recent = review_queue.where(F.date_diff(F.lit(day), "day") < queue.open_days)
    last = recent.groupBy(*KEY).agg(F.max_by("score", "day").alias("asked_score"), F.lit(True).alias("was_asked"))
    score = F.when(F.size("detectors") > 0, F.col("score"))
    moved = F.abs(score - F.col("asked_score")) >= queue.reopen_score_change - 1e-9
    first_score = score.isNotNull() & F.col("asked_score").isNull()
    is_open = F.col("was_asked").isNotNull() & ~F.coalesce(moved, first_score)
    return result.join(last, KEY, "left").where(~is_open).drop("asked_score", "was_asked")


def label_questions(label_candidates: DataFrame, entity_scores: DataFrame, asked: DataFrame) -> DataFrame:
    """The domains of the day's labelling batch, with their `place` in it, but for those `asked` about anyway."""
    batch = label_candidates.select(
        F.lit("domain").alias("entity_kind"), F.col("domain").alias("entity_id"), F.col("rank").alias("place")
    )
    result = entity_scores.join(batch, KEY).join(asked.select(*KEY), KEY, "left_anti")
    no_accounts = F.lit(0).cast("bigint")
    return result.withColumns({"purpose": F.lit("label"), "is_enforced": F.lit(False), "accounts": no_accounts})


def priority(queue: QueueSettings) -> Column:
    return F.col("score") * F.log1p("exposure_1d") / queue.minutes_per_item


def best(result: DataFrame, purpose: str, at_most: int) -> list[Row]:
    """Those of a purpose, the most valuable first; ties by score, then by key."""
    own = result.where(F.col("purpose") == purpose)
    return own.orderBy(F.desc("priority"), F.desc("score"), *KEY).limit(at_most).collect()


def first_asked(result: DataFrame, at_most: int) -> list[Row]:
    """Those of the labelling batch, in the order in which it is to be asked."""
    return result.where("purpose = 'label'").orderBy("place", *KEY).limit(at_most).collect()


def best_explore(result: DataFrame, at_most: int, samples: SampleSettings, *, domains_first: bool) -> list[Row]:
    """Those most seen first; ties by a hash, so that no name is at an advantage. Where nothing is scored at all,
    domains are taken before accounts, as one answer covers many accounts."""
    ties = [F.desc("priority"), sample_hash(F.concat_ws("|", *KEY), samples.salt), *(F.col(name) for name in KEY)]
    first = [F.asc(F.col("entity_kind") != "domain")] if domains_first else []
    return result.where("purpose = 'explore'").orderBy(*first, *ties).limit(at_most).collect()


def items(
    harm: Sequence[Row], clusters: Sequence[Row], explore: Sequence[Row], batch: Sequence[Row], queue: QueueSettings
) -> list[tuple[int, Row]]:
    """Rank and entity of what is taken. Within a purpose the rank follows the priority.

    New clusters and the labelling `batch` get their shares, and what the others leave.
    """
    capacity, quota = slots(queue)
    new = min(len(clusters), int(capacity * queue.cluster_share + 0.5))
    labelled = min(len(batch), int(capacity * queue.label_share + 0.5), capacity - new)
    harmful, explored = share_minutes(len(harm), len(explore), capacity=capacity - new - labelled, quota=quota)
    new = min(len(clusters), capacity - harmful - explored - labelled)
    labelled = min(len(batch), capacity - harmful - explored - new)
    unscored, labelling = by_priority(explore, explored), by_priority(batch, labelled)
    return list(enumerate([*islice(harm, harmful), *islice(clusters, new), *unscored, *labelling], start=1))


def by_priority(rows: Sequence[Row], at_most: int) -> list[Row]:
    """The first ones, the most valuable of them first."""
    return sorted(islice(rows, at_most), key=lambda row: -row["priority"])


def item_id(day: date) -> Column:
    return F.substring(F.sha2(F.concat_ws("|", *KEY, F.lit(day.isoformat())), 256), 1, 16)


def cluster_questions(
    entities: DataFrame,
    entity_scores: DataFrame,
    account_clusters: DataFrame,
    cluster_reports: DataFrame,
    queue: QueueSettings,
) -> DataFrame:
    """One row per cluster to ask about, with the columns of `entities` (see with_purpose) and `accounts`.

    Its exposure is that of all its members; its score is its own where it is new, else the mean of those in question.
    """
    members = account_clusters.select("account_id", "cluster_id").join(of_accounts(entity_scores), "account_id")
    asked = of_accounts(entities.where("purpose = 'harm'")).select("account_id", F.lit(True).alias("is_asked"))
    sums = (
        members.join(asked, "account_id", "left")
        .groupBy("cluster_id")
        .agg(
            F.count("is_asked").alias("asked"),
            F.avg(F.when(F.col("is_asked"), F.col("score"))).alias("asked_score"),
            F.sum("exposure_1d").alias("exposure_1d"),
            F.sum("interactions_1d").alias("interactions_1d"),
        )
    )
    living = cluster_reports.where("state != 'ended'").select("cluster_id", "accounts", "emerging", "score")
    purpose = F.when(F.col("emerging"), "new_cluster").when(F.col("asked") >= queue.ask_cluster_from, "harm")
    score = F.when(F.col("emerging"), F.col("score")).otherwise(F.col("asked_score"))
    columns = {
        "entity_kind": F.lit("cluster"),
        "entity_id": F.col("cluster_id"),
        "purpose": purpose,
        "score": score,
        "detectors": F.create_map(F.lit("clusters"), score),
        "accounts_7d": F.col("accounts"),
        "is_enforced": F.lit(False),
    }
    result = living.join(sums, "cluster_id").withColumns(columns).where("purpose IS NOT NULL")
    return result.select(*(name for name in entities.columns if name in result.columns), "accounts")


def of_accounts(entities: DataFrame) -> DataFrame:
    accounts = entities.where("entity_kind = 'account'")
    return accounts.select(F.col("entity_id").alias("account_id"), "score", "exposure_1d", "interactions_1d")


def without_members(entities: DataFrame, account_clusters: DataFrame, questions: DataFrame) -> DataFrame:
    """`entities` without the accounts whose cluster is asked about."""
    spoken_for = account_clusters.join(questions.select(F.col("entity_id").alias("cluster_id")), "cluster_id").select(
        F.lit("account").alias("entity_kind"), F.col("account_id").alias("entity_id")
    )
    return entities.join(spoken_for, ["entity_kind", "entity_id"], "left_anti")
