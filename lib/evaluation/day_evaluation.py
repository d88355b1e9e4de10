"""How good a day's scores and queues are, against a file of the truth that no job reads."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from sklearn.metrics import average_precision_score, roc_auc_score

from lib.config import FusionSettings, SampleSettings
from lib.decisions.fusion import DETECTORS, fit_fusions, labelled_scores, with_fused_score, without

WEEK = 7


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
    """One row a detector, and one of none: the AUCs of both kinds where the fusion does without it, fitted anew.

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
        raise NothingToJudge(f"the truth has {len(judged)} active {kind}s, all of one class: no AUC can be told")
    return (
        float(roc_auc_score(judged.is_spam, judged.score)),
        float(average_precision_score(judged.is_spam, judged.score)),
        len(judged),
    )
