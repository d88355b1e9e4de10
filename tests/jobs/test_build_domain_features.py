"""How domains have been used: the borders of the windows, and what each feature says."""

from datetime import date
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from jobs.build_domain_features import build_domain_features
from lib.config import FeatureSettings, SampleSettings
from schemas.features import DOMAIN_FEATURES
from schemas.raw import IMPRESSIONS, PAGES
from schemas.tiles import ACCOUNT_DAYS, ACCOUNT_DOMAIN_DAYS, DOMAIN_DAYS, DOMAIN_LINKS, FIRST_SEEN
from tests.support.builders import DAY, ago, rows

NIGHT = [4] + [0] * 23
EVEN = [1] * 24


def built(days: list[date] | None = None, **tables: list[dict[str, Any]]) -> dict[tuple[date, str], Row]:
    """Features by day and domain. Pairs and links follow from `domain_days` where they are not given."""
    domain_days = tables.get("domain_days", [])
    pairs = [{"account_id": "ann", **same(tile)} for tile in domain_days]
    links = [{"domain": t["domain"], "day": t.get("day", DAY), "links": [f"{t['domain']}/x"]} for t in domain_days]
    frame = build_domain_features(
        domain_days=rows(DOMAIN_DAYS, *domain_days),
        account_domain_days=rows(ACCOUNT_DOMAIN_DAYS, *tables.get("account_domain_days", pairs)),
        account_days=rows(ACCOUNT_DAYS, *tables.get("account_days", [])),
        domain_links=rows(DOMAIN_LINKS, *tables.get("domain_links", links)),
        first_seen=rows(FIRST_SEEN, *tables.get("first_seen", [])),
        pages=rows(PAGES, *tables.get("pages", [])),
        impressions=rows(IMPRESSIONS, *tables.get("impressions", [])),
        days=days or [DAY],
        features=FeatureSettings(),
        samples=SampleSettings(links_per_domain=2, sketch_size=4),
    )
    assert tuple(frame.columns) == DOMAIN_FEATURES.names
    return {(row.day, row.domain): row for row in frame.collect()}


def same(tile: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tile.items() if key in ("day", "domain", "interactions", "links")}


def used(domain: str, age: int, interactions: int, **fields: Any) -> dict[str, Any]:
    return {"domain": domain, "day": ago(age), "interactions": interactions, "links": interactions, **fields}


def test_windows_end_on_the_day_and_growth_compares_the_week_with_the_month(spark: SparkSession) -> None:
    result = built(
        domain_days=[
            used("steady.example", 0, 2),
            used("steady.example", 6, 2),  # the last day inside the week
            used("steady.example", 7, 4),  # the first one outside
            used("steady.example", 27, 8),  # the last day inside the month
            used("steady.example", 28, 99),
            used("steady.example", -1, 99),  # tomorrow
            used("burst.example", 3, 5),
            used("asleep.example", 7, 9),  # not active in the week: no row
        ]
    )
    assert result.keys() == {(DAY, "steady.example"), (DAY, "burst.example")}
    steady, burst = result[DAY, "steady.example"], result[DAY, "burst.example"]
    assert (steady.interactions_1d, steady.interactions_7d, steady.interactions_28d) == (2, 4, 16)
    assert (steady.active_days_7d, steady.active_days_28d) == (2, 4)
    assert (steady.growth_7d, burst.growth_7d) == (1.0, 4.0)
    assert (steady.burst_28d, burst.burst_28d) == (8 * 4 / 16, 1.0)
    assert (burst.interactions_1d, burst.accounts_1d, burst.accounts_7d) == (0, 0, 1)


def test_entropy_is_nothing_for_one_hour_and_one_for_all_alike(spark: SparkSession) -> None:
    result = built(domain_days=[used("night.example", 0, 4, hours=NIGHT), used("even.example", 0, 24, hours=EVEN)])
    assert result[DAY, "night.example"].hour_entropy_28d == 0
    assert result[DAY, "even.example"].hour_entropy_28d == pytest.approx(1)


