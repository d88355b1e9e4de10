"""Whether a version may become active: what it must reach on held-out entities, and what it must not lose."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lib.arrays import Bools, Floats, Ints
from lib.config import PromotionSettings
from lib.metrics import bootstrapped, figures


@dataclass(frozen=True)
class GateResult:
    """`misses` are the criteria that a version misses, `remarks` what could not be checked: in words."""

    misses: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def __add__(self, other: "GateResult") -> "GateResult":
        return GateResult(self.misses + other.misses, self.remarks + other.remarks)


@dataclass(frozen=True)
class ChampionAndChallenger:
    """Labelled examples of held-out days, and the scores of two versions that have not seen its label."""

    spam: Bools
    weight: Floats
    entity: Ints
    challenger: Floats
    champion: Floats

    @property
    def entities(self) -> int:
        """Of the rarer class."""
        return min(len(np.unique(self.entity[self.spam])), len(np.unique(self.entity[~self.spam])))


def check_minimums(metrics: Mapping[str, float], kind: str, settings: PromotionSettings) -> GateResult:
    """`metrics` are those of lib.metrics.evaluate on held-out entities."""
    rows = int(min(metrics.get(f"{side}_{kind}s", 0) for side in ("spam", "benign")))
    if rows < settings.min_entities or "auc" not in metrics:
        return GateResult(remarks=(f"minimums are not checked: {too_few(rows, kind, settings)}",))
    bounds = [(name, getattr(settings, f"min_{name}")) for name in ("auc", "ap", "recall_at_fpr_01")]
    misses = [
        f"{name} is {metrics[name]:.3f}, at least {least} is asked" for name, least in bounds if metrics[name] < least
    ]
    if (error := metrics["calibration_error"]) > settings.max_calibration_error:
        misses.append(f"calibration_error is {error:.3f}, at most {settings.max_calibration_error} is allowed")
    return GateResult(tuple(misses))


def check_regression(
    both: ChampionAndChallenger, champion: str, kind: str, settings: PromotionSettings, *, seed: int
) -> GateResult:
    """A figure is lost where the 95% interval of its difference, over entities drawn together, lies below zero."""
    if both.entities < settings.min_entities:
        return GateResult(remarks=(f"not compared with {champion}: {too_few(both.entities, kind, settings)}",))
    gains = differences(both, seed=seed)
    misses = []
    for name in settings.compared:
        (ours, theirs), high = gains[name][:2], gains[name][2]
        if high < 0:
            misses.append(f"{name} is {ours:.3f} where {champion} has {theirs:.3f} on the same {kind}s")
    return GateResult(tuple(misses))


def differences(both: ChampionAndChallenger, *, seed: int) -> dict[str, tuple[float, float, float]]:
    """Of each figure: the challenger's, the champion's, and the upper end of the interval of the difference."""
    entity = np.unique(both.entity, return_inverse=True)[1]
    weight = both.weight / np.bincount(entity)[entity]
    sides = (both.challenger, both.champion)
    rows = [figures(score, both.spam, weight) for score in sides]
    drawn = [bootstrapped(score, both.spam, weight, entity, seed=seed) for score in sides]
    result = {}
    for name in rows[0]:
        gained = [ours[name] - theirs[name] for ours, theirs in zip(*drawn, strict=True)]
        high = float(np.percentile(gained, 97.5)) if gained else 0.0
        result[name] = (rows[0][name], rows[1][name], high)
    return result


def too_few(rows: int, kind: str, settings: PromotionSettings) -> str:
    return f"{rows} held-out {kind}s of the rarer class, [promotion] min_entities asks for {settings.min_entities}"
