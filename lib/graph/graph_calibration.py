"""Raw scores of the graph as probabilities (Platt 1999), fitted on out-of-fold scores of labelled entities."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from lib.arrays import Bools, Floats, Ints32

CLIP = 12.0  # of logits: a score of exactly 0 or 1 has none
LEAST_OF_A_CLASS = 5  # fewer say nothing about the slope


@dataclass(frozen=True)
class Platt:
    """The calibrated logit is slope * raw logit + intercept."""

    slope: float = 1.0
    intercept: float = 0.0


RAW = Platt()  # leaves every score as it is


def fitted(raw: Floats, is_spam: Bools, *, least: int) -> Platt:
    """The calibration that fits the labels best, lightly penalised.

    RAW where there are fewer than `least` labels or than LEAST_OF_A_CLASS of a class, or where the slope were not
    positive, so that a calibrated score always rises with the raw one.
    """
    rarer = min(np.count_nonzero(is_spam), np.count_nonzero(~is_spam))
    if len(raw) < least or rarer < LEAST_OF_A_CLASS:
        return RAW
    model = LogisticRegression().fit(logit(raw)[:, None], is_spam)
    slope, intercept = float(model.coef_[0, 0]), float(model.intercept_[0])
    return Platt(slope, intercept) if slope > 0 else RAW


def cross_fitted(raw: Floats, is_spam: Bools, fold: Ints32, *, folds: int, least: int) -> list[Platt]:
    """For each fold the calibration that the labels of the other folds give."""
    return [fitted(raw[fold != f], is_spam[fold != f], least=least) for f in range(folds)]


def logit(p: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.clip(np.log(p) - np.log1p(-p), -CLIP, CLIP), dtype=np.float64)


def calibrated(raw: Floats, platt: Platt) -> Floats:
    return raw if platt == RAW else np.asarray(expit(platt.slope * logit(raw) + platt.intercept))
