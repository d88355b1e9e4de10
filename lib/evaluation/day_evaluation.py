"""How good a day's scores and queues are, against a file of the truth that no job reads."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from sklearn.metrics import average_precision_score, roc_auc_score

from lib.config import FusionSettings, SampleSettings
from lib.decisions.fusion import DETECTORS, fit_fusions, labelled_scores, with_fused_score, without

WEEK = 7
FALSE_POSITIVES = 0.01  # of the benign, where recall is taken
CAMPAIGN_COLUMNS = ("campaign", "campaign_kind")  # of the truth; empty where an entity is of no campaign


@dataclass(frozen=True)
class DayFigures:
    """Figures over the entities of the truth that were active in the week up to the day.

    Those that no detector reaches take the prior and count. `queue_precision` is the share of spam among the week's
    queued items of purpose harm whose entity is in the truth; `queue_judged` is how many that are.
    """

    domain_auc: float
    domain_ap: float
    domains: int
    account_auc: float
    account_ap: float
    accounts: int
    unreached: int
    queue_precision: float
    queue_judged: int
    queue_items: int


class NothingToJudge(ValueError):
    """The truth and the lake have too few entities in common."""


def evaluate_day(
    *,
    truth: pd.DataFrame,
    entity_scores: DataFrame,
    account_days: DataFrame,
    domain_days: DataFrame,
    review_queue: DataFrame,
    day: date,
    prior: float,
) -> DayFigures:
    """`truth` has entity_kind, entity_id and is_spam; `entity_scores` are those of `day`, the rest of the week.

    Raises NothingToJudge where a kind has no two classes among the active entities.
    """
    judged = judged_entities(truth, entity_scores, active_entities(account_days, domain_days, day), prior=prior)
    domains, accounts = (judged[judged.entity_kind == kind] for kind in ("domain", "account"))
    items = week(review_queue, day).where("purpose = 'harm'").select("entity_kind", "entity_id").toPandas()
    queued = items.merge(truth, on=["entity_kind", "entity_id"])
    return DayFigures(
        *figures(domains, "domain"),
        *figures(accounts, "account"),
        unreached=int((judged["detectors"].fillna(0) == 0).sum()),
        queue_precision=float(queued.is_spam.mean()) if len(queued) else float("nan"),
        queue_judged=len(queued),
        queue_items=len(items),
    )


def judged_entities(
    truth: pd.DataFrame, entity_scores: DataFrame, active: pd.DataFrame, *, prior: float
) -> pd.DataFrame:
    """One row per entity of the truth that is active: is_spam, score, and the number of detectors that reach it."""
    key = ["entity_kind", "entity_id"]
    scores = entity_scores.select(*key, "score", F.size("detectors").alias("detectors")).toPandas()
    judged = truth.merge(active, on=key).merge(scores, on=key, how="left")
    return judged.assign(score=judged["score"].fillna(prior))


def ablation(
    *,
    truth: pd.DataFrame,
    scored: DataFrame,
    active: pd.DataFrame,
    fusion: FusionSettings,
    samples: SampleSettings,
) -> pd.DataFrame:
    """One row per detector, and one of none: the AUCs of both kinds where the fusion does without it, fitted anew.

    `scored` is what `with_scores` makes of the day's entities. A detector that is left out of the fusion still feeds
    those that read its scores: the account model and the graph read the domain model's.
    """
    rows = []
    for left_out in ("", *(d.name for d in DETECTORS)):
        part = without(scored, left_out) if left_out else scored
        fusions = fit_fusions(part, labelled_scores(part, samples), fusion, samples)
        fused = with_fused_score(part, fusions, fusion, samples)
        judged = judged_entities(truth, fused, active, prior=fusion.prior)
        aucs = {f"{kind}_auc": figures(judged[judged.entity_kind == kind], kind)[0] for kind in ("domain", "account")}
        rows.append({"left_out": left_out or "none", **aucs})
    return pd.DataFrame(rows)


def active_entities(account_days: DataFrame, domain_days: DataFrame, day: date) -> pd.DataFrame:
    accounts = week(account_days, day).select(
        F.lit("account").alias("entity_kind"), F.col("account_id").alias("entity_id")
    )
    domains = week(domain_days, day).select(F.lit("domain").alias("entity_kind"), F.col("domain").alias("entity_id"))
    return accounts.union(domains).distinct().toPandas()


def week(rows: DataFrame, day: date) -> DataFrame:
    return rows.where(F.col("day").between(F.lit(day - timedelta(days=WEEK - 1)), F.lit(day)))


def figures(judged: pd.DataFrame, kind: str) -> tuple[float, float, int]:
    """AUC, average precision, and the number of entities."""
    if judged.is_spam.nunique() < 2:
        raise NothingToJudge(f"the truth has {len(judged)} active {kind}s, all of one class: there is no AUC")
    return (
        float(roc_auc_score(judged.is_spam, judged.score)),
        float(average_precision_score(judged.is_spam, judged.score)),
        len(judged),
    )


FALSE_POSITIVES = 0.01  # of the benign, where recall is taken
CAMPAIGN_COLUMNS = (
    "campaign",
    "campaign_kind",
)  # of the truth: which campaign, and of which kind; empty where there is none


def figures_by_campaign(judged: pd.DataFrame, decisions: pd.DataFrame, account_clusters: pd.DataFrame) -> pd.DataFrame:
    """One row per kind of campaign and of entity, of those that were active in the week.

    `judged` is the result of judged_entities for a truth with CAMPAIGN_COLUMNS; the others are of the day.
    auc: against all benign ones.
    recall: the share that scores above all but 1% of the benign.
    decided: the share with an action or a review.
    clustered: the share of the accounts that is in a cluster.
    cluster_precision: of the members of clusters in which one campaign of the kind has the majority, the share that is
    of that campaign.
    The last two are nan for domains, and each is nan where it has no entities.
    """
    entities = with_decisions(judged, decisions, account_clusters)
    rows = []
    for (kind, entity_kind), spam in entities[entities.campaign_kind != ""].groupby(["campaign_kind", "entity_kind"]):
        benign = entities[(entities.entity_kind == entity_kind) & ~entities.is_spam]
        rows.append({"kind": kind, "entity_kind": entity_kind, **campaign_figures(spam, benign)})
    result = pd.DataFrame(rows, columns=["kind", "entity_kind", "active", "auc", "recall", "decided", "clustered"])
    owned = owners(entities).groupby("campaign_kind")[["own", "members"]].sum()
    precision = result["kind"].map(owned.own / owned.members)
    of_accounts = result.entity_kind == "account"
    return result.assign(clustered=result.clustered.where(of_accounts), cluster_precision=precision.where(of_accounts))


def records(result: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows, with None for nan."""
    rows = result.astype(object).to_dict("records")
    return [{str(name): None if pd.isna(value) else value for name, value in row.items()} for row in rows]


