"""What a link looks like, whatever its words are."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lib.text.ngrams import flat_bytes

Floats = npt.NDArray[np.float64]
Parts = dict[str, pa.StringArray]

IP = r"^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]*\]|0x[0-9a-f]+|\d{8,10})$"  # also the hidden forms of an IPv4 address


def chars(part: str) -> Callable[[Parts], Floats]:
    return lambda parts: numbers(pc.utf8_length(parts[part]))


def occurrences(part: str, text: str) -> Callable[[Parts], Floats]:
    return lambda parts: numbers(pc.count_substring(parts[part], text))


def matches(part: str, pattern: str) -> Callable[[Parts], Floats]:
    return lambda parts: numbers(pc.match_substring_regex(parts[part], pattern))


def share(part: str, kind: str) -> Callable[[Parts], Floats]:
    """The share of the part's characters that are of the kind, a regular expression of one character."""
    return lambda parts: (
        numbers(pc.count_substring_regex(parts[part], kind)) / np.maximum(numbers(pc.utf8_length(parts[part])), 1)
    )


def host_entropy(parts: Parts) -> Floats:
    """Entropy of the bytes of the host, in bits."""
    data, row = flat_bytes(parts["host"])
    n = len(parts["host"])
    seen, counts = np.unique(row * 256 + data, return_counts=True)
    total = np.bincount(row, minlength=n)[seen >> 8]
    p = counts / total
    return np.bincount(seen >> 8, weights=-p * np.log2(p), minlength=n).astype(np.float64)


def longest_label(parts: Parts) -> Floats:
    labels = pc.split_pattern(parts["host"], ".")
    lengths = pc.utf8_length(labels.flatten()).to_numpy(zero_copy_only=False)
    return np.maximum.reduceat(lengths, np.asarray(labels.offsets)[:-1]).astype(np.float64) if len(labels) else empty()


LINK_FEATURES: dict[str, Callable[[Parts], Floats]] = {
    "host_chars": chars("host"),
    "host_dots": occurrences("host", "."),
    "host_hyphens": occurrences("host", "-"),
    "host_digit_share": share("host", r"\d"),
    "host_vowel_share": share("host", "[aeiouy]"),
    "host_entropy": host_entropy,
    "host_longest_label": longest_label,
    "host_is_ip": matches("host", IP),
    "host_is_punycode": matches("host", r"(?:^|\.)xn--"),
    "host_is_www": matches("host", r"^www\d*\."),
    "host_ends_com": matches("host", r"\.com\.?$"),
    "host_ends_net": matches("host", r"\.net\.?$"),
    "host_ends_org": matches("host", r"\.(?:org|edu|gov|mil)\.?$"),
    "host_ends_country": matches("host", r"\.[a-z]{2}\.?$"),
    "is_https": matches("scheme", "^https$"),
    "has_port": chars("port"),
    "has_user": chars("user"),
    "path_chars": chars("path"),
    "path_depth": occurrences("path", "/"),
    "path_digit_share": share("path", r"\d"),
    "path_escapes": occurrences("path", "%"),
    "path_is_page": matches("path", r"\.[sx]?html?$"),
    "path_is_script": matches("path", r"\.(?:php\d?|cgi|pl|aspx?|cfm|jsp|exe|dll)$"),
    "path_is_image": matches("path", r"\.(?:gif|jpe?g|png|bmp|ico|svg|webp)$"),
    "query_chars": chars("query"),
    "query_params": occurrences("query", "="),
    "query_escapes": occurrences("query", "%"),
}


def lexical_features(parts: Parts) -> Floats:
    """One row a link, one column a feature of LINK_FEATURES, in its order."""
    columns = [feature(parts) for feature in LINK_FEATURES.values()]
    return np.stack(columns, axis=1)


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


def empty() -> Floats:
    return np.zeros(0, np.float64)
