"""How accounts have behaved: windows, pauses, repetition, names, and the scores of the domains that they link to."""

from datetime import date, datetime
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from jobs.build_account_features import build_account_features
from lib.config import FeatureSettings, SampleSettings
from schemas.features import ACCOUNT_FEATURES
from schemas.raw import ACCOUNTS
from schemas.scores import DOMAIN_SCORES
from schemas.tiles import ACCOUNT_DAYS, ACCOUNT_DOMAIN_DAYS, ATTRIBUTE_DAYS, FIRST_SEEN
from tests.support.builders import DAY, ago, rows


def built(days: list[date] | None = None, **tables: list[dict[str, Any]]) -> dict[tuple[date, str], Row]:
    """Features by day and account."""
    frame = build_account_features(
        account_days=rows(ACCOUNT_DAYS, *tables.get("account_days", [])),
        account_domain_days=rows(ACCOUNT_DOMAIN_DAYS, *tables.get("account_domain_days", [])),
        attribute_days=rows(ATTRIBUTE_DAYS, *tables.get("attribute_days", [])),
        first_seen=rows(FIRST_SEEN, *tables.get("first_seen", [])),
        accounts=rows(ACCOUNTS, *tables.get("accounts", [])),
        domain_scores=rows(DOMAIN_SCORES, *tables.get("domain_scores", [])),
        days=days or [DAY],
        features=FeatureSettings(),
        samples=SampleSettings(sketch_size=4),
    )
    assert tuple(frame.columns) == ACCOUNT_FEATURES.names
    return {(row.day, row.account_id): row for row in frame.collect()}


def acted(account: str, age: int, interactions: int, **fields: Any) -> dict[str, Any]:
    return {"account_id": account, "day": ago(age), "interactions": interactions, **fields}


def linked(account: str, domain: str, interactions: int, age: int = 0) -> dict[str, Any]:
    return {**acted(account, age, interactions), "domain": domain}


def scored(domain: str, score: float, **fields: Any) -> dict[str, Any]:
    return {"domain": domain, "score": score, **fields}


def test_windows_end_on_the_day(spark: SparkSession) -> None:
    result = built(
        account_days=[
            acted("ann", 0, 2),
            acted("ann", 6, 2),  # the last day inside the week
            acted("ann", 7, 4),  # the first one outside
            acted("ann", 27, 8),  # the last day inside the month
            acted("ann", 28, 99),
            acted("ann", -1, 99),  # tomorrow
            acted("asleep", 7, 9),  # not active in the week: no row
        ],
        first_seen=[{"entity_kind": "account", "entity_id": "ann", "first_day": ago(40)},
                    {"entity_kind": "domain", "entity_id": "ann", "first_day": ago(60)}],
    )  # fmt: skip
    assert result.keys() == {(DAY, "ann")}
    ann = result[DAY, "ann"]
    assert (ann.interactions_1d, ann.interactions_7d, ann.interactions_28d) == (2, 4, 16)
    assert (ann.active_days_7d, ann.active_days_28d, ann.growth_7d, ann.burst_28d) == (2, 4, 1.0, 2.0)
    assert (ann.age_days, ann.domains_28d, ann.top_domain_share_28d) == (40, 0, None)


def test_pauses_tell_a_clockwork(spark: SparkSession) -> None:
    result = built(
        account_days=[
            acted("clock", 0, 4, gaps=3, gap_seconds=180, gap_seconds_squared=3 * 60**2),
            acted("human", 0, 2, gaps=1, gap_seconds=10, gap_seconds_squared=100),
            acted("human", 1, 2, gaps=1, gap_seconds=30, gap_seconds_squared=900),  # mean 20, deviation 10
            acted("once", 0, 2, gaps=1, gap_seconds=5, gap_seconds_squared=25),
            acted("salvo", 0, 3, gaps=2),  # all in one second
        ]
    )
    pauses = {name: (row.gap_mean_28d, row.gap_variation_28d) for (_, name), row in result.items()}
    assert pauses == {"clock": (60, 0), "human": (20, 0.5), "once": (5, None), "salvo": (0, 0)}


def test_what_is_repeated(spark: SparkSession) -> None:
    result = built(
        account_days=[
            acted("ann", 0, 4, linking=2, links=4, urls=[1], texts=[5, 6], texted=4,
                  text_chars=40, text_upper=10, text_digits=4, text_marks=2),
            acted("ann", 1, 1, linking=1, links=1, urls=[1]),
            acted("mute", 0, 1),
        ]
    )  # fmt: skip
    ann, mute = result[DAY, "ann"], result[DAY, "mute"]
    assert (ann.repeated_link_share_28d, ann.repeated_text_share_28d) == (pytest.approx(4 / 5), 0.5)
    assert (ann.linking_share_28d, ann.links_per_interaction_28d) == (3 / 5, pytest.approx(5 / 3))
    assert (ann.text_chars_28d, ann.text_upper_share_28d, ann.text_digit_share_28d) == (10, 0.25, 0.1)
    assert (ann.text_mark_share_28d, ann.texted_share_28d) == (0.05, 4 / 5)
    assert (mute.repeated_link_share_28d, mute.repeated_text_share_28d, mute.text_chars_28d) == (None, None, None)


