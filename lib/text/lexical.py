"""What a link looks like, whatever its words are."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lib.text.flat import Bytes, Ints, Kind, bytes_in, closed_bytes, runs
from lib.text.parts import LETTERS, Parts

Floats = npt.NDArray[np.floating[Any]]

IP = r"^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]*\]|0x[0-9a-f]+|\d{8,10})$"  # also the hidden forms of an IPv4 address
PAGES = ("htm", "html", "shtml", "xhtml")
SCRIPTS = ("php", *(f"php{n}" for n in range(10)), "cgi", "pl", "asp", "aspx", "cfm", "jsp", "exe", "dll")
IMAGES = ("gif", "jpg", "jpeg", "png", "bmp", "ico", "svg", "webp")
PUBLIC = ("org", "edu", "gov", "mil")
CHEAP = (  # top-level domains that cost little or nothing, by the public registries' price lists
    "tk", "ml", "ga", "cf", "gq", "info", "biz", "xyz", "top", "icu", "club", "online", "site", "website", "space",
    "live", "link", "click", "work", "shop", "store", "fun", "buzz", "cyou", "rest", "pw", "cc", "ws",
)  # fmt: skip


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
SYMBOL = np.full(256, KINDS - 1)
SYMBOL[list(SYMBOLS.encode())] = np.arange(KINDS - 1)
with np.errstate(divide="ignore", invalid="ignore"):
    LOGS = np.nan_to_num(np.arange(1024) * np.log2(np.arange(1024)))  # n log n; texts of more of one byte are rare


@dataclass(frozen=True)
class Texts:
    """One part of all links, as bytes; what several features need is computed once."""

    texts: pa.StringArray
    seen: dict[str, tuple[Ints, Ints]] = field(default_factory=dict)

    @cached_property
    def closed(self) -> tuple[Bytes, Ints]:
        return closed_bytes(self.texts)

    @cached_property
    def chars(self) -> Ints:
        return np.asarray(np.diff(self.closed[1], prepend=-1) - 1)

    @cached_property
    def symbols(self) -> Floats:
        """How often each of the SYMBOLS stands in each text: (texts, kinds)."""
        data, closed = self.closed
        key = np.repeat(np.arange(len(closed)) * KINDS, self.chars + 1) + SYMBOL[data]
        counts = np.bincount(key, minlength=len(closed) * KINDS).reshape(-1, KINDS)
        counts[:, -1] -= 1  # the byte that closes each text
        return counts.astype(np.float32)

    @cached_property
    def entropy(self) -> Floats:
        """Of the SYMBOLS, in bits: log n less the mean of log count."""
        within = LOGS.take(self.symbols.astype(np.int64), mode="clip").sum(axis=1)
        total = np.maximum(self.chars, 1)
        return np.asarray(np.maximum(np.log2(total) - within / total, 0))

    def count(self, kind: Kind) -> Floats:
        counted = np.zeros(KINDS, np.float32)
        counted[SYMBOL[kind]] = 1
        return np.asarray(self.symbols @ counted)

    def share(self, kind: Kind) -> Floats:
        return np.asarray(self.count(kind) / np.maximum(self.chars, 1))

    def runs(self, kind: str) -> tuple[Ints, Ints]:
        """How many runs of such bytes each text has, and the bytes of the longest."""
        if kind not in self.seen:
            self.seen[kind] = counted_runs(KINDS_OF_RUNS[kind], *self.closed)
        return self.seen[kind]


def counted_runs(kind: Kind, data: Bytes, closed: Ints) -> tuple[Ints, Ints]:
    if not len(closed):
        return closed, closed
    end, length = runs(kind, data, closed)
    first = np.concatenate([[0], np.searchsorted(end, closed[:-1]) + 1])
    return np.add.reduceat((length > 0).astype(np.int64), first), np.maximum.reduceat(length, first)


@dataclass(frozen=True)
class Links:
    """Links in parts; see LINK_FEATURES for what is asked of them."""

    parts: Parts

    @cached_property
    def texts(self) -> dict[str, Texts]:
        return {part: Texts(self.parts[part]) for part in ("host", "path", "query")}

    @cached_property
    def top_level(self) -> pa.StringArray:
        """What stands after the last dot of the host; empty without a dot."""
        return last_of(self.parts["host"], r"\.(?P<last>[^.]*)\.?$")

    @cached_property
    def ending(self) -> pa.StringArray:
        """The ending of the path's last segment, such as html; empty where there is none."""
        return last_of(self.parts["path"], r"\.(?P<last>[a-z0-9]{1,5})$")


Feature = Callable[[Links], npt.NDArray[Any]]


def last_of(texts: pa.StringArray, pattern: str) -> pa.StringArray:
    return pc.fill_null(pc.struct_field(pc.extract_regex(texts, pattern), "last"), "")


def chars(part: str) -> Feature:
    return lambda links: numbers(pc.utf8_length(links.parts[part]))


def matches(part: str, pattern: str) -> Feature:
    return lambda links: numbers(pc.match_substring_regex(links.parts[part], pattern))


