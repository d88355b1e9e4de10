"""Who is put before reviewers, in which order, and who is not."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame

from jobs.fill_queue import fill_queue
from lib.config import QueueSettings, SampleSettings
from lib.conform import conform
from lib.queue.ranking import share_minutes, slots
from schemas.decisions import DECISIONS, ENTITY_SCORES, EVIDENCE, REVIEW_QUEUE
from schemas.labelling import LABEL_CANDIDATES
from schemas.scores import ACCOUNT_CLUSTERS, CLUSTER_REPORTS
from schemas.tiles import ACCOUNT_DOMAIN_DAYS
from tests.support.builders import DAY, ago, rows

pytestmark = pytest.mark.usefixtures("spark")
values = st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), max_size=5)


@given(values, values, st.integers(0, 6), st.integers(0, 6))
def test_no_other_choice_within_the_minutes_prevents_more(
    harm: list[float], explore: list[float], capacity: int, quota: int
) -> None:
    """Of all choices that use the capacity and keep explore's share, none has more harm prevented, then explored."""
    harm, explore = sorted(harm, reverse=True), sorted(explore, reverse=True)
    full = min(capacity, len(harm) + len(explore))
    kept = min(quota, capacity, len(explore))

    def choices() -> Any:
        for n in range(kept, len(explore) + 1):
            for some in combinations(explore, n):
                for others in combinations(harm, full - n) if full >= n else ():
                    yield len(others), sum(others), sum(some)

    taken = share_minutes(len(harm), len(explore), capacity=capacity, quota=quota)
    assert sum(taken) == full
    assert (taken[0], sum(harm[: taken[0]]), sum(explore[: taken[1]])) == max(choices())


@pytest.mark.parametrize(
    ("minutes", "each", "share", "expected"),
    [
        (60, 1, 0.1, (60, 6)),
        (60, 7, 0.1, (8, 1)),  # eight of seven minutes fit
        (0.3, 0.1, 0, (3, 0)),  # 0.3 / 0.1 is a little less than 3
        (0.5, 1, 1, (0, 0)),  # not even one fits
    ],
)
def test_slots(minutes: float, each: float, share: float, expected: tuple[int, int]) -> None:
    assert slots(QueueSettings(minutes_per_day=minutes, minutes_per_item=each, explore_share=share)) == expected


def entity(name: str, score: float = 0.6, exposure: int = 9, **more: Any) -> dict[str, Any]:
    kind = "domain" if "." in name else "account"
    return {
        "entity_kind": kind, "entity_id": name, "score": score, "exposure_1d": exposure,
        "detectors": {"graph": score}, "accounts_7d": 1,
    } | more  # fmt: skip


def decision(name: str, action: str = "review", state: str = "new") -> dict[str, Any]:
    key = entity(name)
    return {"entity_kind": key["entity_kind"], "entity_id": name, "action": action, "state": state}


def posts(account: str, domain: str, interactions: int) -> dict[str, Any]:
    return {"account_id": account, "domain": domain, "interactions": interactions}


def filled(
    scores: list[dict[str, Any]],
    decisions: list[dict[str, Any]],
    *,
    posted: tuple[dict[str, Any], ...] = (),
    asked: tuple[dict[str, Any], ...] = (),
    evidence: DataFrame | None = None,
    members: tuple[tuple[str, str], ...] = (),
    clusters: tuple[dict[str, Any], ...] = (),
    batch: tuple[str, ...] = (),
    **queue: Any,
) -> list[Any]:
    rows_ = fill_queue(
        entity_scores=rows(ENTITY_SCORES, *scores),
        decisions=rows(DECISIONS, *decisions),
        evidence=evidence or rows(EVIDENCE),
        account_domain_days=rows(ACCOUNT_DOMAIN_DAYS, *posted),
        account_clusters=rows(ACCOUNT_CLUSTERS, *({"account_id": a, "cluster_id": c} for a, c in members)),
        cluster_reports=rows(CLUSTER_REPORTS, *clusters),
        label_candidates=rows(
            LABEL_CANDIDATES,
            *({"domain": name, "rank": place, "part": "random"} for place, name in enumerate(batch, start=1)),
        ),
        review_queue=rows(REVIEW_QUEUE, *({"minutes": 1.0, "rank": 1} | item for item in asked)),
        day=DAY,
        queue=QueueSettings(**queue),
        samples=SampleSettings(),
    )
    return sorted(conform(rows_, REVIEW_QUEUE).collect(), key=lambda row: int(row["rank"]))


def names(queue: list[Any], purpose: str = "harm") -> list[str]:
    return [row["entity_id"] for row in queue if row["purpose"] == purpose]


