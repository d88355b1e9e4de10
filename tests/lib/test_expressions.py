"""Users' expressions fail on a row, never on a job; those that depend on other rows, clock or chance are refused.

These fail where Spark's private names behind lib.expressions change.
"""

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.expressions import ExpressionError, check_row_alone, is_blank, lenient, listed, mistakes, tolerant

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
    result = rows.orderBy("id").collect()
    assert {e: [row[f"c{i}"] for row in result] for i, e in enumerate(expected)} == expected


def test_ansi_is_back_on_after_an_error(spark: SparkSession) -> None:
    with pytest.raises(KeyError), lenient():
        raise KeyError
    assert spark.conf.get("spark.sql.ansi.enabled") == "true"


@pytest.mark.parametrize("expression", RAISES_ALWAYS)
def test_without_ansi_mode_alone_these_would_stop_a_job(spark: SparkSession, log: str, expression: str) -> None:
    """The reason for `tolerant`: where this fails, Spark has become lenient enough to do without it."""
    if expression == "sequence(2, id, -1)":
        pytest.skip("fine alone: it is there for what it has in common with the next")
    with lenient(), pytest.raises(Exception, match=r"\w"):
        spark.read.parquet(log).select(F.expr(expression)).collect()


ROW_ALONE = ["id + 1 > 0", "s rlike 'x'", "exists(xs, x -> x > 1)", "s = 'current_date() (select rand())'"]
NOT_ROW_ALONE = {
    "row_number() OVER (ORDER BY id) = 1": "other rows",
    "EXISTS (SELECT 1 FROM range(3) WHERE id > 1)": "other rows",
    "id IN (SELECT id FROM range(3))": "other rows",
    "id > (SELECT max(id) FROM range(3))": "other rows",
    "rand() < 0.5": "by chance",
    "uuid() > s": "by chance",
    "current_date() > '2026-01-01'": "the clock",
    "now() > '2026-01-01'": "the clock",
}


@pytest.mark.parametrize("expression", ROW_ALONE)
def test_what_a_row_decides_alone_may_be_used(spark: SparkSession, log: str, expression: str) -> None:
    check_row_alone(empty(spark, log).select("id", F.expr(expression)))


@pytest.mark.parametrize(("expression", "why"), NOT_ROW_ALONE.items())
def test_other_rows_clock_and_chance_are_refused(spark: SparkSession, log: str, expression: str, why: str) -> None:
    with pytest.raises(ExpressionError, match=why):
        check_row_alone(empty(spark, log).select("id", F.expr(expression)))


def empty(spark: SparkSession, log: str) -> DataFrame:
    return spark.createDataFrame([], spark.read.parquet(log).schema)


def test_all_mistakes_are_in_one_message(spark: SparkSession, log: str) -> None:
    rows = spark.read.parquet(log)
    settings = {"good": "id", "a.sql": "((id", "b.sql": "no_such"}
    message = mistakes("title", settings, lambda sql: rows.select(F.expr(sql)), columns=rows.columns, error=KeyError())
    first, a, b, last = message.splitlines()
    assert first == "title: not usable"
    assert a.startswith("  a.sql = '((id': [PARSE_SYNTAX_ERROR]")
    assert b.startswith("  b.sql = 'no_such': [UNRESOLVED_COLUMN")
    assert last == "  the columns are id, s, xs, m"


def test_where_each_can_be_used_alone_the_error_itself_is_reported() -> None:
    error = ValueError("they do not go together\nplan ...")
    assert mistakes("title", {"a": "1"}, str, columns=[], error=error) == "title: they do not go together"


def test_a_long_list_of_columns_is_cut() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(n) for n in range(42)]).endswith(", 39 and 2 more")


def test_blank_is_null_or_spaces_and_control_characters(spark: SparkSession) -> None:
    texts = [None, "", " \t\u00a0\u3000\x07", "x", "\u3000x"]
    result = spark.createDataFrame([(text,) for text in texts], "s string").select(is_blank(F.col("s"))).collect()
    assert [row[0] for row in result] == [True, True, True, False, False]
