"""Which day a row lands on, and that a range of days gives what its days give one by one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.contract import Output
from lib.config import IngestSettings
from lib.sources.reconciliation import TooManyBadRows
from tests.support.builders import DAY, ago
from tests.support.deliveries import EVENT, in_order, source, take_in, values, write_lines


def contents(output: Output) -> dict[str, list[tuple[object, ...]]]:
    return {name: values(rows, *rows.columns) for name, rows in output.tables.items()}


def test_a_range_gives_what_its_days_give_and_notes_what_is_missing(spark: SparkSession, tmp_path: Path) -> None:
    """With a blank and a glob in the path, and a layout of the CSV file that changes."""
    events = tmp_path / "a b" / "{day}" / "part-*.json"
    for day in (ago(3), ago(1), DAY):  # ago(2) is missing
        folder = tmp_path / "a b" / f"{day}"
        late = {**EVENT, "interaction_id": "late", "event_time": f"{ago(3)}T10:00:00Z"}
        write_lines(folder / "part-1.json", {**EVENT, "event_time": f"{day}"}, late, "broken")
        write_lines(folder / "part-2.json", {**EVENT, "event_time": f"{day}T01:00:00Z"})  # a duplicate
        write_lines(folder / "other.json", "not read")
    write_lines(tmp_path / f"{ago(1)}.csv", "account_id,name", "x,X")
    write_lines(tmp_path / f"{DAY}.csv", '"name","created_at","account_id"', '"Y ""y"", z",,y')
    write_lines(tmp_path / f"{ago(3)}.csv", "\ufeffaccount_id,name", "w,W", "account_id,name", "v")
    write_lines(tmp_path / f"{ago(2)}.csv")  # nothing at all, not even a header
    names = source("accounts", tmp_path / "{day}.csv", "csv")
    log = source("interactions", events)
    whole = take_in(days=[ago(3), ago(2), ago(1), DAY], events=log, accounts=names)
    singly = [take_in(days=[day], events=log, accounts=names) for day in (ago(3), ago(1), DAY)]
    for name, rows in contents(whole).items():
        assert rows == in_order(row for one in singly for row in contents(one)[name]), name
    assert {day: whole.counts[day] for day in (ago(3), ago(1), DAY)} == {
        day: one.counts[day] for day, one in zip((ago(3), ago(1), DAY), singly, strict=True)
    }
    assert whole.counts[ago(2)]["events.missing"] == 1
    assert whole.counts[ago(2)]["accounts.read"] == 0
    assert "accounts.missing" not in whole.counts[ago(2)]
    counts = {name: number for name, number in whole.counts[DAY].items() if name.startswith("events") and number}
    assert counts == {"events.read": 4, "events.kept": 2, "events.duplicates": 1, "events.quarantined": 1}
    assert values(whole.tables["accounts"], "account_id", "name") == [("w", "W"), ("x", "X"), ("y", 'Y "y", z')]


def test_without_a_day_in_the_path_a_row_lands_on_its_own_day(spark: SparkSession, tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "events.json",
        {**EVENT, "interaction_id": "today", "event_time": f"{DAY}T00:00:00Z"},
        {**EVENT, "interaction_id": "yesterday", "event_time": f"{ago(1)}T23:59:59Z"},
        {**EVENT, "interaction_id": "long ago", "event_time": f"{ago(400)}"},
        {**EVENT, "interaction_id": "some day", "event_time": "?"},
        {**EVENT, "interaction_id": "year 1", "event_time": "0001-01-01"},
        {**EVENT, "interaction_id": None, "event_time": f"{ago(1)}"},
    )
    events = source("interactions", path)
    today = take_in(days=[DAY], events=events)
    assert values(today.tables["interactions"], "landing_day", "day", "interaction_id") == [(DAY, DAY, "today")]
    undated = ["event_time is not between 1970 and 2200", "event_time is null or unreadable"]
    assert values(today.tables["quarantine"], "day", "reason") == [(DAY, reason) for reason in undated]
    both = take_in(days=[ago(1), DAY], events=events)
    assert values(both.tables["quarantine"], "day", "reason") == [
        (ago(1), undated[0]),
        (ago(1), undated[1]),
        (ago(1), "interaction_id is null or blank"),
        *((DAY, reason) for reason in undated),
    ]
    read = {day: {k: n for k, n in counts.items() if "links" not in k} for day, counts in both.counts.items()}
    names = ("events.read", "events.kept", "events.duplicates", "events.quarantined")
    assert read == {
        ago(1): dict(zip(names, (4, 1, 0, 3), strict=True)),
        DAY: dict(zip(names, (3, 1, 0, 2), strict=True)),
    }
    ids = values(both.tables["quarantine"].where("reason LIKE 'event%'"), "row_id")
    assert len(ids) == 4
    assert len(set(ids)) == 2  # the same rows on either day


def test_rows_of_no_day_are_held_against_all_rows_of_the_source(spark: SparkSession, tmp_path: Path) -> None:
    old = [{**EVENT, "interaction_id": str(i), "event_time": f"{ago(9)}"} for i in range(17)]
    lost = [{**EVENT, "interaction_id": f"?{i}", "event_time": None} for i in range(2)]
    events = source("interactions", write_lines(tmp_path / "events.json", EVENT, *old, *lost))
    output = take_in(events=events, settings=IngestSettings(bad_share=0.1))  # 2 of 20, though 2 of 3 on the day
    assert output.counts[DAY]["events.quarantined"] == 2
    with pytest.raises(TooManyBadRows, match="rows that no day can be read from: 2 of 20"):
        take_in(events=events, settings=IngestSettings(bad_share=0.09))


def test_labels_of_a_file_for_all_days_land_when_they_became_known(spark: SparkSession, tmp_path: Path) -> None:
    lines = [
        "entity_kind,entity_id,is_spam,known_at",
        f"account,a,true,{DAY}",
        f"account,b,true,{ago(1)}",
        "account,c,true,",
    ]
    labels = source("label_imports", write_lines(tmp_path / "labels.csv", *lines), "csv")
    output = take_in(labels=labels)
    assert values(output.tables["label_imports"], "entity_id", "known_at") == [
        ("a", datetime(2026, 3, 10, tzinfo=UTC).replace(tzinfo=None))
    ]
    reason = "known_at is null or unreadable, and the path has no {day}"
    assert values(output.tables["quarantine"], "day", "raw", "reason") == [(DAY, "account,c,true,", reason)]


def test_rows_do_not_depend_on_partitions(spark: SparkSession, tmp_path: Path) -> None:
    """2 files and 7: of five copies of each row the same one is kept, and equal broken rows have the same ids."""
    query = (
        "SELECT CAST(id % 20 AS STRING) AS interaction_id, TIMESTAMP'2026-03-10 10:00:00' AS event_time, "
        "CAST(id DIV 20 AS STRING) AS account_id, map('k', CAST(id AS STRING)) AS attributes FROM range(100) "
        "UNION ALL SELECT 'bad', NULL, 'a', NULL FROM range(4)"
    )
    result = []
    for files in (2, 7):
        path = tmp_path / str(files)
        spark.sql(query).repartition(files).write.parquet(str(path / f"{DAY}"))
        result.append(contents(take_in(events=source("interactions", path / "{day}", "parquet"))))
    assert result[0] == result[1]
    assert len(result[0]["interactions"]) == 20
    assert len({row[2] for row in result[0]["quarantine"]}) == 4
