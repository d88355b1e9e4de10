"""A labelling batch: which domains people are asked about, so that few labels teach the domain model much.

It has four parts:
- random: drawn from all domains without a label, each with the same chance, so that what people say of them tells how
  good the model is;
- high: those with the highest scores, because that is where a false positive hurts;
- uncertain: those that the model is least sure of (Lewis and Gale 1994);
- diverse: those whose links are least like any that is labelled or chosen already (k-centre; Sener and Savarese 2018),
  which finds what the model does not know that it does not know.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lib.arrays import Bools, Floats, Ints
from lib.config import CandidateSettings
from lib.labelling.diversity import farthest_first, word_vectors

LinksOf = Callable[[Ints], Sequence[Sequence[str]]]  # the links of the domains at some places

RANDOM, HIGH, UNCERTAIN, DIVERSE = "random", "high", "uncertain", "diverse"
Batch = dict[str, Ints]  # part -> the places of its domains


@dataclass(frozen=True)
class Standing:
    """What is known of each active domain; the domains stand in a random order, and places are numbers in it."""

    score: Floats  # NaN where there is none
    is_labelled: Bools
    was_asked: Bools  # lately: such a domain is not chosen again, but it may be drawn


def choose_batch(known: Standing, links_of: LinksOf, settings: CandidateSettings) -> Batch:
    """The batch from the domains without a label. `links_of` is asked once."""
    parts = scored_parts(known, settings)
    taken = np.concatenate(list(parts.values()))
    free = ~known.is_labelled & ~known.was_asked
    free[taken] = False
    pool = np.flatnonzero(free)[: settings.pool]
    labelled = np.flatnonzero(known.is_labelled)[: settings.pool if len(pool) else 0]
    centres = np.concatenate([taken, labelled])
    vectors = word_vectors(links_of(np.concatenate([pool, centres])))
    chosen = farthest_first(vectors[: len(pool)], vectors[len(pool) :], settings.batch - len(taken))
    return {**parts, DIVERSE: pool[chosen]}


def scored_parts(known: Standing, settings: CandidateSettings) -> Batch:
    """The parts that do not ask what the domains look like: random, high, uncertain."""
    is_scored = ~np.isnan(known.score)
    free = ~known.is_labelled & ~known.was_asked & is_scored
    random = np.flatnonzero(~known.is_labelled)[: random_size(settings, scored=bool(is_scored.any()))]
    free[random] = False
    high = smallest(-known.score, free, part_size(settings.high, settings))
    free[high] = False
    uncertain = smallest(np.abs(known.score - 0.5), free, part_size(settings.uncertain, settings))
    return {RANDOM: random, HIGH: high, UNCERTAIN: uncertain}


def smallest(value: Floats, free: Bools, at_most: int) -> Ints:
    """The free places with the smallest values; among equals the earlier place."""
    places = np.flatnonzero(free)
    return np.asarray(places[np.argsort(value[places], kind="stable")[:at_most]])


def part_size(share: float, settings: CandidateSettings) -> int:
    return int(settings.batch * share + 0.5)


def random_size(settings: CandidateSettings, *, scored: bool) -> int:
    """What the other parts leave; where nothing is scored, the seats of those that follow the score as well."""
    others = [settings.diverse, *([settings.high, settings.uncertain] if scored else [])]
    return max(settings.batch - sum(part_size(share, settings) for share in others), 0)
