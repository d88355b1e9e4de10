"""A tiny account model, trained within seconds on made-up accounts, for whatever test needs one."""

from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from lib.config import AccountModelSettings, SampleSettings
from lib.models.account.account_encoder import ACCOUNT_FIELDS
from lib.models.artefacts import Artefact
from tests.support.builders import DAY

TINY = AccountModelSettings(
    epochs=6, least_steps=40, lengths=1, batch=32, bins=4, replicas=1, embedding=2, hidden=8, learning_rate=1e-2,
    holdout_days=7, category_min_count=3, min_labels=5, fine_tune_epochs=2,
)  # fmt: skip
SAMPLES = SampleSettings()
VIEWS = 1 + SAMPLES.folds
SCHEMA = pa.schema(
    [
        ("account_id", pa.string()),
        ("day", pa.date32()),
        ("is_spam", pa.bool_()),
        ("weight", pa.float64()),
        ("fold", pa.int64()),
        ("synthetic", pa.list_(pa.float64())),
        *((name, pa.float64()) for name in ACCOUNT_FIELDS.numbers),
        *((name, pa.list_(pa.string())) for name in ACCOUNT_FIELDS.bags),
    ]
)


def account_table(*differences: dict[str, Any]) -> pa.Table:
    """Rows with the columns of a training row; what is not told is null."""
    return pa.Table.from_pylist([dict.fromkeys(SCHEMA.names) | row for row in differences], SCHEMA)


def training_rows(*, accounts: int = 60, days: int = 2, hand: bool = True, synthetic: bool = False) -> pa.Table:
    """`accounts` made-up accounts, every second one spam, each with features of `days` days, a fortnight apart.

    With labels of the kinds asked for; labelling functions are sure, but wrong of every seventh account.
    """
    random = np.random.default_rng(11)
    rows: list[dict[str, Any]] = []
    for number in range(accounts):
        is_spam = number % 2 == 0
        vote = 0.9 if is_spam == (number % 7 > 0) else 0.1
        for back in range(days):
            rows.append(
                {
                    "account_id": f"account{number:03}",
                    "day": DAY - timedelta(days=14 * back),
                    "is_spam": is_spam if hand else None,
                    "weight": 1.0,
                    "fold": number // 2 % SAMPLES.folds,
                    "synthetic": [vote] * VIEWS if synthetic else None,
                    "interactions_7d": float(random.poisson(40 if is_spam else 5)),
                    "interactions_28d": float(random.poisson(60)),
                    "name_chars": float(random.poisson(8)) if number % 5 else None,
                    "spam_link_share": float(random.beta(6, 2) if is_spam else random.beta(1, 9))
                    if number % 4
                    else None,
                    "categories": [f"client={'script' if is_spam and number % 3 else 'web'}", f"odd={number}"],
                }
            )
    rows.sort(key=lambda row: (row["account_id"], row["day"]))
    return account_table(*rows)


def fit_tiny(rows: pa.Table, **settings: Any) -> Any:
    from lib.models.account.account_fitting import fit_account_model  # noqa: PLC0415 - TensorFlow takes seconds to load

    return fit_account_model(
        rows,
        day=DAY,
        version="account-2026-03-10-1",
        settings=TINY.model_copy(update=settings),
        folds=SAMPLES.folds,
        salt=SAMPLES.salt,
    )


@cache
def tiny_fit() -> Any:
    return fit_tiny(training_rows())


def tiny_model() -> Artefact:
    """The files of a version that was trained on DAY; one a test process."""
    artefact: Artefact = tiny_fit().artefact
    return artefact


@cache
def tiny_scorer() -> Any:
    from lib.models.account.account_scoring import AccountScorer  # noqa: PLC0415

    return AccountScorer(tiny_model())
