"""The formats that a source may have, and what is odd in each."""

import gzip
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lib.sources.source_files import SourceError
from tests.support.builders import DAY, ago
from tests.support.deliveries import source, take_in, values, write_lines

GOOD = f"SELECT 'i' AS interaction_id, TIMESTAMP'{DAY} 12:00:00' AS event_time, 'a' AS account_id"


def test_parquet_strings_may_hold_bytes_that_are_no_text(spark: SparkSession, tmp_path: Path) -> None:
    bad = {
        "id": f"{GOOD}, array('x') AS urls, 'c' AS client, X'FF' AS blob".replace("'i'", "CAST(X'61FF' AS STRING)"),
        "link": f"{GOOD}, array(CAST(X'FF' AS STRING)) AS urls, 'c' AS client, X'FF' AS blob",
        "unused": f"{GOOD}, array('x') AS urls, CAST(X'C3' AS STRING) AS client, X'FF' AS blob",
    }
    good = f"{GOOD}, array('http://one.example/') AS urls, 'c' AS client, X'FF' AS blob"  # a binary value is no text
    spark.sql(" UNION ALL ".join([good, *bad.values()])).write.parquet(str(tmp_path / f"{DAY}"))
    events = source("interactions", tmp_path / "{day}", "parquet", select={"text": "lower(client)"})
    output = take_in(events=events)
    assert values(output.tables["interactions"], "interaction_id", "targets.domain") == [("i", ["one.example"])]
    quarantine = output.tables["quarantine"]
    assert values(quarantine, "reason") == [("not valid UTF-8",)] * 3
    raw = {row.raw: bytes(row.raw_bytes) for row in quarantine.collect()}
    link = next(text for text in raw if '"urls":["\ufffd"]' in text)
    assert link == (
        '{"interaction_id":"i","event_time":"2026-03-10T12:00:00.000Z","account_id":"a","urls":["\ufffd"],'
        '"client":"c","blob":"/w=="}'
    )
    assert b"[\xff]" in raw[link]


def test_what_an_expression_makes_of_binary_values_is_checked_too(spark: SparkSession, tmp_path: Path) -> None:
    spark.sql(f"{GOOD}, X'FF' AS blob").write.parquet(str(tmp_path / "events"))
    events = source("interactions", tmp_path / "events", "parquet", select={"text": "cast(blob AS STRING)"})
    assert values(take_in(events=events).tables["quarantine"], "reason") == [("not valid UTF-8",)]


def test_parquet_columns_of_other_types_spoil_their_rows_only(spark: SparkSession, tmp_path: Path) -> None:
    """The time is text on one day and a timestamp on the other."""
    spark.sql(GOOD).write.parquet(str(tmp_path / f"{DAY}"))
    text = f"SELECT 'i' AS interaction_id, '{ago(1)}' AS event_time, 7 AS account_id, 'x' AS extra"
    spark.sql(f"{text} UNION ALL {text.replace(str(ago(1)), 'no time')}").write.parquet(str(tmp_path / f"{ago(1)}"))
    output = take_in(days=[ago(1), DAY], events=source("interactions", tmp_path / "{day}", "parquet"))
    assert values(output.tables["interactions"], "day", "account_id") == [(ago(1), "7"), (DAY, "a")]
    assert values(output.tables["quarantine"], "day", "reason") == [(ago(1), "event_time is null or unreadable")]


def test_delta_and_tables(spark: SparkSession, tmp_path: Path) -> None:
    for day in (ago(1), DAY):
        spark.sql(GOOD.replace(str(DAY), str(day))).write.format("delta").save(str(tmp_path / "daily" / f"{day}"))
    spark.sql(GOOD.replace("'i'", "'of the table'")).createOrReplaceTempView("log_of_events")
    daily = source("interactions", tmp_path / "daily" / "{day}", "delta")
    output = take_in(days=[ago(1), DAY], daily=daily, log=source("interactions", "log_of_events", "table"))
    assert values(output.tables["interactions"], "landing_day", "interaction_id", "source") == [
        (ago(1), "i", "daily"),
        (DAY, "i", "daily"),
        (DAY, "of the table", "log"),
    ]
    spark.catalog.dropTempView("log_of_events")
    with pytest.raises(SourceError, match="there is no log_of_nothing"):
        take_in(log=source("interactions", "log_of_nothing", "table"))