def count(part: str, kind: str) -> Feature:
    return lambda links: links.texts[part].count(bytes_in(kind))


def share(part: str, kind: Kind) -> Feature:
    return lambda links: links.texts[part].share(kind)


def number_of(part: str, kind: str) -> Feature:
    return lambda links: links.texts[part].runs(kind)[0]


def longest(part: str, kind: str) -> Feature:
    return lambda links: links.texts[part].runs(kind)[1]


def entropy(part: str) -> Feature:
    return lambda links: links.texts[part].entropy


def one_of(texts: pa.StringArray, known: tuple[str, ...]) -> Floats:
    return numbers(pc.is_in(texts, pa.array(known, pa.string())))


LINK_FEATURES: dict[str, Feature] = {
    "host_chars": chars("host"),
    "host_dots": count("host", "."),
    "host_hyphens": count("host", "-"),
    "host_digit_share": share("host", DIGITS),
    "host_vowel_share": share("host", VOWELS),
    "host_entropy": entropy("host"),
    "host_longest_label": longest("host", "label"),
    "host_longest_word": longest("host", "word"),
    "host_longest_digits": longest("host", "digits"),
    "host_longest_consonants": longest("host", "consonants"),
    "host_words": number_of("host", "word"),
    "host_numbers": number_of("host", "digits"),
    "host_first_label": lambda links: np.maximum(numbers(pc.find_substring(links.parts["host"], ".")), 0),
    "host_is_ip": matches("host", IP),
    "host_is_punycode": lambda links: numbers(pc.match_substring(links.parts["host"], "xn--")),
    "host_is_www": matches("host", r"^www\d*\."),
    "host_ends_com": lambda links: one_of(links.top_level, ("com",)),
    "host_ends_net": lambda links: one_of(links.top_level, ("net",)),
    "host_ends_org": lambda links: one_of(links.top_level, PUBLIC),
    "host_ends_cheap": lambda links: one_of(links.top_level, CHEAP),
    "host_ends_country": lambda links: numbers(pc.match_substring_regex(links.top_level, "^[a-z]{2}$")),
    "host_ending_chars": lambda links: numbers(pc.utf8_length(links.top_level)),
    "is_https": lambda links: one_of(links.parts["scheme"], ("https",)),
    "has_port": chars("port"),
    "has_user": chars("user"),
    "path_chars": chars("path"),
    "path_depth": count("path", "/"),
    "path_dots": count("path", "."),
    "path_hyphens": count("path", "-"),
    "path_underscores": count("path", "_"),
    "path_digit_share": share("path", DIGITS),
    "path_vowel_share": share("path", VOWELS),
    "path_escapes": count("path", "%"),
    "path_entropy": entropy("path"),
    "path_longest_segment": longest("path", "segment"),
    "path_longest_word": longest("path", "word"),
    "path_longest_digits": longest("path", "digits"),
    "path_longest_hex": longest("path", "hex"),
    "path_longest_consonants": longest("path", "consonants"),
    "path_words": number_of("path", "word"),
    "path_numbers": number_of("path", "digits"),
    "path_is_folder": lambda links: numbers(pc.ends_with(links.parts["path"], "/")),
    "path_is_page": lambda links: one_of(links.ending, PAGES),
    "path_is_script": lambda links: one_of(links.ending, SCRIPTS),
    "path_is_image": lambda links: one_of(links.ending, IMAGES),
    "path_is_file": lambda links: numbers(pc.not_equal(links.ending, "")),
    "query_chars": chars("query"),
    "query_params": count("query", "="),
    "query_escapes": count("query", "%"),
    "query_digit_share": share("query", DIGITS),
    "query_entropy": entropy("query"),
    "query_longest_word": longest("query", "word"),
    "query_longest_hex": longest("query", "hex"),
}


def lexical_features(parts: Parts) -> npt.NDArray[np.float32]:
    """One row a link, one column a feature of LINK_FEATURES, in its order."""
    links = Links(parts)
    columns = np.empty((len(LINK_FEATURES), len(parts["host"])), np.float32)
    for place, feature in enumerate(LINK_FEATURES.values()):
        columns[place] = feature(links)
    return columns.T


def bag_features(links: Floats, bag: Ints, *, bags: int) -> Floats:
    """Mean, then greatest value of each feature over the links of each bag: (bags, 2 x features); NaN if empty.

    `bag` is the index of each link's bag, ascending.
    """
    first = np.flatnonzero(np.diff(bag, prepend=-1))
    if len(first) == bags == len(links):  # a link each
        return np.concatenate([links, links], axis=1)
    result = np.full((bags, 2 * links.shape[1]), np.nan, links.dtype)
    if len(first):
        counts = np.diff(first, append=len(bag))[:, None].astype(links.dtype)
        result[bag[first], : links.shape[1]] = np.add.reduceat(links, first) / counts
        result[bag[first], links.shape[1] :] = np.maximum.reduceat(links, first)
    return result


def numbers(values: pa.Array) -> Floats:
    return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False))
