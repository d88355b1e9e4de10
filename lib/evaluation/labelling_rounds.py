"""Rounds of labelling, played on domains whose labels are all known: what a batch's choice is worth."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lib.arrays import Bools, Floats, Ints
from lib.config import CandidateSettings
from lib.labelling.candidates import Candidates, choose_batch

CHOSEN, RANDOM = "chosen", "random"
LEAST = 5  # of each class that the first labels hold, so that there is something to learn

Teach = Callable[[Ints], tuple[Floats, Floats]]  # places that are labelled -> scores of the pool, and of the test


@dataclass(frozen=True)
class Pool:
    """Domains that may be asked about: the truth, and their links."""

    spam: Bools
    links: Sequence[Sequence[str]]

    def __len__(self) -> int:
        return len(self.spam)

    def links_at(self, places: Ints) -> list[Sequence[str]]:
        return [self.links[place] for place in places]


@dataclass(frozen=True)
class Round:
    """What is known after a round, and what the model that was taught it says of the test."""

    labels: int
    spam_labels: int
    test_score: Floats


def play(
    pool: Pool, teach: Teach, *, how: str, start: int, rounds: int, settings: CandidateSettings, seed: int
) -> Iterator[Round]:
    """The first labels, then `rounds` batches: chosen as select_label_candidates does, or drawn at random.

    The same seed starts from the same labels, however the batches come about.
    """
    order = np.random.default_rng(seed).permutation(len(pool))
    labelled = first_labels(pool.spam, order, start)
    for number in range(rounds + 1):
        pool_score, test_score = teach(labelled)
        yield Round(len(labelled), int(pool.spam[labelled].sum()), test_score)
        if number < rounds:
            batch = next_batch(pool, labelled, pool_score, how=how, settings=settings, seed=seed * 1000 + number)
            labelled = np.concatenate([labelled, batch])


def first_labels(spam: Bools, order: Ints, start: int) -> Ints:
    """The first places of `order`: at least `start`, and LEAST of each class."""
    seen = np.stack([np.cumsum(spam[order]), np.cumsum(~spam[order])]).min(axis=0)
    enough = int(np.argmax(seen >= LEAST)) + 1 if (seen >= LEAST).any() else len(order)
    return np.asarray(order[: max(start, enough)])


def next_batch(pool: Pool, labelled: Ints, score: Floats, *, how: str, settings: CandidateSettings, seed: int) -> Ints:
    order = np.random.default_rng(seed).permutation(len(pool))
    is_labelled = np.isin(order, labelled)
    if how == RANDOM:
        return np.asarray(order[~is_labelled][: settings.batch])
    standing = Candidates(score[order], is_labelled, np.zeros(len(pool), bool))
    batch = choose_batch(standing, lambda places: pool.links_at(order[places]), settings)
    return np.asarray(order[np.concatenate(list(batch.values()))])
