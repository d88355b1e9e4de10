"""A source's fingerprint changes with its files, the hash of a day with the rows that land on it."""

import shutil
from pathlib import Path

from pyspark.sql import SparkSession

from lib.config import Config
from lib.sources.fingerprint import day_hashes, fingerprint
from tests.support.builders import DAY, ago
from tests.support.deliveries import EVENT, source, write_lines

NEW, OLD = {**EVENT, "interaction_id": "new"}, {**EVENT, "interaction_id": "old", "event_time": f"{ago(1)}"}
DAYS = [ago(2), ago(1), DAY]


def test_a_fingerprint_is_of_names_and_bytes_wherever_they_lie(spark: SparkSession, tmp_path: Path) -> None:
    write_lines(tmp_path / "a" / f"{DAY}" / "part-1.json", NEW)
    events = source("interactions", tmp_path / "a" / "{day}")
    first = fingerprint(events, DAY)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    write_lines(tmp_path / "b" / f"{DAY}" / "_SUCCESS")  # is no data
    assert fingerprint(source("interactions", tmp_path / "b" / "{day}"), DAY) == first
    assert fingerprint(events, ago(1)) == "nothing"
    write_lines(tmp_path / "a" / f"{DAY}" / "part-1.json", {**NEW, "interaction_id": "nex"})  # as long as before
    changed = fingerprint(events, DAY)
    write_lines(tmp_path / "a" / f"{DAY}" / "part-2.json")
    assert len({first, changed, fingerprint(events, DAY)}) == 3


def test_a_delta_table_has_the_fingerprint_of_its_version_by_path_and_by_name(
    spark: SparkSession, tmp_path: Path
) -> None:
    path = tmp_path / "log"
    spark.range(1).write.format("delta").save(str(path))
    delta = source("accounts", path, "delta")
    first = fingerprint(delta, None)
    assert fingerprint(delta, None) == first
    spark.range(1).write.format("delta").mode("append").save(str(path))
    assert fingerprint(delta, None) != first
    view = source("accounts", "log_of_numbers", "table")
    spark.range(3).createOrReplaceTempView("log_of_numbers")
    three = fingerprint(view, None)
    spark.range(2, -1, -1).createOrReplaceTempView("log_of_numbers")
    assert fingerprint(view, None) == three  # of its rows, in any order
    spark.range(4).createOrReplaceTempView("log_of_numbers")
    assert fingerprint(view, None) != three
    spark.catalog.dropTempView("log_of_numbers")


def test_the_hash_of_a_day_is_of_its_rows_in_any_order(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    events = source("interactions", path)

    def hashed(*lines: dict[str, str]) -> list[str]:
        write_lines(path, *lines)
        result = day_hashes("events", events, DAYS, Config())
        assert list(result) == DAYS
        assert day_hashes("events", events, DAYS[::-1], Config()) == result
        return list(result.values())

    first = hashed(NEW, OLD)
    assert hashed(OLD, NEW) == first
    changed = hashed(NEW, {**OLD, "text": "more"})
    assert [a == b for a, b in zip(first, changed, strict=True)] == [True, False, True]
    doubled = hashed(NEW, OLD, OLD)
    assert [a == b for a, b in zip(first, doubled, strict=True)] == [True, False, True]
    undated = hashed(NEW, OLD, {**EVENT, "event_time": "?"})  # it is quarantined on every day
    assert [a == b for a, b in zip(first, undated, strict=True)] == [False, False, False]


def test_columns_are_hashed_as_well_as_lines(spark: SparkSession, tmp_path: Path) -> None:
    query = f"SELECT 'a' AS account_id, DATE'{DAY}' AS day, map('k', X'FF') AS m"
    for name, marker in (("one", "FF"), ("other", "FE")):
        spark.sql(query.replace("FF", marker)).write.parquet(str(tmp_path / name))
    one, other = (
        day_hashes("a", source("accounts", tmp_path / name, "parquet"), DAYS, Config()) for name in ("one", "other")
    )
    assert one[DAY] != other[DAY]
    assert one[ago(1)] == other[ago(1)] == one[ago(2)]
