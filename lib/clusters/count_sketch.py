"""How often keys are there, counted without holding them: for keys that are spread over many processes."""

import numpy as np

from lib.arrays import Hashes, Ints, Ints16, Positions

LARGEST = 1 << 26  # counters of 2 bytes


def key_hash(left: Ints, right: Ints) -> Hashes:
    """One number for two values, in this order (the finalizer of splitmix64, Steele et al. 2014)."""
    mixed = left.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + right.astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


class Sketch:
    """An upper bound of how often each key is there: most are there too seldom to link, and need not be handed on."""

    def __init__(self, expected: int) -> None:
        size = 1 << max(16, int(4 * expected).bit_length())
        self.counts = np.zeros(min(size, LARGEST), np.uint16)

    def add(self, key: Hashes) -> None:
        np.add.at(self.counts, self.slot(key), np.uint16(1))

    def merge(self, counts: Ints16) -> None:
        """Adds what another sketch of this size has counted; a count stops at the greatest there is."""
        greatest = np.iinfo(np.uint16).max
        self.counts += np.minimum(counts, greatest - self.counts)

    def at_most(self, key: Hashes) -> Ints16:
        return self.counts[self.slot(key)]

    def slot(self, key: Hashes) -> Positions:
        return (key & np.uint64(len(self.counts) - 1)).astype(np.intp)
