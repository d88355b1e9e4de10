"""Logits and probabilities, and the calibration of a detector: from its raw logit to the logit of a probability.

A calibration is fitted on raw scores that have not seen their examples' labels. The two models have enough labels for
isotonic regression, or else Platt's line (fit_calibration). The graph and the clusters often have few: theirs is a
penalised line, or none (fit_line).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import logit as unbounded_logit

from lib.arrays import AnyFloats, Bools, Floats, Ints, Ints32

ISOTONIC_FROM = 1000  # entities of each class; with fewer, isotonic regression follows the noise
LIMIT = 20.0  # logits; a score stays between 2e-9 and 1 - 2e-9, so that the surest still have an order
RAW_LIMIT = 12.0  # logits of a raw score that is a share: one of exactly 0 or 1 has no finite logit
LEAST_SLOPE = 1e-2  # a model that ranks worse than chance must not be turned round, nor must scores be constant
LEAST_OF_A_CLASS = 5  # labels; fewer say nothing about the slope of a line


def logit(probabilities: AnyFloats, *, limit: float = np.inf) -> Floats:
    """Log odds, no further from even odds than `limit`; NaN stays NaN."""
    return np.asarray(np.clip(unbounded_logit(np.asarray(probabilities, np.float64)), -limit, limit))


def probability(logits: AnyFloats) -> Floats:
    """Increasing to the last digit, which scipy's expit is not: a higher logit never has a lower score."""
    with np.errstate(over="ignore"):  # e^1000 is infinite, and its probability rightly 0
        return np.asarray(1 / (1 + np.exp(-logits)))


@dataclass(frozen=True)
class Calibration:
    """An increasing piecewise linear map between logits, given by its knots; the end pieces go on for ever."""

    knots: tuple[float, ...]
    values: tuple[float, ...]

    @classmethod
    def line(cls, slope: float, intercept: float) -> "Calibration":
        return cls((-1.0, 1.0), (intercept - slope, intercept + slope))

    def logits(self, raw: Floats) -> Floats:
        x, y = np.asarray(self.knots), np.asarray(self.values)
        piece = np.clip(np.searchsorted(x, raw) - 1, 0, len(x) - 2)
        slope = np.diff(y) / np.diff(x)
        return np.asarray(np.clip(y[piece] + slope[piece] * (raw - x[piece]), -LIMIT, LIMIT))

    def probabilities(self, raw: Floats) -> Floats:
        """Calibrated probabilities of raw logits."""
        return probability(self.logits(raw))

    def scores(self, raw: Floats) -> Floats:
        """Calibrated probabilities of raw scores that are shares themselves. UNCALIBRATED leaves them as they are."""
        return raw if self == UNCALIBRATED else self.probabilities(logit(raw, limit=RAW_LIMIT))

    def for_share(self, now: float, *, was: float) -> "Calibration":
        """For entities of which a share `now` is spam, where it `was` another among those it was fitted on.

        That spam looks as it did, and so does the rest, moves every logit by as much (Saerens et al. 2002).
        """
        after, before = logit(np.array([now, was]))
        by = float(after - before)
        return Calibration(self.knots, tuple(value + by for value in self.values))


UNCALIBRATED = Calibration.line(1.0, 0.0)


def fit_calibration(
    raw: Floats,
    spam: Bools,
    weight: Floats,
    *,
    entities: tuple[int, int],
    spam_share: float | None = None,
) -> Calibration:
    """Isotonic where there are enough `entities` (benign, spam), else Platt's.

    The share of spam is that of `weight`, or `spam_share` where that is known.
    """
    line = platt(raw, spam, weight)
    result = isotonic(raw, spam, weight, line) if min(entities) >= ISOTONIC_FROM else line
    return result if spam_share is None else result.for_share(spam_share, was=float(weight[spam].sum() / weight.sum()))


def platt(raw: Floats, spam: Bools, weight: Floats) -> Calibration:
    """Platt 1999, Probabilistic outputs for support vector machines, with his targets short of 0 and 1."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - takes seconds, and scoring does without

    scaled = weight / weight.sum() * len(weight)
    n_spam, n_benign = scaled[spam].sum(), scaled[~spam].sum()
    target = np.where(spam, (n_spam + 1) / (n_spam + 2), 1 / (n_benign + 2))
    both = np.concatenate([raw, raw])[:, None]
    line = LogisticRegression(C=1e4, max_iter=1000).fit(
        both, np.repeat([1, 0], len(raw)), sample_weight=np.concatenate([scaled * target, scaled * (1 - target)])
    )
    slope, bias = float(line.coef_[0, 0]), float(line.intercept_[0])
    if slope < LEAST_SLOPE:  # the bias belongs to the slope that is not taken: all examples get their mean instead
        slope, bias = (
            LEAST_SLOPE,
            float(logit(np.average(target, weights=scaled)) - LEAST_SLOPE * np.average(raw, weights=scaled)),
        )
    # Rounded, because the solver's last digits depend on how many threads it had.
    return Calibration((-1.0, 1.0), (round(bias - slope, 7), round(bias + slope, 7)))


def isotonic(raw: Floats, spam: Bools, weight: Floats, line: Calibration) -> Calibration:
    """Isotonic regression, joined between the middles of its steps (Oron and Flournoy 2017), so that it increases.

    Beyond the outermost steps it has the slope of `line`.
    """
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 - takes seconds, and scoring does without

    steps = IsotonicRegression(out_of_bounds="clip").fit_transform(raw, spam.astype(float), sample_weight=weight)
    levels, step = np.unique(steps, return_inverse=True)
    total = np.bincount(step, weights=weight)
    middle = np.bincount(step, weights=weight * raw) / total
    floor = 1 / (2 + total)  # a step of no spam at all says as much as its weight
    values = np.maximum.accumulate(logit(np.clip(levels, floor, 1 - floor)))
    slope = (line.values[1] - line.values[0]) / (line.knots[1] - line.knots[0])
    x = np.concatenate([[middle[0] - 1], middle, [middle[-1] + 1]])
    y = np.concatenate([[values[0] - slope], values, [values[-1] + slope]])
    return Calibration(tuple(x.tolist()), tuple((y + 1e-6 * np.arange(len(y))).tolist()))


def fit_line(raw: Floats, is_spam: Bools, *, least: int) -> Calibration:
    """The line that fits the labels of `raw` scores (shares) best, lightly penalised, as the labels can be few.

    UNCALIBRATED where there are fewer than `least` labels or than LEAST_OF_A_CLASS of a class, or where the slope would
    not be positive, so that a calibrated score always rises with the raw one.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - takes seconds, and scoring does without

    rarer = min(np.count_nonzero(is_spam), np.count_nonzero(~is_spam))
    if len(raw) < least or rarer < LEAST_OF_A_CLASS:
        return UNCALIBRATED
    model = LogisticRegression().fit(logit(raw, limit=RAW_LIMIT)[:, None], is_spam)
    slope, intercept = float(model.coef_[0, 0]), float(model.intercept_[0])
    return Calibration.line(slope, intercept) if slope > 0 else UNCALIBRATED


def fit_lines(raw: Floats, is_spam: Bools, fold: Ints | Ints32, *, folds: int, least: int) -> list[Calibration]:
    """For each fold the line that the labels of the other folds give, and after them that of all labels."""
    uses = [*(fold != f for f in range(folds)), np.full(len(raw), True)]
    return [fit_line(raw[use], is_spam[use], least=least) for use in uses]