def with_decisions(judged: pd.DataFrame, decisions: pd.DataFrame, account_clusters: pd.DataFrame) -> pd.DataFrame:
    """The judged entities, with decided (True or missing) and cluster_id."""
    key = ["entity_kind", "entity_id"]
    acted_on = decisions[(decisions.state != "reversed") & (decisions.action != "monitor")]
    clusters = account_clusters.rename(columns={"account_id": "entity_id"}).assign(entity_kind="account")
    result = judged.merge(acted_on[key].assign(decided=True), on=key, how="left")
    result = result.merge(clusters[[*key, "cluster_id"]], on=key, how="left")
    return result.assign(campaign_kind=result.campaign_kind.fillna(""))


def campaign_figures(spam: pd.DataFrame, benign: pd.DataFrame) -> dict[str, float]:
    score = np.concatenate([spam.score, benign.score])
    limit = np.quantile(benign.score, 1 - FALSE_POSITIVES) if len(benign) else np.nan
    return {
        "active": len(spam),
        "auc": float(roc_auc_score(np.arange(len(score)) < len(spam), score)) if len(benign) else np.nan,
        "recall": float((spam.score > limit).mean()),
        "decided": float(spam.decided.notna().mean()),
        "clustered": float(spam.cluster_id.notna().mean()),
    }


def owners(entities: pd.DataFrame) -> pd.DataFrame:
    """One row per cluster that one campaign has the majority of: its kind, its own members, and all that are judged."""
    members = entities[entities.cluster_id.notna()]
    size = members.groupby("cluster_id").size().rename("members")
    own = (
        members[members.campaign_kind != ""]
        .groupby(["cluster_id", "campaign_kind", "campaign"])
        .size()
        .rename("own")
        .reset_index()
    )
    both = own.merge(size, on="cluster_id")
    return both[2 * both.own > both.members]
