"""Hashed character n-grams of hosts."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.text.tokens import Ints

SIZES = (3, 4)
FIBONACCI = np.uint64(0x9E3779B97F4A7C15)  # multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4)


def host_ngrams(hosts: pa.StringArray, *, buckets: int) -> tuple[Ints, Ints]:
    """The 3- and 4-grams of the bytes of ^host$, in host order: index of the host, bucket from 1 to `buckets`."""
    marked = pc.binary_join_element_wise("^", hosts, "$", "")
    data, row = flat_bytes(marked)
    grams = [windows(data, row, size, buckets) for size in SIZES]
    rows = np.concatenate([rows for rows, _ in grams])
    order = np.argsort(rows, kind="stable")
    return rows[order], np.concatenate([ids for _, ids in grams])[order]


def windows(data: np.ndarray, row: Ints, size: int, buckets: int) -> tuple[Ints, Ints]:
    last = max(len(data) - size + 1, 0)
    inside = row[:last] == row[size - 1 :][:last]
    code = np.full(last, size, np.uint64)  # the size counts, so that 3-grams differ from 4-grams
    for offset in range(size):
        code = (code << np.uint64(8)) | data[offset:][:last]
    hashed = (code * FIBONACCI) >> np.uint64(40)
    return row[:last][inside], (hashed % np.uint64(buckets)).astype(np.int64)[inside] + 1


def flat_bytes(texts: pa.StringArray) -> tuple[np.ndarray, Ints]:
    """All bytes of all texts in one array, and for each the index of its text. No text is null."""
    _, offset_buffer, data_buffer = texts.buffers()
    offsets = np.frombuffer(offset_buffer, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    if not len(texts) or offsets[0] == offsets[-1]:
        return np.zeros(0, np.uint8), np.zeros(0, np.int64)
    data = np.frombuffer(data_buffer, np.uint8)[offsets[0] : offsets[-1]]
    return data, np.repeat(np.arange(len(texts)), np.diff(offsets))
