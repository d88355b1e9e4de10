"""A task is a command of Winnow: its output is the task's log, and its exit code says whether the task succeeded."""

from collections.abc import Iterable

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import Asset


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
