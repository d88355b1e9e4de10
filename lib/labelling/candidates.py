"""A labelling batch: which domains people are asked about, so that few labels teach the domain model much.

It has four parts:
- random: drawn from all domains without a label, each with the same probability, so that their labels measure
  the model;
- high: those with the highest scores, because that is where a false positive hurts;
- uncertain: those that the model is least sure of (Lewis and Gale 1994);
- diverse: those whose links are least like any that is labelled or chosen already (k-centre; Sener and Savarese 2018),
  which finds what the model does not know that it does not know.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lib.arrays import Bools, Floats, Floats32, Ints
from lib.config import CandidateSettings

LinksOf = Callable[[Ints], Sequence[Sequence[str]]]  # the links of the domains at some places

BUCKETS = 512  # of words; two words in one make domains a little more alike than they are
WORD = r"[^\W\d_]{2,}|\d+"
RANDOM, HIGH, UNCERTAIN, DIVERSE = "random", "high", "uncertain", "diverse"
Batch = dict[str, Ints]  # part -> the places of its domains


@dataclass(frozen=True)
class Candidates:
    """What is known of each active domain; the domains are in a random order, and places are positions in it."""

    score: Floats  # NaN where there is none
    is_labelled: Bools
    was_asked: Bools  # lately: such a domain is not chosen again, but it may be drawn


def choose_batch(known: Candidates, links_of: LinksOf, settings: CandidateSettings) -> Batch:
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


def scored_parts(known: Candidates, settings: CandidateSettings) -> Batch:
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


def word_vectors(samples: Sequence[Sequence[str]]) -> Floats32:
    """A unit vector for each sample of links, by the hashed words of the links: (samples, BUCKETS). No words: zeros.

    A word counts by the square root of its number, so that one that is in every link does not outweigh the rest. Any
    number is the same word.
    """
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415 - takes seconds to load
    from sklearn.preprocessing import normalize  # noqa: PLC0415

    words = HashingVectorizer(n_features=BUCKETS, token_pattern=WORD, alternate_sign=False, norm=None, dtype=np.float32)
    texts = [re.sub(r"\d+", "0", " ".join(links)) for links in samples]
    if not texts:
        return np.zeros((0, BUCKETS), np.float32)
    return np.asarray(normalize(np.sqrt(words.transform(texts))).toarray())


def farthest_first(points: Floats32, centres: Floats32, at_most: int) -> Ints:
    """Places in `points`, each the farthest from `centres` and from those before it (Gonzalez 1985).

    Among equals the earlier place. A point counts as far from nothing where there are no centres.
    """
    nearest = nearest_squared(points, centres)
    chosen: list[int] = []
    for _ in range(min(at_most, len(points))):
        farthest = int(np.argmax(nearest))
        chosen.append(farthest)
        nearest = np.minimum(nearest, nearest_squared(points, points[farthest : farthest + 1]))
        nearest[chosen] = -1.0
    return np.array(chosen, np.int64)


def nearest_squared(points: Floats32, centres: Floats32) -> Floats32:
    """Squared distance of each point to its nearest centre, rounded: equal ones must be equal on every machine."""
    if not len(centres):
        return np.full(len(points), np.inf, np.float32)
    squared = (points**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)[None, :] - 2 * points @ centres.T
    return np.asarray(squared.min(axis=1).round(4))
