"""The shape of texts by kinds of bytes: counts, entropy and runs."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa

from lib.arrays import AnyFloats, Bools, Bytes, Ints
from lib.text.byte_arrays import bytes_in, closed_bytes, runs
from lib.text.link_parts import LETTERS

DIGITS, VOWELS = bytes_in("0123456789"), bytes_in("aeiouy")
CONSONANTS, HEX = LETTERS & ~VOWELS, bytes_in("0123456789abcdef")
KINDS_OF_RUNS = {
    "word": LETTERS,
    "digits": DIGITS,
    "consonants": CONSONANTS,
    "hex": HEX,
    "label": ~bytes_in("."),
    "segment": ~bytes_in("/"),
}
# Letters, digits and the marks that are counted each for itself, all other bytes as one.
SYMBOLS = "abcdefghijklmnopqrstuvwxyz0123456789-._/%="
KINDS = len(SYMBOLS) + 1
SYMBOL = np.full(256, KINDS - 1, np.uint8)
SYMBOL[list(SYMBOLS.encode())] = range(KINDS - 1)
with np.errstate(divide="ignore", invalid="ignore"):
    LOGS = np.nan_to_num(np.arange(1024) * np.log2(np.arange(1024)))  # n log n; texts of more of one byte are rare


@dataclass(frozen=True)
class Texts:
    """One part of all links, as bytes; what several features need is computed once."""

    texts: pa.StringArray
    seen: dict[str, "Runs"] = field(default_factory=dict)

    @cached_property
    def closed(self) -> tuple[Bytes, Ints]:
        return closed_bytes(self.texts)

    @cached_property
    def chars(self) -> Ints:
        return np.asarray(np.diff(self.closed[1], prepend=-1) - 1)

    @cached_property
    def owner(self) -> Ints:
        """Of each byte, the number of its text."""
        return np.repeat(np.arange(len(self.chars)), self.chars + 1)

    @cached_property
    def symbols(self) -> AnyFloats:
        """How often each of the SYMBOLS is in each text: (texts, kinds)."""
        data, closed = self.closed
        key = self.owner * KINDS + np.frombuffer(data.tobytes().translate(SYMBOL.tobytes()), np.uint8)
        counts = np.bincount(key, minlength=len(closed) * KINDS).reshape(-1, KINDS)
        counts[:, -1] -= 1  # the byte that closes each text
        return counts.astype(np.float32)

    @cached_property
    def entropy(self) -> AnyFloats:
        """Of the SYMBOLS, in bits: log n less the mean of log count."""
        within = LOGS.take(self.symbols.astype(np.int64), mode="clip").sum(axis=1)
        total = np.maximum(self.chars, 1)
        return np.asarray(np.maximum(np.log2(total) - within / total, 0))

    def count(self, kind: Bools) -> AnyFloats:
        counted = np.zeros(KINDS, np.float32)
        counted[SYMBOL[kind]] = 1
        return np.asarray(self.symbols @ counted)

    def share(self, kind: Bools) -> AnyFloats:
        return np.asarray(self.count(kind) / np.maximum(self.chars, 1))

    def runs(self, kind: str) -> "Runs":
        if kind not in self.seen:
            start, end = runs(KINDS_OF_RUNS[kind], *self.closed)
            self.seen[kind] = Runs(start, end, np.bincount(self.owner[start], minlength=len(self.chars)))
        return self.seen[kind]

    def around(self, char: str) -> tuple[Ints, Ints]:
        """Bytes before the first and after the last such byte of each text; all where there is none."""
        data, closed = self.closed
        begin = closed - self.chars
        at = np.flatnonzero(data == ord(char))
        first = np.append(at, len(data))[np.searchsorted(at, begin)]
        last = np.append(-1, at)[np.searchsorted(at, closed)]
        return np.minimum(first, closed) - begin, closed - 1 - np.maximum(last, begin - 1)

    def ends_with(self, char: str) -> Bools:
        data, closed = self.closed
        return np.asarray((self.chars > 0) & (data[closed - 1] == ord(char)))


@dataclass(frozen=True)
class Runs:
    """The runs of bytes of a kind, one after the other, and how many of them each text has."""

    start: Ints
    end: Ints
    number: Ints

    @cached_property
    def longest(self) -> Ints:
        """Bytes of the longest of each text."""
        longest = np.zeros_like(self.number)
        some = np.flatnonzero(self.number)
        if len(some):
            first = (np.cumsum(self.number) - self.number)[some]
            longest[some] = np.maximum.reduceat(self.end - self.start, first)
        return longest
