"""The commands that tasks run, with the day left open for Airflow to fill in. No Airflow in here.

The expressions are Jinja over what Airflow knows of a run. A run that was triggered without a logical date has no data
interval; it is for the day before.
"""

import os
from pathlib import Path
from shlex import quote

from jobs.manifest import Job

PROJECT = Path(__file__).resolve().parent.parent
DAY = "(params.day or data_interval_start | default(dag_run.run_after - macros.timedelta(days=1)) | ds)"
LAST_DAY = "(params.day or ((data_interval_end | default(dag_run.run_after)) - macros.timedelta(days=1)) | ds)"


def job_command(job: Job) -> str:
    return winnow("job", job.name, "--day", filled(DAY))


def report_command() -> str:
    return winnow("report", "--day", filled(DAY))


def train_command(model: str) -> str:
    """On the last whole day of the interval."""
    return winnow("train", model, "--day", filled(LAST_DAY)) + "{{ ' --stale' if params.stale else '' }}"


def landed(hours: int) -> str:
    """The moment so many hours after the day has ended."""
    days, hour = divmod(hours, 24)
    return f"{filled(f'macros.ds_add({DAY}, {1 + days})')}T{hour:02}:00:00+00:00"


def winnow(*words: str) -> str:
    """A command line of Winnow's own environment, which is not the one that Airflow runs in."""
    executable = os.environ.get("WINNOW_EXECUTABLE") or str(PROJECT / ".venv" / "bin" / "winnow")
    return " ".join([quote(executable), *words])


def filled(expression: str) -> str:
    return "{{ " + expression + " }}"
