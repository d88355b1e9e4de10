"""Files of accounts as people have them."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lib.evaluation.account_tables import PREFIX, Labelled, kinds_of, read_labelled
from lib.evaluation.labelled_files import BadTable

DATES = ("2016-10-15 21:32:11", "2017-01-02 00:00:00", "2018-05-06 10:00:00", "2019-05-06 10:00:00")


def written(folder: Path, text: str, name: str = "accounts.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def labelled(columns: dict[str, list[object]]) -> Labelled:
    rows = pd.DataFrame(columns)
    return Labelled(rows.add_prefix(PREFIX), np.arange(len(rows)) % 2 == 0, 0)


@pytest.mark.parametrize("words", [("1", "0"), ("true", "FALSE"), ("Spam", "ham"), ("1.0", "0.0"), ("yes", "no")])
def test_labels_are_read_in_many_words(words: tuple[str, str], tmp_path: Path) -> None:
    spam, benign = words
    result = read_labelled(written(tmp_path, f"posts,spam\n3,{spam}\n4,{benign}\n5,\n6, {spam} \n"), "spam")
    assert (result.spam.tolist(), result.unlabelled) == ([True, False, True], 1)
    assert result.columns[f"{PREFIX}posts"].tolist() == ["3", "4", "6"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("posts,label\n3,1\n", "has no column 'spam'; it has posts, label"),
        ("", "cannot be read"),
        ("posts,spam\n", "has no rows"),
        ("posts,spam\n1,1\n2,1\n", "2 rows have a label, all spam: two classes are needed"),
        ("posts,spam\n1,\n", "0 rows have a label"),
        ("posts,spam\n1,perhaps\n2,0\n", "'spam' has 'perhaps'; spam is one of 1, 1.0, true"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadTable, match=message):
        read_labelled(written(tmp_path, text), "spam")


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match="is not there"):
        read_labelled(tmp_path / "nothing.csv", "spam")
    with pytest.raises(BadTable, match="cannot be read"):
        read_labelled(written(tmp_path, "no parquet", "accounts.parquet"), "spam")
    (tmp_path / "latin.csv").write_bytes(b"name,spam\nJos\xe9,1\nAnn,0\n")
    assert read_labelled(tmp_path / "latin.csv", "spam").spam.tolist() == [True, False]


def test_what_a_column_is_follows_from_its_values() -> None:
    kinds = kinds_of(
        labelled(
            {
                "posts": ["1", "2", "x", *["3"] * 37],  # one cell is broken
                "verified": ["true", "False"] * 20,
                "born": [*DATES] * 10,
                "client": ["web", "app"] * 20,
                "name": [f"{'n' * (i % 5)}{i}" for i in range(40)],
                "id": [f"{i:032x}" for i in range(40)],  # says nothing
                "never": [None] * 40,
                "tags": [["a"], ["a", "b"]] * 20,
                "raw": [{"a": 1}] * 40,
            }
        ).columns
    )
    named = {kind: [name.removeprefix(PREFIX) for name in getattr(kinds, kind)] for kind in vars(kinds)}
    assert named == {
        "numbers": ["posts", "verified", "never"],
        "dates": ["born"],
        "categories": ["client"],
        "bags": ["tags"],
        "texts": ["name"],
    }


def test_columns_are_brought_to_the_types_that_the_model_takes() -> None:
    columns = labelled(
        {
            "posts": ["1", "x", None, "inf"],
            "verified": ["true", "no", "1", None],
            "born": [*DATES[:3], "soon"],
            "name": ["Ann B", "x_9", None, ""],
        }
    ).columns
    kinds = kinds_of(labelled({name: [*values] * 30 for name, values in {
        "posts": ["1"], "verified": ["true"], "born": [DATES[0]]}.items()}).columns)  # fmt: skip
    made = kinds.conform(columns)
    assert made[f"{PREFIX}posts"].to_pylist()[0] == 1.0
    np.testing.assert_array_equal(made[f"{PREFIX}posts"].to_numpy()[1:], [np.nan, np.nan, np.inf])
    np.testing.assert_array_equal(made[f"{PREFIX}verified"].to_numpy(), [1, 0, 1, np.nan])
    assert made[f"{PREFIX}born"].to_pylist()[0] == datetime.fromisoformat(f"{DATES[0]}+00:00").timestamp()
    assert np.isnan(made[f"{PREFIX}born"].to_pylist()[3])


def test_of_a_text_its_shape_is_taken() -> None:
    columns = labelled({"name": ["Ann B", "x_9", None, "ab", "abc", "abcd"]}).columns
    made = kinds_of(columns).conform(columns)
    shape = {name.split(".")[1]: made[name].to_numpy()[:3].round(2).tolist() for name in made.column_names}
    assert {what: values[:2] for what, values in shape.items()} == {
        "chars": [5, 3],
        "words": [2, 1],
        "digit_share": [0, 0.33],
        "upper_share": [0.4, 0],
        "mark_share": [0, 0.33],
    }
    assert all(np.isnan(values[2]) for values in shape.values())


def test_a_file_of_other_types_follows_the_training_file() -> None:
    train, test = (
        labelled({"posts": ["1", "2", "3", "4"], "client": ["a", "b", "a", "b"]}),
        labelled({"posts": ["many", "5"], "other": ["x", "y"]}),
    )
    made = kinds_of(train.columns).conform(test.columns)
    assert made.column_names == [f"{PREFIX}posts"]
    np.testing.assert_array_equal(made.column(0).to_numpy(), [np.nan, 5])
    assert kinds_of(train.columns).conform(labelled({"x": [1, 2, 3]}).columns).num_rows == 3


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    columns = {
        "posts": pa.array([1, None, 3, 4], pa.int32()),
        "price": pa.array([1.5, None, 2, 3]).cast(pa.decimal128(10, 2)),
        "on": pa.array([True, None, False, True]),
        "born": pa.array([datetime(2020, 1, 1), None, datetime(2021, 1, 1), datetime(2022, 1, 1)]),  # noqa: DTZ001
        "kind": pa.array(["a", None, "a", "a"]).dictionary_encode(),
        "tags": pa.array([["a"], None, [], ["b"]]),
        "spam": pa.array([True, False, True, None]),
    }
    pq.write_table(pa.table(columns), tmp_path / "accounts.parquet")
    result = read_labelled(tmp_path / "accounts.parquet", "spam")
    kinds = kinds_of(result.columns)
    made = kinds.conform(result.columns)
    assert {name.removeprefix(PREFIX): made[name].to_pylist()[0] for name in made.column_names} == {
        "posts": 1, "price": 1.5, "on": 1, "born": 1577836800.0, "kind": "a", "tags": ["a"],
    }  # fmt: skip
    assert (result.spam.tolist(), result.unlabelled) == ([True, False, True], 1)
