"""Expressions over the user's columns: they fail on a row, never on a job, and mistakes in them are told."""

import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lib.sources import SourceError
from lib.sources.selection import lenient, tolerant
from tests.support.builders import DAY
from tests.support.deliveries import EVENT, source, take_in, values, write_lines

# Over rows of (id, s, xs, m) = (0, '1', [1, 2], {a: 1}), (1, 'x', ..), (2, 'http://a b%zz', ..); the expected values.
RAISES_UNDER_ANSI = {
    "cast(s AS INT)": [1, None, None],
    "coalesce(cast(s AS INT), -1)": [1, -1, -1],  # the failing part is null, not the whole
    "4 div (id - 1)": [-4, None, 4],
    "xs[cast(id + 1 AS INT)]": [2, None, None],
    "element_at(xs, cast(id + 2 AS INT))": [2, None, None],
    "to_timestamp(s, 'yyyy') IS NULL": [True, True, True],
    "parse_url(s, 'HOST')": [None, None, None],
    "cast(s AS TIMESTAMP) IS NULL": [True, True, True],
    "make_date(cast(2000 + id AS INT), cast(1 + id * 12 AS INT), 1) IS NULL": [False, True, True],
    "9223372036854775806 + id > 0": [True, True, False],  # wraps around
}
RAISES_ALWAYS = {
    "element_at(xs, cast(id AS INT))": [None, 1, 2],  # there is no element 0
    "url_decode(s)": ["1", "x", None],
    "lower(url_decode(s))": ["1", "x", None],  # shares a part with the one above
    "transform(array(s), x -> url_decode(x))": [["1"], ["x"], None],
    "year(timestamp_millis(id * 9000000000000000000)) >= 0": [True, None, None],
    "map_keys(str_to_map(concat('a:1,', if(id = 0, 'b', 'a'), ':2')))": [["a", "b"], None, None],
    "sequence(2, id, -1)": [[2, 1, 0], [2, 1], [2]],
    "sequence(1, id, -1)": [[1, 0], [1], None],
    "decode(cast(if(id = 0, 'a', cast(X'FF' AS STRING)) AS BINARY), 'utf-8')": ["a", None, None],
    "from_json(s, 'a INT', map('mode', 'FAILFAST')).a": [None, None, None],
    "if(id > 0, raise_error(s), 'fine')": ["fine", None, None],
}


@pytest.fixture
def log(spark: SparkSession, tmp_path: Path) -> str:
    """The rows in a file: Spark evaluates expressions over constants ahead of time."""
    query = (
        "SELECT id, array('1', 'x', 'http://a b%zz')[cast(id AS INT)] AS s, array(1, 2) AS xs, map('a', 1) AS m "
        "FROM range(0, 3, 1, 1)"
    )
    spark.sql(query).write.parquet(str(tmp_path / "log"))
    return str(tmp_path / "log")


def test_what_fails_on_a_row_is_null_in_it_even_when_it_runs_later(spark: SparkSession, log: str) -> None:
    """All in one query, where Spark would evaluate what they have in common ahead of the catch, and ANSI on again."""
    expected = {**RAISES_UNDER_ANSI, **RAISES_ALWAYS}
    with lenient():
        chosen = [tolerant(F.expr(expression)).alias(f"c{i}") for i, expression in enumerate(expected)]
        rows = spark.read.parquet(log).select("id", *chosen)
    assert spark.conf.get("spark.sql.ansi.enabled") == "true"
    found = rows.orderBy("id").collect()
    assert {e: [row[f"c{i}"] for row in found] for i, e in enumerate(expected)} == expected


def test_ansi_is_back_on_after_an_error(spark: SparkSession) -> None:
    with pytest.raises(KeyError), lenient():
        raise KeyError
    assert spark.conf.get("spark.sql.ansi.enabled") == "true"


def test_a_bad_value_spoils_its_row_where_the_column_is_required_and_itself_where_not(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = write_lines(
        tmp_path / "events.json",
        {"n": 1, "ms": 1773144000000, "agent": "a%20b"},
        {"n": 2, "ms": 1773144000000, "agent": "%zz"},
        {"n": 3, "ms": 9223372036854775807, "agent": "c"},
    )
    select = {
        "interaction_id": "n",
        "account_id": "concat('a', n)",
        "event_time": "timestamp_millis(cast(ms AS BIGINT))",
        "client": "url_decode(agent)",
    }
    output = take_in(events=source("interactions", path, select=select))
    assert values(output.tables["interactions"], "interaction_id", "client") == [("1", "a b"), ("2", None)]
    assert values(output.tables["quarantine"], "reason") == [("event_time is null or unreadable",)]
    assert output.counts[DAY]["events.null_client"] == 1


MISTAKES = {
    "no such column": "nme",
    "not SQL": "lower(",
    "an aggregate": "count(1)",
    "a generator": "explode(array(1, 2))",
    "no such function": "lowwer(account_id)",
}


@pytest.mark.parametrize("expression", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_names_source_key_expression_and_the_columns_there_are(
    spark: SparkSession, tmp_path: Path, expression: str
) -> None:
    path = write_lines(tmp_path / "events.json", EVENT)
    stated = re.escape(f"sources.events.select.text = {expression!r}: ")
    with pytest.raises(SourceError, match=rf"(?s)^source events.*{stated}.*account_id, event_time, interaction_id"):
        take_in(events=source("interactions", path, select={"text": expression, "client": "'fine'"}))


def test_a_key_that_the_table_does_not_have_is_a_mistake(spark: SparkSession, tmp_path: Path) -> None:
    write_lines(tmp_path / f"{DAY}.json", {"account_id": "a"})
    accounts = source("accounts", tmp_path / "{day}.json", select={"day": "current_date()"})
    with pytest.raises(SourceError, match=r"select.day: accounts has no such column \(the day is the path's {day}\)"):
        take_in(accounts=accounts)
