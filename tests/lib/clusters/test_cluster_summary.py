"""What a cluster is like: its lineage, its activity, its rule, its score."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.clusters.cluster_scoring import fold_masses, prior_logits, raw_scores
from lib.clusters.lineage import Descent, descents
from lib.clusters.sql_rules import short_rule
from lib.clusters.synchrony import Activity, activity
from lib.config import ClusterSettings
from tests.support.builders import DAY, ago

SETTINGS = ClusterSettings()
FLAT = np.full(24, 1 / 24)
actions = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 40)), max_size=25, unique=True)


@given(actions, st.integers(0, 5))
def test_actions_are_close_when_another_member_acts_within_the_minutes(
    drawn: list[tuple[int, int, int]], within: int
) -> None:
    """Occasion 1 is of one cluster, the others are of another."""
    account, occasion, minute = np.array(drawn, np.int64).reshape(-1, 3).T
    cluster = occasion % 2
    result = activity(cluster, account, occasion, minute, clusters=2, hours=FLAT, within=within)
    others = [sum(o == occasion and a != account for a, o, _ in drawn) for account, occasion, _ in drawn]
    close = [
        any(o == occasion and a != account and abs(m - minute) <= within for a, o, m in drawn)
        for account, occasion, minute in drawn
    ]
    chance = [1 - np.exp(-n * (2 * within + 1) / 1440) for n in others]
    for number, one in enumerate(result):
        own = [position for position, action in enumerate(drawn) if action[1] % 2 == number]
        assert (one.actions, one.close) == (sum(others[n] > 0 for n in own), sum(close[n] for n in own))
        assert one.expected == pytest.approx(sum(chance[n] for n in own))


def test_synchrony_is_none_below_and_above_chance() -> None:
    assert Activity(0, 0, 0.0).synchrony is None
    assert Activity(10, 2, 2.0).synchrony == 0
    assert Activity(10, 10, 2.0).synchrony == 1
    assert Activity(10, 0, 2.0).synchrony == -0.25


def test_busy_hours_make_chance_meetings() -> None:
    """Two accounts in the one hour in which all of the platform acts."""
    busy = np.eye(24)[9]
    one = np.zeros(2, np.int64)
    (result,) = activity(one, np.array([1, 2]), one, np.array([545, 590]), clusters=1, hours=busy, within=3)
    assert result.expected == pytest.approx(2 * (1 - np.exp(-7 / 60)))


def people(first: int, last: int) -> frozenset[str]:
    return frozenset(f"u{n:03}" for n in range(first, last))


def before(*accounts: frozenset[str]) -> dict[str, frozenset[str]]:
    return {f"{ago(n + 1):%Y%m%d}-old{n}": members for n, members in enumerate(accounts)}


def lineage(result: list[Descent]) -> list[tuple[str, str, int | None]]:
    return [(d.cluster_id.split("-")[1], d.state, d.position) for d in result]


def test_the_greatest_overlap_inherits_the_name() -> None:
    result = descents([people(0, 4), people(4, 12)], before(people(0, 12)), DAY, SETTINGS)
    assert lineage(result)[1] == ("old0", "kept", 1)
    assert (result[0].state, result[0].parents, result[0].since) == ("split", [f"{ago(1):%Y%m%d}-old0"], DAY)
    assert (result[1].since, result[1].accounts_before) == (ago(1), 12)


def test_growth_merger_and_end_are_states() -> None:
    was = before(people(0, 5), people(5, 9), people(20, 24), people(40, 44))
    result = descents([people(0, 9), people(20, 30)], was, DAY, SETTINGS)
    assert lineage(result)[:2] == [("old0", "merged", 0), ("old2", "grown", 1)]
    assert lineage(result)[2:] == [("old3", "ended", None), ("old1", "ended", None)]
    assert result[0].parents == [f"{ago(2):%Y%m%d}-old1"]
    assert [d.merged_into for d in result] == [None, None, None, f"{ago(1):%Y%m%d}-old0"]


def test_a_few_common_members_are_no_descent() -> None:
    result = descents([people(0, 10)], before(people(9, 30)), DAY, SETTINGS)
    assert (result[0].state, result[0].parents, result[1].merged_into) == ("new", [], None)


def test_a_new_name_follows_from_day_and_smallest_member() -> None:
    one = descents([people(3, 9)], {}, DAY, SETTINGS)[0].cluster_id
    assert one == descents([people(3, 5)], {}, DAY, SETTINGS)[0].cluster_id
    assert one != descents([people(3, 9)], {}, DAY + timedelta(days=1), SETTINGS)[0].cluster_id
    assert one != descents([people(2, 9)], {}, DAY, SETTINGS)[0].cluster_id
    assert one.startswith(f"{DAY:%Y%m%d}-")


populations = st.lists(st.sets(st.integers(0, 30), min_size=1), max_size=5)


@given(populations, populations)
def test_names_are_never_given_twice_and_none_is_forgotten(new: list[set[int]], old: list[set[int]]) -> None:
    def apart(sets: list[set[int]]) -> list[frozenset[str]]:
        seen: set[int] = set()
        result = []
        for accounts in sets:
            rest, seen = accounts - seen, seen | accounts
            result += [frozenset(f"{n:02}" for n in rest)] if rest else []
        return result

    today, was = apart(new), before(*apart(old))
    result = descents(today, was, DAY, SETTINGS)
    names = [d.cluster_id for d in result]
    assert len(set(names)) == len(names)
    assert was.keys() <= set(names)
    assert [d.position for d in result if d.position is not None] == list(range(len(today)))


NET, TEXT, CLIENT = ("network", "10.0.0.0"), ("text", "it's \\ a; 'win'"), ("client", "x")


def test_one_value_is_the_rule_where_it_suffices() -> None:
    rule = short_rule(people(0, 9), [(NET, TEXT)], {NET: people(0, 40), TEXT: people(0, 9)}, SETTINGS)
    assert rule.terms == ((TEXT,),)
    assert (rule.precision, rule.recall) == (1, 1)
    assert rule.sql == r"bool_or(attribute = 'text' AND value = 'it\'s \\ a; \'win\'')"


def test_pairs_are_the_rule_where_values_catch_others() -> None:
    holders = {NET: people(0, 40), TEXT: people(0, 9) | people(50, 90), CLIENT: people(7, 12)}
    rule = short_rule(people(0, 12), [(NET, TEXT), (CLIENT, NET)], holders, SETTINGS)
    assert rule.terms == ((NET, TEXT), (CLIENT,))
    assert (rule.precision, rule.recall) == (1, 1)
    assert " OR " in rule.sql


def test_a_rule_stays_short() -> None:
    values = [("v", f"{n:02}") for n in range(20)]
    holders = {value: people(5 * n, 5 * n + 5) for n, value in enumerate(values)}
    rule = short_rule(people(0, 50), [(a, a) for a in values[:10]], holders, SETTINGS)
    assert len(rule.terms) == 3
    assert rule.recall == pytest.approx(0.3)


def test_lift_size_and_synchrony_raise_the_prior() -> None:
    def one(lift: float = 100, size: float = 3, synchrony: float = 0, trusted: float = 0) -> float:
        columns = (np.array([value], np.float64) for value in (lift, size, synchrony, trusted))
        return float(prior_logits(*columns, SETTINGS)[0])  # type: ignore[call-arg, arg-type]

    assert one() < one(lift=1e4) < one(lift=1e4, size=30) < one(lift=1e4, size=30, synchrony=0.5)
    assert one(synchrony=-0.5) < one(synchrony=float("nan")) == one() > one(trusted=1)


def test_labels_of_a_fold_do_not_count_for_it() -> None:
    cluster, fold = np.array([0, 0, 1]), np.array([0, 1, 1])
    masses = fold_masses(cluster, np.array([1.0, 2.0, 4.0]), fold, clusters=2, folds=2)
    assert masses.tolist() == [[2, 1, 3], [4, 0, 4]]
    raw = raw_scores(np.zeros((2, 1)), masses, np.zeros((2, 3)), label_prior=1.0)
    assert raw.tolist() == [[2.5 / 3, 1.5 / 2, 3.5 / 4], [4.5 / 5, 0.5, 4.5 / 5]]
