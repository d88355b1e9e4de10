"""Figures by kind of campaign, by hand."""

import pandas as pd

from lib.evaluation.day_evaluation import figures_by_campaign, records


def account(name: str, score: float, campaign: str = "") -> dict[str, object]:
    kind = campaign.partition("-")[0]
    return {"entity_kind": "account", "entity_id": name, "is_spam": bool(campaign), "score": score,
            "campaign": campaign, "campaign_kind": kind}  # fmt: skip


def test_each_kind_is_judged_against_all_that_is_benign() -> None:
    judged = pd.DataFrame(
        [account(f"good{n}", n / 200) for n in range(101)]  # all but 1% are at or below 0.495
        + [account("a1", 0.9, "drip-1"), account("a2", 0.6, "drip-1"), account("a3", 0.1, "drip-2")]
        + [account("b1", 0.8, "burst-3")]
        + [account("bad.example", 0.9, "drip-1") | {"entity_kind": "domain"}]
        + [account("good.example", 0.2) | {"entity_kind": "domain"}]
    )
    decisions = pd.DataFrame(
        [
            ("account", "a1", "suspend", "new"),
            ("account", "a2", "monitor", "new"),
            ("account", "a3", "review", "kept"),
            ("account", "b1", "suspend", "reversed"),
        ],
        columns=["entity_kind", "entity_id", "action", "state"],
    )
    # One cluster is of drip-1, with a stranger; in the other nobody has the majority.
    clusters = pd.DataFrame(
        [("a1", "c1"), ("a2", "c1"), ("good1", "c1"), ("a3", "c2"), ("good2", "c2")],
        columns=["account_id", "cluster_id"],
    )
    result = figures_by_campaign(judged, decisions, clusters)
    assert records(result.drop(columns="auc")) == [
        {"kind": "burst", "entity_kind": "account", "active": 1, "recall": 1.0, "decided": 0.0, "clustered": 0.0,
         "cluster_precision": None},
        {"kind": "drip", "entity_kind": "account", "active": 3, "recall": 2 / 3, "decided": 2 / 3, "clustered": 1.0,
         "cluster_precision": 2 / 3},
        {"kind": "drip", "entity_kind": "domain", "active": 1, "recall": 1.0, "decided": 0.0, "clustered": None,
         "cluster_precision": None},
    ]  # fmt: skip
    assert result.auc.round(3).tolist() == [1.0, 0.734, 1.0]  # a3 is above 20 of the good, and equal to one
