"""The label model of a set of accounts: what is believed before, what is counted, and a fit for each fold left out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.arrays import Floats, Ints8
from lib.config import LabellingSettings
from lib.labelling.functions import ABSTAINED, LETTER
from lib.labelling.label_model import (
    ABSTAIN,
    BENIGN,
    BENIGN_VOTE,
    CLASSES,
    OUTCOMES,
    SPAM,
    SPAM_VOTE,
    LabelModel,
    Patterns,
    Prior,
    fit_label_model,
)

OUTCOME = {ABSTAINED: ABSTAIN, LETTER["spam"]: SPAM_VOTE, LETTER["benign"]: BENIGN_VOTE}  # by letter of a pattern


@dataclass(frozen=True)
class Tally:
    """How many accounts have each pattern of votes: those without a label, and those with one by fold and class.

    An account that has several rows, one a day, counts as one in all.
    """

    functions: int
    patterns: tuple[str, ...]
    unlabelled: Floats  # (patterns,)
    labelled: Floats  # (patterns, folds, classes)
    label_weight: Floats  # the same, each account times the weight of its label

    @property
    def votes(self) -> Ints8:
        """(patterns, functions)."""
        letters = np.array([[OUTCOME[letter] for letter in pattern] for pattern in self.patterns], dtype=np.int8)
        return letters.reshape(len(self.patterns), self.functions)

    @property
    def folds(self) -> int:
        return int(self.labelled.shape[1])

    @property
    def accounts(self) -> Floats:
        """With and without a label, (patterns,)."""
        return np.asarray(self.unlabelled + self.labelled.sum((1, 2)), dtype=np.float64)

    def known(self, *, left_out: int | None = None) -> Patterns:
        """The patterns, with accounts of the fold `left_out` among the unlabelled ones."""
        kept = np.array([fold != left_out for fold in range(self.folds)], dtype=np.bool_)
        unlabelled = self.unlabelled + self.labelled[:, ~kept].sum((1, 2))
        return Patterns(self.votes, unlabelled, self.label_weight[:, kept].sum(1))


def fitted_views(tally: Tally, settings: LabellingSettings) -> list[LabelModel]:
    """The model of all hand labels, and then for each fold the one that never saw its labels."""
    weight = correlation_weights(tally.votes, tally.accounts, alike_from=settings.alike_from)
    prior = prior_of(tally, [function.vote for function in settings.active.values()], settings)
    views = (None, *range(tally.folds))
    return [fitted(tally.known(left_out=view), prior, weight, settings) for view in views]


def fitted(patterns: Patterns, prior: Prior, weight: Floats, settings: LabellingSettings) -> LabelModel:
    """The label model of the patterns, with the unlabelled accounts counted as no more than the settings allow."""
    share = settings.unlabelled_accounts / max(patterns.unlabelled.sum(), settings.unlabelled_accounts)
    counted = Patterns(patterns.votes, share * patterns.unlabelled, settings.hand_label_accounts * patterns.labelled)
    return fit_label_model(counted, prior, weight, tolerance=settings.tolerance, max_rounds=settings.max_rounds)


def view_probabilities(tally: Tally, models: Sequence[LabelModel]) -> Floats:
    """What each model makes of each pattern, from the votes alone: (patterns, models)."""
    patterns = tally.known()
    return np.stack([model.spam(patterns) for model in models], axis=1)


def prior_of(tally: Tally, votes: Sequence[str], settings: LabellingSettings) -> Prior:
    """The prior: the configured share of spam, and functions that vote as often as they do and are a little right.

    A function's rates are those that together give its share of votes, with odds within its class `vote_odds` times
    those outside.
    """
    shares = np.array([1 - settings.spam_share, settings.spam_share])
    coverage = (tally.accounts @ (tally.votes != ABSTAIN) + settings.unseen_votes) / (tally.accounts.sum() + 1)
    rates = np.zeros((len(votes), OUTCOMES, CLASSES))
    for function, vote in enumerate(votes):
        outcome, own, other = (SPAM_VOTE, SPAM, BENIGN) if vote == "spam" else (BENIGN_VOTE, BENIGN, SPAM)
        outside = rate_outside(float(coverage[function]), own_share=float(shares[own]), odds=settings.vote_odds)
        inside = settings.vote_odds * outside / (1 + (settings.vote_odds - 1) * outside)
        rates[function, outcome, own], rates[function, outcome, other] = inside, outside
    rates[:, ABSTAIN] = 1 - rates.sum(1)
    return Prior(settings.spam_share_accounts * shares, settings.vote_odds_accounts * rates)


def rate_outside(coverage: float, *, own_share: float, odds: float) -> float:
    """r where own_share * R + (1 - own_share) * r is the coverage, and R / (1 - R) is `odds` times r / (1 - r)."""
    a = (1 - own_share) * (odds - 1)
    b = own_share * odds + 1 - own_share - coverage * (odds - 1)
    return 2 * coverage / (b + float(np.sqrt(b * b + 4 * a * coverage)))


def correlation_weights(votes: Ints8, accounts: Floats, *, alike_from: float) -> Floats:
    """1 for a function that votes by itself, less for one that others resemble, (functions,).

    `votes` are the distinct patterns, (patterns, functions), and `accounts` how many have each. The similarity of two
    functions is 0 where the accounts on which both cast one vote are no more than `alike_from` of those on which either
    votes, 1 where they are all of them, and linear between. A weight is one over the sum of similarities to all
    functions, itself included. Copies have the weight of one function between them, and count as one.
    """
    same, either = shared_votes(votes, accounts)
    overlap = np.divide(same, either, out=np.zeros_like(same), where=either > 0)
    similarity = np.clip((overlap - alike_from) / (1 - alike_from), 0, 1)
    np.fill_diagonal(similarity, 1)
    copies = np.array([(votes == votes[:, [function]]).all(0).sum() for function in range(votes.shape[1])])
    weight: Floats = 1 / (copies * (similarity / copies).sum(1))
    return weight


def shared_votes(votes: Ints8, accounts: Floats) -> tuple[Floats, Floats]:
    """For each pair of functions, the accounts on which both cast one vote, and those on which either votes."""
    same = np.zeros((votes.shape[1], votes.shape[1]))
    for vote in np.unique(votes[votes != ABSTAIN]):
        of_it = (votes == vote).astype(np.float64)
        same += of_it.T @ (accounts[:, None] * of_it)
    silent = (votes == ABSTAIN).astype(np.float64)
    either = accounts.sum() - silent.T @ (accounts[:, None] * silent)
    return same, either
