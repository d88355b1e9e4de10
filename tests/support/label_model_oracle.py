"""The label model the slow, obvious way: every account's joint probability by hand, every maximum by search."""

import math
from typing import Any

import numpy as np
from scipy.optimize import LinearConstraint, minimize

from lib.arrays import Floats
from lib.labelling.label_model import BENIGN, BENIGN_VOTE, SPAM, SPAM_VOTE, LabelModel, Patterns, Prior

TINY = 1e-7


def joint(votes: Any, shares: Floats, rates: Floats, voices: Floats, label: int) -> float:
    """share * product over functions of rate ** voice."""
    value = float(shares[label])
    for function, vote in enumerate(votes):
        value *= float(rates[function, vote, label]) ** float(voices[function])
    return value


def spam_probability(votes: Any, model: LabelModel) -> float:
    spam, benign = (
        joint(votes, model.shares, model.rates, model.correlation_weights, label) for label in (SPAM, BENIGN)
    )
    return spam / (spam + benign)


def objective(patterns: Patterns, prior: Prior, shares: Floats, rates: Floats, voices: Floats) -> float:
    total = sum(prior.shares[label] * math.log(shares[label]) for label in (BENIGN, SPAM))
    for votes, unlabelled, labelled in zip(patterns.votes, patterns.unlabelled, patterns.labelled, strict=True):
        of_class = [joint(votes, shares, rates, voices, label) for label in (BENIGN, SPAM)]
        total += unlabelled * math.log(sum(of_class))
        total += sum(labelled[label] * math.log(of_class[label] / shares[label]) for label in (BENIGN, SPAM))
    for function, outcome, label in np.ndindex(*rates.shape):
        if prior.rates[function, outcome, label]:
            pseudo = voices[function] * prior.rates[function, outcome, label]
            total += pseudo * math.log(rates[function, outcome, label])
    return float(total)


def unpacked(x: Floats, functions: int) -> tuple[Floats, Floats]:
    """Shares and rates from a vector: the share of spam, then for each function and class its two rates of votes."""
    votes = x[1:].reshape(functions, 2, 2)  # function, vote, class
    return np.array([1 - x[0], x[0]]), np.concatenate([1 - votes.sum(1, keepdims=True), votes], axis=1)


def packed(shares: Floats, rates: Floats) -> Floats:
    return np.concatenate([shares[SPAM:], rates[:, [SPAM_VOTE, BENIGN_VOTE]].ravel()])


def fair(functions: int) -> LinearConstraint:
    """A vote is no rarer within its class, and rates leave room for silence."""
    rows, low = [], []
    for function in range(functions):
        at = 1 + 4 * function  # spam votes of benign and spam accounts, then benign votes of both
        for row, least in (
            ({1: 1, 0: -1}, 0),
            ({2: 1, 3: -1}, 0),
            ({0: -1, 2: -1}, TINY - 1),
            ({1: -1, 3: -1}, TINY - 1),
        ):
            rows.append([row.get(place - at, 0) for place in range(1 + 4 * functions)])
            low.append(least)
    return LinearConstraint(np.array(rows).reshape(-1, 1 + 4 * functions), np.array(low), np.inf)


def highest(patterns: Patterns, prior: Prior, voices: Floats, *, starts: int) -> float:
    """The best objective that a search from several starts finds."""
    functions = len(voices)
    random = np.random.default_rng(5)

    def loss(x: Floats) -> float:
        shares, rates = unpacked(x, functions)
        return -objective(patterns, prior, shares, np.maximum(rates, TINY), voices)  # the search steps over borders

    result = []
    for _ in range(starts):
        rates = random.dirichlet([2, 1, 1], size=(functions, 2)).transpose(0, 2, 1)
        rates[:, 1] = np.sort(rates[:, 1], axis=1)
        rates[:, 2] = -np.sort(-rates[:, 2], axis=1)
        rates[:, 1:] /= np.maximum(1.01 * rates[:, 1:].sum(1, keepdims=True), 1)
        start = packed(np.array([0.5, random.uniform(0.05, 0.95)]), rates)
        bounds = [(TINY, 1 - TINY)] * len(start)
        done = minimize(
            loss,
            start,
            method="SLSQP",
            bounds=bounds,
            constraints=[fair(functions)],
            options={"maxiter": 300, "ftol": 1e-10},
        )
        result.append(-done.fun)
    return max(result)
