"""Which cluster of today is which of the previous day: the greatest overlap inherits the id."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from lib.config import ClusterSettings

Previous = Mapping[str, frozenset[str]]  # id of a cluster of the previous day -> its accounts
Overlaps = Mapping[tuple[int, str], int]  # position today, id before -> accounts in common


@dataclass
class Descent:
    """What became of a cluster; `position` is that of today, None where it has ended."""

    cluster_id: str
    state: str
    since: date
    position: int | None
    accounts_before: int = 0
    parents: list[str] = field(default_factory=list)
    merged_into: str | None = None


def descents(
    today: Sequence[frozenset[str]], previous: Previous, day: date, settings: ClusterSettings
) -> list[Descent]:
    """One for each cluster of today, in order, then one for each of `previous` that has ended, by id."""
    overlaps = overlaps_of(today, previous, settings.min_overlap)
    inherited = inherited_ids(overlaps)
    living = [descent(number, accounts, overlaps, inherited, previous, day) for number, accounts in enumerate(today)]
    ids = [d.cluster_id for d in living]
    return living + [ending(old, previous[old], overlaps, ids) for old in sorted(previous.keys() - set(ids))]


def overlaps_of(today: Sequence[frozenset[str]], previous: Previous, least: float) -> Overlaps:
    """How many accounts each two have in common, where that is at least this share of the smaller one."""
    home = {account: old for old, accounts in previous.items() for account in accounts}
    common: dict[tuple[int, str], int] = {}
    for number, accounts in enumerate(today):
        for account in accounts & home.keys():
            common[number, home[account]] = common.get((number, home[account]), 0) + 1
    smaller = {(number, old): min(len(today[number]), len(previous[old])) for number, old in common}
    return {both: n for both, n in common.items() if n >= least * smaller[both]}


def inherited_ids(overlaps: Overlaps) -> dict[int, str]:
    """The id that each cluster of today inherits: greatest overlap first; ties break on id and position."""
    inherited: dict[int, str] = {}
    taken: set[str] = set()
    for number, old in sorted(overlaps, key=lambda both: (-overlaps[both], both[1], both[0])):
        if number not in inherited and old not in taken:
            inherited[number] = old
            taken.add(old)
    return inherited


def descent(
    number: int,
    accounts: frozenset[str],
    overlaps: Overlaps,
    inherited: Mapping[int, str],
    previous: Previous,
    day: date,
) -> Descent:
    parents = sorted(old for (n, old) in overlaps if n == number and old != inherited.get(number))
    if number not in inherited:
        return Descent(new_id(accounts, day), "split" if parents else "new", day, number, parents=parents)
    own = inherited[number]
    joined = [old for old in parents if old not in inherited.values()]
    state = "merged" if joined else "grown" if len(accounts) > len(previous[own]) else "kept"
    return Descent(own, state, first_day(own), number, len(previous[own]), parents)


def ending(old: str, accounts: frozenset[str], overlaps: Overlaps, ids: Sequence[str]) -> Descent:
    heirs = sorted((-n, ids[number]) for (number, name), n in overlaps.items() if name == old)
    return Descent(old, "ended", first_day(old), None, len(accounts), merged_into=heirs[0][1] if heirs else None)


def new_id(accounts: frozenset[str], day: date) -> str:
    """No other cluster has its smallest member on that day."""
    digest = hashlib.sha256(min(accounts).encode()).hexdigest()
    return f"{day:%Y%m%d}-{digest[:12]}"


def first_day(cluster_id: str) -> date:
    """The day that a cluster was first found: its id begins with it."""
    return datetime.strptime(cluster_id[:8], "%Y%m%d").replace(tzinfo=UTC).date()
