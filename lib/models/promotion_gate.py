"""Whether a version may come into force: what it must reach on held-out entities, and what it must not lose."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lib.arrays import Bools, Floats, Ints
from lib.config import LaunchSettings
from lib.metrics import bootstrapped, figures


@dataclass(frozen=True)
class Verdict:
    """`misses` are the criteria that a version misses, `remarks` what could not be checked: in words."""

    misses: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(self.misses + other.misses, self.remarks + other.remarks)


@dataclass(frozen=True)
class Contest:
    """Labelled examples of held-out days, and what two versions say of each without having heard its label."""

    spam: Bools
    weight: Floats
    entity: Ints
    challenger: Floats
    champion: Floats

    @property
    def entities(self) -> int:
        """Of the rarer class."""
        return min(len(np.unique(self.entity[self.spam])), len(np.unique(self.entity[~self.spam])))


def check_minimums(metrics: Mapping[str, float], kind: str, launch: LaunchSettings) -> Verdict:
    """`metrics` are those of lib.metrics.evaluate on held-out entities."""
    found = int(min(metrics.get(f"{side}_{kind}s", 0) for side in ("spam", "benign")))
    if found < launch.min_entities or "auc" not in metrics:
        return Verdict(remarks=(f"minimums are not checked: {too_few(found, kind, launch)}",))
    bounds = [(name, getattr(launch, f"min_{name}")) for name in ("auc", "ap", "recall_at_fpr_01")]
    misses = [
        f"{name} is {metrics[name]:.3f}, at least {least} is asked" for name, least in bounds if metrics[name] < least
    ]
    if (error := metrics["calibration_error"]) > launch.max_calibration_error:
        misses.append(f"calibration_error is {error:.3f}, at most {launch.max_calibration_error} is allowed")
    return Verdict(tuple(misses))


def check_regression(contest: Contest, champion: str, kind: str, launch: LaunchSettings, *, seed: int) -> Verdict:
    """A figure is lost where the 95% interval of its difference, over entities drawn together, lies below zero."""
    if contest.entities < launch.min_entities:
        return Verdict(remarks=(f"not compared with {champion}: {too_few(contest.entities, kind, launch)}",))
    gains = differences(contest, seed=seed)
    misses = []
    for name in launch.compared:
        (ours, theirs), high = gains[name][:2], gains[name][2]
        if high < 0:
            misses.append(f"{name} is {ours:.3f} where {champion} has {theirs:.3f} on the same {kind}s")
    return Verdict(tuple(misses))


def differences(contest: Contest, *, seed: int) -> dict[str, tuple[float, float, float]]:
    """Of each figure: the challenger's, the champion's, and the upper end of the interval of the difference."""
    entity = np.unique(contest.entity, return_inverse=True)[1]
    weight = contest.weight / np.bincount(entity)[entity]
    sides = (contest.challenger, contest.champion)
    found = [figures(score, contest.spam, weight) for score in sides]
    drawn = [bootstrapped(score, contest.spam, weight, entity, seed=seed) for score in sides]
    result = {}
    for name in found[0]:
        gained = [ours[name] - theirs[name] for ours, theirs in zip(*drawn, strict=True)]
        high = float(np.percentile(gained, 97.5)) if gained else 0.0
        result[name] = (found[0][name], found[1][name], high)
    return result


def too_few(found: int, kind: str, launch: LaunchSettings) -> str:
    return f"{found} held-out {kind}s of the rarer class, [launch] min_entities asks for {launch.min_entities}"
