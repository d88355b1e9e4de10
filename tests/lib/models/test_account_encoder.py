"""Any table as the arrays that the account model takes."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.models.account.account_encoder import (
    ACCOUNT_FIELDS,
    CATEGORIES,
    MISSING,
    NONE,
    NUMBERS,
    OTHER,
    OWN,
    Fields,
    TableEncoder,
    encoder_from,
    features_hash,
    learn_encoder,
)

FIELDS = Fields(("count", "constant", "never"), ("client",), ("languages",))
TYPES = {"count": pa.float64(), "constant": pa.float64(), "never": pa.float64(), "client": pa.string(),
         "languages": pa.list_(pa.string())}  # fmt: skip


def table(*rows: dict[str, Any]) -> pa.Table:
    schema = pa.schema(list(TYPES.items()))
    return pa.Table.from_pylist([dict.fromkeys(TYPES) | row for row in rows], schema)


def learnt(rows: pa.Table, *, owner: list[int] | None = None, at_least: int = 2) -> TableEncoder:
    owners = np.array(owner or range(len(rows)), np.int64)
    return learn_encoder(rows, FIELDS, owners, category_min_count=at_least, categories=2)


@pytest.fixture
def encoder() -> TableEncoder:
    return learnt(
        table(
            {"count": 0.0, "constant": 7.0, "client": "web", "languages": ["a", "b"]},
            {"count": 3.0, "constant": 7.0, "client": "web", "languages": ["a"]},
            {"count": 500.0, "constant": 7.0, "client": "once", "languages": []},
            {"constant": 7.0, "languages": ["b"]},
        )
    )


def test_a_number_becomes_its_place_among_those_of_training(encoder: TableEncoder) -> None:
    values = [0.0, 3.0, 500.0, -1e300, 1e300, float("inf"), -float("inf")]
    result = encoder.encode(table(*({"count": value} for value in values))).numbers[NUMBERS][:, 0]
    np.testing.assert_allclose(result, [0, 0.5, 1, 0, 1, 1, 0], atol=1e-6)


def test_between_known_values_the_place_follows_the_logarithm(encoder: TableEncoder) -> None:
    [result] = encoder.encode(table({"count": 1.0})).numbers[NUMBERS][:, 0]
    assert result == pytest.approx(0.5 * np.log(2) / np.log(4), abs=1e-6)


def test_missing_is_told_apart_from_unknown(encoder: TableEncoder) -> None:
    """A null means something only where training had nulls; a constant and what never was there mean nothing."""
    rows = table({"count": None, "constant": None, "never": 5.0}, {"count": float("nan"), "constant": 7.0})
    numbers = encoder.encode(rows).numbers[NUMBERS]
    np.testing.assert_array_equal(numbers, [[MISSING, np.nan, np.nan], [MISSING, np.nan, np.nan]])
    without = encoder.encode(rows.drop_columns(["count", "client", "languages"]))
    assert np.isnan(without.numbers[NUMBERS]).all()
    assert without.ids[CATEGORIES].ids.tolist() == []


def test_categories_that_training_did_not_see_often_are_one(encoder: TableEncoder) -> None:
    client, languages = encoder.first_ids["client"], encoder.first_ids["languages"]
    result = encoder.encode(
        table(
            {"client": "web", "languages": ["b", "a", None, "b"]},
            {"client": "once", "languages": ["unheard", "of"]},  # seen once, and never
            {"client": None, "languages": None},
        )
    ).ids[CATEGORIES]
    assert result.padded().tolist() == [
        [client + OWN, languages + OWN + 1, languages + OWN],
        [client + OTHER, languages + OTHER, 0],
        [client + NONE, languages + NONE, 0],
    ]
    assert encoder.id_texts[languages + OWN + 1] == ("languages", "b")
    assert encoder.size == result.ids.max() + 1


def test_a_category_must_be_shown_by_enough_accounts_however_often_each_was_seen() -> None:
    rows = table(*({"client": name} for name in ("loud", "loud", "loud", "common", "common")))
    assert learnt(rows, owner=[0, 0, 0, 1, 2]).known["client"] == ("common",)


def test_the_most_frequent_categories_are_known() -> None:
    rows = table(*({"client": name} for name in "aabbbcccc"))
    assert learnt(rows).known["client"] == ("b", "c")


def test_nothing_at_all_can_be_encoded() -> None:
    nothing = learn_encoder(table({}), Fields(), np.zeros(1, np.int64), category_min_count=1, categories=1)
    inputs = nothing.encode(table({}, {}))
    assert (inputs.numbers[NUMBERS].shape, len(inputs.ids[CATEGORIES]), nothing.size) == ((2, 1), 2, 1)
    assert np.isnan(inputs.numbers[NUMBERS]).all()


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.floats()), st.lists(st.sampled_from("abc"), max_size=3)),
        min_size=1,
        max_size=5,
    )
)
def test_a_row_is_encoded_alike_whatever_the_other_rows(rows_of_values: list[tuple[float | None, list[str]]]) -> None:
    known = learnt(table(*({"count": float(n), "client": "a", "languages": ["a", "b"]} for n in range(4)), {}))
    rows = table(*({"count": count, "languages": languages} for count, languages in rows_of_values))
    together = known.encode(rows)
    for place in range(len(rows_of_values)):
        alone = known.encode(rows.slice(place, 1)).row(0)
        for name, values in together.row(place).items():
            np.testing.assert_array_equal(values, alone[name])


def test_an_encoder_survives_being_stored(encoder: TableEncoder) -> None:
    assert encoder_from(json.loads(json.dumps(encoder.description))) == encoder


def test_the_hash_of_the_features_follows_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    before = features_hash()
    more = Fields((*ACCOUNT_FIELDS.numbers, "new"), bags=ACCOUNT_FIELDS.bags, together=ACCOUNT_FIELDS.together)
    monkeypatch.setattr("lib.models.account.account_encoder.ACCOUNT_FIELDS", more)
    assert features_hash() != before