def test_the_audience_of_a_domain(spark: SparkSession) -> None:
    def linked(account: str, domain: str, age: int, interactions: int) -> dict[str, Any]:
        return {"account_id": account, **used(domain, age, interactions)}

    def seen(kind: str, entity: str, age: int) -> dict[str, Any]:
        return {"entity_kind": kind, "entity_id": entity, "first_day": ago(age)}

    result = built(
        domain_days=[used("a.example", 0, 6), used("a.example", 20, 2), used("b.example", 0, 1)],
        account_domain_days=[
            linked("ann", "a.example", 0, 3),
            linked("bob", "a.example", 0, 3),
            linked("old", "a.example", 20, 2),
            linked("bob", "b.example", 0, 1),
        ],
        account_days=[
            {"account_id": "ann", "day": DAY, "interactions": 3, "linking": 3},
            {"account_id": "bob", "day": DAY, "interactions": 5, "linking": 4},
            {"account_id": "bob", "day": ago(7), "interactions": 50, "linking": 0},  # outside the week
        ],
        first_seen=[
            seen("domain", "a.example", 30),  # as old as the lake
            seen("domain", "b.example", 0),
            seen("account", "ann", 30),
            seen("account", "bob", 6),
            seen("account", "old", 20),
            seen("account", "a.example", 2),  # an account of that name
        ],
    )
    a, b = result[DAY, "a.example"], result[DAY, "b.example"]
    assert (a.accounts_1d, a.accounts_7d, a.accounts_28d) == (2, 2, 3)
    assert a.top_account_share_28d == 3 / 8
    assert (a.new_account_share_7d, b.new_account_share_7d) == (0.5, 1.0)
    assert (a.account_domains_7d, b.account_domains_7d) == (1.5, 2.0)
    assert (a.linking_share_7d, b.linking_share_7d) == (7 / 8, 4 / 5)
    assert (a.age_days, b.age_days) == (None, 0)


def test_new_accounts_are_unknown_while_the_lake_is_young(spark: SparkSession) -> None:
    first = [{"entity_kind": "account", "entity_id": "ann", "first_day": ago(6)}]
    result = built(domain_days=[used("a.example", 0, 1)], first_seen=first)
    assert result[DAY, "a.example"].new_account_share_7d is None


def test_distinct_networks_are_exact_when_few_and_estimated_above(spark: SparkSession) -> None:
    low = [-(2**63) + (2**60) * n for n in range(1, 5)]  # the 4 smallest end at a quarter of the hash range
    result = built(
        domain_days=[
            used("few.example", 0, 1, networks=[1, 2]),
            used("few.example", 1, 1, networks=[2, 3]),
            used("many.example", 0, 1, networks=low),
            used("none.example", 0, 1, networks=[]),
        ]
    )
    assert result[DAY, "few.example"].networks_28d == 3
    assert result[DAY, "many.example"].networks_28d == pytest.approx(3 / 0.25)
    assert result[DAY, "none.example"].networks_28d is None


def test_the_newest_page_that_was_known_counts(spark: SparkSession) -> None:
    def page(age: int, text: str) -> dict[str, Any]:
        return {
            "day": ago(age),
            "domain": "a.example",
            "url": "a.example/",
            "title": "T",
            "text": text,
            "media_count": age,
        }

    result = built(
        domain_days=[used("a.example", 0, 1), used("b.example", 0, 1)],
        pages=[page(9, "old"), page(2, "newest"), page(-1, "tomorrow's")],
    )
    a, b = result[DAY, "a.example"], result[DAY, "b.example"]
    assert (a.page_text, a.page_text_chars, a.page_media) == ("T newest", 8.0, 2.0)
    assert (b.page_text, b.page_text_chars, b.page_media) == (None, None, None)


def test_exposure_is_impressions_where_they_are_told(spark: SparkSession) -> None:
    seen = [
        {"row_id": "1", "domain": "a.example", "impressions": 70},
        {"row_id": "2", "domain": "a.example", "impressions": 5},
    ]
    days = [used("a.example", 0, 3), used("unseen.example", 0, 4)]
    with_them, without = built(domain_days=days, impressions=seen), built(domain_days=days)
    assert [with_them[DAY, d].exposure_1d for d in ("a.example", "unseen.example")] == [75, 0]
    assert [without[DAY, d].exposure_1d for d in ("a.example", "unseen.example")] == [3, 4]


def test_a_day_built_with_others_is_the_day_built_alone(spark: SparkSession) -> None:
    tables = {
        "domain_days": [used("a.example", age, 1 + age, hours=EVEN, networks=[age]) for age in (0, 1, 5, 13, 30)],
        "first_seen": [{"entity_kind": "domain", "entity_id": "a.example", "first_day": ago(30)}],
        "domain_links": [
            {"domain": "a.example", "day": ago(age), "links": [f"a.example/{age}"]} for age in (0, 1, 5, 13, 30)
        ],
    }
    together = built([ago(7), DAY], **tables)
    assert together == built([ago(7)], **tables) | built([DAY], **tables)
    assert together.keys() == {(ago(7), "a.example"), (DAY, "a.example")}
