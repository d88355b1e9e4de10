"""Tables that are compared before they are written."""

import dataclasses
import json
from pathlib import Path

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.conform import SchemaMismatch
from lib.lake import Lake
from schemas.catalog import TABLES
from schemas.decisions import DECISIONS
from schemas.raw import INTERACTIONS
from schemas.scores import DOMAIN_SCORES
from schemas.table import Table
from tests.support.builders import DAY, ago, rows

META = {"job": "a test"}
TOLD = ("numRecords", "minValues", "maxValues")


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    return Lake(spark, str(tmp_path / "lake"))


def scored(*domains: str, score: float = 0.5) -> DataFrame:
    return rows(DOMAIN_SCORES, *({"domain": domain, "score": score} for domain in domains))


def stored(lake: Lake) -> list[tuple[object, ...]]:
    return sorted(tuple(row) for row in lake.read(DOMAIN_SCORES).select("day", "domain", "score").collect())


def test_a_write_replaces_its_day_and_no_other(lake: Lake) -> None:
    lake.write_days(DOMAIN_SCORES, scored("a", "b").withColumn("day", F.lit(ago(1))), [ago(1)], META)
    lake.write_days(DOMAIN_SCORES, scored("a", "b"), [DAY], META)
    written = lake.write_days(DOMAIN_SCORES, scored("c"), [DAY], META)
    assert stored(lake) == [(ago(1), "a", 0.5), (ago(1), "b", 0.5), (DAY, "c", 0.5)]
    assert written.changed == [DAY]


def test_unchanged_days_make_no_commit(lake: Lake) -> None:
    first = lake.write_days(DOMAIN_SCORES, scored("a", "b"), [DAY], META)
    again = lake.write_days(DOMAIN_SCORES, scored("b", "a", score=0.5 + 1e-9), [DAY], META)
    assert (again.version, again.changed) == (None, ())
    assert lake.version(DOMAIN_SCORES) == first.version
    assert again.contents == first.contents  # of what is stored, not of what was offered


def test_of_a_range_only_the_days_that_differ_are_written(lake: Lake) -> None:
    both = scored("a").withColumn("day", F.explode(F.array(F.lit(ago(1)), F.lit(DAY))))
    lake.write_days(DOMAIN_SCORES, both, [ago(1), DAY], META)
    other = both.withColumn("score", F.when(F.col("day") == DAY, 0.7).otherwise(F.col("score")))
    assert lake.write_days(DOMAIN_SCORES, other, [ago(1), DAY], META).changed == [DAY]
    assert stored(lake) == [(ago(1), "a", 0.5), (DAY, "a", 0.7)]


def test_no_rows_empty_the_day(lake: Lake) -> None:
    lake.write_days(DOMAIN_SCORES, scored("a"), [DAY], META)
    assert lake.write_days(DOMAIN_SCORES, scored("a").limit(0), [DAY], META).changed == [DAY]
    assert stored(lake) == []


def test_rows_of_other_days_are_not_written(lake: Lake) -> None:
    lake.write_days(DOMAIN_SCORES, scored("a").withColumn("day", F.lit(ago(3))), [DAY], META)
    assert stored(lake) == []


def test_the_change_feed_of_a_followed_table_shows_real_changes_only(lake: Lake, spark: SparkSession) -> None:
    def decided(*entities: str) -> DataFrame:
        said = {"entity_kind": "domain", "action": "review", "state": "new"}
        return rows(DECISIONS, *(said | {"entity_id": entity} for entity in entities))

    lake.write_days(DECISIONS, decided("kept", "gone"), [DAY], META)
    second = lake.write_days(DECISIONS, decided("kept", "added"), [DAY], META)
    feed = spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", second.version or 0)
    changes = feed.load(lake.path(DECISIONS)).select("entity_id", "_change_type").collect()
    assert sorted(tuple(c) for c in changes) == [("added", "insert"), ("gone", "delete")]


def test_a_day_of_many_rows_is_several_files_and_reads_the_same(lake: Lake) -> None:
    small = dataclasses.replace(DOMAIN_SCORES, rows_per_file=2)
    names = [f"d{number}" for number in range(9)]
    both = scored(*names).withColumn("day", F.explode(F.array(F.lit(ago(1)), F.lit(DAY))))
    lake.write_days(small, both, [ago(1), DAY], META)
    assert stored(lake) == [(day, name, 0.5) for day in (ago(1), DAY) for name in names]
    of_days = [file.split("day=")[1].split("/")[0] for file in lake.read(small).inputFiles()]
    assert min(of_days.count(str(day)) for day in (ago(1), DAY)) > 1


