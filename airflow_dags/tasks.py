"""A task is a command of Winnow: its output is the task's log, and its exit code says whether the task succeeded."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import Asset, Param


def command_task(
    name: str, command: str, *, about: str, reads: Iterable[str] = (), writes: Iterable[str] = ()
) -> BashOperator:
    """A task that runs `command` in a folder of its own; the tables that it reads and writes are assets."""
    return BashOperator(
        task_id=name,
        bash_command=command,
        append_env=True,
        env={"COLUMNS": "160"},  # of a log's lines; without a terminal Winnow would fold its tables at 80
        skip_on_exit_code=None,
        do_xcom_push=False,
        doc_md=about,
        inlets=[table_asset(table) for table in reads],
        outlets=[table_asset(table) for table in writes],
    )


def table_asset(table: str) -> Asset:
    """A table of the lake, wherever that lies."""
    return Asset(name=f"winnow.{table}", uri=f"x-winnow://{table}")


# Each task is a Spark driver with the memory and all the cores that winnow.toml gives it; and on a local disk (or S3
# without a lock) Delta does not keep two drivers from committing the same version of a table, such as `runs`.
ACTIVE_TASKS = int(os.environ.get("WINNOW_ACTIVE_TASKS") or 1)
LANDING_HOURS = int(os.environ.get("WINNOW_LANDING_HOURS") or 3)

TASKS: dict[str, Any] = {
    "owner": "winnow",
    "pool": os.environ.get("WINNOW_POOL") or "default_pool",  # one place in it keeps all runs of all schedules apart
    "retries": 2,  # for what passes, such as another run of the same day; a mistake is reported after 20 minutes
    "retry_delay": timedelta(minutes=5),
    "retry_exponential_backoff": 3.0,  # 5 minutes, then 15
    "max_retry_delay": timedelta(hours=1),
    "execution_timeout": timedelta(hours=6),  # what hangs must not hold up the days to come for ever
}

SCHEDULE: dict[str, Any] = {
    "start_date": datetime(2001, 1, 1, tzinfo=UTC),  # a backfill goes back no further
    "catchup": False,
    "max_active_runs": 1,  # a day builds on the day before; backfills have a limit of their own, see daily.py
    "max_active_tasks": ACTIVE_TASKS,
    "default_args": TASKS,
}

DAY_PARAM = Param(
    None,
    type=["null", "string"],
    format="date",
    pattern=r"^\d{4}-\d{2}-\d{2}$",  # it becomes part of a command line
    description="The day to run for, such as 2026-03-10; left empty, that of the run's data interval.",
)
