"""How well each kind of campaign is found, on a platform whose truth tells the campaigns."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

FALSE_POSITIVES = 0.01  # of the benign, where recall is taken
COLUMNS = ("campaign", "campaign_kind")  # of the truth: which campaign, and of which kind; empty where there is none


def figures_by_kind(judged: pd.DataFrame, decisions: pd.DataFrame, account_clusters: pd.DataFrame) -> pd.DataFrame:
    """One row per kind of campaign and of entity, of those that were active in the week.

    `judged` is what judged_entities makes of a truth with COLUMNS; the others are of the day. auc: against all benign
    ones. recall: those that score above all but 1% of the benign. decided: those that an action or a review stands
    against. clustered: accounts in a cluster; cluster_precision: of the members of clusters in which one campaign of
    the kind has the majority, the share that is of that campaign. What is not of accounts, or of nothing, is nan.
    """
    told = with_verdicts(judged, decisions, account_clusters)
    rows = []
    for (kind, entity_kind), spam in told[told.campaign_kind != ""].groupby(["campaign_kind", "entity_kind"]):
        benign = told[(told.entity_kind == entity_kind) & ~told.is_spam]
        rows.append({"kind": kind, "entity_kind": entity_kind, **figures(spam, benign)})
    result = pd.DataFrame(rows, columns=["kind", "entity_kind", "active", "auc", "recall", "decided", "clustered"])
    owned = owners(told).groupby("campaign_kind")[["own", "members"]].sum()
    precision = result["kind"].map(owned.own / owned.members)
    of_accounts = result.entity_kind == "account"
    return result.assign(clustered=result.clustered.where(of_accounts), cluster_precision=precision.where(of_accounts))


def records(result: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows, with None for what there is nothing to say of."""
    rows = result.astype(object).to_dict("records")
    return [{str(name): None if pd.isna(value) else value for name, value in row.items()} for row in rows]


def with_verdicts(judged: pd.DataFrame, decisions: pd.DataFrame, account_clusters: pd.DataFrame) -> pd.DataFrame:
    """The judged entities, with decided (True or missing) and cluster_id."""
    key = ["entity_kind", "entity_id"]
    standing = decisions[(decisions.state != "reversed") & (decisions.action != "monitor")]
    clusters = account_clusters.rename(columns={"account_id": "entity_id"}).assign(entity_kind="account")
    told = judged.merge(standing[key].assign(decided=True), on=key, how="left")
    told = told.merge(clusters[[*key, "cluster_id"]], on=key, how="left")
    return told.assign(campaign_kind=told.campaign_kind.fillna(""))


def figures(spam: pd.DataFrame, benign: pd.DataFrame) -> dict[str, float]:
    score = np.concatenate([spam.score, benign.score])
    limit = np.quantile(benign.score, 1 - FALSE_POSITIVES) if len(benign) else np.nan
    return {
        "active": len(spam),
        "auc": float(roc_auc_score(np.arange(len(score)) < len(spam), score)) if len(benign) else np.nan,
        "recall": float((spam.score > limit).mean()),
        "decided": float(spam.decided.notna().mean()),
        "clustered": float(spam.cluster_id.notna().mean()),
    }


def owners(told: pd.DataFrame) -> pd.DataFrame:
    """One row per cluster that one campaign has the majority of: its kind, its own members, and all that are judged."""
    members = told[told.cluster_id.notna()]
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
