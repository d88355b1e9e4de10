"""How good scores are, on labelled entities that the model has not seen, with 95% bootstrap intervals."""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import auc, average_precision_score, roc_curve

from lib.arrays import Array, Bools, Floats, Ints
from lib.calibration import logit, probability

BOOTSTRAPS = 200
BINS = 10  # of the calibration error, with equal weight in each


def evaluate(score: Floats, spam: Bools, weight: Floats, entity: Ints, *, kind: str, seed: int) -> dict[str, float]:
    """Each figure as NAME, NAME_low and NAME_high, and the counts. Only the counts where a class is missing.

    Examples of one entity (of `kind`: domain or account) are drawn together in the bootstrap, and weigh as one:
    `weight` is divided by their number.
    """
    entity = np.unique(entity, return_inverse=True)[1]
    counts = np.bincount(entity, minlength=1)
    weight = weight / counts[entity]
    result = {
        "examples": float(len(spam)),
        f"spam_{kind}s": float(len(np.unique(entity[spam]))),
        f"benign_{kind}s": float(len(np.unique(entity[~spam]))),
    }
    if not spam.any() or spam.all():
        return result
    return result | with_intervals(score, spam, weight, entity, seed=seed)


def with_intervals(score: Floats, spam: Bools, weight: Floats, entity: Ints, *, seed: int) -> dict[str, float]:
    """Each figure as NAME, NAME_low and NAME_high. Entities are numbered from 0; their examples are drawn together."""
    result: dict[str, float] = {}
    drawn = bootstrapped(score, spam, weight, entity, seed=seed)
    for name, value in figures(score, spam, weight).items():
        low, high = np.percentile([figure[name] for figure in drawn], [2.5, 97.5]) if drawn else (value, value)
        result |= {name: value, f"{name}_low": float(low), f"{name}_high": float(high)}
    return result


def bootstrapped(score: Floats, spam: Bools, weight: Floats, entity: Ints, *, seed: int) -> list[dict[str, float]]:
    """The figures of samples of entities, drawn with replacement; a draw without one of the classes is left out."""
    random = np.random.default_rng(seed)
    number = int(entity.max()) + 1
    times = random.multinomial(number, np.full(number, 1 / number), size=BOOTSTRAPS)[:, entity]
    drawn = [(row > 0, weight * row) for row in times]
    return [
        figures(score[there], spam[there], drawn_weight[there])
        for there, drawn_weight in drawn
        if spam[there].any() and not spam[there].all()
    ]


def figures(score: Floats, spam: Bools, weight: Floats) -> dict[str, float]:
    false_rate, true_rate, _ = roc_curve(spam, score, sample_weight=weight, drop_intermediate=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        return {
            "auc": float(auc(false_rate, true_rate)),
            "ap": float(average_precision_score(spam, score, sample_weight=weight)),
            "recall_at_fpr_001": float(true_rate[false_rate <= 0.001].max()),
            "recall_at_fpr_01": float(true_rate[false_rate <= 0.01].max()),
            "calibration_error": calibration_error(score, spam, weight),
        }


def calibration_error(score: Floats, spam: Bools, weight: Floats) -> float:
    """Mean distance between score and share of spam, over bins of equal weight (Naeini et al. 2015)."""
    order = np.argsort(score, kind="stable")
    w = weight[order] / weight.sum()
    bins = np.minimum((np.cumsum(w) - w / 2) * BINS, BINS - 1).astype(int)
    gap = np.bincount(bins, weights=w * (score[order] - spam[order]), minlength=BINS)
    return float(np.abs(gap).sum())


def thresholds(score: Floats, spam: Bools, weight: Floats) -> dict[str, float]:
    """The lowest score whose false-positive rate is at most 0.1% and 1%."""
    false_rate, _, score_at = roc_curve(spam, score, sample_weight=weight, drop_intermediate=False)
    return {f"fpr_{rate}": float(min(score_at[false_rate <= rate].min(), 1.0)) for rate in (0.001, 0.01)}


def wilson_lower(hits: Array, trials: Array) -> Floats:
    """Lower bound of the 95% interval of a share (Wilson 1927), arrays of one shape.

    scipy's binomtest gives the same for one share, in 1 to 5 ms: too long where each labelled score asks for its own.
    """
    share, z = hits / trials, ndtri(0.975)
    width = z * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return np.asarray((share + z**2 / (2 * trials) - width) / (1 + z**2 / trials))


DRAWS = 1000
CLIP = 13.8  # of logits: a probability of 0 or 1 has none that is finite
ROUNDS = 50  # of Newton's method, which takes six or so
STIFF = 1e-3  # pull of slope and bias towards 1 and 0, in examples; without it, separate classes have no finite slope


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
    """Parametric bootstrap: each example is spam with just the probability of its score."""
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
    x = np.stack([logit(score, limit=CLIP), np.ones(len(score))])
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