def test_the_distribution_of_domain_scores_counts_a_domain_as_often_as_it_is_linked_to(spark: SparkSession) -> None:
    result = built(
        account_days=[acted("bot", 0, 5), acted("mute", 0, 1)],
        account_domain_days=[
            linked("bot", "bad.example", 6),
            linked("bot", "worse.example", 2),
            linked("bot", "good.example", 2, age=6),
            linked("bot", "unscored.example", 10),
            linked("bot", "gone.example", 50, age=7),  # not of the week
        ],
        domain_scores=[
            scored("bad.example", 0.7),
            scored("worse.example", 0.1, oof_score=1.0),  # labelled: what its own label says is not heard
            scored("good.example", 0.2),
            scored("bad.example", 0.0, day=ago(1)),  # of another day
        ],
    )
    bot = result[DAY, "bot"]
    histogram = [bot[f"domain_scores_{n}"] for n in range(10)]
    assert histogram == pytest.approx([0, 0, 0.2, 0, 0, 0, 0, 0.6, 0, 0.2])
    assert bot.domain_score_mean == pytest.approx(0.6 * 0.7 + 0.2 * 1.0 + 0.2 * 0.2)
    assert (bot.domain_score_max, bot.domain_score_median) == (1.0, pytest.approx(0.7))
    assert (bot.spam_link_share, bot.spam_domain_top_share, bot.scored_share) == pytest.approx((0.8, 0.75, 0.5))
    assert (result[DAY, "mute"].spam_link_share, result[DAY, "mute"].scored_share) == (None, None)


def test_whom_an_account_shares_its_domains_with(spark: SparkSession) -> None:
    result = built(
        account_days=[acted("ann", 0, 1), acted("bob", 0, 1)],
        account_domain_days=[
            linked("ann", "crowd.example", 3),
            linked("bob", "crowd.example", 1),
            linked("ann", "own.example", 1),
            linked("bob", "own.example", 1, age=7),  # last week: this week it is ann's alone
        ],
    )
    ann = result[DAY, "ann"]
    assert (ann.domains_28d, ann.top_domain_share_28d) == (2, 0.75)
    assert (ann.domain_accounts_7d, ann.shared_domain_share_7d) == (1.5, 0.5)
    assert result[DAY, "bob"].domain_accounts_7d == 2


def test_the_newest_snapshot_of_the_day_counts(spark: SparkSession) -> None:
    snapshot = {"account_id": "ann", "created_at": datetime(2026, 3, 1)}  # noqa: DTZ001 - the session is in UTC
    result = built(
        days=[ago(1), DAY],
        account_days=[acted("ann", 1, 1)],
        accounts=[
            {**snapshot, "day": ago(1), "name": "aab1", "attributes": {"country": "ch"}},
            {**snapshot, "day": DAY, "name": "x_9"},
            {**snapshot, "day": ago(-1), "name": "tomorrow"},
        ],
        attribute_days=[
            {"account_id": "ann", "attribute": "client", "value": value, "interactions": n}
            for value, n in [("d", 1), ("c", 2), ("b", 2), ("a", 9)]
        ],
    )
    before, now = result[ago(1), "ann"], result[DAY, "ann"]
    assert (before.name, before.registered_days, before.name_chars, before.name_digit_share) == ("aab1", 8, 4, 0.25)
    assert before.name_entropy == pytest.approx(1.5)
    assert (now.name, now.name_mark_share) == ("x_9", pytest.approx(1 / 3))
    assert (before.categories, now.categories) == (["account.country=ch"], ["client=a", "client=b", "client=c"])


def test_a_day_is_the_same_alone_and_among_others(spark: SparkSession) -> None:
    tables: dict[str, list[dict[str, Any]]] = {
        "account_days": [acted("ann", age, 1 + age % 3, hours=[age] + [1] * 23, urls=[age]) for age in range(30)],
        "account_domain_days": [linked("ann", f"{age % 4}.example", 1, age=age) for age in range(30)],
        "domain_scores": [scored(f"{n}.example", n / 4, day=ago(age)) for n in range(4) for age in (0, 9)],
    }
    alone, together = built([DAY], **tables), built([ago(9), DAY], **tables)
    assert alone[DAY, "ann"] == together[DAY, "ann"]
    assert built([ago(9)], **tables)[ago(9), "ann"] == together[ago(9), "ann"]
