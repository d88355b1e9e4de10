"""Features of domains as the arrays that the domain model takes: the same code in training and in scoring."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.arrays import AnyFloats, Floats32, Ints
from lib.models.inputs import Inputs, RaggedIds, no_ids
from lib.models.vocabulary import (
    FIRST,
    UNKNOWN,
    Scaling,
    distinct_ids,
    frequent,
    known_ids,
    learn_scaling,
    log_compressed,
    sampled_ids,
)
from lib.text.lexical import LINK_FEATURES, bag_features, lexical_features
from lib.text.link_parts import Parts, split_links
from lib.text.tokens import Pieces, learn_pieces, link_ngrams, link_pieces, page_words, piece_text, words
from schemas.features import DOMAIN_BEHAVIOUR, DOMAIN_PAGE

BEHAVIOUR = tuple(column.name for column in DOMAIN_BEHAVIOUR)
PAGE = tuple(column.name for column in DOMAIN_PAGE)
LEXICAL = tuple(f"{name}_{how}" for how in ("mean", "max") for name in LINK_FEATURES)
COLUMNS = ("links", "page_text", *BEHAVIOUR, *PAGE)  # of domain_features, that the model sees

SEQUENCES = ("tokens", "ngrams", "words")  # ids
NUMBERS = {"lexical": LEXICAL, "behaviour": BEHAVIOUR, "page": PAGE}  # standardised, NaN where missing: (n, features)


def features_hash() -> str:
    """Of the names of the features in order; a model of other features cannot be used."""
    return hashlib.sha256(repr((COLUMNS, LEXICAL)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Encoder:
    """Turns rows of domain_features into arrays, by what it has learned from training rows, not from their labels."""

    pieces: Pieces
    tokens: tuple[int, ...]  # pieces of links that have an embedding; see lib.text.tokens.link_pieces
    words: tuple[str, ...]  # the same for words of pages
    scaling: Mapping[str, Scaling]  # of each of NUMBERS
    max_tokens: int
    max_ngrams: int
    ngram_buckets: int

    @cached_property
    def token_ids(self) -> Ints:
        """Piece of a link -> id of the token."""
        return known_ids(2 * len(self.pieces), self.tokens)

    @cached_property
    def sizes(self) -> dict[str, int]:
        """How many ids each of SEQUENCES has."""
        return {
            "tokens": FIRST + len(self.tokens),
            "ngrams": 1 + self.ngram_buckets,
            "words": FIRST + len(self.words),
        }

    def token_text(self, token: int) -> str:
        return "unknown" if token < FIRST else piece_text(self.pieces, self.tokens[token - FIRST])

    def word_text(self, word: int) -> str:
        return "unknown" if word < FIRST else self.words[word - FIRST]

    @property
    def description(self) -> dict[str, Any]:
        """All but the pieces, for JSON; see encoder_from."""
        names = ("tokens", "words", "max_tokens", "max_ngrams", "ngram_buckets")
        scaling = {name: asdict(scaling) for name, scaling in self.scaling.items()}
        return {name: getattr(self, name) for name in names} | {"scaling": scaling}

    def encode(self, rows: pa.Table) -> Inputs:
        """The inputs of `rows`, which has COLUMNS: ids of SEQUENCES, and NUMBERS."""
        links = self.encode_links(rows["links"].combine_chunks())
        numbers = {
            name: self.scaling[name].standardise(number_columns(rows, features))
            for name, features in (("behaviour", BEHAVIOUR), ("page", PAGE))
        }
        words = {"words": self.encode_words(rows["page_text"].combine_chunks())}
        return Inputs({**links.ids, **words}, {**links.numbers, **numbers})

    def encode_link_samples(self, samples: pa.Array) -> Inputs:
        """The inputs of samples of links (a list array) of which nothing else is known."""
        links, rows = self.encode_links(samples), len(samples)
        unknown = {
            name: np.full((rows, len(features)), np.nan, np.float32)
            for name, features in (("behaviour", BEHAVIOUR), ("page", PAGE))
        }
        return Inputs({**links.ids, "words": no_ids(rows)}, {**links.numbers, **unknown})

    def encode_links(self, samples: pa.Array) -> Inputs:
        rows = len(samples)
        sample, parts = flat_links(samples)
        link, piece = link_pieces(self.pieces, parts)
        spelled, ngram = link_ngrams(parts, buckets=self.ngram_buckets)
        ids = {
            "tokens": distinct_ids(sample[link], self.token_ids[piece], rows=rows, at_most=self.max_tokens),
            "ngrams": sampled_ids(sample[spelled], ngram, rows=rows, at_most=self.max_ngrams),
        }
        return Inputs(ids, {"lexical": self.scaling["lexical"].standardise(lexical_numbers(parts, sample, bags=rows))})

    def encode_words(self, texts: pa.Array) -> RaggedIds:
        row, words = flat_words(texts)
        index = pc.index_in(words, pa.array(self.words, pa.string()))
        ids = pc.fill_null(pc.add(index, FIRST), UNKNOWN).to_numpy(zero_copy_only=False).astype(np.int64)
        return distinct_ids(row, ids, rows=len(texts), at_most=self.max_tokens)


def encoder_from(description: Mapping[str, Any], pieces: bytes) -> Encoder:
    """The encoder of a stored version."""
    scaling = {
        name: Scaling(tuple(values["mean"]), tuple(values["deviation"]))
        for name, values in description["scaling"].items()
    }
    tokens, words = (tuple(description[name]) for name in ("tokens", "words"))
    return Encoder(**{**description, "pieces": Pieces(pieces), "tokens": tokens, "words": words, "scaling": scaling})


def learn_encoder(
    rows: pa.Table,
    *,
    vocabulary: int,
    token_min_count: int,
    tokens_per_domain: int,
    ngrams_per_domain: int,
    ngram_buckets: int,
) -> Encoder:
    """The encoder of training `rows` (the columns `domain` and COLUMNS); a token of enough domains is known."""
    domain = np.unique(rows["domain"].to_numpy(), return_inverse=True)[1]
    bag, parts = flat_links(rows["links"].combine_chunks())
    hosts, paths = words(parts["host"]), words(parts["path"])
    pieces = learn_pieces(pa.concat_arrays([hosts, paths]).unique().to_pylist(), size=vocabulary)
    link, piece = link_pieces(pieces, parts)
    row, result = flat_words(rows["page_text"].combine_chunks())
    result = result.dictionary_encode()
    word = result.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    numbers: dict[str, AnyFloats] = {
        "lexical": lexical_numbers(parts, bag, bags=len(rows)),
        "behaviour": number_columns(rows, BEHAVIOUR),
        "page": number_columns(rows, PAGE),
    }
    common = [result.dictionary[int(i)].as_py() for i in frequent(domain[row], word, token_min_count)]
    return Encoder(
        pieces=pieces,
        tokens=tuple(int(i) for i in frequent(domain[bag[link]], piece, token_min_count) if pieces.says(int(i))),
        words=tuple(sorted(common)[:vocabulary]),
        scaling={name: learn_scaling(values) for name, values in numbers.items()},
        max_tokens=tokens_per_domain,
        max_ngrams=ngrams_per_domain,
        ngram_buckets=ngram_buckets,
    )


def flat_links(bags: pa.Array) -> tuple[Ints, Parts]:
    """The links of all bags: index of each one's bag, and their parts. A null bag is empty, a null link is no link."""
    bags = bags.cast(pa.list_(pa.string()))
    parents = pc.list_parent_indices(bags).to_numpy(zero_copy_only=False).astype(np.int64)
    links = bags.flatten()
    valid = pc.is_valid(links)
    return parents[valid.to_numpy(zero_copy_only=False)], split_links(links.filter(valid))


def flat_words(texts: pa.Array) -> tuple[Ints, pa.StringArray]:
    result = page_words(texts)
    parents = pc.list_parent_indices(result).to_numpy(zero_copy_only=False).astype(np.int64)
    flat = result.flatten()
    filled = pc.not_equal(flat, "")
    return parents[filled.to_numpy(zero_copy_only=False)], flat.filter(filled)


def lexical_numbers(parts: Parts, bag: Ints, *, bags: int) -> Floats32:
    """(bags, LEXICAL): of numbers that are log-compressed link by link."""
    return bag_features(log_compressed(lexical_features(parts)), bag, bags=bags).astype(np.float32, copy=False)


def number_columns(rows: pa.Table, names: tuple[str, ...]) -> AnyFloats:
    """(n, names), log-compressed, NaN where missing."""
    columns = [rows[name].cast(pa.float64()).to_numpy() for name in names]
    return log_compressed(np.stack(columns, axis=1))