def test_csv_has_quotes_separators_and_lines_that_are_no_records(spark: SparkSession, tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "events.csv",
        "interaction_id;event_time;account_id;text;text;;urls",
        f'q;{DAY};a;"say ""hi""; \\ you";b;c;http://one.example',
        f'json;{DAY};a;;;;"[""http://one.example"",""http://two.example""]"',
        f"short;{DAY};a",
        f'"open;{DAY};a;b;c;d;e',
        b"bad\xff;2026-03-10;a;b;c;d;e",
        "",
    )
    events = source(
        "interactions", path, "csv", options={"sep": ";"}, select={"client": "text_5", "action": "column_6"}
    )
    output = take_in(events=events)
    assert values(output.tables["interactions"], "interaction_id", "text", "client", "action", "targets.domain") == [
        ("json", None, None, None, ["one.example", "two.example"]),
        ("q", 'say "hi"; \\ you', "b", "c", ["one.example"]),
    ]
    line = "the line is not a record of 7 fields"
    assert values(output.tables["quarantine"], "reason") == [("not valid UTF-8",), (line,), (line,)]
    for option in ("multiLine", "header", "encoding"):
        with pytest.raises(SourceError, match=f"sources.events.options.{option} cannot be set"):
            take_in(events=source("interactions", path, "csv", options={option: "true"}))


def test_json_rows_of_another_shape_spoil_themselves_only(spark: SparkSession, tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "events.json.gz",
        {"id": "1", "when": f"{DAY}", "user": {"id": "a"}, "tags": [{"href": "http://one.example"}]},
        {"id": "2", "when": f"{DAY}", "user": {"id": "b"}, "USER": "other spelling", "tags": [{"href": "x"}, {}]},
        {"id": {"x": 1}, "when": f"{DAY}", "user": {"id": 7}, "tags": "none"},
        {"id": "4", "when": f"{DAY}", "user": "no object"},
        {"id": "5", "when": 5, "user": {"id": "a"}},
    )
    path.write_bytes(gzip.compress(path.read_bytes()))
    select = {
        "interaction_id": "id",
        "event_time": "`when`",
        "account_id": "user.id",
        "urls": "transform(tags, tag -> tag.href)",
    }
    output = take_in(events=source("interactions", path, select=select))
    assert values(output.tables["interactions"], "interaction_id", "account_id", "targets.url") == [
        ("1", "a", ["http://one.example"]),
        ("2", "b", ["x"]),
        ('{"x":1}', "7", []),
    ]
    assert values(output.tables["quarantine"], "reason") == [
        ("account_id is null or blank",),
        ("event_time is null or unreadable",),
    ]


def test_a_file_without_a_single_record_is_read(spark: SparkSession, tmp_path: Path) -> None:
    """Its columns are unknown, and so nothing is wrong with the expressions over them."""
    select = {"client": "agent.name"}
    write_lines(tmp_path / "empty.json")
    write_lines(tmp_path / "broken.json", "x", "y")
    empty = source("interactions", tmp_path / "empty.json", select=select)
    assert take_in(events=empty).counts[DAY]["events.read"] == 0
    broken = source("interactions", tmp_path / "broken.json", select=select)
    assert take_in(events=broken).counts[DAY]["events.quarantined"] == 2


def test_a_damaged_file_is_an_error_that_names_the_source(spark: SparkSession, tmp_path: Path) -> None:
    write_lines(tmp_path / "events.parquet", "this is no parquet")
    with pytest.raises(SourceError, match=r"source events: .*events.parquet cannot be read"):
        take_in(events=source("interactions", tmp_path / "events.parquet", "parquet"))
