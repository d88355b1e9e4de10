"""How well the account model does on the user's own tables, compared with gradient-boosted trees on the same rows."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.arrays import Bools, Floats
from lib.config import AccountModelSettings
from lib.evaluation.account_tables import Kinds, Labelled, kinds_of
from lib.models.account.account_encoder import Fields, as_numbers, common_values, flat_values
from lib.sampling import stratified_folds


@dataclass(frozen=True)
class AccountFigures:
    """On the rows of the test file; `baseline` are those of HistGradientBoostingClassifier as it comes."""

    auc: float
    ap: float
    recall_at_fpr_001: float
    recall_at_fpr_01: float
    calibration_error: float
    baseline: dict[str, float]
    train_rows: int
    test_rows: int
    left_out: int  # rows of both files without a label
    fields: dict[str, int]  # how many columns of each kind the model saw


def evaluate_accounts(train: Labelled, test: Labelled, *, settings: AccountModelSettings, folds: int) -> AccountFigures:
    """The model of `winnow train account` on any columns: trained on one table, judged on the other."""
    kinds = kinds_of(train.columns)
    rows, unseen = kinds.conform(train.columns), kinds.conform(test.columns)
    from lib.metrics import figures  # noqa: PLC0415 - takes seconds

    even = np.ones(len(test.spam))
    ours = figures(model_scores(rows, train.spam, unseen, kinds.fields, settings, folds=folds), test.spam, even)
    trees = figures(boosted_scores(rows, train.spam, unseen, kinds.fields), test.spam, even)
    return AccountFigures(
        **ours,
        baseline={name: trees[name] for name in ("auc", "ap", "recall_at_fpr_001", "recall_at_fpr_01")},
        train_rows=len(train.spam),
        test_rows=len(test.spam),
        left_out=train.unlabelled + test.unlabelled,
        fields=counted(kinds),
    )


def model_scores(
    rows: pa.Table,
    spam: Bools,
    unseen: pa.Table,
    fields: Fields,
    settings: AccountModelSettings,
    *,
    folds: int,
) -> Floats:
    """Trained, stored and read back as a version is; each row is an account of its own."""
    from lib.models.account.account_fitting import fit_table  # noqa: PLC0415 - TensorFlow takes seconds to load
    from lib.models.account.account_scoring import AccountScorer  # noqa: PLC0415

    known = {
        "account_id": pa.array([str(number) for number in range(len(rows))]),
        "is_spam": pa.array(spam),
        "weight": pa.array(np.ones(len(rows))),
        "fold": pa.array(stratified_folds(spam, folds, settings.seed)),
    }
    labelled = pa.table({**known, **{name: rows[name] for name in fields.names}})
    fitted = fit_table(labelled, fields, settings, folds=folds)
    return AccountScorer(fitted.artefact(version="evaluated")).row_scores(unseen)


def counted(kinds: Kinds) -> dict[str, int]:
    return {name: len(getattr(kinds, name)) for name in ("numbers", "dates", "categories", "bags", "texts")}


LEVELS = 250  # of a category; the library takes 255


def boosted_scores(train: pa.Table, spam: Bools, test: pa.Table, fields: Fields) -> Floats:
    """The probability of spam of each row of `test`, by HistGradientBoostingClassifier as it comes.

    It treats missing values as such. Categories are coded, the rarest as missing; bags it cannot take.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - takes seconds

    known = {name: most_frequent(train, name) for name in fields.categories}
    values = matrix(train, fields, known)
    has_values = ~np.isnan(values).all(axis=0)  # the library fails on a column that has no value at all
    is_category = np.array([False] * len(fields.numbers) + [True] * len(fields.categories), bool)
    model = HistGradientBoostingClassifier(categorical_features=is_category[has_values], random_state=0)
    model.fit(values[:, has_values], spam)
    return np.asarray(model.predict_proba(matrix(test, fields, known)[:, has_values])[:, 1])


def most_frequent(train: pa.Table, name: str) -> tuple[str, ...]:
    row, values = flat_values(train[name])
    return common_values(row, values, at_least=1, at_most=LEVELS)


def matrix(rows: pa.Table, fields: Fields, known: dict[str, tuple[str, ...]]) -> Floats:
    nothing = pa.chunked_array([pa.nulls(len(rows), pa.float64())])
    numbers = [as_numbers(rows[name] if name in rows.column_names else nothing) for name in fields.numbers]
    codes = [
        as_numbers(
            pc.index_in(rows[name], pa.array(known[name], pa.string())) if name in rows.column_names else nothing
        )
        for name in fields.categories
    ]
    return np.stack([*numbers, *codes], axis=1)
