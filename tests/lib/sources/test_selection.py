"""The user's columns as ours: a bad value spoils its row, and mistakes are reported with the columns there are."""

import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lib.sources.source_files import SourceError
from tests.support.builders import DAY
from tests.support.deliveries import EVENT, source, take_in, values, write_lines


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
