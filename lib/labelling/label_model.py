"""How likely an account is spam, given the votes of the labelling functions: two latent classes, fitted by EM.

Dawid and Skene 1979 (Maximum likelihood estimation of observer error-rates using the EM algorithm), as data
programming uses it (Ratner et al. 2016), with three changes: to abstain is an outcome like any other, so that a
function that only ever votes one way still informs by its silence; each function is at least as likely to
vote for a class within that class as outside of it, so that the classes cannot swap; and functions that vote
alike share one weight (see correlation_weights).

An array of rates or of pseudo-counts has the shape (functions, outcomes, classes).
"""

import logging
from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from lib.arrays import Bools, Floats, Ints8
from lib.calibration import probability

ABSTAIN, SPAM_VOTE, BENIGN_VOTE = 0, 1, 2  # outcomes
BENIGN, SPAM = 0, 1  # classes
OUTCOMES, CLASSES = 3, 2
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patterns:
    """The distinct rows of votes, and how many accounts have each. Counts need not be whole."""

    votes: Ints8  # (patterns, functions)
    unlabelled: Floats  # (patterns,)
    labelled: Floats  # (patterns, classes): accounts whose class is known

    @property
    def indicator(self) -> Floats:
        """1 where a function has an outcome, (patterns, functions * outcomes)."""
        ones = (self.votes[:, :, None] == np.arange(OUTCOMES)).astype(np.float64)
        flat: Floats = ones.reshape(len(self.votes), self.votes.shape[1] * OUTCOMES)
        return flat


@dataclass(frozen=True)
class Prior:
    """Pseudo-counts of Dirichlet priors: the parameters beyond 1. An outcome without any must never occur."""

    shares: Floats  # (classes,)
    rates: Floats  # (functions, outcomes, classes)


@dataclass(frozen=True)
class LabelModel:
    """Shares of the classes among unlabelled accounts, and how often each function has each outcome within each."""

    shares: Floats  # (classes,)
    rates: Floats  # (functions, outcomes, classes)
    correlation_weights: Floats  # (functions,): 1, or less for a function that others resemble
    objectives: tuple[float, ...] = ()  # after each round, never falling
    converged: bool = True

    def spam(self, patterns: Patterns) -> Floats:
        """Probability that an account with the votes of a pattern is spam, whatever its label: (patterns,)."""
        return spam_given(log_joint(self, patterns.indicator))


def fit_label_model(
    patterns: Patterns, prior: Prior, correlation_weights: Floats, *, tolerance: float, max_rounds: int
) -> LabelModel:
    """The maximum a posteriori that EM climbs to from the prior's mean.

    It maximises, over shares and over rates that favour no class against a function's vote,

        sum over patterns of  unlabelled * log(sum over classes of share * likelihood)
                            + sum over classes of labelled * log(likelihood)
        + sum over classes of pseudo-count * log(share)
        + sum over functions of weight * (sum over outcomes and classes of pseudo-count * log(rate))

    where the likelihood of a pattern is the product over functions of rate ** weight, and the weights are the
    correlation weights. Labelled accounts inform rates only: people look at what is likely spam, so the share of spam
    among them is not that of the platform.
    EM ends when no probability moves by more than `tolerance`, or after `max_rounds`.
    """
    indicator = patterns.indicator
    model = maximised(prior, prior.shares, np.zeros_like(prior.rates), correlation_weights)
    objectives: list[float] = []
    before = np.full(len(patterns.votes), np.inf)
    for _ in range(max_rounds):
        joint = log_joint(model, indicator)
        spam = spam_given(joint)
        objectives.append(objective(model, patterns, prior, joint))
        if np.abs(spam - before).max(initial=0.0) <= tolerance:
            return LabelModel(model.shares, model.rates, correlation_weights, tuple(objectives))
        guessed = patterns.unlabelled[:, None] * np.stack([1 - spam, spam], axis=1)
        seen = (indicator.T @ (guessed + patterns.labelled)).reshape(prior.rates.shape)
        model = maximised(prior, prior.shares + guessed.sum(0), seen, correlation_weights)
        before = spam
    log.warning("the label model still moved by more than %g after %d rounds", tolerance, max_rounds)
    return LabelModel(model.shares, model.rates, correlation_weights, tuple(objectives), converged=False)


def log_joint(model: LabelModel, indicator: Floats) -> Floats:
    """Logarithm of share * likelihood, (patterns, classes)."""
    weighted = model.correlation_weights[:, None, None] * logarithm(model.rates)
    joint: Floats = indicator @ weighted.reshape(-1, CLASSES) + np.log(model.shares)
    return joint


def spam_given(joint: Floats) -> Floats:
    return probability(joint[:, SPAM] - joint[:, BENIGN])


def objective(model: LabelModel, patterns: Patterns, prior: Prior, joint: Floats) -> float:
    """What fit_label_model maximises."""
    unlabelled = patterns.unlabelled @ np.logaddexp(joint[:, BENIGN], joint[:, SPAM])
    labelled = (patterns.labelled * (joint - np.log(model.shares))).sum()
    of_rates = model.correlation_weights @ xlogy(prior.rates, model.rates).sum((1, 2))
    return float(unlabelled + labelled + prior.shares @ np.log(model.shares) + of_rates)


def maximised(prior: Prior, class_mass: Floats, seen: Floats, correlation_weights: Floats) -> LabelModel:
    return LabelModel(class_mass / class_mass.sum(), favouring_rates(prior.rates + seen), correlation_weights)


def favouring_rates(mass: Floats) -> Floats:
    """The rates that maximise sum of mass * log(rate) while a vote is no rarer within its own class than in the other.

    Where the mass says otherwise, both classes have one rate of that vote (the border of a convex set), and the
    function's vote counts for nothing. Each of the two votes may be on its border: the best of what is allowed wins.
    """
    ways = [rates_with(mass, level) for level in ((), (SPAM_VOTE,), (BENIGN_VOTE,), (SPAM_VOTE, BENIGN_VOTE))]
    reached = [np.where(favours(rates), xlogy(mass, rates).sum((1, 2)), -np.inf) for rates in ways]
    best = np.argmax(reached, axis=0)
    chosen: Floats = np.stack(ways)[best, np.arange(len(mass))]
    return chosen


def rates_with(mass: Floats, level: tuple[int, ...]) -> Floats:
    """The best rates where each vote in `level` has one rate for both classes."""
    rates = np.empty_like(mass)
    rest = [outcome for outcome in range(OUTCOMES) if outcome not in level]
    shared = mass[:, list(level)].sum(2) / mass.sum((1, 2))[:, None]
    rates[:, list(level)] = shared[:, :, None]
    left = 1 - shared.sum(1)
    rates[:, rest] = left[:, None, None] * mass[:, rest] / mass[:, rest].sum(1, keepdims=True)
    return rates


def favours(rates: Floats) -> Bools:
    spam_vote, benign_vote = rates[:, SPAM_VOTE], rates[:, BENIGN_VOTE]
    fair: Bools = (spam_vote[:, SPAM] >= spam_vote[:, BENIGN]) & (benign_vote[:, BENIGN] >= benign_vote[:, SPAM])
    return fair


def logarithm(rates: Floats) -> Floats:
    """0 for the rate 0 of an outcome that never occurs."""
    return np.log(rates, out=np.zeros_like(rates), where=rates > 0)
