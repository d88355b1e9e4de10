"""How each labelling function did: how much it votes, with whom, how right it is, and what is wrong with it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lib.arrays import Floats, Ints8
from lib.labelling.functions import Functions
from lib.labelling.label_model import ABSTAIN, BENIGN, BENIGN_VOTE, SPAM, SPAM_VOTE, LabelModel
from lib.labelling.label_model_fitting import Tally
from lib.metrics import wilson_lower
from lib.wording.phrases import function_warnings

EQUAL = 1e-9  # rates that differ by less, relative to each other, are one rate


@dataclass(frozen=True)
class Entry:
    """A row of labelling_ledger without its day."""

    function: str
    vote: str
    accounts: int
    votes: int
    coverage: float
    overlap: float
    conflict: float
    labelled: int
    accuracy: float | None
    accuracy_low: float | None
    accuracy_high: float | None
    chance_accuracy: float | None
    estimated_accuracy: float | None
    warning: str | None


def function_report(tally: Tally, model: LabelModel, functions: Functions) -> list[Entry]:
    """One entry per function, in their order. `model` knows all hand labels."""
    spam = model.spam(tally.known())
    return [entry(tally, model, spam, functions, place) for place in range(len(functions))]


def entry(tally: Tally, model: LabelModel, spam: Floats, functions: Functions, place: int) -> Entry:
    """`spam` are the probabilities of the patterns."""
    names, labelled = list(functions), tally.labelled.sum(1)
    vote = functions[names[place]].vote
    own = SPAM if vote == "spam" else BENIGN
    voted = tally.votes[:, place] != ABSTAIN
    probability = spam if own == SPAM else 1 - spam
    figures = {
        **usage(tally.votes, place, tally.accounts),
        **correctness(labelled[voted].sum(0), labelled.sum(0), own),
        "estimated_accuracy": mean(probability[voted], tally.accounts[voted]),
    }
    copies = [names[other] for other in copies_of(tally.votes, place)]
    counts = lift(model, place, own) > 1 + EQUAL
    warning = "; ".join(function_warnings(figures, copies, vote, counts=counts))
    return Entry(names[place], vote, **figures, warning=warning or None)


def usage(votes: Ints8, place: int, accounts: Floats) -> dict[str, Any]:
    """How many accounts it votes on, and with or against whom."""
    own_rows, others = votes[:, place, None], np.delete(votes, place, axis=1)
    voted = own_rows[:, 0] != ABSTAIN
    among = voted & (others != ABSTAIN).any(1)
    against = voted & ((others != ABSTAIN) & (others != own_rows)).any(1)
    total = accounts.sum()

    def share(chosen: np.ndarray) -> float:
        return float(accounts[chosen].sum() / total) if total else 0.0

    return {
        "accounts": round(total),
        "votes": round(accounts[voted].sum()),
        "coverage": share(voted),
        "overlap": share(among),
        "conflict": share(against),
    }


def correctness(judged: Floats, labelled: Floats, own: int) -> dict[str, Any]:
    """Of its votes on labelled accounts, `judged` (classes,); of all labelled accounts, `labelled` (classes,)."""
    votes, everybody = float(judged.sum()), float(labelled.sum())
    chance = float(labelled[own]) / everybody if everybody else None
    result: dict[str, Any] = {"labelled": round(votes), "chance_accuracy": chance}
    if not votes:
        return result | {"accuracy": None, "accuracy_low": None, "accuracy_high": None}
    right_low, wrong_low = wilson_lower(judged[[own, 1 - own]], np.array([votes, votes]))
    return result | {
        "accuracy": float(judged[own]) / votes,
        "accuracy_low": max(0.0, float(right_low)),
        "accuracy_high": min(1.0, 1 - float(wrong_low)),
    }


def mean(probability: Floats, accounts: Floats) -> float | None:
    return float(probability @ accounts / accounts.sum()) if accounts.sum() else None


def copies_of(votes: Ints8, place: int) -> list[int]:
    """The other functions that cast the same vote on every account, for one that votes at all."""
    own_rows = votes[:, place, None]
    if not (own_rows != ABSTAIN).any():
        return []
    return [int(other) for other in np.flatnonzero((votes == own_rows).all(0)) if other != place]


def lift(model: LabelModel, place: int, own: int) -> float:
    """How many times likelier its vote is within its class, by the label model."""
    outcome = SPAM_VOTE if own == SPAM else BENIGN_VOTE
    rates = model.rates[place, outcome]
    return float(rates[own] / rates[1 - own])