def test_only_open_questions_are_asked_and_the_most_exposed_first() -> None:
    queue = filled(
        [
            entity("often.example", 0.6, 1000),  # .6 * ln 1001 = 4.1
            entity("likely.example", 0.89, 99),  # .89 * ln 100 = 4.1 but less
            entity("held.example", 0.95, 9),
            entity("unseen.example", 0.7, 0),  # worth nothing today, so last
            entity("marked.example", 0.9, 999, label="benign"),  # answered
            entity("limited.example", 0.97, 999),  # nothing more to prevent
            entity("watched.example", 0.4, 999),  # only monitored
            entity("low.example", 0.1, 999),
        ],
        [
            decision("often.example", state="kept"), decision("likely.example"), decision("marked.example"),
            decision("held.example", "limit_distribution", "held"), decision("unseen.example"),
            decision("limited.example", "limit_distribution"), decision("watched.example", "monitor"),
            decision("low.example", state="reversed"),
        ],
        evidence=rows(
            EVIDENCE,
            *(
                {"entity_kind": "domain", "entity_id": "often.example", "rank": rank, "sentence": f"reason {rank}"}
                for rank in (2, 1, 4, 3)
            ),
        ),
    )  # fmt: skip
    assert names(queue) == ["often.example", "likely.example", "held.example", "unseen.example"]
    assert queue[0]["priority"] == pytest.approx(4.145253)
    assert queue[0]["sentences"] == ["reason 1", "reason 2", "reason 3"]
    assert queue[3]["sentences"] == []
    assert names(queue, "explore") == []
    assert len({row["item_id"] for row in queue}) == 4


def test_the_minutes_are_never_exceeded_and_none_is_lost() -> None:
    scores = [entity(f"{i}.example", 0.5 + i / 100) for i in range(6)]
    scores += [entity(f"{i}-unreached", 0.5, i, detectors={}) for i in range(6)]
    decisions = [decision(f"{i}.example") for i in range(6)]
    queue = filled(scores, decisions, minutes_per_day=20.0, minutes_per_item=4.0, explore_share=0.2)
    assert names(queue) == ["5.example", "4.example", "3.example", "2.example"]
    assert names(queue, "explore") == ["5-unreached"]
    assert sum(row["minutes"] for row in queue) == 20
    assert [row["rank"] for row in queue] == [1, 2, 3, 4, 5]
    assert queue[4]["score"] is None
    assert queue[4]["sentences"] == ["no detector reaches it; 0 interactions on the day"]
    # What harm leaves goes to explore.
    left = filled(scores, decisions[:1], minutes_per_day=4.0, explore_share=0.2)
    assert (names(left), len(names(left, "explore"))) == (["0.example"], 3)


def test_an_account_is_not_asked_about_where_its_domain_is() -> None:
    queue = filled(
        [
            entity("bad.example", exposure=500), entity("limited.example", 0.97), entity("fine.example", 0.1),
            entity("mostly"), entity("half"), entity("split"), entity("of-limited"), entity("no-links"),
        ],
        [
            decision("bad.example"), decision("limited.example", "limit_distribution", "kept"),
            *(decision(name) for name in ("mostly", "half", "split", "of-limited", "no-links")),
        ],
        posted=(
            posts("mostly", "bad.example", 3), posts("mostly", "bad.example", 3) | {"day": ago(2)},
            posts("mostly", "fine.example", 5),
            posts("half", "bad.example", 5), posts("half", "fine.example", 5),  # not more than half
            posts("split", "limited.example", 2), posts("split", "bad.example", 3), posts("split", "fine.example", 4),
            posts("of-limited", "limited.example", 1),
        ),
    )  # fmt: skip
    assert {row["entity_id"]: row["accounts"] for row in queue} == {"bad.example": 2, "half": 1, "no-links": 1}


def test_nothing_is_asked_again_unless_its_score_has_moved() -> None:
    domains = ["same", "moved", "less", "old", "newer", "reached"]
    key = {name: {"entity_kind": "domain", "entity_id": f"{name}.example"} for name in [*domains, "dark"]}
    queue = filled(
        [
            *(entity(f"{name}.example", 0.6) for name in domains),
            entity("dark.example", 0.5, detectors={}),  # unreached then as now
        ],
        [decision(f"{name}.example") for name in domains],
        asked=(
            key["same"] | {"item_id": "1", "day": ago(27), "score": 0.51},
            key["moved"] | {"item_id": "2", "day": ago(1), "score": 0.5},
            key["less"] | {"item_id": "3", "day": ago(1), "score": 0.75},
            key["old"] | {"item_id": "4", "day": ago(28), "score": 0.6},  # as long ago as a question stays open
            key["newer"] | {"item_id": "5", "day": ago(9), "score": 0.9},
            key["newer"] | {"item_id": "6", "day": ago(2), "score": 0.6},  # asked twice: the newer one counts
            key["reached"] | {"item_id": "7", "day": ago(1)},  # explored then, scored now
            key["dark"] | {"item_id": "8", "day": ago(1)},
        ),
    )
    assert set(names(queue)) == {"moved.example", "less.example", "old.example", "reached.example"}
    assert names(queue, "explore") == []


