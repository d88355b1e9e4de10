"""What the schedules promise. `make test` runs this with the Python of .venv-airflow; there is no Airflow elsewhere."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_dags.commands import landed
from jobs.manifest import DAILY, MODELS, upstream

pytestmark = pytest.mark.skipif(find_spec("airflow") is None, reason="`make test` runs these in .venv-airflow")

GOLDEN = Path(__file__).with_name("commands.txt")
SCHEDULES = ("daily", "training")
NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)  # a Wednesday
YESTERDAY = date(2026, 3, 10)
Dags = Mapping[str, Any]


def of_run(dag: Any, **params: Any) -> dict[str, Any]:
    """What Airflow knows of the run for the data interval that ended last before NOW."""
    from airflow.serialization.encoders import coerce_to_core_timetable  # noqa: PLC0415

    interval = coerce_to_core_timetable(dag.timetable).infer_manual_data_interval(run_after=instance(NOW))
    return {**of_trigger(dag, **params), "data_interval_start": interval.start, "data_interval_end": interval.end}


def of_trigger(dag: Any, **params: Any) -> dict[str, Any]:
    """What Airflow knows of a run that somebody triggers NOW without a logical date."""
    from airflow.sdk.execution_time import macros  # noqa: PLC0415

    return {"params": {**dag.params.dump(), **params}, "macros": macros, "dag_run": SimpleNamespace(run_after=NOW)}


def instance(moment: datetime) -> Any:
    import pendulum  # noqa: PLC0415

    return pendulum.instance(moment)


def rendered(task: Any, context: Mapping[str, Any], field: str = "bash_command") -> str:
    copied = task.prepare_for_execution()
    copied.render_template_fields(context)
    return str(getattr(copied, field))


def commands(dag: Any, context: Mapping[str, Any]) -> list[str]:
    return [f"{dag.dag_id}: {rendered(task, context)}" for task in in_order(dag) if hasattr(task, "bash_command")]


def in_order(dag: Any) -> list[Any]:
    """The tasks in the order in which they were declared, which is the manifest's."""
    return list(dag.task_dict.values())


def test_schedules_are_all_there(dags: Dags) -> None:
    assert sorted(dags) == sorted(SCHEDULES)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_has_one_active_run_and_does_not_catch_up(dags: Dags, name: str) -> None:
    dag = dags[name]
    assert (dag.max_active_runs, dag.max_active_tasks, dag.catchup) == (1, 1, False)
    assert dag.start_date <= datetime(2001, 6, 25, tzinfo=UTC)  # where the mail example begins
    assert dag.tags == {"winnow", name}
    assert dag.doc_md


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_task_has_an_owner_and_retries_with_growing_delays(dags: Dags, name: str) -> None:
    for task in dags[name].tasks:
        assert (task.owner, task.retries, task.retry_delay) == ("winnow", 2, timedelta(minutes=5)), task.task_id
        assert task.retry_exponential_backoff > 1
        assert task.execution_timeout
        assert task.doc_md


def test_the_commands_of_a_run_are_these(dags: Dags) -> None:
    """A new job adds a line to commands.txt."""
    made = [line for name in SCHEDULES for line in commands(dags[name], of_run(dags[name]))]
    assert made == GOLDEN.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_run_without_a_data_interval_is_for_the_day_before(dags: Dags, name: str) -> None:
    result = commands(dags[name], of_trigger(dags[name]))
    assert all(line.endswith(f"--day {YESTERDAY}") for line in result)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_day_that_is_asked_for_is_the_day(dags: Dags, name: str) -> None:
    result = commands(dags[name], of_run(dags[name], day="2002-09-22"))
    assert all(line.endswith("--day 2002-09-22") for line in result)


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "2026-03-10; true", "$(true)", 20260310])
def test_what_is_no_day_is_refused(dags: Dags, day: Any) -> None:
    with pytest.raises(ValueError, match=r"is not (a|of type|valid)|does not match"):
        dags["daily"].params.get_param("day").resolve(day)


def test_training_goes_over_later_scores_only_when_it_is_told_to(dags: Dags) -> None:
    dag = dags["training"]
    told = commands(dag, of_run(dag, stale=True))
    assert [line.endswith(" --stale") for line in told] == [True] * len(MODELS)


def test_edges_are_the_reads_and_writes_of_the_same_day(dags: Dags) -> None:
    edges = {(task.task_id, below) for task in dags["daily"].tasks for below in task.downstream_task_ids}
    names = {job.name for job in DAILY}
    expected = {
        (writer.name, reader.name)
        for writer in DAILY
        for reader in DAILY
        if any(table in writer.writes for table, span in reader.reads.items() if span.includes_the_day)
    }
    assert {edge for edge in edges if set(edge) <= names} == expected


def test_the_first_jobs_wait_for_the_data_and_the_report_for_the_last(dags: Dags) -> None:
    dag = dags["daily"]
    assert all(dag.get_task(job.name).upstream_task_ids for job in DAILY)
    first = {job.name for job in DAILY if not upstream(job)}
    assert dag.get_task("wait_for_data").downstream_task_ids == first
    assert dag.get_task("report").get_flat_relative_ids(upstream=True) == set(dag.task_ids) - {"report"}


def test_the_data_of_a_day_has_three_hours_to_land(dags: Dags) -> None:
    dag = dags["daily"]
    task = dag.get_task("wait_for_data")
    assert task.mode == "reschedule"
    landed = datetime.fromisoformat(rendered(task, of_run(dag), "target_time"))
    assert landed == datetime(2026, 3, 11, 3, tzinfo=UTC)


def test_data_may_take_more_than_a_day_to_land(dags: Dags) -> None:
    dag = dags["daily"]
    task = dag.get_task("wait_for_data").prepare_for_execution()
    task.target_time = landed(50)
    assert datetime.fromisoformat(rendered(task, of_run(dag), "target_time")) == datetime(2026, 3, 13, 2, tzinfo=UTC)


def test_tables_are_assets(dags: Dags) -> None:
    for job in DAILY:
        task = dags["daily"].get_task(job.name)
        assert [asset.name for asset in task.outlets] == [f"winnow.{table}" for table in job.writes]
        assert [asset.name for asset in task.inlets] == [f"winnow.{table}" for table in job.reads]


def test_models_are_trained_in_order(dags: Dags) -> None:
    tasks = in_order(dags["training"])
    assert [task.task_id for task in tasks] == [f"train_{model}" for model in MODELS]
    for earlier, later in pairwise(tasks):
        assert later.upstream_task_ids == {earlier.task_id}
