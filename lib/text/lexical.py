"""What a link looks like, whatever its words are."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lib.text.ngrams import Ints, flat_bytes

Floats = npt.NDArray[np.float64]
Kind = npt.NDArray[np.bool_]  # of each byte, whether it is of the kind
Parts = dict[str, pa.StringArray]

IP = r"^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]*\]|0x[0-9a-f]+|\d{8,10})$"  # also the hidden forms of an IPv4 address
PAGES = ("htm", "html", "shtml", "xhtml")
SCRIPTS = ("php", *(f"php{n}" for n in range(10)), "cgi", "pl", "asp", "aspx", "cfm", "jsp", "exe", "dll")
IMAGES = ("gif", "jpg", "jpeg", "png", "bmp", "ico", "svg", "webp")
PUBLIC = ("org", "edu", "gov", "mil")
CHEAP = (  # top-level domains that cost little or nothing, by the public registries' price lists
    "tk", "ml", "ga", "cf", "gq", "info", "biz", "xyz", "top", "icu", "club", "online", "site", "website", "space",
    "live", "link", "click", "work", "shop", "store", "fun", "buzz", "cyou", "rest", "pw", "cc", "ws",
)  # fmt: skip


def bytes_in(chars: str) -> Kind:
    kind = np.zeros(256, bool)
    kind[list(chars.encode())] = True
    return kind


LETTERS, DIGITS, VOWELS = (bytes_in(chars) for chars in ("abcdefghijklmnopqrstuvwxyz", "0123456789", "aeiouy"))
CONSONANTS, HEX = LETTERS & ~VOWELS, bytes_in("0123456789abcdef")
PARTS = ("host", "path", "query")
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


def runs_of(kind: Kind, data: npt.NDArray[np.uint8], text: Ints, texts: int) -> tuple[Floats, Floats]:
    """A run ends with its text."""
    there = np.flatnonzero(kind[data])
    longest = np.zeros(texts)
    if not len(there):
        return longest, longest
    owner = text[there]
    first = np.flatnonzero(np.concatenate([[True], (np.diff(there) != 1) | (np.diff(owner) != 0)]))
    owner = owner[first]
    length = np.diff(np.concatenate([first, [len(there)]]))
    start = np.flatnonzero(np.concatenate([[True], np.diff(owner) != 0]))
    longest[owner[start]] = np.maximum.reduceat(length, start)
    return np.bincount(owner, minlength=texts).astype(np.float64), longest


@dataclass(frozen=True)
class Links:
    """Links in parts; of PARTS also the bytes, all parts of all links in one array: one pass serves the three."""

    parts: Parts

    @cached_property
    def texts(self) -> pa.StringArray:
        return pa.concat_arrays([self.parts[part] for part in PARTS])

    @cached_property
    def flat(self) -> tuple[npt.NDArray[np.uint8], Ints]:
        """The bytes, and of each the number of its text."""
        return flat_bytes(self.texts)

    @cached_property
    def chars(self) -> Floats:
        return np.bincount(self.flat[1], minlength=len(self.texts)).astype(np.float64)

    @cached_property
    def symbols(self) -> Ints:
        """How often each of the SYMBOLs stands in each text: (texts, kinds)."""
        data, text = self.flat
        return np.bincount(text * KINDS + SYMBOL[data], minlength=len(self.texts) * KINDS).reshape(-1, KINDS)

    @cached_property
    def entropies(self) -> Floats:
        """Of the SYMBOLs, in bits: log n less the mean of log count."""
        within = LOGS[np.minimum(self.symbols, len(LOGS) - 1)].sum(axis=1)
        total = np.maximum(self.chars, 1)
        return np.asarray(np.maximum(np.log2(total) - within / total, 0))

    @cached_property
    def runs(self) -> dict[str, tuple[Floats, Floats]]:
        """For each of KINDS_OF_RUNS: how many runs of such bytes each text has, and the bytes of the longest."""
        return {name: runs_of(kind, *self.flat, len(self.texts)) for name, kind in KINDS_OF_RUNS.items()}

    def of(self, part: str, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What `values` of all texts say of one part of the links."""
        number = len(self.parts[part])
        first = PARTS.index(part) * number
        return values[first : first + number]

    def count(self, part: str, kind: Kind) -> Floats:
        counted = self.of(part, self.symbols)[:, np.unique(SYMBOL[kind])].sum(axis=1)
        return np.asarray(counted, np.float64)

    def share(self, part: str, kind: Kind) -> Floats:
        return np.asarray(self.count(part, kind) / np.maximum(self.of(part, self.chars), 1))

    @cached_property
    def top_level(self) -> pa.StringArray:
        """What stands after the last dot of the host; empty without a dot."""
        return last_of(self.parts["host"], r"\.(?P<last>[^.]*)\.?$")

    @cached_property
    def ending(self) -> pa.StringArray:
        """The ending of the path's last segment, such as html; empty where there is none."""
        return last_of(self.parts["path"], r"\.(?P<last>[a-z0-9]{1,5})$")


