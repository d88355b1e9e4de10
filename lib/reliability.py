"""Whether probabilities hold on new entities, beside what chance does to those of a perfect model."""

from dataclasses import dataclass

import numpy as np

from lib.arrays import Bools, Floats, Ints
from lib.calibration import logit, probability
from lib.metrics import calibration_error

DRAWS = 1000
CLIP = 1e-6  # of probabilities: one of 0 or 1 has no logit
ROUNDS = 50  # of Newton's method, which takes six or so
STIFF = (
    1e-3  # pull of slope and bias towards 1 and 0, in examples: a draw whose classes stand apart has no finite slope
)


@dataclass(frozen=True)
class Reliability:
    """`error` is the expected calibration error, `error_by_chance` the 95th percentile of what scores that are exactly
    right show on as many examples; `slope` is 1 where logits are neither too bold (below) nor too shy (above)."""

    examples: int
    spam: int
    error: float
    error_by_chance: float
    slope: float
    slope_low: float
    slope_high: float
    bias: float

    @property
    def holds(self) -> bool:
        return self.error <= self.error_by_chance and self.slope_low <= 1 <= self.slope_high


def reliability(score: Floats, spam: Bools, entity: Ints, *, seed: int) -> Reliability:
    """`entity` numbers the entities; the examples of one are drawn together for the slope's 95% interval."""
    even = np.ones(len(score))
    slope, bias = recalibration(score, spam, even)
    low, high = np.percentile(drawn_slopes(score, spam, entity, seed=seed), [2.5, 97.5])
    return Reliability(
        examples=len(score),
        spam=int(spam.sum()),
        error=calibration_error(score, spam, even),
        error_by_chance=error_by_chance(score, seed=seed),
        slope=slope,
        slope_low=float(low),
        slope_high=float(high),
        bias=bias,
    )


def error_by_chance(score: Floats, *, seed: int) -> float:
    """Parametric bootstrap: each example is spam with just the probability that its score tells."""
    random = np.random.default_rng(seed)
    even = np.ones(len(score))
    errors = [calibration_error(score, random.random(len(score)) < score, even) for _ in range(DRAWS)]
    return float(np.percentile(errors, 95))


def drawn_slopes(score: Floats, spam: Bools, entity: Ints, *, seed: int) -> list[float]:
    random = np.random.default_rng(seed)
    number = int(entity.max()) + 1
    times = random.multinomial(number, np.full(number, 1 / number), size=DRAWS)[:, entity]
    return [recalibration(score, spam, row.astype(np.float64))[0] for row in times]


def recalibration(score: Floats, spam: Bools, weight: Floats) -> tuple[float, float]:
    """Slope and bias of the logistic regression of the label on the score's logit (Cox 1958), by Newton's method."""
    x = np.stack([logit(np.clip(score, CLIP, 1 - CLIP)), np.ones(len(score))])
    start = np.array([1.0, 0.0])
    result = start.copy()
    for _ in range(ROUNDS):
        p = probability(result @ x)
        gradient = x @ (weight * (spam - p)) - STIFF * (result - start)
        curvature = (x * (weight * p * (1 - p))) @ x.T + STIFF * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        result += np.clip(step, -1, 1)  # else the first steps can overshoot
        if np.abs(step).max() < 1e-9:
            break
    return float(result[0]), float(result[1])
