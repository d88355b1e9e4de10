"""Hashed character n-grams of links."""

import numpy as np
import pyarrow.compute as pc

from lib.arrays import Bytes, Ints32
from lib.text.byte_arrays import flat_bytes, owners
from lib.text.link_parts import Parts

SIZES = {3: np.uint32(0x9E3779B1), 4: np.uint32(0x85EBCA77)}  # characters, and the odd number that spreads their codes
PATH_CHARS, QUERY_CHARS = 48, 24  # from their beginnings; longer ones say little more and cost as much again


def link_ngrams(parts: Parts, *, buckets: int) -> tuple[Ints32, Ints32]:
    """The 3- and 4-grams of the bytes of ^host$, path and query: index of the link, bucket from 1 to `buckets`."""
    path = pc.utf8_slice_codeunits(parts["path"], 0, PATH_CHARS)
    query = pc.utf8_slice_codeunits(parts["query"], 0, QUERY_CHARS)
    asked = pc.if_else(pc.equal(query, ""), "", "?")
    data, ends = flat_bytes(pc.binary_join_element_wise("^", parts["host"], "$", path, asked, query, ""))
    row = owners(ends).astype(np.int32)
    grams = [windows(data, row, size, buckets) for size in SIZES]
    return np.concatenate([rows for rows, _ in grams]), np.concatenate([ids for _, ids in grams])


def windows(data: Bytes, row: Ints32, size: int, buckets: int) -> tuple[Ints32, Ints32]:
    """Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4) of the codes of `size` bytes."""
    last = max(len(data) - size + 1, 0)
    code = np.zeros(last, np.uint32)
    for offset in range(size):
        code = (code << np.uint32(8)) | data[offset:][:last]
    inside = row[:last] == row[size - 1 :][:last]
    mixed = code[inside] * SIZES[size]
    mixed ^= mixed >> np.uint32(15)
    hashed = (mixed * SIZES[size]) >> np.uint32(8)
    return row[:last][inside], (((hashed.astype(np.int64) * buckets) >> 24) + 1).astype(np.int32)
