"""What `winnow why` says of an entity with and without a decision."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lib.config import FusionSettings
from lib.decisions.evidence import DetectorOutputs
from lib.decisions.explanation import UnknownEntity, explain_entity
from lib.wording.explanation_wording import Explanation
from schemas.decisions import DECISIONS, ENTITY_SCORES, EVIDENCE, FUSION_WEIGHTS
from schemas.features import ACCOUNT_FEATURES, DOMAIN_FEATURES
from schemas.labelling import LABELS
from schemas.scores import ACCOUNT_CLUSTERS, ACCOUNT_SCORES, CLUSTER_REPORTS, DOMAIN_SCORES, GRAPH_SCORES
from schemas.tiles import ACCOUNT_DAYS, ACCOUNT_DOMAIN_DAYS, FIRST_SEEN
from tests.support.builders import DAY, ago, rows

pytestmark = pytest.mark.usefixtures("spark")
BAD = {"entity_kind": "domain", "entity_id": "bad.example"}
LOW = {"entity_kind": "domain", "entity_id": "low.example"}


def explained(name: str, kind: str = "domain", **more: Any) -> Explanation:
    return explain_entity(
        entity_kind=kind,
        entity_id=name,
        day=DAY,
        entity_scores=rows(
            ENTITY_SCORES,
            BAD | {"score": 0.95, "detectors": {"domain_model": 0.97, "graph": 0.91}, "interactions_1d": 4,
                   "accounts_7d": 3, "exposure_1d": 1200},
            LOW | {"score": 0.2, "detectors": {"domain_model": 0.2}},
        ),
        decisions=rows(
            DECISIONS,
            BAD | {"action": "limit_distribution", "state": "kept", "since": ago(2), "reason": "stands",
                   "policy": "score >= 0.9"},
            {"entity_kind": "account", "entity_id": "silent", "action": "suspend", "state": "kept", "reason": "stands"},
        ),
        evidence=rows(
            EVIDENCE,
            BAD | {"rank": 2, "detector": "graph", "kind": "neighbour", "contribution": 0.5, "sentence": "second"},
            BAD | {"rank": 1, "detector": "domain_model", "kind": "token", "contribution": 1.5,
                   "sentence": "first \x1b[2J"},
        ),
        fusion_weights=rows(
            FUSION_WEIGHTS,
            {"entity_kind": "domain", "detector": "bias", "weight": -0.5, "examples": 40},
            {"entity_kind": "domain", "detector": "domain_model", "weight": 0.75, "examples": 40},
            {"entity_kind": "domain", "detector": "graph", "weight": 0.25, "examples": 40},
        ),
        labels=rows(
            LABELS, BAD | {"is_spam": True, "source": "hand", "known_at": datetime(2026, 3, 1, tzinfo=UTC)}
        ),
        first_seen=rows(FIRST_SEEN, BAD | {"first_day": ago(5)}, BAD | {"first_day": ago(9)}),
        outputs=DetectorOutputs(
            domain_scores=rows(DOMAIN_SCORES, {"domain": "low.example", "score": 0.2}),
            domain_features=rows(
                DOMAIN_FEATURES, {"domain": "low.example", "accounts_7d": 14.0, "new_account_share_7d": 0.5}
            ),
            account_scores=rows(ACCOUNT_SCORES),
            account_features=rows(ACCOUNT_FEATURES),
            account_clusters=rows(ACCOUNT_CLUSTERS),
            cluster_reports=rows(CLUSTER_REPORTS),
            graph_scores=rows(GRAPH_SCORES),
            account_days=rows(ACCOUNT_DAYS),
            account_domain_days=rows(ACCOUNT_DOMAIN_DAYS),
        ),
        fusion=FusionSettings(),
        **more,
    )  # fmt: skip


def test_an_entity_with_a_decision() -> None:
    answer = explained("bad.example")
    assert answer.lines() == [
        "domain bad.example on 2026-03-10",
        "  score     0.950, the probability that it is spam",
        "            0.970 from the domain model, weight 0.75",
        "            0.910 from the account-domain graph, weight 0.25",
        "  label     spam (hand, 2026-03-01)",
        "  decision  limit_distribution, kept, since 2026-03-08",
        "            stands",
        "            (score >= 0.9)",
        "  activity  4 interactions on the day, exposure 1,200, 3 accounts this week; first seen 2026-03-01",
        "  because",
        "    1. first \\u{1b}[2J (+1.50)",  # nothing reaches the terminal that it would obey
        "    2. second (+0.50)",
    ]
    read = json.loads(json.dumps(answer.as_dict()))
    assert read["decision"]["since"] == "2026-03-08"
    assert read["reasons"][0]["sentence"] == "first \x1b[2J"
    assert read["detectors"] == {"domain_model": 0.97, "graph": 0.91}


def test_an_entity_without_a_decision_is_explained_by_reasons_made_on_the_spot() -> None:
    given = [("token", "path:x", 0.4), ("token", "path:news", -0.6), ("behaviour", "new_account_share_7d", 0.8)]
    answer = explained("low.example", reasons=given)
    assert answer.decision is None
    # The model is the only detector, so it also speaks for the graph: its weight is 1 in all.
    assert [(r["sentence"], round(r["contribution"], 6)) for r in answer.reasons] == [
        ("7 of its 14 accounts this week were new", 0.8),
        ('the paths of its links contain "x"', 0.4),
        ('the paths of its links contain "news"', -0.6),
    ]
    assert answer.lines()[-7:] == [
        "  decision  none",
        "  activity  0 interactions on the day, exposure 0, 0 accounts this week; nobody noted when it was first seen",
        "  because",
        "    1. 7 of its 14 accounts this week were new (+0.80)",
        '    2. the paths of its links contain "x" (+0.40)',
        "  for it speaks",
        '    1. the paths of its links contain "news" (-0.60)',
    ]


def test_a_silent_entity_that_something_stands_against() -> None:
    assert explained("silent", "account").lines()[1:] == [
        "  score     none: it was not active this week",
        "  label     none",
        "  decision  suspend, kept, since 2026-03-10",
        "            stands",
        "  activity  nobody noted when it was first seen",
        "  nothing speaks against it",
    ]


def test_an_unknown_entity_is_an_error_that_says_when_it_was_seen() -> None:
    with pytest.raises(
        UnknownEntity, match=r"domain gone\.example was not active .* 2026-03-10 .*: try --day 2026-02-01"
    ):
        explained("gone.example", last_known=DAY.replace(month=2, day=1))
    with pytest.raises(UnknownEntity, match="never seen; domains are registered domains"):
        explained("www.gone.example")
