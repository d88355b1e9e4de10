"""Labelled tables as people have them, CSV or Parquet: their rows, and the label of each."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SPAM = ("1", "1.0", "true", "t", "yes", "y", "spam", "spammer", "bot", "fake", "phishing", "malicious", "bad")
BENIGN = ("0", "0.0", "false", "f", "no", "n", "ham", "benign", "legitimate", "genuine", "human", "real", "good")
MISSING = ["", "?", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "none", "-"]


class BadTable(ValueError):
    """A labelled table cannot be used; the message says why."""


def read_rows(path: Path) -> pd.DataFrame:
    """CSV as text, every cell, also compressed; Parquet as it is."""
    if not path.exists():
        raise BadTable(f"{path} is not there")
    try:
        if path.suffix == ".parquet":
            rows = pq.read_table(path).to_pandas()
        else:
            rows = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=MISSING, encoding_errors="replace")
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pa.ArrowInvalid, OSError, EOFError) as error:
        raise BadTable(f"{path} cannot be read: {error}") from None
    if rows.empty:
        raise BadTable(f"{path} has no rows")
    if twice := sorted(map(str, rows.columns[rows.columns.duplicated()])):
        raise BadTable(f"{path} has more than one column of the name {', '.join(twice)}")
    return pd.DataFrame(rows)


def check_column(rows: pd.DataFrame, column: str, path: Path) -> None:
    if column not in rows.columns:
        raise BadTable(f"{path} has no column {column!r}; it has {', '.join(map(str, rows.columns))}")


def spam_labels(rows: pd.DataFrame, label_column: str, path: Path) -> pd.Series:
    """True for spam, False for benign, None for no label. Raises BadTable, which names words that are neither."""
    check_column(rows, label_column, path)
    words = rows[label_column].map(lambda value: None if missing(value) else str(value).strip().lower())
    if unknown := sorted(set(words.dropna()) - {*SPAM, *BENIGN}):
        raise BadTable(
            f"{path}: {label_column!r} has {', '.join(map(repr, unknown[:5]))}; "
            f"spam is one of {', '.join(SPAM)}, benign one of {', '.join(BENIGN)}"
        )
    return words.map(lambda word: None if word is None else word in SPAM).astype(object)


def missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NaT or value is pd.NA
