"""Lexical features of links: lengths, shares of kinds of characters, runs, entropy, and the top-level domain."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.arrays import AnyFloats, Array, Bools, Floats32, Ints
from lib.text.byte_arrays import bytes_in, cut_out
from lib.text.byte_shapes import DIGITS, VOWELS, Texts
from lib.text.link_parts import Parts

IP = r"^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]*\]|0x[0-9a-f]+|\d{8,10})$"  # also the hidden forms of an IPv4 address
PAGES = ("htm", "html", "shtml", "xhtml")
SCRIPTS = ("php", *(f"php{n}" for n in range(10)), "cgi", "pl", "asp", "aspx", "cfm", "jsp", "exe", "dll")
IMAGES = ("gif", "jpg", "jpeg", "png", "bmp", "ico", "svg", "webp")
PUBLIC = ("org", "edu", "gov", "mil")
CHEAP = (  # top-level domains that cost little or nothing, by the public registries' price lists
    "tk", "ml", "ga", "cf", "gq", "info", "biz", "xyz", "top", "icu", "club", "online", "site", "website", "space",
    "live", "link", "click", "work", "shop", "store", "fun", "buzz", "cyou", "rest", "pw", "cc", "ws",
)  # fmt: skip


@dataclass(frozen=True)
class Links:
    """Links in parts, and what several of LINK_FEATURES need of them."""

    parts: Parts

    @cached_property
    def texts(self) -> dict[str, Texts]:
        host = pc.ascii_rtrim(self.parts["host"], ".")  # example.com. is example.com
        return {"host": Texts(host), "path": Texts(self.parts["path"]), "query": Texts(self.parts["query"])}

    @cached_property
    def top_level(self) -> pa.DictionaryArray:
        """The part of the host after its last dot; empty without a dot."""
        host = self.texts["host"]
        data, closed = host.closed
        last = host.around(".")[1]
        return cut_out(data, np.where(last < host.chars, closed - last, closed), closed).dictionary_encode()

    @cached_property
    def ending(self) -> pa.DictionaryArray:
        """The ending of the path's last segment, such as html; empty where there is none."""
        match = pc.extract_regex(self.parts["path"], r"\.(?P<last>[a-z0-9]{1,5})$")
        return pc.fill_null(pc.struct_field(match, "last"), "").dictionary_encode()


Feature = Callable[[Links], Array]


def chars(part: str) -> Feature:
    return lambda links: numbers(pc.utf8_length(links.texts[part].texts if part in links.texts else links.parts[part]))


def matches(part: str, pattern: str) -> Feature:
    return lambda links: numbers(pc.match_substring_regex(links.parts[part], pattern))


def count(part: str, kind: str) -> Feature:
    return lambda links: links.texts[part].count(bytes_in(kind))


def share(part: str, kind: Bools) -> Feature:
    return lambda links: links.texts[part].share(kind)


def number_of(part: str, kind: str) -> Feature:
    return lambda links: links.texts[part].runs(kind).number


def longest(part: str, kind: str) -> Feature:
    return lambda links: links.texts[part].runs(kind).longest


def entropy(part: str) -> Feature:
    return lambda links: links.texts[part].entropy


def first_label(links: Links) -> Ints:
    """0 where there is no other."""
    host = links.texts["host"]
    first = host.around(".")[0]
    return np.where(first < host.chars, first, 0)


def top_level(feature: Callable[[pa.StringArray], pa.Array]) -> Feature:
    return lambda links: by_value(links.top_level, feature)


def ending(feature: Callable[[pa.StringArray], pa.Array]) -> Feature:
    return lambda links: by_value(links.ending, feature)


def one_of(*known: str) -> Callable[[pa.StringArray], pa.Array]:
    return lambda texts: pc.is_in(texts, pa.array(known, pa.string()))


def by_value(coded: pa.DictionaryArray, feature: Callable[[pa.StringArray], pa.Array]) -> AnyFloats:
    """A feature that is computed once per distinct text."""
    return np.asarray(numbers(feature(coded.dictionary))[coded.indices.to_numpy()])


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
    "host_first_label": first_label,
    "host_is_ip": matches("host", IP),
    "host_is_punycode": lambda links: numbers(pc.match_substring(links.parts["host"], "xn--")),
    "host_is_www": matches("host", r"^www\d*\."),
    "host_ends_com": top_level(one_of("com")),
    "host_ends_net": top_level(one_of("net")),
    "host_ends_org": top_level(one_of(*PUBLIC)),
    "host_ends_cheap": top_level(one_of(*CHEAP)),
    "host_ends_country": top_level(lambda names: pc.match_substring_regex(names, "^[a-z]{2}$")),
    "host_ending_chars": top_level(pc.utf8_length),
    "is_https": lambda links: numbers(pc.equal(links.parts["scheme"], "https")),
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
    "path_is_folder": lambda links: links.texts["path"].ends_with("/"),
    "path_is_page": ending(one_of(*PAGES)),
    "path_is_script": ending(one_of(*SCRIPTS)),
    "path_is_image": ending(one_of(*IMAGES)),
    "path_is_file": ending(lambda names: pc.not_equal(names, "")),
    "query_chars": chars("query"),
    "query_params": count("query", "="),
    "query_escapes": count("query", "%"),
    "query_digit_share": share("query", DIGITS),
    "query_entropy": entropy("query"),
    "query_longest_word": longest("query", "word"),
    "query_longest_hex": longest("query", "hex"),
}


def lexical_features(parts: Parts) -> Floats32:
    """One row per link, one column per feature of LINK_FEATURES, in its order."""
    links = Links(parts)
    columns = np.empty((len(LINK_FEATURES), len(parts["host"])), np.float32)
    for place, feature in enumerate(LINK_FEATURES.values()):
        columns[place] = feature(links)
    return columns.T


def bag_features(links: AnyFloats, bag: Ints, *, bags: int) -> AnyFloats:
    """Mean, then greatest value of each feature over the links of each bag: (bags, 2 x features); NaN if empty.

    `bag` is the index of each link's bag, ascending.
    """
    first = np.flatnonzero(np.diff(bag, prepend=-1))
    if len(first) == bags == len(links):  # one link each
        return np.concatenate([links, links], axis=1)
    result = np.full((bags, 2 * links.shape[1]), np.nan, links.dtype)
    if len(first):
        counts = np.diff(first, append=len(bag))[:, None].astype(links.dtype)
        result[bag[first], : links.shape[1]] = np.add.reduceat(links, first) / counts
        result[bag[first], links.shape[1] :] = np.maximum.reduceat(links, first)
    return result


def numbers(values: pa.Array) -> AnyFloats:
    return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False))
