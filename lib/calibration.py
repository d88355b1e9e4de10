"""From a model's logit to the logit of a probability, fitted on logits that have not seen their examples' labels."""

from dataclasses import dataclass

import numpy as np

from lib.arrays import Bools, Floats

ISOTONIC_FROM = 1000  # entities of each class; with fewer, isotonic regression follows the noise
LIMIT = 20.0  # logits; a score stays between 2e-9 and 1 - 2e-9, so that the surest still have an order
LEAST_SLOPE = 1e-2  # a model that ranks worse than chance must not be turned round, nor must scores be constant


@dataclass(frozen=True)
class Calibration:
    """An increasing piecewise linear map between logits, given by its knots; the end pieces go on for ever."""

    knots: tuple[float, ...]
    values: tuple[float, ...]

    def logits(self, raw: Floats) -> Floats:
        x, y = np.asarray(self.knots), np.asarray(self.values)
        piece = np.clip(np.searchsorted(x, raw) - 1, 0, len(x) - 2)
        slope = np.diff(y) / np.diff(x)
        return np.asarray(np.clip(y[piece] + slope[piece] * (raw - x[piece]), -LIMIT, LIMIT))

    def probabilities(self, raw: Floats) -> Floats:
        return probability(self.logits(raw))

    def for_share(self, now: float, *, was: float) -> "Calibration":
        """For entities of which a share `now` is spam, where it `was` another among those it was fitted on.

        That spam looks as it did, and so does the rest, moves every logit by as much (Saerens et al. 2002).
        """
        after, before = logit(np.array([now, was]))
        by = float(after - before)
        return Calibration(self.knots, tuple(value + by for value in self.values))


def probability(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logits)))


def logit(probabilities: Floats) -> Floats:
    return np.asarray(np.log(probabilities) - np.log1p(-probabilities))


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
    slope, bias = max(float(line.coef_[0, 0]), LEAST_SLOPE), float(line.intercept_[0])
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
