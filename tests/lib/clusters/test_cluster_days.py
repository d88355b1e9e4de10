"""Lineage over ten days: clusters keep their ids, split, merge, grow and end, in whatever order days are built."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pytest

from lib.clusters.incidence import incidence_of, linkable
from lib.clusters.lineage import Descent, descents
from lib.clusters.linking import cluster_linkable
from lib.config import ClusterSettings

WINDOW = 3  # days: short, so that what has stopped is forgotten within the ten
FIRST = date(2026, 3, 1)
Day = frozenset[tuple[int, int]]  # account, value

GROWING, JOINING, SPLITTING, ENDING = 100, 200, 300, 400  # the first account of each ring
Members = dict[int, dict[str, frozenset[str]]]  # of each day, by cluster
Story = tuple[dict[int, list[Descent]], Members]


def ring(first: int, size: int, value: int) -> Day:
    """Accounts that share two values."""
    return frozenset((account, own) for account in range(first, first + size) for own in (value, value + 1))


def planted(number: int) -> Day:
    """The values of accounts on the day of this number, 1 to 10."""
    crowd = frozenset((account, 10_000 + account) for account in range(1000, 1200))
    growing = ring(GROWING, 8 if number < 3 else 10, 20)  # grows on day 3
    joining = ring(JOINING, 6, 30) | (ring(JOINING, 6, 20) if number >= 6 else frozenset())  # merges on day 6
    whole = ring(SPLITTING, 12, 40) if number < 5 else frozenset()  # apart from day 5 on, forgotten on day 7
    parts = ring(SPLITTING, 7, 50) | ring(SPLITTING + 7, 5, 60) if number >= 5 else frozenset()
    ending = ring(ENDING, 5, 70) if number < 6 else frozenset()  # forgotten on day 8
    return crowd | growing | joining | whole | parts | ending


def clusters_on(days: Mapping[int, Day], number: int) -> list[frozenset[str]]:
    rows = frozenset().union(*(days.get(n, frozenset()) for n in range(number - WINDOW + 1, number + 1)))
    account, value = np.array(sorted(rows), np.int64).T
    result = cluster_linkable(linkable(incidence_of(account, value), ClusterSettings()), ClusterSettings())
    return [frozenset(f"{a:04}" for a in cluster.accounts.tolist()) for cluster in result.clusters]


def run(days: Mapping[int, Day], number: int, lineage: dict[int, list[Descent]], members: Members) -> None:
    """One day as find_clusters does it: the newest earlier day that is there is the previous day."""
    earlier = max((n for n in lineage if n < number), default=0)
    today = clusters_on(days, number)
    lineage[number] = descents(today, members.get(earlier, {}), FIRST + timedelta(days=number - 1), ClusterSettings())
    members[number] = {d.cluster_id: today[d.position] for d in lineage[number] if d.position is not None}


def straight(days: Mapping[int, Day]) -> Story:
    lineage: dict[int, list[Descent]] = {}
    members: Members = {}
    for number in sorted(days):
        run(days, number, lineage, members)
    return lineage, members


@pytest.fixture(scope="module")
def ten() -> Story:
    return straight({n: planted(n) for n in range(1, 11)})


def of(members: Mapping[str, frozenset[str]], account: int) -> str:
    """The cluster of an account."""
    return next(name for name, cluster in members.items() if f"{account:04}" in cluster)


def state(lineage: list[Descent], name: str) -> str:
    return next(d.state for d in lineage if d.cluster_id == name)


def test_a_ring_keeps_its_name_over_ten_days_while_it_grows_and_takes_in_another(
    ten: Story,
) -> None:
    lineage, members = ten
    names = [of(members[n], GROWING) for n in range(1, 11)]
    assert set(names) == {names[0]}
    states = [state(lineage[n], names[0]) for n in range(1, 11)]
    assert states == ["new", "kept", "grown", "kept", "kept", "merged", "kept", "kept", "kept", "kept"]
    joined = of(members[5], JOINING)
    assert joined == of(members[1], JOINING)
    assert [(d.state, d.merged_into) for d in lineage[6] if d.cluster_id == joined] == [("ended", names[0])]
    assert [d.parents for d in lineage[6] if d.cluster_id == names[0]] == [[joined]]


def test_of_a_ring_that_splits_the_larger_part_keeps_the_name(
    ten: Story,
) -> None:
    lineage, members = ten
    whole = of(members[1], SPLITTING)
    assert [of(members[n], SPLITTING) for n in range(1, 11)] == [whole] * 10
    part = of(members[7], SPLITTING + 7)
    assert part != whole
    assert [(d.state, d.parents, d.since) for d in lineage[7] if d.cluster_id == part] == [
        ("split", [whole], FIRST + timedelta(days=6))
    ]
    assert [of(members[n], SPLITTING + 7) for n in (8, 9, 10)] == [part] * 3


def test_a_ring_that_stops_ends_once(ten: Story) -> None:
    lineage, members = ten
    name = of(members[1], ENDING)
    assert [n for n in range(1, 11) if name in members[n]] == list(range(1, 8))
    assert [(n, d.state) for n in range(8, 11) for d in lineage[n] if d.cluster_id == name] == [(8, "ended")]


def test_a_backfilled_day_that_is_repaired_leaves_the_same_lineage(
    ten: Story,
) -> None:
    """Days 1 to 10 without day 5; then day 5, and the days after it again, in order."""
    days = {n: planted(n) for n in range(1, 11) if n != 5}
    lineage, members = straight(days)
    days[5] = planted(5)
    assert (lineage, members) != ten
    for number in range(5, 11):
        run(days, number, lineage, members)
    assert (lineage, members) == ten
