"""Several detectors' scores of one entity, fused to one probability.

Logistic stacking (Wolpert 1992, Stacked generalization) with weights that are not negative, drawn towards equal ones:
with few labels it is the mean logit, with many it is what the labels say. Scores of correlated detectors are not
multiplied (noisy-or), because that counts the same finding twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import minimize

from lib.arrays import Bools, Floats, Ints
from lib.calibration import logit, probability
from lib.config import FusionSettings


@dataclass(frozen=True)
class Fusion:
    """fused logit = prior logit + bias + sum over detectors of weight * (clipped logit - prior logit).

    A detector without a score takes the mean of those that have one, so that it neither adds nor damps; with equal
    weights the fused logit is their mean.
    """

    weights: Mapping[str, float]  # by detector
    bias: float = 0.0
    examples: int = 0  # labelled entities that it was fitted on; 0: equal weights
    folds: tuple["Fusion", ...] = field(default=(), repr=False)  # fitted without the labels of fold 0, 1, ...


def equal_weights(detectors: tuple[str, ...]) -> Fusion:
    return Fusion({name: 1 / len(detectors) for name in detectors})


def prior_logit(settings: FusionSettings) -> float:
    return float(logit(np.array(settings.prior), limit=settings.logit_clip))


def evidence_matrix(scores: Floats, settings: FusionSettings) -> Floats:
    """Clipped logits beyond the prior's, shape (entities, detectors); NaN becomes the mean of the row's others."""
    beyond = logit(scores, limit=settings.logit_clip) - prior_logit(settings)
    known = ~np.isnan(beyond)
    mean = np.where(known, beyond, 0).sum(1) / np.maximum(known.sum(1), 1)
    filled: Floats = np.where(known, beyond, mean[:, None])
    return filled


def fused_score(fusion: Fusion, scores: Floats, settings: FusionSettings) -> Floats:
    """Probabilities of shape (entities,) from `scores` of shape (entities, detectors); the prior where all are NaN."""
    weights = np.array(list(fusion.weights.values()))
    z = prior_logit(settings) + fusion.bias + evidence_matrix(scores, settings) @ weights
    score: Floats = np.where(np.isnan(scores).all(1), settings.prior, probability(z))
    return score


def loss(
    parameters: Floats, x: Floats, is_spam: Floats, importance: Floats, *, offset: float, settings: FusionSettings
) -> tuple[float, Floats]:
    """Penalised log loss and its gradient; parameters are the bias, then the weights.

    sum importance * logloss + penalty * (bias^2 + |weights - 1/n|^2)
    """
    drawn_to = np.r_[0.0, np.full(x.shape[1], 1 / x.shape[1])]
    z = offset + parameters[0] + x @ parameters[1:]
    away = parameters - drawn_to
    value = importance @ (np.logaddexp(0, z) - is_spam * z) + settings.penalty * away @ away
    slope = importance * (probability(z) - is_spam)
    return float(value), np.r_[slope.sum(), x.T @ slope] + 2 * settings.penalty * away


def fit_weights(x: Floats, is_spam: Floats, importance: Floats, settings: FusionSettings) -> Floats:
    """The bias, then one weight >= 0 per detector: the only minimum of a strictly convex loss.

    `x` is an evidence matrix of out-of-fold scores, shape (examples, detectors).
    """
    n = x.shape[1]
    offset = prior_logit(settings)
    result = minimize(
        lambda p: loss(p, x, is_spam, importance, offset=offset, settings=settings),
        np.r_[0.0, np.full(n, 1 / n)],
        jac=True,
        bounds=[(None, None)] + [(0.0, None)] * n,
        method="L-BFGS-B",
        options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 1000},  # type: ignore[call-overload]
    )
    return np.asarray(result.x, dtype=np.float64)


def fit_fusion(
    detectors: tuple[str, ...], scores: Floats, is_spam: Floats, importance: Floats, settings: FusionSettings
) -> Fusion:
    """Fitted on the examples that a detector has scored out of fold, or equal weights where a class has too few.

    A single detector keeps its scores: it is calibrated already, on more than the day's labelled entities.
    """
    reached = ~np.isnan(scores).all(1)
    scores, is_spam, importance = scores[reached], is_spam[reached], importance[reached]
    spam = int(is_spam.sum())
    if len(detectors) == 1 or min(spam, len(is_spam) - spam) < settings.min_examples:
        return equal_weights(detectors)
    bias, *weights = fit_weights(evidence_matrix(scores, settings), is_spam, importance, settings)
    return Fusion(dict(zip(detectors, map(float, weights), strict=True)), float(bias), len(is_spam))


def cross_fitted(
    detectors: tuple[str, ...],
    scores: Floats,
    is_spam: Floats,
    importance: Floats,
    fold: Ints,
    *,
    folds: int,
    settings: FusionSettings,
) -> Fusion:
    """The fusion of all examples, and for each fold the one that never saw its labels."""

    def fitted(use: Bools) -> Fusion:
        return fit_fusion(detectors, scores[use], is_spam[use], importance[use], settings)

    whole = fitted(np.full(len(fold), True))
    parts = tuple(fitted(fold != f) for f in range(folds))
    return Fusion(whole.weights, whole.bias, whole.examples, parts)
