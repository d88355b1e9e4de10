"""Any table of accounts as the arrays that the account model takes: the same code in training and in scoring.

A number becomes its quantile among the training rows' values, so that neither its unit nor a heavy tail matters.
MISSING is a null like those of the training rows, from which the model has learned what a null means; NaN is a number
of which nothing is known, and which training leaves out at random.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.arrays import AnyFloats, Floats32, Ints
from lib.models.account.quantile_transform import QuantileTransform, quantiles
from lib.models.inputs import Inputs, RaggedIds
from lib.models.vocabulary import PADDING, distinct_ids, frequent, log_compressed
from schemas.features import ACCOUNT_BEHAVIOUR, ACCOUNT_DOMAIN_SCORES, ACCOUNT_PROFILE

NUMBERS, CATEGORIES = "numbers", "categories"  # the inputs: numbers (n, fields), and ids
MISSING = -1.0
AT_MOST = 64  # categories of one account that are looked at
NONE, OTHER, OWN = 0, 1, 2  # ids of a column, from its first: no value, one that is not known, then the known ones

PROFILE = tuple(column.name for column in ACCOUNT_PROFILE)
BEHAVIOUR = tuple(column.name for column in ACCOUNT_BEHAVIOUR)
DOMAIN_SCORES = tuple(column.name for column in ACCOUNT_DOMAIN_SCORES)


@dataclass(frozen=True)
class Fields:
    numbers: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()  # one value per account
    bags: tuple[str, ...] = ()  # several values per account: array<string>
    together: tuple[str, ...] = ()  # numbers of one meaning, which are left out together

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.numbers, *self.categories, *self.bags)


def fields_from(described: Mapping[str, Sequence[str]]) -> Fields:
    """Those of a stored version."""
    return Fields(**{name: tuple(values) for name, values in described.items()})


ACCOUNT_FIELDS = Fields((*PROFILE, *BEHAVIOUR, *DOMAIN_SCORES), bags=("categories",), together=DOMAIN_SCORES)
COLUMNS = ACCOUNT_FIELDS.names  # of account_features, that the model sees


def features_hash() -> str:
    """Of the names of the features in order; a model of other features cannot be used."""
    return hashlib.sha256(repr(ACCOUNT_FIELDS).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class TableEncoder:
    """Turns rows into arrays, with what it has learned from the training rows without their labels."""

    fields: Fields
    knots: Mapping[str, tuple[float, ...]]  # of each number: log-compressed values, at equally spaced quantiles
    missing: tuple[str, ...]  # numbers and categories that some training rows lacked
    known: Mapping[str, tuple[str, ...]]  # of each category and bag: the values that have an id, sorted

    @cached_property
    def first_ids(self) -> dict[str, int]:
        """Of each category and bag."""
        sizes = [OWN + len(self.known[name]) for name in self.grouped]
        starts = 1 + PADDING + np.cumsum([0, *sizes])
        return {name: int(start) for name, start in zip(self.grouped, starts, strict=False)}

    @property
    def grouped(self) -> tuple[str, ...]:
        return (*self.fields.categories, *self.fields.bags)

    @property
    def size(self) -> int:
        """How many ids of categories there are, padding included."""
        return 1 + PADDING + sum(OWN + len(values) for values in self.known.values())

    @cached_property
    def id_texts(self) -> dict[int, tuple[str, str]]:
        """Column and value of each id of a known value."""
        return {
            self.first_ids[name] + OWN + place: (name, value)
            for name in self.grouped
            for place, value in enumerate(self.known[name])
        }

    @property
    def description(self) -> dict[str, Any]:
        """For JSON; see encoder_from."""
        return asdict(self)

    def encode(self, rows: pa.Table) -> Inputs:
        """The inputs of `rows`; a column that is not there is a field of which nothing is known."""
        numbers = np.full((max(1, len(self.fields.numbers)), len(rows)), np.nan, np.float32)
        for place, name in enumerate(self.fields.numbers):
            if name in rows.column_names:
                self.write_places(name, as_numbers(rows[name]), numbers[place])
        return Inputs({CATEGORIES: self.encode_categories(rows)}, {NUMBERS: numbers.T})

    @cached_property
    def transforms(self) -> dict[str, QuantileTransform]:
        """Of each number that is no constant: a constant carries no information."""
        every = {name: QuantileTransform(np.asarray(knots)) for name, knots in self.knots.items()}
        return {name: transform for name, transform in every.items() if not transform.is_constant}

    def write_places(self, name: str, values: AnyFloats, into: Floats32) -> None:
        """Leaves `into` as it is where nothing is known."""
        if name in self.transforms:
            into[:] = self.transforms[name].of(log_compressed(values).astype(np.float64, copy=False))
        missing = np.isnan(values)
        if missing.any():
            into[missing] = MISSING if name in self.missing else np.nan

    def encode_categories(self, rows: pa.Table) -> RaggedIds:
        present = [name for name in self.grouped if name in rows.column_names]
        nothing = np.zeros(0, np.int64)
        pairs = [(nothing, nothing), *(pair for name in present for pair in self.ids(name, rows[name]))]
        row, ids = (np.concatenate(part) for part in zip(*pairs, strict=True))
        order = np.argsort(row, kind="stable")
        at_most = len(self.fields.categories) + AT_MOST * len(self.fields.bags)
        return distinct_ids(row[order], ids[order], rows=len(rows), at_most=max(1, at_most))

    def ids(self, name: str, column: pa.ChunkedArray) -> Iterator[tuple[Ints, Ints]]:
        """Rows and ids of the values of a category or bag, then of the rows that lack one."""
        row, values = flat_values(column)
        place = pc.index_in(values, pa.array(self.known[name], pa.string()))
        own = pc.fill_null(pc.add(place, OWN), OTHER).to_numpy(zero_copy_only=False).astype(np.int64)
        yield row, self.first_ids[name] + own
        if name in self.missing:
            lacking = np.setdiff1d(np.arange(len(column)), row)
            yield lacking, np.full(len(lacking), self.first_ids[name] + NONE)


def encoder_from(description: Mapping[str, Any]) -> TableEncoder:
    """The encoder of a stored version."""
    return TableEncoder(
        fields=fields_from(description["fields"]),
        knots={name: tuple(values) for name, values in description["knots"].items()},
        missing=tuple(description["missing"]),
        known={name: tuple(values) for name, values in description["known"].items()},
    )


def learn_encoder(
    rows: pa.Table, fields: Fields, owner: Ints, *, category_min_count: int, categories: int
) -> TableEncoder:
    """The encoder of training `rows`. `owner` numbers their accounts; of a column at most `categories` values are
    known, each of at least `category_min_count` accounts."""
    numbers = {name: as_numbers(rows[name]) for name in fields.numbers}
    grouped = {name: flat_values(rows[name]) for name in (*fields.categories, *fields.bags)}
    lacking = {name: np.isnan(values).sum() for name, values in numbers.items()}
    lacking |= {name: len(rows) - len(np.unique(row)) for name, (row, _) in grouped.items()}
    return TableEncoder(
        fields=fields,
        knots={name: quantiles(log_compressed(values)) for name, values in numbers.items()},
        missing=tuple(name for name, count in lacking.items() if 0 < count < len(rows)),
        known={
            name: common_values(owner[row], values, at_least=category_min_count, at_most=categories)
            for name, (row, values) in grouped.items()
        },
    )


def common_values(owner: Ints, values: pa.Array, *, at_least: int, at_most: int) -> tuple[str, ...]:
    coded = values.dictionary_encode()
    item = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    chosen = [coded.dictionary[int(i)].as_py() for i in frequent(owner, item, at_least)]
    count = np.bincount(item, minlength=len(coded.dictionary))
    often = {coded.dictionary[i].as_py(): -int(count[i]) for i in range(len(count))}
    return tuple(sorted(sorted(chosen, key=lambda value: (often[value], value))[:at_most]))


def as_numbers(column: pa.ChunkedArray) -> AnyFloats:
    """NaN where null."""
    return np.asarray(column.cast(pa.float64()).to_numpy())


def flat_values(column: pa.ChunkedArray) -> tuple[Ints, pa.StringArray]:
    """All values of a category or bag, with the row of each, ascending. A null is no value."""
    array = column.combine_chunks()
    row = np.arange(len(array), dtype=np.int64)
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        row = pc.list_parent_indices(array).to_numpy(zero_copy_only=False).astype(np.int64)
        array = array.flatten()
    valid = pc.is_valid(array)
    return row[valid.to_numpy(zero_copy_only=False)], array.filter(valid).cast(pa.string())
