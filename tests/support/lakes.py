"""Lakes of the made-up platform, built once a test run and copied by the tests that change them."""

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import dropwhile
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from pyspark.sql import SparkSession

from jobs.engine.runner import run_days
from jobs.engine.workspace import Workspace, open_workspace
from jobs.import_labels import import_file
from jobs.manifest import DAILY, Job
from jobs.training.train import train_account, train_domain
from lib.compare import contents, differing_days
from schemas.catalog import TABLES
from schemas.table import Table
from tests.support.builders import DAY
from tests.support.platform import TRAINED, days_to, settings, write_platform

BEFORE = DAY - timedelta(days=1)
REPLACED = [table for table in TABLES.values() if not table.append_only]
HISTORY = [job for job in DAILY if job.name in ("ingest", "build_tiles", "track_first_seen", "collect_labels")]
SCORING = [job for job in DAILY if job not in HISTORY]


@dataclass(frozen=True)
class Stage:
    """A folder with a platform's files and its lake, as it was left at some point."""

    folder: Path

    def open(self) -> Workspace:
        return open_workspace(settings(self.folder))

    def copy(self, to: Path) -> "Stage":
        shutil.copytree(self.folder, to)
        return Stage(to)


def built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Stage], object]) -> Stage:
    """The stage that `build` makes, by the first test process that asks for it: the others wait for it."""
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # a folder that all processes of the run share
    folder, done = root / name / "platform", root / name / "done"
    with FileLock(root / f"{name}.lock"):
        if not done.exists():
            shutil.rmtree(folder.parent, ignore_errors=True)  # what a failed attempt left
            build(Stage(folder))
            done.touch()
    return Stage(folder)


@pytest.fixture(scope="session")
def trained(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """History up to DAY is taken in, and both models trained; no day is scored yet."""
    return built_once(tmp_path_factory, "trained", take_in_history)


def take_in_history(stage: Stage) -> None:
    write_platform(stage.folder)
    workspace = stage.open()
    run_days(workspace, days_to(DAY), jobs=HISTORY)
    entered = stage.folder / "more.csv"
    entered.write_text(f"entity_kind,entity_id,is_spam,known_at\naccount,user7,false,{DAY}\n", encoding="utf-8")
    import_file(workspace, entered, known_at=None, source="hand")
    train_domain(workspace, day=TRAINED)
    train_account(workspace, day=TRAINED)


@pytest.fixture(scope="session")
def half(trained: Stage, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The day before DAY has run."""
    return built_once(tmp_path_factory, "half", lambda stage: score_day(trained.copy(stage.folder), BEFORE))


@pytest.fixture(scope="session")
def built(half: Stage, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The day before DAY, and DAY, have run."""
    return built_once(tmp_path_factory, "built", lambda stage: score_day(half.copy(stage.folder), DAY))


def score_day(stage: Stage, day: date) -> None:
    run_days(stage.open(), [day], jobs=SCORING)


def jobs_from(name: str) -> list[Job]:
    """The daily jobs from this one on, in their order."""
    return list(dropwhile(lambda job: job.name != name, DAILY))


def versions(workspace: Workspace) -> dict[str, int]:
    """The Delta version of every table but runs, which every run adds to."""
    return {table.name: workspace.lake.version(table) for table in TABLES.values() if table.name != "runs"}


def differences(a: Workspace, b: Workspace, *, tables: Iterable[Table] = REPLACED, last: date = DAY) -> dict[str, Any]:
    """The days up to `last` on which a table of one lake has other rows than the same of the other."""
    result = {}
    for table in tables:
        one, other = (workspace.lake.read(table).where(f"`{table.day}` <= DATE'{last}'") for workspace in (a, b))
        first, second = contents(one, other, table)
        if first != second and (days := differing_days(one, other, table)):  # the hashes are of all digits
            result[table.name] = days
    return result
