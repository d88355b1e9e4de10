"""What a command works with: settings, session, lake and history."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from pyspark.sql import Row, SparkSession

from jobs.engine.active_models import activations
from jobs.engine.history import Run, RunHistory
from lib.config import Config
from lib.conform import spark_schema
from lib.lake import Lake
from lib.session import build_session
from schemas.runs import RUNS

PACKAGES = ("schemas", "lib", "udfs", "jobs")


@dataclass
class Workspace:
    config: Config
    spark: SparkSession
    lake: Lake
    history: RunHistory
    unsaved: list[Run] = field(default_factory=list)
    activated: dict[str, list[Row]] = field(default_factory=dict)

    def activations(self, kind: str) -> list[Row]:
        """Of a kind of model; read once a command."""
        if kind not in self.activated:
            self.activated[kind] = activations(self.lake, kind)
        return self.activated[kind]

    def record(self, run: Run) -> None:
        self.history.record(run)
        self.unsaved.append(run)

    def save_runs(self) -> None:
        """Writes the runs since the last call, in one commit: a commit takes a second."""
        if self.unsaved:
            records = [tuple(asdict(run)[name] for name in RUNS.names) for run in self.unsaved]
            self.lake.append(RUNS, self.spark.createDataFrame(records, spark_schema(RUNS)))
            self.unsaved.clear()


def open_workspace(config: Config, *, overrides: Mapping[str, str] | None = None) -> Workspace:
    spark = build_session(config.spark, overrides=overrides)
    lake = Lake(spark, config.lake_path, lateness_days=config.ingest.lateness_days)
    return Workspace(config, spark, lake, RunHistory(stored_runs(lake)))


def stored_runs(lake: Lake) -> list[Run]:
    rows = lake.read(RUNS).orderBy("started_at", "run_id").collect()
    return [Run(**row.asDict()) for row in rows]


@cache
def code_hash() -> str:
    """Of the source of all packages: a run says which code made its rows."""
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def contiguous(days: list[date]) -> list[list[date]]:
    """`days` in runs of consecutive days."""
    runs: list[list[date]] = []
    for day in sorted(set(days)):
        if runs and (day - runs[-1][-1]).days == 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs
