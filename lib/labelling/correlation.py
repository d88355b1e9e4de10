"""How much each labelling function counts, so that functions that say the same thing are not believed twice."""

import numpy as np

from lib.arrays import Floats, Ints8
from lib.labelling.label_model import ABSTAIN


def voices(votes: Ints8, accounts: Floats, *, alike_from: float) -> Floats:
    """1 for a function that votes by itself, less for one that others resemble, (functions,).

    `votes` are the distinct patterns, (patterns, functions), and `accounts` how many have each. Two functions are
    alike to the degree that their votes are the same ones: 0 where the accounts on which both cast one vote are no more
    than `alike_from` of those on which either votes, 1 where they are all of them, and linear between. A voice is one
    over the likeness to all functions, itself included. Copies have the voice of one function between them, and count
    as one beside others.
    """
    same, either = shared_votes(votes, accounts)
    overlap = np.divide(same, either, out=np.zeros_like(same), where=either > 0)
    likeness = np.clip((overlap - alike_from) / (1 - alike_from), 0, 1)
    np.fill_diagonal(likeness, 1)
    copies = np.array([(votes == votes[:, [function]]).all(0).sum() for function in range(votes.shape[1])])
    voice: Floats = 1 / (copies * (likeness / copies).sum(1))
    return voice


def shared_votes(votes: Ints8, accounts: Floats) -> tuple[Floats, Floats]:
    """For each pair of functions, the accounts on which both cast one vote, and those on which either votes."""
    same = np.zeros((votes.shape[1], votes.shape[1]))
    for vote in np.unique(votes[votes != ABSTAIN]):
        of_it = (votes == vote).astype(np.float64)
        same += of_it.T @ (accounts[:, None] * of_it)
    silent = (votes == ABSTAIN).astype(np.float64)
    either = accounts.sum() - silent.T @ (accounts[:, None] * silent)
    return same, either
