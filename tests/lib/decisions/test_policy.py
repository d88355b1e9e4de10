"""What the policy does with each case: one row per case, over one day and over two."""

from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import Row

from lib.config import PolicySettings
from lib.decisions.policy import decide_actions
from lib.decisions.thresholds import cuts_of
from lib.labelling.precedence import resolved_labels
from schemas.decisions import DECISIONS, ENTITY_SCORES
from schemas.labelling import LABELS
from tests.support.builders import DAY, ago, rows

pytestmark = pytest.mark.usefixtures("spark")
NO_LABELS = pd.DataFrame(columns=["entity_kind", "score", "is_spam"])
LABELLED_AT = datetime(2026, 3, 9, tzinfo=UTC)
Rows = list[dict[str, Any]]


def entity(name: str, score: float, **more: Any) -> dict[str, Any]:
    kind = "domain" if "." in name else "account"
    return {"entity_kind": kind, "entity_id": name, "score": score, "detectors": {"graph": score}} | more


def stood(name: str, action: str, **more: Any) -> dict[str, Any]:
    """A decision of the day before, which began three days before the day."""
    key = entity(name, 0.97)
    del key["detectors"]
    return key | {"day": ago(1), "action": action, "state": "kept", "since": ago(3), "policy": "score >= 0.9"} | more


def decided(
    scores: Rows, before: Rows = [], labels: Rows = [], *, day: date = DAY, **policy: Any  # noqa: B006
) -> list[Row]:  # fmt: skip
    settings = PolicySettings(**policy)
    marks = [{"source": "hand", "known_at": LABELLED_AT, **label} for label in labels]
    known = {label["entity_id"]: "spam" if label["is_spam"] else "benign" for label in labels}
    return decide_actions(
        entity_scores=rows(ENTITY_SCORES, *({**s, "label": known.get(s["entity_id"])} for s in scores)),
        labels=resolved_labels(rows(LABELS, *marks)),
        decisions=rows(DECISIONS, *before),
        day=day,
        policy=settings,
        cuts=cuts_of(settings, NO_LABELS),
    ).collect()


def summary(decisions: list[Row]) -> dict[str, tuple[str, str, date]]:
    return {r["entity_id"]: (r["action"], r["state"], r["since"]) for r in decisions}


def reasons(decisions: list[Row]) -> dict[str, str]:
    return {r["entity_id"]: r["reason"] for r in decisions}


def label(name: str, is_spam: bool) -> dict[str, Any]:
    return {"entity_kind": entity(name, 0)["entity_kind"], "entity_id": name, "is_spam": is_spam}


def test_the_score_decides_by_its_thresholds() -> None:
    result = decided(
        [
            entity("act.example", 0.9),  # the very threshold
            entity("nearly.example", 0.8999999),
            entity("a-spammer", 0.95),
            entity("review.example", 0.5),
            entity("monitor.example", 0.3),
            entity("low.example", 0.29),
            entity("unreached.example", 0.5, detectors={}),  # at the prior, which no detector has said
        ]
    )
    assert summary(result) == {
        "act.example": ("limit_distribution", "new", DAY),
        "nearly.example": ("review", "new", DAY),
        "a-spammer": ("suspend", "new", DAY),
        "review.example": ("review", "new", DAY),
        "monitor.example": ("monitor", "new", DAY),
    }
    assert reasons(result)["act.example"] == "its score of 0.900 is high enough to limit its distribution"
    assert reasons(result)["nearly.example"] == "its score of 0.899 is high enough to have it reviewed"
    policies = {r["entity_id"]: r["policy"] for r in result}
    assert policies["act.example"] == "score >= 0.9"
    assert policies["monitor.example"] == "score >= 0.3"


