"""Hashes and comparison of days, whatever the order and the partitions of their rows."""

from dataclasses import replace
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from lib.compare import DuplicateKeys, contents, differing_days, sums, total
from schemas.table import Column, Table
from tests.support.builders import DAY, ago, rows

THINGS = Table(
    name="things",
    row="A thing of every type.",
    key=("day", "name"),
    columns=(
        Column("day", "date", "the day"),
        Column("name", "string", "its name", nullable=True),
        Column("size", "double", "its size", nullable=True),
        Column("parts", "array<struct<what: string, weight: double>>", "its parts"),
        Column("notes", "map<string, double>", "what is said of it", nullable=True),
    ),
)

OTHER = Column("other", "string", "another name", nullable=True)


def thing(**differences: Any) -> dict[str, Any]:
    return {"name": "a", "size": 1.0, "parts": [("x", 0.5)], "notes": {"p": 0.1, "q": 0.2}} | differences


def hash_of(frame: DataFrame) -> str:
    """As new rows and as stored ones: it must be the same."""
    new, stored = contents(frame, rows(THINGS), THINGS), contents(rows(THINGS), frame, THINGS)
    assert new == (stored[1], {})
    return new[0][DAY, DAY].hash


def test_the_total_of_hashes_is_their_sum_though_64_bits_could_not_hold_it(spark: SparkSession) -> None:
    hashes = [2**63 - 1, 2**63 - 1, 2**62, -(2**63), -1, -(2**32), 2**32 - 1, 5]
    for some in (hashes, hashes[:3], hashes[3:6], []):
        result = spark.createDataFrame([(h,) for h in some], "hash bigint").agg(*sums("hash")).collect()[0]
        assert total(result) == sum(some)


def test_hash_depends_on_rows_not_on_their_order_or_partitions(spark: SparkSession) -> None:
    several = [thing(name=str(i), size=float(i)) for i in range(50)]
    forward, backward = rows(THINGS, *several), rows(THINGS, *reversed(several)).repartition(7)
    assert hash_of(forward) == hash_of(backward)
    assert hash_of(forward) != hash_of(rows(THINGS, *several[:-1], thing(name="49", size=49.5)))


def test_two_equal_rows_do_not_cancel_out(spark: SparkSession) -> None:
    with pytest.raises(DuplicateKeys, match=r"things: .* 2026-03-10, a"):
        contents(rows(THINGS, thing(), thing()), rows(THINGS), THINGS)


def test_keys_of_one_hash_are_no_copies(spark: SparkSession) -> None:
    """A hash of several columns passes nulls over."""
    table = replace(THINGS, key=("day", "name", "other"), columns=(*THINGS.columns, OTHER))
    new, _ = contents(rows(table, thing(other=None), thing(name=None, other="a")), rows(table), table)
    assert new[DAY, DAY].rows == 2
    with pytest.raises(DuplicateKeys, match=r"things: .* 2026-03-10, a, None"):
        contents(rows(table, thing(other=None), thing(other=None)), rows(table), table)


@pytest.mark.parametrize(
    "change",
    [
        {"size": 1.1},
        {"size": None},
        {"parts": [("x", 0.6)]},
        {"parts": [("x", 0.5), ("y", 0.1)]},
        {"parts": [("y", 0.5)]},
        {"notes": {"p": 0.1, "q": 0.3}},
        {"notes": {"p": 0.1}},
        {"notes": None},
        {"name": "b"},
        {"name": None},
    ],
)
def test_any_other_value_differs(spark: SparkSession, change: dict[str, Any]) -> None:
    elsewhere = thing(day=ago(1))  # the same on both sides
    new, stored = rows(THINGS, thing(**change), elsewhere), rows(THINGS, thing(), elsewhere)
    assert differing_days(new, stored, THINGS) == [DAY]


@pytest.mark.parametrize(
    "same",
    [
        {"size": 1.0 + 1e-7},
        {"parts": [("x", 0.5 + 1e-7)]},
        {"notes": {"q": 0.2 - 1e-7, "p": 0.1}},
    ],
)
def test_floats_within_a_millionth_are_equal(spark: SparkSession, same: dict[str, Any]) -> None:
    assert differing_days(rows(THINGS, thing(**same)), rows(THINGS, thing()), THINGS) == []


def test_nulls_are_equal_to_nulls(spark: SparkSession) -> None:
    empty = thing(name=None, size=None, notes=None)
    assert differing_days(rows(THINGS, empty), rows(THINGS, empty), THINGS) == []


def test_a_missing_and_an_added_row_differ(spark: SparkSession) -> None:
    new = rows(THINGS, thing(), thing(name="added", day=ago(1)))
    stored = rows(THINGS, thing(), thing(name="gone", day=ago(2)))
    assert differing_days(new, stored, THINGS) == [ago(2), ago(1)]
