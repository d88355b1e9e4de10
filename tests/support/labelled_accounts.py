"""Accounts whose truth is known, and labelling functions that err in known ways: for tests and for measuring."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from lib.arrays import Bools, Ints
from lib.config import LabellingSettings
from lib.labelling.label_model import CLASSES
from lib.labelling.label_model_fitting import Tally

FOLDS = 2


@dataclass(frozen=True)
class Function:
    """How often it votes within its class and outside, and what else its votes depend on."""

    vote: str
    within: float
    outside: float
    activity: float = 0.0  # logits by which a standard deviation of activity, which is no sign of spam, adds votes
    copies: str = ""  # another function, whose votes it repeats on `copied` of the accounts
    copied: float = 1.0


INDEPENDENT = {
    "s1": Function("spam", 0.5, 0.03), "s2": Function("spam", 0.3, 0.02), "s3": Function("spam", 0.2, 0.05),
    "s4": Function("spam", 0.4, 0.1), "b1": Function("benign", 0.4, 0.05), "b2": Function("benign", 0.5, 0.1),
    "b3": Function("benign", 0.3, 0.03),
}  # fmt: skip
ONE_SIDED = {name: function for name, function in INDEPENDENT.items() if function.vote == "spam"}
DUPLICATED = INDEPENDENT | {f"s4_{n}": Function("spam", 0.3, 0.1, copies="s4", copied=0.9) for n in range(3)}
RELATED = INDEPENDENT | {f"s4_{n}": Function("spam", 0.4, 0.1, copies="s4", copied=0.5) for n in range(2)}
BY_ACTIVITY = INDEPENDENT | {
    name: Function(INDEPENDENT[name].vote, INDEPENDENT[name].within, INDEPENDENT[name].outside, activity=1.5)
    for name in ("s3", "s4", "b2", "b3")
}
MISLED = INDEPENDENT | {"worse": Function("spam", 0.02, 0.2)}


def drawn(functions: dict[str, Function], *, accounts: int, spam: float, seed: int) -> tuple[Bools, Bools]:
    """Which accounts are spam, and which function votes on which: (accounts,) and (accounts, functions)."""
    random = np.random.default_rng(seed)
    is_spam = random.random(accounts) < spam
    activity = random.normal(size=accounts)
    votes: dict[str, Bools] = {}
    for name, function in functions.items():
        rate = np.where(is_spam == (function.vote == "spam"), function.within, function.outside)
        own = random.random(accounts) < expit(logit(rate) + function.activity * activity)
        repeats = random.random(accounts) < function.copied
        votes[name] = np.where(repeats, votes[function.copies], own) if function.copies else own
    return is_spam, np.stack([votes[name] for name in sorted(votes)], axis=1)


def tallied(functions: dict[str, Function], is_spam: Bools, votes: Bools, *, hand: int) -> tuple[Tally, Ints]:
    """The tally, with the first `hand` accounts labelled in turns in each fold, and the place of each one's pattern."""
    letters = np.array([functions[name].vote[0] for name in sorted(functions)])
    patterns = ["".join(row) for row in np.where(votes, letters, ".")]
    distinct, place = np.unique(patterns, return_inverse=True)
    labelled = np.zeros((len(distinct), FOLDS, CLASSES))
    first = np.arange(hand)
    np.add.at(labelled, (place[:hand], first % FOLDS, is_spam[:hand].astype(int)), 1.0)
    unlabelled = np.bincount(place[hand:], minlength=len(distinct)).astype(np.float64)
    return Tally(len(functions), tuple(map(str, distinct)), unlabelled, labelled, labelled), place


def settings_of(functions: dict[str, Function], **changed: float) -> LabellingSettings:
    votes = {name: {"vote": function.vote, "when": "true"} for name, function in functions.items()}
    return LabellingSettings.model_validate({"defaults": False, "functions": votes, **changed})
