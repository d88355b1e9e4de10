"""Links and page texts as words and tokens, the same in training and in scoring.

Arrow and sentencepiece compute; no Python code runs per link but for those with percent-escapes. Strings are hostile:
any Unicode, any length. RE2 is linear in the length of its text.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sentencepiece

Ints = npt.NDArray[np.int64]

# Every string matches. Browsers take the last @ as the end of the user and a backslash as a slash.
LINK = (
    r"(?s)^\s*(?:(?P<scheme>[a-z][a-z0-9+.\-]*)://|//)?(?:(?P<user>[^/?#]*)@)?(?P<host>\[[^\]/?#]*\]|[^/?#:]*)"
    r"(?::(?P<port>[^/?#]*))?(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:#.*)?$"
)
PARTS = ("scheme", "user", "host", "port", "path", "query")
WORD_CHARS = 512  # characters of a host or path that are cut into words: 99.9% of links are shorter
CJK = r"\x{3040}-\x{30ff}\x{3400}-\x{9fff}\x{ac00}-\x{d7af}"  # written without spaces between words


def strings(values: pa.Array) -> pa.StringArray:
    """`values` as lower-case strings; null is empty, and bytes that are no UTF-8 are replaced."""
    filled = pc.fill_null(values.cast(pa.string()), "")
    try:
        filled.validate(full=True)
    except pa.ArrowInvalid:
        texts = [text.decode(errors="replace") for text in filled.cast(pa.binary()).to_pylist()]
        filled = pa.array(texts, pa.string())
    return pc.utf8_lower(filled)


def split_links(links: pa.Array) -> dict[str, pa.StringArray]:
    """The parts of each link, by name; a part that is not there is empty."""
    slashes = pc.replace_substring(strings(links), "\\", "/")
    parts = pc.extract_regex(slashes, LINK)
    return {name: pc.fill_null(pc.struct_field(parts, name), "") for name in PARTS}


def words(texts: pa.StringArray) -> pa.StringArray:
    """Letters and digits, with single spaces between words; percent-escapes are decoded."""
    letters = pc.replace_substring_regex(unescaped(pc.utf8_slice_codeunits(texts, 0, WORD_CHARS)), r"[^\pL\pN]+", " ")
    return pc.utf8_trim_whitespace(letters)


def unescaped(texts: pa.StringArray) -> pa.StringArray:
    escaped = pc.match_substring(texts, "%")
    if not pc.any(escaped).as_py():
        return texts
    decoded = [unquote(text, errors="replace").lower() for text in texts.filter(escaped).to_pylist()]
    return pc.replace_with_mask(texts, escaped, pa.array(decoded, pa.string()))


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

    def cut(self, texts: pa.StringArray) -> tuple[Ints, Ints]:
        """The pieces of all texts in order: index of the text, id of the piece (0 is unknown)."""
        found = self.processor.encode(texts.to_pylist(), out_type=int, num_threads=1)
        counts = np.fromiter(map(len, found), np.int64, len(found))
        ids = np.fromiter(chain.from_iterable(found), np.int64, int(counts.sum()))
        return np.repeat(np.arange(len(found)), counts), ids


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


def link_pieces(pieces: Pieces, parts: dict[str, pa.StringArray]) -> tuple[Ints, Ints]:
    """The pieces of all links, each link's host before its path: index of the link, id of the piece.

    A path's piece has the host's id plus `len(pieces)`, so that a word counts apart in each.
    """
    hosts, host_ids = pieces.cut(words(parts["host"]))
    paths, path_ids = pieces.cut(words(parts["path"]))
    links = np.concatenate([hosts, paths])
    order = np.argsort(links, kind="stable")
    return links[order], np.concatenate([host_ids, path_ids + len(pieces)])[order]


def piece_text(pieces: Pieces, piece: int) -> str:
    """A piece as people read it, such as host:pharma, path:buy or path:+er."""
    where, known = ("host", piece) if piece < len(pieces) else ("path", piece - len(pieces))
    return f"{where}:{pieces.texts[known]}"
