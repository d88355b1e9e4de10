"""Links and page texts as words and tokens, the same in training and in scoring.

Arrow and sentencepiece compute; no Python code runs per link but for those with percent-escapes. Strings are hostile:
any Unicode, any length.
"""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sentencepiece

from lib.arrays import Bytes, Ints, Ints32
from lib.text.byte_arrays import bytes_in, closed_bytes, cut_out, flat_bytes, owners, places, runs
from lib.text.link_parts import Parts, strings

BETWEEN_WORDS = re.compile(r"[\W_]+")
# In texts of with_plain_words the bytes from 128 on are of letters and digits, too.
IN_WORD = bytes_in("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") | (np.arange(256) >= 128)
WORD_CHARS = 512  # characters of a host or path that are cut into words: 99.9% of links are shorter
KEPT_WORDS = 1 << 16  # that a process remembers with their pieces: about 15 MB
CJK = r"\x{3040}-\x{30ff}\x{3400}-\x{9fff}\x{ac00}-\x{d7af}"  # written without spaces between words


def words(texts: pa.StringArray) -> pa.StringArray:
    """Letters and digits, with single spaces between words; percent-escapes are decoded."""
    text, word, distinct = separate_words(texts)
    ends = np.searchsorted(text, np.arange(len(texts) + 1)).astype(np.int32)
    return pc.binary_join(pa.ListArray.from_arrays(ends, distinct.take(pa.array(word))), " ")


def separate_words(texts: pa.StringArray) -> tuple[Ints, Ints, pa.StringArray]:
    """The words of all texts in order: index of the text, index of the word among the different ones, and these."""
    data, closed = closed_bytes(with_plain_words(pc.utf8_slice_codeunits(texts, 0, WORD_CHARS)))
    start, end = runs(IN_WORD, data, closed)
    words_cut = cut_out(data, start, end).dictionary_encode()
    return np.searchsorted(closed, start), words_cut.indices.to_numpy().astype(np.int64), words_cut.dictionary


def with_plain_words(texts: pa.StringArray) -> pa.StringArray:
    """Escapes decoded; next to letters of other scripts, a space for all that is neither letter nor digit."""
    careful = pc.match_substring_regex(texts, r"[^\x00-\x24\x26-\x7f]")
    if not pc.any(careful).as_py():
        return texts
    decoded = (unquote(text, errors="replace").lower() for text in texts.filter(careful).to_pylist())
    plain = [text if text.isascii() else BETWEEN_WORDS.sub(" ", text) for text in decoded]
    return pc.replace_with_mask(texts, careful, pa.array(plain, pa.string()))


def page_words(texts: pa.Array, *, chars: int = 20_000) -> pa.ListArray:
    """The words of each text's first `chars` characters; pairs of signs where the script has no spaces."""
    spaced = pc.replace_substring_regex(
        pc.utf8_slice_codeunits(strings(texts), 0, chars), f"([{CJK}]{{1,2}})|[^\\pL\\pN]+", r" \1 "
    )
    return pc.utf8_split_whitespace(pc.utf8_trim_whitespace(spaced))


@dataclass(frozen=True)
class Pieces:
    """A sentencepiece model: how words are cut into pieces."""

    model: bytes
    seen: dict[str, list[int]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def processor(self) -> sentencepiece.SentencePieceProcessor:
        return sentencepiece.SentencePieceProcessor(model_proto=self.model)

    @cached_property
    def texts(self) -> list[str]:
        """Each piece: a word's first piece as it is, a later one after a plus sign."""
        raw = [self.processor.id_to_piece(i) for i in range(len(self))]
        return [piece[1:] if piece.startswith("\u2581") else f"+{piece}" for piece in raw]

    def __len__(self) -> int:
        return int(self.processor.get_piece_size())

    def says(self, piece: int) -> bool:
        """Whether a link's piece is more than the unknown one or a space."""
        return piece % len(self) != 0 and self.texts[piece % len(self)] not in ("", "+")

    def cut(self, texts: pa.StringArray) -> tuple[Ints, Ints, Ints]:
        """Where the pieces of each text begin and how many they are, and the ids of all (0 is unknown)."""
        result = self.remembered(texts.to_pylist())
        count = np.fromiter(map(len, result), np.int64, len(result))
        first = np.cumsum(count) - count
        return first, count, np.fromiter(chain.from_iterable(result), np.int64, int(count.sum()))

    def remembered(self, texts: list[str]) -> list[list[int]]:
        """The ids of each text's pieces. Most words have been seen before, and cutting one costs a microsecond."""
        result = [self.seen.get(text) for text in texts]
        new = [text for text, ids in zip(texts, result, strict=True) if ids is None]
        cut = self.processor.encode(new, out_type=int, num_threads=1)
        if len(self.seen) + len(new) > KEPT_WORDS:
            self.seen.clear()
        self.seen.update(zip(new, cut, strict=True))
        fresh = iter(cut)
        return [next(fresh) if ids is None else ids for ids in result]


def learn_pieces(texts: Iterable[str], *, size: int) -> Pieces:
    """A unigram sentencepiece model of at most `size` pieces. One thread, so that it is the same on every run."""
    sentences = sorted({text for text in texts if text}) or ["www"]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=model,
        vocab_size=size,
        hard_vocab_limit=False,  # few links have fewer pieces
        bos_id=-1,
        eos_id=-1,
        num_threads=1,
        minloglevel=2,
    )
    return Pieces(model.getvalue())


def link_pieces(pieces: Pieces, parts: Parts) -> tuple[Ints, Ints]:
    """The pieces of all links, each link's host before its path: index of the link, id of the piece.

    A path's piece has the host's id plus `len(pieces)`, so that a word counts apart in each. Each different word is cut
    once: pieces do not reach beyond a word.
    """
    number = len(parts["host"])
    text, word, distinct = separate_words(pa.concat_arrays([parts["host"], parts["path"]]))
    order = np.argsort(text % number, kind="stable")
    text, word = text[order], word[order]
    first, count, ids = pieces.cut(distinct)
    link, in_path = np.divmod(np.repeat(text, count[word]), number)[::-1]
    return link, ids[places(first[word], count[word])] + in_path * len(pieces)


def piece_text(pieces: Pieces, piece: int) -> str:
    """A piece as people read it, such as host:pharma, path:buy or path:+er."""
    where, known = ("host", piece) if piece < len(pieces) else ("path", piece - len(pieces))
    return f"{where}:{pieces.texts[known]}"


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