def test_a_label_and_the_allow_list_override_the_score() -> None:
    result = decided(
        [
            entity("marked.example", 0.1),  # low, but labelled spam
            entity("unreached.example", 0.5, detectors={}),  # no detector, but labelled spam
            entity("good.example", 0.99),  # high, but labelled benign
            entity("ours.example", 0.99),  # high, but on the allow list
            entity("ours-too.example", 0.1),  # labelled spam, but on the allow list
            entity("our-bot", 0.99),
        ],
        labels=[
            label("marked.example", True), label("unreached.example", True), label("good.example", False),
            label("ours-too.example", True), label("silent.example", True),  # not active, nothing stands: no row
        ],
        allow_domains=("Ours.example", "ours-too.example"),
        allow_accounts=("our-bot",),
    )  # fmt: skip
    assert summary(result) == {
        "marked.example": ("limit_distribution", "new", DAY),
        "unreached.example": ("limit_distribution", "new", DAY),
    }
    assert reasons(result)["marked.example"] == "labelled spam (hand, 2026-03-09)"
    assert {r["policy"] for r in result} == {"label spam"}


def test_a_domain_of_very_many_accounts_is_reviewed_instead_of_limited() -> None:
    result = decided(
        [
            entity("crowd.example", 0.99, accounts_7d=1000),
            entity("fewer.example", 0.99, accounts_7d=999),
            entity("crowd-low.example", 0.4, accounts_7d=5000),  # would not be limited anyway
            entity("crowd-marked.example", 0.1, accounts_7d=5000),
        ],
        labels=[label("crowd-marked.example", True)],
    )
    assert summary(result) == {
        "crowd.example": ("review", "new", DAY),
        "fewer.example": ("limit_distribution", "new", DAY),
        "crowd-low.example": ("monitor", "new", DAY),
        "crowd-marked.example": ("review", "new", DAY),
    }
    assert reasons(result)["crowd.example"] == (
        "its score of 0.990 is high enough to have it reviewed; "
        "1000 accounts linked to it this week, too many to limit it without a review"
    )


def test_the_cap_holds_the_lowest_scores_and_labels_come_first() -> None:
    result = decided(
        [
            entity("b.example", 0.95), entity("a.example", 0.95),  # a tie: the first key wins
            entity("c-account", 0.99), entity("marked.example", 0.2), entity("review.example", 0.6),
        ],
        labels=[label("marked.example", True)],
        before=[stood("old.example", "limit_distribution")],  # stands: it does not count
        max_new_actions=3,
    )  # fmt: skip
    assert summary(result) == {
        "marked.example": ("limit_distribution", "new", DAY),
        "c-account": ("suspend", "new", DAY),
        "a.example": ("limit_distribution", "new", DAY),
        "b.example": ("limit_distribution", "held", DAY),
        "review.example": ("review", "new", DAY),
        "old.example": ("limit_distribution", "kept", ago(3)),
    }
    assert reasons(result)["b.example"].endswith("; held: the day's cap of 3 new actions is used up")


def test_what_was_held_competes_again() -> None:
    held = {"state": "held", "since": ago(2)}
    result = decided(
        [
            entity("first.example", 0.99), entity("second.example", 0.95),
            entity("fell.example", 0.6), entity("ok.example", 0.1),
        ],
        before=[
            stood("first.example", "limit_distribution", **held),
            stood("second.example", "limit_distribution", **held),
            stood("fell.example", "limit_distribution", **held),
            stood("ok.example", "limit_distribution", **held),  # never began, so there is nothing to reverse
            stood("silent.example", "limit_distribution", **held),
        ],
        max_new_actions=1,
    )  # fmt: skip
    assert summary(result) == {
        "first.example": ("limit_distribution", "new", DAY),
        "second.example": ("limit_distribution", "held", ago(2)),
        "fell.example": ("review", "new", DAY),
    }


