"""What all schedules and tasks share, and what a deployment may set in the environment of Airflow.

WINNOW_EXECUTABLE     the `winnow` to run; else the one in the project's .venv
WINNOW_CONFIG         the winnow.toml, which `winnow` itself looks up there
WINNOW_ACTIVE_TASKS   tasks of a run that may run at once; else 1
WINNOW_POOL           the pool of all tasks; else Airflow's default_pool
WINNOW_LANDING_HOURS  hours after the day's end by which its data has landed; else 3
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Param

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
