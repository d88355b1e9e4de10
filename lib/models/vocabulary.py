"""Tokens and categories as numbers: which are known, and padded rows of ids."""

from collections.abc import Iterable

import numpy as np

from lib.arrays import Array, Ints, Ints32, is_first

PADDING, UNKNOWN, FIRST = 0, 1, 2  # ids of tokens; those that are known start at 2


def frequent(owner: Ints, item: Ints, at_least: int) -> Ints:
    """The items that stand with at least so many distinct owners, ascending."""
    pairs = np.unique(np.stack([item, owner]), axis=1)
    items, counts = np.unique(pairs[0], return_counts=True)
    return items[counts >= at_least]


def known_ids(size: int, known: Iterable[int]) -> Ints:
    ids = np.full(size, UNKNOWN, np.int64)
    chosen = np.fromiter(known, np.int64)
    ids[chosen] = np.arange(len(chosen)) + FIRST
    return ids


def sampled_ids(row: Ints, ids: Ints, *, rows: int, at_most: int) -> Ints32:
    """The distinct ids of each row, ascending, at most so many of the lowest, 0-padded: (rows, width), width >= 1.

    Where ids are hashes the lowest are a random sample. In any order; many times faster than distinct_ids.
    """
    keys = np.sort((row << 32) | ids)
    keys = keys[is_first(keys)]
    return padded_ids(keys >> 32, keys & 0xFFFFFFFF, rows=rows, at_most=at_most)


def distinct_ids(row: Ints, ids: Ints, *, rows: int, at_most: int) -> Ints32:
    """The first distinct ids of each row, in their order, 0-padded to the longest row: (rows, width), width >= 1.

    `row` is ascending. Row, id and place are sorted as one number: an order of places takes several times as long.
    """
    id_bits, place_bits = int(ids.max(initial=0)).bit_length(), len(ids).bit_length()
    keys = np.sort((((row << id_bits) | ids) << place_bits) | np.arange(len(ids)))
    first = np.sort(keys[is_first(keys >> place_bits)] & ((1 << place_bits) - 1))
    return padded_ids(row[first], ids[first], rows=rows, at_most=at_most)


def padded_ids(row: Ints, ids: Array, *, rows: int, at_most: int) -> Ints32:
    """The first ids of each row, 0-padded to the longest: (rows, width), width >= 1. `row` is ascending."""
    counts = np.bincount(row, minlength=rows)
    first = np.cumsum(counts) - counts
    width = max(1, min(at_most, int(counts.max(initial=0))))
    padded = np.zeros(rows * width, np.int32)
    place = np.arange(len(row)) - first[row]
    if width < counts.max(initial=0):
        row, ids, place = (values[place < width] for values in (row, ids, place))
    padded[row * width + place] = ids
    return padded.reshape(rows, width)