def last_of(texts: pa.StringArray, pattern: str) -> pa.StringArray:
    return pc.fill_null(pc.struct_field(pc.extract_regex(texts, pattern), "last"), "")


def chars(part: str) -> Callable[[Links], Floats]:
    return lambda links: numbers(pc.utf8_length(links.parts[part]))


def matches(part: str, pattern: str) -> Callable[[Links], Floats]:
    return lambda links: numbers(pc.match_substring_regex(links.parts[part], pattern))


def count(part: str, kind: Kind) -> Callable[[Links], Floats]:
    return lambda links: links.count(part, kind)


def share(part: str, kind: Kind) -> Callable[[Links], Floats]:
    return lambda links: links.share(part, kind)


def runs(part: str, kind: str) -> Callable[[Links], Floats]:
    return lambda links: links.of(part, links.runs[kind][0])


def longest(part: str, kind: str) -> Callable[[Links], Floats]:
    return lambda links: links.of(part, links.runs[kind][1])


def entropy(part: str) -> Callable[[Links], Floats]:
    return lambda links: links.of(part, links.entropies)


def one_of(texts: pa.StringArray, known: tuple[str, ...]) -> Floats:
    return numbers(pc.is_in(texts, pa.array(known, pa.string())))


LINK_FEATURES: dict[str, Callable[[Links], Floats]] = {
    "host_chars": chars("host"),
    "host_dots": count("host", bytes_in(".")),
    "host_hyphens": count("host", bytes_in("-")),
    "host_digit_share": share("host", DIGITS),
    "host_vowel_share": share("host", VOWELS),
    "host_entropy": entropy("host"),
    "host_longest_label": longest("host", "label"),
    "host_longest_word": longest("host", "word"),
    "host_longest_digits": longest("host", "digits"),
    "host_longest_consonants": longest("host", "consonants"),
    "host_words": runs("host", "word"),
    "host_numbers": runs("host", "digits"),
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
    "path_depth": count("path", bytes_in("/")),
    "path_dots": count("path", bytes_in(".")),
    "path_hyphens": count("path", bytes_in("-")),
    "path_underscores": count("path", bytes_in("_")),
    "path_digit_share": share("path", DIGITS),
    "path_vowel_share": share("path", VOWELS),
    "path_escapes": count("path", bytes_in("%")),
    "path_entropy": entropy("path"),
    "path_longest_segment": longest("path", "segment"),
    "path_longest_word": longest("path", "word"),
    "path_longest_digits": longest("path", "digits"),
    "path_longest_hex": longest("path", "hex"),
    "path_longest_consonants": longest("path", "consonants"),
    "path_words": runs("path", "word"),
    "path_numbers": runs("path", "digits"),
    "path_is_folder": lambda links: numbers(pc.ends_with(links.parts["path"], "/")),
    "path_is_page": lambda links: one_of(links.ending, PAGES),
    "path_is_script": lambda links: one_of(links.ending, SCRIPTS),
    "path_is_image": lambda links: one_of(links.ending, IMAGES),
    "path_is_file": lambda links: numbers(pc.not_equal(links.ending, "")),
    "query_chars": chars("query"),
    "query_params": count("query", bytes_in("=")),
    "query_escapes": count("query", bytes_in("%")),
    "query_digit_share": share("query", DIGITS),
    "query_entropy": entropy("query"),
    "query_longest_word": longest("query", "word"),
    "query_longest_hex": longest("query", "hex"),
}


def lexical_features(parts: Parts) -> Floats:
    """One row a link, one column a feature of LINK_FEATURES, in its order."""
    links = Links(parts)
    return np.stack([feature(links) for feature in LINK_FEATURES.values()], axis=1)


def bag_features(links: Floats, bag: npt.NDArray[np.int64], *, bags: int) -> Floats:
    """Mean, then greatest value of each feature over the links of each bag: (bags, 2 x features); NaN if empty.

    `bag` is the index of each link's bag, ascending.
    """
    result = np.full((bags, 2 * links.shape[1]), np.nan)
    if not len(bag):
        return result
    here, starts, counts = np.unique(bag, return_index=True, return_counts=True)
    result[here, : links.shape[1]] = np.add.reduceat(links, starts) / counts[:, None]
    result[here, links.shape[1] :] = np.maximum.reduceat(links, starts)
    return result


def numbers(values: pa.Array) -> Floats:
    return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False))