def test_where_nothing_is_scored_all_minutes_explore_and_domains_come_first() -> None:
    dark: dict[str, Any] = {"score": 0.5, "detectors": {}}
    queue = filled(
        [
            entity("small.example", **dark, exposure=3),
            entity("big.example", **dark, exposure=70, interactions_1d=70, accounts_7d=12),
            entity("poster", **dark, exposure=99),
            entity("talker", **dark, exposure=50),
            entity("shy", **dark, exposure=1),
            entity("known.example", **dark, exposure=999, label="spam"),
        ],
        [decision("known.example", "limit_distribution")],
        posted=(posts("poster", "big.example", 1),),
        minutes_per_day=3.0,
    )  # fmt: skip
    # Both domains are in before any account; the poster's domain speaks for it. The rank follows the exposure.
    assert [(row["purpose"], row["entity_id"]) for row in queue] == [
        ("explore", "big.example"), ("explore", "talker"), ("explore", "small.example"),
    ]  # fmt: skip
    assert queue[0]["accounts"] == 1
    assert queue[0]["sentences"] == ["no detector reaches it; 70 interactions on the day, 12 accounts this week"]


def cluster(name: str, *, emerging: bool, state: str = "kept", score: float = 0.7) -> dict[str, Any]:
    same = [{"attribute": "network", "value": "10.0.0.0", "accounts": 3}]
    return {"cluster_id": name, "state": state, "since": ago(1), "accounts": 3, "accounts_before": 3, "shared": same,
            "emerging": emerging, "score": score, "lift": 12.0, "known_share": 0.0}  # fmt: skip


def test_a_cluster_is_one_question_instead_of_one_for_each_account() -> None:
    accounts = [entity(name, 0.6, 9) for name in ("a", "b", "c", "alone", "member", "silent")]
    queue = filled(
        [*accounts, entity("n", 0.1, 20)],
        [decision(row["entity_id"]) for row in accounts if row["entity_id"] != "silent"],
        members=(("a", "known"), ("b", "known"), ("silent", "known"), ("member", "small"), ("n", "new"), ("c", "over")),
        clusters=(
            cluster("known", emerging=False),  # two of its three accounts would be asked about
            cluster("small", emerging=False),  # but one: the account itself is asked about
            cluster("new", emerging=True, score=0.8),  # nobody knows it yet
            cluster("over", emerging=False, state="ended"),
        ),
    )
    assert names(queue) == ["known", "alone", "c", "member"]
    assert names(queue, "new_cluster") == ["new"]
    asked = {row["entity_id"]: row for row in queue}
    assert (asked["known"]["entity_kind"], asked["known"]["score"], asked["known"]["exposure"]) == ("cluster", 0.6, 27)
    assert (asked["known"]["accounts"], asked["alone"]["accounts"], asked["new"]["exposure"]) == (3, 1, 20)
    assert asked["new"]["score"] == 0.8
    assert asked["new"]["sentences"][0] == "3 accounts act as one: same network '10.0.0.0'; 12 times more than chance"


def test_new_clusters_have_their_share_and_what_others_leave() -> None:
    accounts = [entity(f"a{n}", 0.6, 9) for n in range(9)]
    asked = [decision(row["entity_id"]) for row in accounts]
    new = [cluster(f"new{n}", emerging=True) for n in range(5)]
    members = tuple((f"m{n}", f"new{n}") for n in range(5))
    scores = [*accounts, *(entity(f"m{n}", 0.1, 9 - n) for n in range(5))]
    full = filled(scores, asked, members=members, clusters=tuple(new), minutes_per_day=5, cluster_share=0.4)
    assert (len(names(full)), names(full, "new_cluster")) == (3, ["new0", "new1"])
    wide = filled(scores, asked, members=members, clusters=tuple(new), minutes_per_day=12, cluster_share=0.1)
    assert (len(names(wide)), names(wide, "new_cluster")) == (9, ["new0", "new1", "new2"])


def test_the_labelling_batch_has_its_share_in_its_order_and_what_others_leave() -> None:
    scores = [entity(f"{n}.example", 0.6, 9) for n in range(6)]
    scores += [entity(name, 0.2) for name in ("first.example", "second.example", "third.example")]
    asked = [decision(f"{n}.example") for n in range(6)]
    batch = ("0.example", "first.example", "second.example", "third.example", "gone.example")  # 0 is asked for its harm
    full = filled(scores, asked, batch=batch, minutes_per_day=5, label_share=0.4)
    assert (len(names(full)), names(full, "label")) == (3, ["first.example", "second.example"])
    wide = filled(scores, asked, batch=batch, minutes_per_day=20)
    assert (len(names(wide)), len(names(wide, "label"))) == (6, 3)
    none = filled(scores, asked, batch=batch, minutes_per_day=5, label_share=0)
    assert (len(names(none)), names(none, "label")) == (5, [])
