"""How alike domains are by the words of their links, and which are least like the others."""

import re
import zlib
from collections.abc import Sequence

import numpy as np

from lib.arrays import Floats32, Ints

BUCKETS = 512  # of words; two words in one make domains a little more alike than they are
WORD = re.compile(r"[^\W\d_]{2,}|\d+")
DIGITS = "0"  # any number is the same word


def word_vectors(bags: Sequence[Sequence[str]]) -> Floats32:
    """A unit vector for each bag of links, by the hashed words of the links: (bags, BUCKETS). No words: all zeros.

    A word counts by the root of its number, so that one that stands in every link does not drown the rest.
    """
    counts = np.zeros((len(bags), BUCKETS), np.float32)
    for row, links in enumerate(bags):
        for link in links:
            for word in WORD.findall(link.lower()):
                counts[row, bucket(word)] += 1
    roots = np.sqrt(counts)
    length = np.linalg.norm(roots, axis=1, keepdims=True)
    return np.asarray(roots / np.where(length > 0, length, 1))


def bucket(word: str) -> int:
    return zlib.crc32((DIGITS if word.isdigit() else word).encode()) % BUCKETS


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
