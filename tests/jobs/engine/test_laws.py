"""The laws of the lake, over every table there is: one that is added later is walked too."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.engine.runner import run_days
from jobs.engine.staleness import repair, stale_runs
from jobs.training.train import train_account, train_domain
from schemas.models import TRAINING_SETS
from schemas.raw import LABEL_IMPORTS
from schemas.table import Table
from schemas.tiles import DOMAIN_DAYS, FIRST_SEEN
from tests.support.builders import DAY
from tests.support.lakes import BEFORE, HISTORY, REPLACED, Stage, versions
from tests.support.platform import SPAM, TRAINED, events, labels, write_events, write_labels

TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def partitions(spark: SparkSession) -> Iterator[Any]:
    """Sets the number of shuffle partitions, and puts it back."""
    key = "spark.sql.shuffle.partitions"
    before = str(spark.conf.get(key))
    yield lambda number: spark.conf.set(key, number)
    spark.conf.set(key, before)


def test_no_law_is_tried_on_an_empty_table(built: Stage) -> None:
    workspace = built.open()
    rows = {t.name: workspace.lake.read(t).where(F.col(t.day) <= F.lit(DAY)).limit(1).count() for t in REPLACED}
    assert rows == dict.fromkeys(rows, 1)


def test_a_day_run_again_is_the_same_whatever_came_later(built: Stage, tmp_path: Path, partitions: Any) -> None:
    """Rows of tomorrow that tell the truth and its opposite are planted in every table; then tomorrow's events are
    delivered, and labels known tomorrow that say the opposite. Today's rows, made with two partitions, are found again
    with three: no commit."""
    stage = built.copy(tmp_path / "platform")
    turned = [{**label, "is_spam": not label["is_spam"], "known_at": TOMORROW} for label in labels()]
    write_events(stage.folder, TOMORROW, events(TOMORROW))
    write_labels(stage.folder, [*labels(), *turned])
    workspace = stage.open()
    for table in REPLACED:
        of_today = workspace.lake.read(table).where(F.col(table.day) == F.lit(DAY))
        workspace.lake.append(table, told_tomorrow(of_today, table))
    run_days(workspace, [TOMORROW], jobs=HISTORY)
    delivered = workspace.lake.read_days(LABEL_IMPORTS, first=TOMORROW, last=TOMORROW)
    assert delivered.count() == len(turned)  # they did arrive
    before = versions(workspace)
    partitions(3)
    assert {run.status for run in run_days(workspace, [DAY])} == {"done"}
    assert versions(workspace) == before


def told_tomorrow(rows: DataFrame, table: Table) -> DataFrame:
    """Today's rows on tomorrow's date, every probability and label turned around."""
    changed: dict[str, Column] = {table.day: F.lit(TOMORROW), table.read_day: F.lit(TOMORROW)}
    for column in table.columns:
        if column.type == "boolean":
            changed[column.name] = ~F.col(column.name)
        if column.type == "double" and "<= 1" in column.check:
            changed[column.name] = 1 - F.col(column.name)
        if column.name == "known_at":
            changed[column.name] = F.col(column.name) + F.expr("INTERVAL 1 DAY")
    return rows.withColumns(changed)


def test_models_are_trained_on_nothing_later(built: Stage, tmp_path: Path) -> None:
    """Trained again when later days have run, they have the same examples and give the same scores."""
    workspace = built.copy(tmp_path / "platform").open()
    train_domain(workspace, day=TRAINED, stale=True)
    train_account(workspace, day=TRAINED, stale=True)
    sets = workspace.lake.read(TRAINING_SETS).localCheckpoint()
    examples = ["entity_id", "feature_day", "is_spam", "synthetic", "oof_score", "features"]
    for kind in ("domain", "account"):
        first, second = (
            sorted(map(tuple, sets.where(F.col("version") == f"{kind}-{TRAINED}-{n}").select(*examples).collect()))
            for n in (1, 2)
        )
        assert first == second
        assert max(row[1] for row in first) <= TRAINED


def test_a_late_event_makes_its_day_stale_until_it_is_mended(built: Stage, tmp_path: Path) -> None:
    stage = built.copy(tmp_path / "platform")
    late = {"id": "late", "ts": f"{DAY}T10:00:00Z", "who": "bot1", "links": [f"http://{SPAM[0]}/late"]}
    write_events(stage.folder, TOMORROW, [*events(TOMORROW), late])
    workspace = stage.open()
    assert stale_runs(workspace) == []
    run_days(workspace, [TOMORROW], jobs=[job for job in HISTORY if job.name == "ingest"])
    assert [(s.job, s.day, s.reasons) for s in stale_runs(workspace)] == [
        ("build_tiles", DAY, ("interactions of the day changed",))
    ]
    before = workspace.lake.read_days(DOMAIN_DAYS, first=DAY, last=DAY).agg(F.sum("interactions")).collect()[0][0]
    repaired = repair(workspace)
    assert {"build_tiles", "build_domain_features", "decide"} <= {s.job for s in repaired}
    assert {s.day for s in repaired} == {DAY}
    after = workspace.lake.read_days(DOMAIN_DAYS, first=DAY, last=DAY).agg(F.sum("interactions")).collect()[0][0]
    assert after == before + 1
    assert stale_runs(workspace) == []


def test_a_grown_file_of_many_days_makes_only_its_new_rows_days_stale(built: Stage, tmp_path: Path) -> None:
    stage = built.copy(tmp_path / "platform")
    with (stage.folder / "impressions.jsonl").open("a", encoding="utf-8") as file:
        file.write(f'{{"day": "{BEFORE}", "url": "http://late.example/", "impressions": 5}}\n')
    assert [(s.job, s.day) for s in stale_runs(stage.open())] == [("ingest", BEFORE)]


def test_a_backfilled_first_day_moves_ages(trained: Stage, tmp_path: Path) -> None:
    """An event that lands late on an older day makes later first-seen rows stale; repairing leaves one row each."""
    stage = trained.copy(tmp_path / "platform")
    workspace = stage.open()
    newcomer = {"id": "new", "ts": f"{DAY}T10:00:00Z", "who": "newcomer", "links": []}
    write_events(stage.folder, DAY, [*events(DAY), newcomer])
    run_days(workspace, [DAY], jobs=HISTORY)
    write_events(stage.folder, BEFORE, [*events(BEFORE), {**newcomer, "ts": f"{BEFORE}T10:00:00Z"}])
    run_days(workspace, [BEFORE], jobs=HISTORY)
    repair(workspace)
    seen = workspace.lake.read(FIRST_SEEN).where("entity_id = 'newcomer'")
    assert [row.first_day for row in seen.collect()] == [BEFORE]
