"""Chance without a generator: hashes of what something is about, so that rows depend on nothing but their keys."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

STEPS = 1 << 52  # all of them are doubles
Part = Column | str  # a string names the draw, it is not a column


@dataclass(frozen=True)
class Chance:
    """All of a platform's draws. Another seed makes another platform."""

    seed: int

    def share(self, *about: Part) -> Column:
        """Uniform in [0, 1)."""
        parts = [F.lit(part) if isinstance(part, str) else part for part in about]
        return F.pmod(F.xxhash64(F.lit(self.seed), *parts), F.lit(STEPS)) / F.lit(float(STEPS))

    def below(self, limit: Column | int, *about: Part) -> Column:
        """A whole number from 0 to `limit` - 1."""
        top = F.lit(limit) if isinstance(limit, int) else limit
        return F.floor(self.share(*about) * top)

    def rank(self, limit: Column | int, power: float, *about: Part) -> Column:
        """A whole number below `limit`, smaller ones far oftener: rank n has a share of about n^(1/power - 1)."""
        top = F.lit(limit) if isinstance(limit, int) else limit
        return F.floor(F.pow(self.share(*about), F.lit(power)) * top)

    def one_of(self, words: Sequence[str], *about: Part) -> Column:
        return word(words, self.below(len(words), *about))

    def around(self, mean: Column, *about: Part) -> Column:
        """A whole number with this mean: the one below it or the one above."""
        return F.floor(mean + self.share(*about))


def word(words: Sequence[str], place: Column) -> Column:
    """The word at `place`, counted round and round."""
    listed = F.array(*(F.lit(each) for each in words))
    return F.get(listed, F.pmod(place, F.lit(len(words))).cast("int"))
