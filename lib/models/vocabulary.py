"""Tokens and categories as numbers: which are known, and the ids of each row."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lib.arrays import AnyFloats, AnyInts, Floats32, Ints, is_first
from lib.models.inputs import RaggedIds

PADDING, UNKNOWN, FIRST = 0, 1, 2  # ids of tokens; those that are known start at 2


def frequent(owner: Ints, item: Ints, at_least: int) -> Ints:
    """The items of at least so many distinct owners, ascending."""
    pairs = np.unique(np.stack([item, owner]), axis=1)
    items, counts = np.unique(pairs[0], return_counts=True)
    return items[counts >= at_least]


def known_ids(size: int, known: Iterable[int]) -> Ints:
    ids = np.full(size, UNKNOWN, np.int64)
    chosen = np.fromiter(known, np.int64)
    ids[chosen] = np.arange(len(chosen)) + FIRST
    return ids


def sampled_ids(row: AnyInts, ids: AnyInts, *, rows: int, at_most: int) -> RaggedIds:
    """The distinct ids of each row, ascending, at most so many of the lowest.

    Where ids are hashes the lowest are a random sample. In any order; many times faster than distinct_ids.
    """
    bits = int(ids.max(initial=0)).bit_length()
    keys = joined(row, ids, bits=bits, most=rows)
    keys.sort()
    keys = keys[is_first(keys)]
    return first_ids(keys >> bits, keys & ((1 << bits) - 1), rows=rows, at_most=at_most)


def distinct_ids(row: Ints, ids: Ints, *, rows: int, at_most: int) -> RaggedIds:
    """The first distinct ids of each row, in their order, at most so many.

    `row` is ascending. Row, id and place are sorted as one number: an order of places takes several times as long.
    """
    id_bits, place_bits = int(ids.max(initial=0)).bit_length(), len(ids).bit_length()
    keys = np.sort((((row << id_bits) | ids) << place_bits) | np.arange(len(ids)))
    first = np.sort(keys[is_first(keys >> place_bits)] & ((1 << place_bits) - 1))
    return first_ids(row[first], ids[first], rows=rows, at_most=at_most)


def joined(high: AnyInts, low: AnyInts, *, bits: int, most: int) -> AnyInts:
    """Two numbers as one, `high` (at most `most`) above the `bits` of `low`; of 32 bits where they suffice, because
    those are sorted in little more than half of the time."""
    kind = np.dtype(np.uint32 if most.bit_length() + bits <= 32 else np.uint64)
    return np.asarray((high.astype(kind) << kind.type(bits)) | low.astype(kind), kind)


def first_ids(row: AnyInts, ids: AnyInts, *, rows: int, at_most: int) -> RaggedIds:
    """At most so many ids of each row. `row` is ascending."""
    counts = np.bincount(row, minlength=rows)
    if counts.max(initial=0) > at_most:
        place = np.arange(len(row)) - (np.cumsum(counts) - counts)[row]
        row, ids = row[place < at_most], ids[place < at_most]
    return RaggedIds(ids.astype(np.int32), row.astype(np.int32), rows)


LIMIT = 5.0  # standard deviations; values beyond it are cut


@dataclass(frozen=True)
class Scaling:
    """Mean and standard deviation of each column of the training rows."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def standardise(self, values: AnyFloats) -> Floats32:
        """(n, columns), NaN where missing or infinite."""
        scaled = (values - np.asarray(self.mean, values.dtype)) / np.asarray(self.deviation, values.dtype)
        scaled[np.isinf(scaled)] = np.nan
        return np.ascontiguousarray(np.clip(scaled, -LIMIT, LIMIT, out=scaled), np.float32)


def learn_scaling(values: AnyFloats) -> Scaling:
    """Missing and infinite values do not count; a column without two different values has deviation 1."""
    finite = np.isfinite(values)
    count = np.maximum(finite.sum(axis=0), 1)
    mean = np.where(finite, values, 0).sum(axis=0) / count
    variance = np.where(finite, (np.where(finite, values, 0) - mean) ** 2, 0).sum(axis=0) / count
    deviation = np.where(variance > 1e-12, np.sqrt(variance), 1.0)
    return Scaling(tuple(mean.tolist()), tuple(deviation.tolist()))


def log_compressed(values: AnyFloats) -> AnyFloats:
    """sign(x) log(1 + |x|): counts span six orders of magnitude."""
    with np.errstate(over="ignore"):
        return np.copysign(np.log1p(np.abs(values)), values)
