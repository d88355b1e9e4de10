"""The job as a whole: scores, decisions and their evidence, over two days."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame
from scipy.special import expit, logit

from jobs.decide import decide
from lib.config import FusionSettings, PolicySettings, SampleSettings
from lib.conform import conform
from schemas.catalog import TABLES
from schemas.decisions import DECISIONS, EVIDENCE
from schemas.features import ACCOUNT_FEATURES, DOMAIN_FEATURES
from schemas.labelling import LABELS
from schemas.raw import IMPRESSIONS
from schemas.scores import ACCOUNT_CLUSTERS, ACCOUNT_SCORES, CLUSTER_REPORTS, DOMAIN_SCORES, GRAPH_SCORES
from schemas.tiles import ACCOUNT_DAYS, ACCOUNT_DOMAIN_DAYS
from tests.support.builders import DAY, ago, rows

pytestmark = pytest.mark.usefixtures("spark")


def reason(kind: str, what: str, contribution: float) -> dict[str, Any]:
    return {"kind": kind, "what": what, "contribution": contribution}


def neighbour(name: str, share: float, score: float, label: str = "") -> dict[str, Any]:
    return {"entity_id": name, "spam_share": share, "weight": 1.0, "score": score, "label": label}


def decided(**tables: DataFrame) -> dict[str, DataFrame]:
    given = {
        name: tables.get(name, rows(TABLES[name]))
        for name in (
            "account_days", "account_domain_days", "domain_features", "domain_scores", "account_features",
            "account_scores", "account_clusters", "cluster_reports", "graph_scores", "labels", "impressions",
            "decisions", "evidence",
        )
    }  # fmt: skip
    result = decide(**given, day=DAY, fusion=FusionSettings(), policy=PolicySettings(), samples=SampleSettings())
    assert result.keys() == {"entity_scores", "fusion_weights", "decisions", "evidence"}
    return {name: conform(rows_, TABLES[name]) for name, rows_ in result.items()}


def world() -> dict[str, DataFrame]:
    """pills.example: model and graph agree; alice posts it; marked.example is labelled; odd.example has no reasons."""
    return {
        "account_days": rows(ACCOUNT_DAYS, {"account_id": "alice", "interactions": 20, "linking": 14}),
        "account_domain_days": rows(
            ACCOUNT_DOMAIN_DAYS,
            {"account_id": "alice", "domain": "pills.example", "interactions": 5},
            {"account_id": "alice", "domain": "pills.example", "interactions": 7, "day": ago(3)},
        ),
        "domain_features": rows(
            DOMAIN_FEATURES,
            {"domain": "pills.example", "new_account_share_7d": 0.5, "accounts_7d": 4.0},
            {"domain": "marked.example"},
            {"domain": "odd.example"},
            {"domain": "fine.example"},
        ),
        "domain_scores": rows(
            DOMAIN_SCORES,
            {
                "domain": "pills.example", "score": 0.95, "model_version": "domain-1",
                "reasons": [
                    reason("token", "path:pills", 1.2), reason("behaviour", "new_account_share_7d", 2.0),
                    reason("token", "path:buy", 1e-4),  # too little to tell
                ],
            },
            {"domain": "marked.example", "score": 0.4, "oof_score": 0.4},
            {"domain": "odd.example", "score": 0.6},
            {"domain": "fine.example", "score": 0.1, "reasons": [reason("token", "path:pills", 0.3)]},
        ),
        "graph_scores": rows(
            GRAPH_SCORES,
            {
                "entity_kind": "domain", "entity_id": "pills.example", "score": 0.97, "support": 1.0, "raw_score": 0.9,
                "neighbours": [neighbour("alice", 0.75, 0.88), neighbour("bob", 0.25, 0.99, "spam")],
            },
            {  # a seed: what comes to it may be its own
                "entity_kind": "domain", "entity_id": "marked.example", "score": 0.9, "support": 1.0, "raw_score": 0.9,
                "seed": "spam", "oof_score": 0.5, "neighbours": [neighbour("alice", 1.0, 0.88)],
            },
            {
                "entity_kind": "account", "entity_id": "alice", "score": 0.93, "support": 1.0, "raw_score": 0.9,
                "neighbours": [neighbour("pills.example", 1.0, 0.9)],
            },
        ),
        "labels": rows(
            LABELS,
            {
                "entity_kind": "domain", "entity_id": "marked.example", "is_spam": True, "source": "hand",
                "known_at": datetime(2026, 3, 9, tzinfo=UTC),
            },
        ),
        "impressions": rows(IMPRESSIONS),
    }  # fmt: skip


def evidence_of(tables: dict[str, DataFrame], name: str) -> list[tuple[Any, ...]]:
    own = tables["evidence"].where(f"entity_id = '{name}'").orderBy("rank").collect()
    assert [row["rank"] for row in own] == list(range(1, len(own) + 1))
    return [(r["detector"], r["kind"], r["what"], round(r["contribution"], 6), r["sentence"]) for r in own]


@pytest.fixture(scope="module")
def first(spark: Any) -> dict[str, DataFrame]:
    return {name: table.localCheckpoint() for name, table in decided(**world()).items()}


def test_decisions_of_the_first_day(first: dict[str, DataFrame]) -> None:
    result = {r["entity_id"]: (r["action"], r["state"], round(r["score"], 6)) for r in first["decisions"].collect()}
    both = round(float(expit((logit(0.95) + logit(0.97)) / 2)), 6)  # no labels to fit on: the mean logit
    assert result == {
        "pills.example": ("limit_distribution", "new", both),
        "alice": ("suspend", "new", 0.93),
        "marked.example": ("limit_distribution", "new", round(float(expit((logit(0.4) + logit(0.9)) / 2)), 6)),
        "odd.example": ("review", "new", 0.6),
    }
    weights = {(r["entity_kind"], r["detector"]): r["weight"] for r in first["fusion_weights"].collect()}
    assert weights == {
        ("domain", "domain_model"): 0.5, ("domain", "graph"): 0.5, ("domain", "bias"): 0.0,
        ("account", "graph"): 1.0, ("account", "bias"): 0.0,
    }  # fmt: skip


def test_evidence_of_the_first_day(first: dict[str, DataFrame]) -> None:
    # Each detector has half a say. The raw logit of .9 falls by ln 4 without alice and by ln 4/3 without bob.
    whole, raw = float(logit(0.97)) / 2, float(logit(0.9))
    assert evidence_of(first, "pills.example") == [
        (
            "graph", "neighbour", "alice", round(whole * np.log(4) / raw, 6),
            "the account \"alice\" (12 of the account's 14 interactions with links this week) hands it 75% of the spam "
            "mass that reaches it; that account has a score of 0.880 in the graph",
        ),
        ("domain_model", "behaviour", "new_account_share_7d", 1.0, "2 of its 4 accounts this week were new"),
        ("domain_model", "token", "path:pills", 0.6, 'the paths of its links contain "pills"'),
        (
            "graph", "neighbour", "bob", round(whole * np.log(4 / 3) / raw, 6),
            'the account "bob" hands it 25% of the spam mass that reaches it; that account is labelled spam',
        ),
    ]  # fmt: skip
    # Without pills.example nothing is left: the logit falls to the prior.
    assert evidence_of(first, "alice") == [
        (
            "graph", "neighbour", "pills.example", round(float(logit(0.93)), 6),
            "it links to \"pills.example\" (12 of the account's 14 interactions with links this week), which hands it "
            "100% of the spam mass that reaches it; that domain has a score of 0.900 in the graph",
        )
    ]  # fmt: skip
    assert evidence_of(first, "marked.example") == [
        ("label", "label", "spam", 6.0, "a label by hand of 2026-03-09 says that it is spam")
    ]
    # Only the model has a score, so it speaks for the graph, too.
    assert evidence_of(first, "odd.example") == [
        (
            "domain_model", "score", "domain_model", round(float(logit(0.6)), 6),
            "the domain model gives it a score of 0.600, and names no single reason",
        )
    ]  # fmt: skip
    assert evidence_of(first, "fine.example") == []  # nothing stands against it
    versions = {r["detector"]: r["model_version"] for r in first["evidence"].collect()}
    assert versions["domain_model"] is None or versions["domain_model"] == "domain-1"


def test_without_a_reason_the_fused_score_falls_by_its_contribution(first: dict[str, DataFrame]) -> None:
    whole = world()
    model = whole["domain_scores"].where("domain = 'pills.example'").first()
    assert model is not None
    lower = rows(DOMAIN_SCORES, {"domain": "pills.example", "score": float(expit(logit(model["score"]) - 2.0))})
    without = decided(**{**whole, "domain_scores": lower})["entity_scores"].where("entity_id = 'pills.example'")
    before = first["entity_scores"].where("entity_id = 'pills.example'").first()
    after = without.first()
    assert before is not None
    assert after is not None
    assert logit(before["score"]) - logit(after["score"]) == pytest.approx(1.0)  # as the evidence of the day says


def test_the_next_day_keeps_what_stands_and_its_evidence(first: dict[str, DataFrame]) -> None:
    """All have fallen silent but odd.example, whose score is high now."""
    yesterday = {"day": ago(1)}
    earlier = {
        "decisions": rows(
            DECISIONS, *(r.asDict() | yesterday | {"since": ago(1)} for r in first["decisions"].collect())
        ),
        "evidence": rows(EVIDENCE, *(r.asDict() | yesterday for r in first["evidence"].collect())),
    }
    gone = {"entity_kind": "account", "entity_id": "old-bot", "action": "suspend", "state": "kept", "score": 0.93}
    earlier["decisions"] = earlier["decisions"].union(rows(DECISIONS, gone | {"since": ago(50)}))
    second = decided(
        domain_features=rows(DOMAIN_FEATURES, {"domain": "odd.example"}),
        domain_scores=rows(
            DOMAIN_SCORES, {"domain": "odd.example", "score": 0.99, "reasons": [reason("token", "path:x", 1.0)]}
        ),
        labels=world()["labels"],
        **earlier,
    )
    result = {r["entity_id"]: (r["action"], r["state"], r["since"]) for r in second["decisions"].collect()}
    assert result == {
        "pills.example": ("limit_distribution", "kept", ago(1)),
        "alice": ("suspend", "kept", ago(1)),
        "marked.example": ("limit_distribution", "kept", ago(1)),
        "odd.example": ("limit_distribution", "new", DAY),
        "old-bot": ("suspend", "kept", ago(50)),
    }
    assert evidence_of(second, "pills.example") == evidence_of(first, "pills.example")  # carried
    assert evidence_of(second, "odd.example") == [
        ("domain_model", "token", "path:x", 1.0, 'the paths of its links contain "x"')
    ]
    assert evidence_of(second, "marked.example") == evidence_of(first, "marked.example")  # still labelled
    # Nobody kept what led to this one; it still says something.
    assert evidence_of(second, "old-bot") == [
        ("fusion", "score", "fusion", 0.0, "its score was 0.930 when it was last active; what led to it is not kept")
    ]
    assert {row["day"] for row in second["evidence"].select("day").collect()} == {DAY}


def test_without_any_score_and_any_label_nothing_is_decided() -> None:
    whole = world()
    result = decided(account_days=whole["account_days"], domain_features=whole["domain_features"])
    scores = {r["entity_id"]: (r["score"], r["detectors"]) for r in result["entity_scores"].collect()}
    names = ["alice", "pills.example", "marked.example", "odd.example", "fine.example"]
    assert scores == dict.fromkeys(names, (0.5, {}))
    assert result["decisions"].count() == result["evidence"].count() == result["fusion_weights"].count() == 0


def test_what_the_account_model_and_a_cluster_say_of_an_account() -> None:
    same = [{"attribute": "network", "value": "10.0.0.0", "accounts": 4}]
    result = decided(
        account_days=rows(ACCOUNT_DAYS, {"account_id": "bot", "interactions": 9}),
        account_features=rows(ACCOUNT_FEATURES, {"account_id": "bot", "spam_link_share": 0.83}),
        account_scores=rows(
            ACCOUNT_SCORES,
            {"account_id": "bot", "score": 0.9, "reasons": [reason("domain_scores", "domain_scores", 1.2)],
             "model_version": "account-1"},
        ),
        account_clusters=rows(
            ACCOUNT_CLUSTERS, {"account_id": "bot", "cluster_id": "c", "score": 0.8, "shared": same}
        ),
        cluster_reports=rows(
            CLUSTER_REPORTS,
            {"cluster_id": "c", "state": "new", "accounts": 4, "lift": 41.0, "synchrony": 0.5, "score": 0.8},
        ),
    )  # fmt: skip
    assert evidence_of(result, "bot") == [
        (
            "clusters", "cluster", "c", round(float(logit(0.8)) / 2, 6),
            "it acts as one with 3 other accounts: same network '10.0.0.0', often within minutes of each other; "
            "41 times more than chance",
        ),
        (
            "account_model", "domain_scores", "domain_scores", 0.6,
            "83% of its links this week go to domains with a high spam score",
        ),
    ]  # fmt: skip
    row = result["entity_scores"].first()
    assert row is not None
    assert row["score"] == pytest.approx(float(expit((logit(0.9) + logit(0.8)) / 2)))
