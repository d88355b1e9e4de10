"""What the benchmarks of jobs stand on: a lake and its session, and a process beside it for those to compare with."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing import get_context
from os import getpid
from pathlib import Path
from typing import Any, TypeVar

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.engine.runner import execute
from jobs.engine.workspace import Workspace, open_workspace
from jobs.manifest import JOBS
from lib.config import read_config
from lib.conform import conform
from schemas.catalog import TABLES
from schemas.table import Table
from tests.benchmarks.memory import peak
from tests.support.builders import zero

T = TypeVar("T")
DAY = date(2026, 3, 28)
FIRST = DAY - timedelta(days=27)  # of the window of four weeks
ROWS_A_PARTITION = 1_000_000  # of a shuffle


@dataclass(frozen=True)
class Ground:
    """A lake under `folder`, and a process that stays warm from one call to the next."""

    folder: Path
    workspace: Workspace
    pool: Executor

    def alone(self, work: Callable[..., T], *given: Any) -> T:
        return self.pool.submit(work, *given).result()

    def lay(self, table: Table, rows: DataFrame) -> None:
        """Adds rows to a table as a job would have left them, without its checks."""
        self.workspace.lake.ensure(table)
        writer = conform(rows, table).write.format("delta").mode("append")
        writer.save(self.workspace.lake.path(table))

    def run(self, name: str) -> None:
        """The job, as `winnow run` runs it: checks, hashes and commits included."""
        execute(self.workspace, JOBS[name], [DAY])

    def clear(self, *names: str) -> None:
        """Takes the day out of what these jobs write, so that they write it anew."""
        for table in (TABLES[table] for name in names for table in JOBS[name].writes):
            self.workspace.lake.ensure(table)
            DeltaTable.forPath(self.workspace.spark, self.workspace.lake.path(table)).delete(
                f"{table.day} = DATE'{DAY}'"
            )

    def files(self, table: Table) -> list[str]:
        """The Parquet files of a table."""
        return sorted(
            path.removeprefix("file://").removeprefix("file:") for path in self.workspace.lake.read(table).inputFiles()
        )

    def peak_of(self, work: Callable[[], object]) -> float:
        """GB of this process and Spark's while it works; the process beside does not count."""
        with peak(without=frozenset({self.alone(getpid)})) as result:
            work()
        return result.gigabytes


@contextmanager
def ground(folder: Path, *, rows: int, memory: str = "6g", **sections: Mapping[str, Any]) -> Iterator[Ground]:
    """A session for so many rows, with the settings of a user beside."""
    partitions = min(64, max(4, rows // ROWS_A_PARTITION))
    spark = {"driver_memory": memory, "shuffle_partitions": partitions}
    config = read_config({"spark": spark, **sections}, path=folder / "winnow.toml")
    workspace = open_workspace(config)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield Ground(folder, workspace, pool)
    workspace.spark.stop()


def columns_of(table: Table, told: dict[str, Column]) -> list[Column]:
    """All columns of a table; those that are not told are null, or what is nothing in their type."""
    columns = []
    for column in table.columns:
        nothing = F.lit(None) if column.nullable else F.lit(zero(column.type))
        columns.append(told.get(column.name, nothing).cast(column.type).alias(column.name))
    return columns