def test_enforcement_stands_whatever_the_score_does() -> None:
    result = decided(
        [entity("high.example", 0.95), entity("low.example", 0.05), entity("unreached-bot", 0.5, detectors={})],
        before=[
            stood("high.example", "limit_distribution"),
            stood("low.example", "limit_distribution"),
            stood("unreached-bot", "suspend"),
            stood("silent-bot", "suspend", score=0.93),
            stood("over.example", "limit_distribution", state="reversed"),  # over since yesterday: no row
        ],
    )
    assert summary(result) == {
        "high.example": ("limit_distribution", "kept", ago(3)),
        "low.example": ("limit_distribution", "kept", ago(3)),
        "unreached-bot": ("suspend", "kept", ago(3)),
        "silent-bot": ("suspend", "kept", ago(3)),
    }
    assert reasons(result) == {
        "high.example": "stands since 2026-03-07: its score of 0.950 is high enough to limit its distribution",
        "low.example": "stands since 2026-03-07, though its score is 0.050 now",
        "unreached-bot": "stands since 2026-03-07, though no detector reaches it now",
        "silent-bot": "stands since 2026-03-07, though it was not active this week",
    }
    assert {r["entity_id"]: r["score"] for r in result}["silent-bot"] == 0.93
    assert {r["entity_id"] for r in result if r["is_fresh"]} == {"high.example"}


def test_a_benign_label_the_allow_list_and_the_time_limit_reverse() -> None:
    result = decided(
        [entity("good.example", 0.99), entity("ours.example", 0.99)],
        before=[
            stood("good.example", "limit_distribution"),
            stood("ours.example", "limit_distribution"),
            stood("silent-good", "suspend"),  # not active this week, but cleared
            stood("old-bot", "suspend", since=ago(30)),  # the last day of its limit
            stood("young-bot", "suspend", since=ago(29)),
        ],
        labels=[label("good.example", False), label("silent-good", False)],
        allow_domains=("ours.example",),
        expire_days=30,
    )
    assert summary(result) == {
        "good.example": ("limit_distribution", "reversed", ago(3)),
        "ours.example": ("limit_distribution", "reversed", ago(3)),
        "silent-good": ("suspend", "reversed", ago(3)),
        "old-bot": ("suspend", "reversed", ago(30)),
        "young-bot": ("suspend", "kept", ago(29)),
    }
    assert reasons(result)["good.example"] == "reversed: labelled benign (hand, 2026-03-09)"
    assert reasons(result)["ours.example"] == "reversed: it is on the allow list"
    assert reasons(result)["old-bot"] == "reversed: it has stood for 30 days, its time limit"


def test_review_and_monitoring_follow_the_score() -> None:
    result = decided(
        [
            entity("same.example", 0.6), entity("fell.example", 0.1), entity("milder.example", 0.4),
            entity("worse.example", 0.95), entity("unreached.example", 0.5, detectors={}),
        ],
        before=[
            stood(f"{name}.example", "review", policy="score >= 0.5")
            for name in ("same", "fell", "milder", "worse", "unreached", "silent")
        ],
    )  # fmt: skip
    assert summary(result) == {
        "same.example": ("review", "kept", ago(3)),
        "fell.example": ("review", "reversed", ago(3)),
        "milder.example": ("monitor", "new", DAY),
        "worse.example": ("limit_distribution", "new", DAY),
        "unreached.example": ("review", "reversed", ago(3)),
        "silent.example": ("review", "reversed", ago(3)),
    }
    assert reasons(result)["fell.example"] == "reversed: its score is 0.100 now, too low to have it reviewed"
    assert reasons(result)["silent.example"] == "reversed: it was not active this week"
    assert reasons(result)["worse.example"] == (
        "its score of 0.950 is high enough to limit its distribution; until now: review since 2026-03-07"
    )


def test_two_days_in_a_row() -> None:
    first = decided([entity("x.example", 0.95), entity("y.example", 0.6)], day=ago(1))
    before = [{name: row[name] for name in DECISIONS.names} for row in first]
    second = decided([entity("x.example", 0.2), entity("y.example", 0.2)], before)
    assert summary(second) == {
        "x.example": ("limit_distribution", "kept", ago(1)),  # stands although the score fell
        "y.example": ("review", "reversed", ago(1)),
    }
    assert {r["policy"] for r in second} == {"score >= 0.9", "score >= 0.5"}  # what was met when it began
