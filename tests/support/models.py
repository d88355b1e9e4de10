"""A tiny domain model, trained within seconds on made-up domains, for whatever test needs one."""

from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from lib.config import DomainModelSettings, SampleSettings
from lib.models.artefacts import Artefact
from lib.models.domain.domain_encoder import BEHAVIOUR, PAGE
from tests.support.builders import DAY

SPAM = ("cheap", "pills", "casino", "loans", "bonus", "watches")
GOOD = ("garden", "harbour", "library", "museum", "orchard", "theatre")
TINY = DomainModelSettings(
    epochs=8, vocabulary=150, ngram_buckets=256, embedding=4, hidden=8, batch=16, learning_rate=1e-2, holdout_days=7,
    trees=5, tree_levels=2,
)  # fmt: skip
SAMPLES = SampleSettings()
TEXT = {"links": pa.list_(pa.string()), "page_text": pa.string()}
SCHEMA = pa.schema([*TEXT.items(), *((name, pa.float64()) for name in (*BEHAVIOUR, *PAGE))])


def feature_table(*differences: dict[str, Any]) -> pa.Table:
    """Rows with the columns that the model sees; what is not told is null."""
    return pa.Table.from_pylist([dict.fromkeys(SCHEMA.names) | row for row in differences], SCHEMA)


def training_rows(*, domains: int = 60, days: int = 2) -> pa.Table:
    """`domains` made-up domains, every second one spam, each with features of `days` days, a fortnight apart."""
    random = np.random.default_rng(7)
    rows: list[dict[str, Any]] = []
    for number in range(domains):
        is_spam = number % 2 == 0
        names = random.choice(SPAM if is_spam else GOOD, size=2, replace=False)
        path = "offer/buy" if is_spam else "article/read"
        for back in range(days):
            rows.append(
                {
                    "domain": f"{names[0]}-{names[1]}{number:03}.example",
                    "day": DAY - timedelta(days=14 * back),
                    "is_spam": is_spam,
                    "weight": 1.0,
                    "fold": number // 2 % SAMPLES.folds,
                    "links": [
                        f"http://www.{names[0]}-{names[1]}{number}.example/{path}/{i}" for i in range(1 + number % 3)
                    ],
                    "page_text": " ".join(names) if number % 3 == 0 else None,
                    "accounts_7d": float(random.poisson(30 if is_spam else 3)),
                    "interactions_7d": float(random.poisson(40)),
                    "age_days": float(random.poisson(2 if is_spam else 90)) if number % 5 else None,
                    "page_media": 3.0 if number % 3 == 0 else None,
                }
            )
    rows.sort(key=lambda row: (row["domain"], row["day"]))
    known = [("domain", pa.string()), ("day", pa.date32()), ("is_spam", pa.bool_()), ("weight", pa.float64())]
    schema = pa.schema([*known, ("fold", pa.int64()), *SCHEMA])
    return pa.Table.from_pylist([dict.fromkeys(schema.names) | row for row in rows], schema)


def fit_tiny(rows: pa.Table, *, day: date = DAY, version: str = "domain-2026-03-10-1") -> Any:
    from lib.models.domain.domain_fitting import fit_domain_model  # noqa: PLC0415 - TensorFlow takes seconds to load

    return fit_domain_model(rows, day=day, version=version, settings=TINY, folds=SAMPLES.folds, salt=SAMPLES.salt)


@cache
def tiny_fit() -> Any:
    return fit_tiny(training_rows())


def tiny_model() -> Artefact:
    """The files of a version that was trained on DAY; one a test process."""
    artefact: Artefact = tiny_fit().artefact
    return artefact


@cache
def tiny_scorer() -> Any:
    from lib.models.domain.domain_scoring import DomainScorer  # noqa: PLC0415

    return DomainScorer(tiny_model())
