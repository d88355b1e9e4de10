"""What `winnow check` sees of a source."""

from pathlib import Path

from pyspark.sql import SparkSession

from lib.sources.preview import check_source
from tests.support.builders import DAY, ago
from tests.support.deliveries import EVENT, source, write_lines


def test_the_newest_day_is_looked_at_through_select(spark: SparkSession, tmp_path: Path) -> None:
    write_lines(tmp_path / f"{ago(1)}.json", "old")
    write_lines(tmp_path / f"{DAY}.json", EVENT, {**EVENT, "agent": "web"})
    events = source("interactions", tmp_path / "{day}.json", select={"client": "upper(agent)"})
    result = check_source("events", events)
    assert (result.rows, result.problem) == (2, "")
    assert ("client", "upper(agent)", "1", "WEB") in result.columns
    assert ("account_id", "`account_id`", "0", "a") in result.columns
    assert ("text", "-", "2", "") in result.columns


def test_what_is_wrong_is_said(spark: SparkSession, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "events.json", {"id": "1", "when": "soon"})
    assert "readable event_time or account_id" in check_source(
        "events", source("interactions", path, select={"interaction_id": "id", "event_time": "`when`"})
    ).problem  # fmt: skip
    assert "nothing.json for any day" in check_source("x", source("pages", tmp_path / "{day}-nothing.json")).problem
    assert "select.title = 'nme'" in check_source("x", source("pages", path, select={"title": "nme"})).problem
