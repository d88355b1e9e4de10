"""Which cluster of today is which of the day before: the greatest overlap wins."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

LEAST_OVERLAP = 0.2  # of the smaller of the two, below which a few common members make no descent


@dataclass(frozen=True)
class Before:
    """A cluster of the day before."""

    accounts: frozenset[str]


@dataclass
class Descent:
    """What became of a cluster; `place` is its place today, None where it has ended."""

    cluster_id: str
    state: str
    since: date
    place: int | None
    accounts_before: int = 0
    parents: list[str] = field(default_factory=list)
    merged_into: str | None = None


def descents(today: Sequence[frozenset[str]], before: Mapping[str, Before], day: date) -> list[Descent]:
    """One for each cluster of today, in order, then one for each of `before` that has ended, by id."""
    overlaps = overlapping(today, before)
    heirs = inheritance(overlaps)
    result = [descent(place, accounts, overlaps, heirs, before, day) for place, accounts in enumerate(today)]
    living = {d.cluster_id for d in result}
    ids = [d.cluster_id for d in result]
    ended = [ending(old, before[old], overlaps, ids) for old in sorted(before.keys() - living)]
    return result + ended


Overlaps = Mapping[tuple[int, str], int]


def overlapping(today: Sequence[frozenset[str]], before: Mapping[str, Before]) -> Overlaps:
    """How many members each two have in common, where it makes descent."""
    home = {account: old for old, cluster in before.items() for account in cluster.accounts}
    common: dict[tuple[int, str], int] = {}
    for place, accounts in enumerate(today):
        for account in accounts & home.keys():
            common[place, home[account]] = common.get((place, home[account]), 0) + 1
    smaller = {both: min(len(today[both[0]]), len(before[both[1]].accounts)) for both in common}
    return {both: n for both, n in common.items() if n >= LEAST_OVERLAP * smaller[both]}


def inheritance(overlaps: Overlaps) -> dict[int, str]:
    """The id that each cluster of today inherits: in turn, greatest overlap first; ties break on id and place."""
    heirs: dict[int, str] = {}
    taken: set[str] = set()
    for place, old in sorted(overlaps, key=lambda both: (-overlaps[both], both[1], both[0])):
        if place not in heirs and old not in taken:
            heirs[place] = old
            taken.add(old)
    return heirs


def descent(
    place: int,
    accounts: frozenset[str],
    overlaps: Overlaps,
    heirs: Mapping[int, str],
    before: Mapping[str, Before],
    day: date,
) -> Descent:
    parents = sorted(old for (p, old) in overlaps if p == place and old != heirs.get(place))
    if place not in heirs:
        return Descent(new_id(accounts, day), "split" if parents else "new", day, place, parents=parents)
    own = heirs[place]
    joined = [old for old in parents if old not in heirs.values()]
    state = "merged" if joined else "grown" if len(accounts) > len(before[own].accounts) else "kept"
    return Descent(own, state, began(own), place, len(before[own].accounts), parents)


def ending(old: str, was: Before, overlaps: Overlaps, ids: Sequence[str]) -> Descent:
    went = sorted((-n, ids[place]) for (place, name), n in overlaps.items() if name == old)
    return Descent(old, "ended", began(old), None, len(was.accounts), merged_into=went[0][1] if went else None)


def new_id(accounts: frozenset[str], day: date) -> str:
    """No other cluster has its smallest member on that day."""
    digest = hashlib.sha256(min(accounts).encode()).hexdigest()
    return f"{day:%Y%m%d}-{digest[:12]}"


def began(cluster_id: str) -> date:
    """The day that a cluster was first found: its id begins with it."""
    return datetime.strptime(cluster_id[:8], "%Y%m%d").replace(tzinfo=UTC).date()
