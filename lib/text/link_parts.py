"""Links in parts, the same in training and in scoring: what the features of the models are computed from.

No Python code runs per link, and no regular expression: one costs more than all the rest. Strings are hostile, and any
string has parts, as features need them; whether a browser would open the link is for lib.text.targets.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.arrays import Bools, Bytes, Ints
from lib.text.byte_arrays import bytes_in, cut_out, flat_bytes, of_kind

Parts = dict[str, pa.StringArray]

PARTS = ("scheme", "user", "host", "port", "path", "query")
SPACE = " \t\n\f\r"
LETTERS = bytes_in("abcdefghijklmnopqrstuvwxyz")
OUT_OF_SCHEME = ~bytes_in("abcdefghijklmnopqrstuvwxyz0123456789+.-")


def strings(values: pa.Array) -> pa.StringArray:
    """`values` as lower-case strings; null is empty, and bytes that are no UTF-8 are replaced."""
    filled = pc.fill_null(values.cast(pa.string()), "")
    try:
        filled.validate(full=True)
    except pa.ArrowInvalid:
        texts = [text.decode(errors="replace") for text in filled.cast(pa.binary()).to_pylist()]
        filled = pa.array(texts, pa.string())
    return pc.utf8_lower(filled)


def split_links(links: pa.Array) -> Parts:
    """The parts of each link, by name; an absent part is empty.

    As browsers do, it takes the last @ as the end of the user and a backslash as a slash.
    """
    texts = pc.ascii_ltrim(pc.replace_substring(strings(links), "\\", "/"), characters=SPACE)
    data, bounds = flat_bytes(texts)
    bounds_of = spans(LinkBytes(data, bounds[:-1], bounds[1:]))
    return {name: cut_out(data, *bounds_of[name]) for name in PARTS}


@dataclass(frozen=True)
class LinkBytes:
    """Links as bytes of one array, and where each begins and ends."""

    data: Bytes
    start: Ints
    end: Ints

    def first(self, kind: Bools, after: Ints, end: Ints) -> Ints:
        """The position of the first byte of the kind from `after` on; `end` where there is none before it."""
        at = np.append(np.flatnonzero(of_kind(kind, self.data)), len(self.data))
        return np.asarray(np.minimum(at[np.searchsorted(at, after)], end))

    def last(self, char: str, before: Ints) -> Ints:
        """The position of the last such byte before; -1 where no text has one before."""
        at = np.concatenate([[-1], np.flatnonzero(self.data == ord(char))])
        return np.asarray(at[np.searchsorted(at, before) - 1])

    def has(self, char: str, place: Ints, end: Ints) -> Bools:
        """Whether such a byte is at `place`, which is before `end`."""
        within = np.minimum(place, max(len(self.data) - 1, 0))
        return np.asarray((place < end) & (self.data[within] == ord(char))) if len(self.data) else place < 0


def spans(links: LinkBytes) -> dict[str, tuple[Ints, Ints]]:
    """For each of PARTS, where it begins and where it ends."""
    start, end = links.start, links.end
    scheme, authority = scheme_of(links)
    path = links.first(bytes_in("/?#"), authority, end)
    at = np.maximum(links.last("@", path), authority - 1)
    host = np.minimum(at + 1, path)
    port = host_end(links, host, path)
    query = np.where(links.has("/", path, end), links.first(bytes_in("?#"), path, end), path)
    asked = links.has("?", query, end)
    return {
        "scheme": (start, scheme),
        "user": (authority, np.maximum(at, authority)),
        "host": (host, port),
        "port": (np.minimum(port + 1, path), path),
        "path": (path, query),
        "query": (query + asked, np.where(asked, links.first(bytes_in("#"), query, end), query)),
    }


def scheme_of(links: LinkBytes) -> tuple[Ints, Ints]:
    """Where the scheme ends, and where what follows it and its slashes begins. A link may begin with the slashes."""
    start, end = links.start, links.end
    stop = links.first(OUT_OF_SCHEME, start, end)
    letter = LETTERS[links.data[np.minimum(start, max(len(links.data) - 1, 0))]] if len(links.data) else start < 0
    named = letter & (stop > start) & links.has(":", stop, end)
    slashes = np.where(named, stop + 1, start)
    both = links.has("/", slashes, end) & links.has("/", slashes + 1, end)
    return np.where(named & both, stop, start), np.where(both, slashes + 2, start)


def host_end(links: LinkBytes, host: Ints, path: Ints) -> Ints:
    """The colon before the port, which is not one of those in the brackets of an IPv6 address."""
    colon = links.first(bytes_in(":"), host, path)
    bracket = links.has("[", host, path)
    if not bracket.any():
        return colon
    after = links.first(bytes_in("]"), host, path) + 1
    closed = bracket & (after <= path) & ((after == path) | links.has(":", after, path))
    return np.where(closed, after, colon)
