"""What scikit-learn's gradient-boosted trees make of the same rows: the measure of the account model."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.arrays import Bools, Floats
from lib.models.account.account_encoder import Fields, as_numbers, common_values, flat_values

LEVELS = 250  # of a category; the library takes 255


def boosted_scores(train: pa.Table, spam: Bools, test: pa.Table, fields: Fields) -> Floats:
    """The probability of spam of each row of `test`, by HistGradientBoostingClassifier as it comes.

    It treats missing values as such. Categories are coded, the rarest as missing; bags it cannot take.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - takes seconds

    known = {name: most_frequent(train, name) for name in fields.categories}
    taught = matrix(train, fields, known)
    there = ~np.isnan(taught).all(axis=0)  # the library fails on a column that has no value at all
    is_category = np.array([False] * len(fields.numbers) + [True] * len(fields.categories), bool)
    model = HistGradientBoostingClassifier(categorical_features=is_category[there], random_state=0)
    model.fit(taught[:, there], spam)
    return np.asarray(model.predict_proba(matrix(test, fields, known)[:, there])[:, 1])


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