def test_a_commit_says_who_made_it(lake: Lake, spark: SparkSession) -> None:
    lake.write_days(DOMAIN_SCORES, scored("a"), [DAY], META)
    newest = spark.sql(f"DESCRIBE HISTORY delta.`{lake.path(DOMAIN_SCORES)}` LIMIT 1").collect()[0]
    assert json.loads(newest.userMetadata) == META


def test_a_broken_constraint_names_itself_and_writes_nothing(lake: Lake) -> None:
    with pytest.raises(PySparkException, match="score_is_valid"):
        lake.write_days(DOMAIN_SCORES, scored("a", score=1.5), [DAY], META)
    assert stored(lake) == []


def test_rows_of_another_shape_are_refused_with_every_difference(lake: Lake) -> None:
    wrong = scored("a").drop("model_version").withColumn("score", F.lit("high")).withColumn("extra", F.lit(1))
    with pytest.raises(SchemaMismatch) as mismatch:
        lake.write_days(DOMAIN_SCORES, wrong, [DAY], META)
    assert str(mismatch.value) == (
        "domain_scores: missing model_version string; score is string, not double; unknown extra int"
    )


def test_interactions_are_read_by_event_day_and_the_first_landing_wins(lake: Lake) -> None:
    def landed(landing: int, event: int, name: str) -> dict[str, object]:
        return {"landing_day": ago(landing), "day": ago(event), "interaction_id": name, "account_id": "a"}

    events = rows(
        INTERACTIONS,
        landed(3, 3, "in time"),
        landed(1, 3, "late"),
        landed(1, 3, "in time"),  # a copy that landed later
        landed(1, 1, "late too"),  # another day's
        landed(0, 1, "late too"),
        landed(0, 0, "at once"),
    )
    lake.write_days(INTERACTIONS, events, [ago(3), ago(1), ago(0)], META)
    result = lake.read_days(INTERACTIONS, first=ago(3), last=ago(3)).select("landing_day", "interaction_id").collect()
    assert sorted(tuple(row) for row in result) == [(ago(3), "in time"), (ago(1), "late")]
    assert lake.read_days(INTERACTIONS, first=ago(1), last=ago(1)).count() == 1
    assert [row.interaction_id for row in lake.read_days(INTERACTIONS, first=DAY, last=DAY).collect()] == ["at once"]


def test_every_table_is_there_for_sql_with_its_comments_and_rows(lake: Lake, spark: SparkSession) -> None:
    lake.write_days(DOMAIN_SCORES, scored("a"), [DAY], META)
    Lake(spark, lake.root).register_all()  # as another command finds it
    names = {row.tableName for row in spark.sql("SHOW TABLES IN winnow").collect() if not row.isTemporary}
    assert names == set(TABLES)
    assert [row.domain for row in spark.sql("SELECT domain FROM winnow.domain_scores").collect()] == ["a"]
    described = spark.sql("DESCRIBE EXTENDED winnow.decisions").collect()
    said = {row.col_name: (row.data_type, row.comment) for row in reversed(described)}
    assert said["since"] == ("date", "the day the action began")
    assert said["Comment"][0] == DECISIONS.row


def test_files_tell_least_and_greatest_of_the_day_of_events_alone(lake: Lake) -> None:
    event = {"landing_day": DAY, "day": ago(2), "interaction_id": "late", "account_id": "a"}
    lake.write_days(INTERACTIONS, rows(INTERACTIONS, event), [DAY], META)
    lake.write_days(DOMAIN_SCORES, scored("a"), [DAY], META)
    told = {"numRecords": 1, "minValues": {"day": str(ago(2))}, "maxValues": {"day": str(ago(2))}}
    assert least_and_greatest(lake, INTERACTIONS) == told
    assert least_and_greatest(lake, DOMAIN_SCORES) == {"numRecords": 1}


def least_and_greatest(lake: Lake, table: Table) -> dict[str, object]:
    """What the table's one file tells, but for nulls."""
    log = sorted(Path(lake.path(table), "_delta_log").glob("*.json"))[-1]
    (added,) = [line["add"] for line in map(json.loads, log.read_text().splitlines()) if "add" in line]
    return {name: value for name, value in json.loads(added["stats"]).items() if name in TOLD}
