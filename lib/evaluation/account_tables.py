"""Labelled tables of accounts as people have them, CSV or Parquet with columns of any kind, made fit for the model.

What a column is, is decided on the training file; the other file follows it, and what it cannot follow is missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.arrays import Bools, Floats
from lib.evaluation.labelled_files import BadTable, missing, read_rows, spam_labels
from lib.models.account.account_encoder import Fields

TRUE, FALSE = ("true", "t", "yes", "y"), ("false", "f", "no", "n")
MOSTLY = 0.95  # of the values of a column must be numbers, or dates, for it to be of that kind
TEXT_FROM = 0.5  # distinct values for each value, above which a column is text and not a category
PREFIX = "column "  # so that none of theirs has the name of one of ours
SHAPE = ("chars", "words", "digit_share", "upper_share", "mark_share")  # what is taken from a text


@dataclass(frozen=True)
class Labelled:
    """The columns of a file, and the label of each row."""

    columns: pd.DataFrame
    spam: Bools
    unlabelled: int  # rows left out, because they have no label


def read_labelled(path: Path, label_column: str) -> Labelled:
    """Raises BadTable where the file, its label column or one of the two classes is missing."""
    rows = plain_rows(path)
    labels = spam_labels(rows, label_column, path)
    kept = labels.notna()
    spam = labels[kept].to_numpy(bool)
    if spam.all() or not spam.any():
        named = "spam" if spam.any() else "benign"
        raise BadTable(
            f"{path}: {len(spam)} rows have a label, "
            + (f"all {named}: two classes are needed" if len(spam) else "so there is nothing to evaluate")
        )
    columns = rows.loc[kept].drop(columns=label_column).reset_index(drop=True)
    return Labelled(columns.add_prefix(PREFIX), spam, int((~kept).sum()))


def plain_rows(path: Path) -> pd.DataFrame:
    """Rows whose categories are values and whose spans of time are seconds."""
    rows = read_rows(path)
    spans = rows.select_dtypes("timedelta").columns
    coded = rows.select_dtypes("category").columns
    plain = {name: rows[name].astype(object) for name in coded} | {
        name: rows[name].dt.total_seconds() for name in spans
    }
    return pd.DataFrame(rows.assign(**plain).rename(columns=str))


@dataclass(frozen=True)
class Kinds:
    """What each column of the training file is."""

    numbers: tuple[str, ...]
    dates: tuple[str, ...]
    categories: tuple[str, ...]
    bags: tuple[str, ...]
    texts: tuple[str, ...]  # of which only the shape is taken

    @property
    def fields(self) -> Fields:
        shapes = tuple(f"{name}.{what}" for name in self.texts for what in SHAPE)
        return Fields((*self.numbers, *self.dates, *shapes), self.categories, self.bags)

    def conform(self, columns: pd.DataFrame) -> pa.Table:
        """The columns of `fields`, of the types that the encoder takes; those that `columns` lacks are left out."""
        arrays = dict(self.converted(columns))
        return pa.table(arrays) if arrays else pa.table({"": pa.nulls(len(columns), pa.float64())})

    def converted(self, columns: pd.DataFrame) -> Iterator[tuple[str, pa.Array]]:
        for name in columns.columns.intersection(list(self.numbers)):
            yield name, pa.array(as_number(columns[name]))
        for name in columns.columns.intersection(list(self.dates)):
            yield name, pa.array(as_seconds(columns[name]))
        for name in columns.columns.intersection(list(self.categories)):
            yield name, pa.array([None if missing(v) else str(v).strip() for v in columns[name]], pa.string())
        for name in columns.columns.intersection(list(self.bags)):
            yield name, pa.array([as_bag(value) for value in columns[name]], pa.list_(pa.string()))
        for name in columns.columns.intersection(list(self.texts)):
            for what, values in zip(SHAPE, shape_of_texts(columns[name]), strict=True):
                yield f"{name}.{what}", pa.array(values)


def kinds_of(columns: pd.DataFrame) -> Kinds:
    """What the columns of the training file are. Columns of other types, and ids all of one length, are left out."""
    result: dict[str, list[str]] = {kind: [] for kind in ("numbers", "dates", "categories", "bags", "texts", "")}
    for name in columns.columns:
        result[kind_of(columns[name].dropna())].append(name)
    return Kinds(*(tuple(result[kind]) for kind in ("numbers", "dates", "categories", "bags", "texts")))


def kind_of(values: pd.Series) -> str:
    """Of a column whose missing values are left out; one that is never there is a harmless number."""
    first = values.iloc[0] if len(values) else 0.0
    if isinstance(first, (dict, bytes)):
        return ""
    if isinstance(first, (list, tuple, set, np.ndarray)):
        return "bags"
    if hasattr(first, "isoformat"):
        return "dates"
    return "numbers" if not len(values) or np.isfinite(as_number(values)).mean() >= MOSTLY else kind_of_words(values)


def kind_of_words(values: pd.Series) -> str:
    texts = values.astype(str)
    if are_dates(texts):
        return "dates"
    if texts.nunique() <= max(1, TEXT_FROM * len(texts)):
        return "categories"
    return "texts" if texts.str.len().nunique() > 1 else ""


def as_number(values: pd.Series) -> Floats:
    """Yes and no are 1 and 0; what cannot be read is NaN."""
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return np.asarray(values.to_numpy(float, na_value=np.nan))
    words = values.map(lambda value: value if missing(value) else str(value).strip().lower())
    answers = words.map({**dict.fromkeys(TRUE, 1.0), **dict.fromkeys(FALSE, 0.0)})
    return np.asarray(pd.to_numeric(words, errors="coerce").fillna(answers).to_numpy(float, na_value=np.nan))


def are_dates(texts: pd.Series) -> bool:
    """Whether the texts hold years, and can be read as dates; a few hundred are looked at."""
    some = texts.iloc[:: max(1, len(texts) // 300)]
    with_years = some.str.contains(r"\b(?:19|20)\d\d\b.*[-/: ]|[-/: ].*\b(?:19|20)\d\d\b", regex=True)
    return bool(with_years.mean() >= MOSTLY) and bool(np.isfinite(as_seconds(some)).mean() >= MOSTLY)


def as_seconds(values: pd.Series) -> Floats:
    """Since 1970; what cannot be read is NaN."""
    times = pd.to_datetime(values, errors="coerce", utc=True, format="mixed")
    return np.asarray((times - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy(float, na_value=np.nan))


def as_bag(value: object) -> list[str] | None:
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return [str(item) for item in value if not missing(item)]
    return None if missing(value) else [str(value)]


def shape_of_texts(values: pd.Series) -> Floats:
    """SHAPE of each text: (shapes, n), NaN where there is none."""
    texts = values.map(lambda value: value if missing(value) else str(value)).astype("string")
    counts = [texts.str.count(pattern) for pattern in (r"\S+", r"\d", r"[A-Z]", r"[^\w\s]|_")]
    chars, words, *marks = (count.to_numpy(float, na_value=np.nan) for count in (texts.str.len(), *counts))
    return np.stack([chars, words, *(mark / np.maximum(chars, 1) for mark in marks)])
