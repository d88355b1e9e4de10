"""How far two versions of a model differ on the same entities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.arrays import Floats


@dataclass(frozen=True)
class Crossing:
    """Entities on each side of a threshold; an entity reaches it with a score that is equal or greater."""

    threshold: float
    both: int
    only_first: int
    only_second: int


@dataclass(frozen=True)
class Mover:
    entity_id: str
    first: float
    second: float


@dataclass(frozen=True)
class ScoreChanges:
    entities: int
    rank_correlation: float | None  # Spearman's; None where a version gives all entities one score
    mean_change: float  # of the score, regardless of its sign
    crossings: tuple[Crossing, ...]
    movers: tuple[Mover, ...]  # the largest changes first; equals by name


def compare_scores(
    names: Sequence[str], first: Floats, second: Floats, *, thresholds: Sequence[float], at_most: int
) -> ScoreChanges:
    change = np.abs(second - first)
    largest = sorted(range(len(names)), key=lambda place: (-change[place], names[place]))[:at_most]
    return ScoreChanges(
        entities=len(names),
        rank_correlation=rank_correlation(first, second),
        mean_change=float(change.mean()) if len(names) else 0.0,
        crossings=tuple(crossing(first, second, threshold) for threshold in thresholds),
        movers=tuple(Mover(names[place], float(first[place]), float(second[place])) for place in largest),
    )


def crossing(first: Floats, second: Floats, threshold: float) -> Crossing:
    a, b = first >= threshold, second >= threshold
    return Crossing(threshold, int((a & b).sum()), int((a & ~b).sum()), int((b & ~a).sum()))


def rank_correlation(first: Floats, second: Floats) -> float | None:
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    from scipy.stats import rankdata  # noqa: PLC0415 - takes a second

    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])
