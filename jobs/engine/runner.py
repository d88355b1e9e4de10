"""Runs jobs: reads what each names, calls it, and replaces its days in each table that it writes."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any

from pyspark.sql import DataFrame
from pyspark.util import inheritable_thread_target

from jobs.contract import Output, SkipJob
from jobs.engine.active_models import load_active_model
from jobs.engine.history import DONE, EMPTY, FAILED, SKIPPED, Run, bounds
from jobs.engine.source_state import recorded_sources, resolved_sources
from jobs.engine.workspace import Workspace, code_hash, contiguous
from jobs.manifest import DAILY, PREVIOUS, Job, Span, runs_in_one_pass
from lib.conform import spark_schema
from lib.lake import Written
from schemas.catalog import TABLES

WRITERS = 2  # tables of a job that are written at once: most of a small write is planning, in one thread

Step = Callable[[Job, Sequence[date]], None]


@dataclass(frozen=True)
class Pass:
    """One call of one job, for one day or for a range of them."""

    job: Job
    days: tuple[date, ...]


def plan(jobs: Sequence[Job], days: Sequence[date]) -> list[Pass]:
    """Jobs that run in one pass first, each over all days; then the rest, day by day, in the manifest's order."""
    ranges = [Pass(job, tuple(run)) for job in jobs if runs_in_one_pass(job) for run in contiguous(list(days))]
    return ranges + [Pass(job, (day,)) for day in sorted(days) for job in jobs if not runs_in_one_pass(job)]


def run_passes(workspace: Workspace, passes: Sequence[Pass], *, on_step: Step = lambda job, days: None) -> list[Run]:
    """Executes `passes` in order and returns their runs. A failing job stops the rest; its error is raised."""
    runs: list[Run] = []
    last_days: tuple[date, ...] = ()
    try:
        for step in passes:
            if step.days != last_days:
                workspace.save_runs()
            last_days = step.days
            on_step(step.job, step.days)
            runs += execute(workspace, step.job, list(step.days))
    finally:
        workspace.save_runs()
    return runs


def run_days(workspace: Workspace, days: Sequence[date], *, jobs: Sequence[Job] = DAILY, **options: Any) -> list[Run]:
    return run_passes(workspace, plan(jobs, days), **options)


def execute(workspace: Workspace, job: Job, days: list[date], **given: DataFrame) -> list[Run]:
    """Runs `job` for `days`, in one pass and one commit per table. Its error is recorded before it is raised.

    `given` are rows that a command hands to its job, in addition to the tables.
    """
    started = datetime.now(UTC)
    try:
        model = load_active_model(workspace.activations(job.model), days[-1], workspace.config) if job.model else None
        versions = {name: workspace.lake.version(TABLES[name]) for name in job.reads}
        output, skipped = call(workspace, job, days, model, given)
        try:
            written = write(workspace, job, days, output)
        finally:
            output.release()
    except Exception as error:
        for day in days:
            workspace.record(bare_run(workspace, job, day, started, len(days), FAILED, summary(error)))
        raise
    finished = Finished(job, days, started, output, written, versions, skipped, getattr(model, "version", None))
    return record(workspace, finished)


def call(
    workspace: Workspace, job: Job, days: list[date], model: Any, given: dict[str, DataFrame]
) -> tuple[Output, str | None]:
    """What the job returns, and why it was skipped, if it was."""
    arguments: dict[str, Any] = {"model": model} if job.model else {}
    try:
        result = result_of(workspace, job, days, given, **arguments)
    except SkipJob as reason:
        return Output({name: nothing(workspace, name) for name in job.writes}), str(reason)
    return as_output(job, result), None


def build_rows(workspace: Workspace, job: Job, days: list[date], **given: DataFrame) -> DataFrame:
    """The rows of the one table that `job` writes on `days`, which need not be consecutive; nothing is written.

    Tables that are `given` take the place of the stored ones.
    """
    rows: DataFrame = result_of(workspace, job, days, given)
    return rows


def result_of(
    workspace: Workspace, job: Job, days: list[date], given: Mapping[str, DataFrame], **arguments: Any
) -> Any:
    """Calls the function of the job with its tables, its days and its settings."""
    function = getattr(import_module(f"jobs.{job.name}"), job.name)
    stored = {name: span_of(workspace, name, span, days) for name, span in job.reads.items() if name not in given}
    when: dict[str, Any] = {"days": days} if job.range else {"day": days[0]}
    return function(**stored, **given, **when, **sections(workspace, job), **arguments)


def span_of(workspace: Workspace, name: str, span: Span, days: list[date]) -> DataFrame:
    """The rows of `span` for a job of `days`: for several, from the first one's first day to the last one's last."""
    if span == PREVIOUS:
        previous = workspace.history.previous_day(name, days[0])
        if previous is None:
            return nothing(workspace, name)
        return workspace.lake.read_days(TABLES[name], first=previous, last=previous)
    first, last = bounds(span, days[0], days[-1])
    return workspace.lake.read_days(TABLES[name], first=first, last=last)


def nothing(workspace: Workspace, name: str) -> DataFrame:
    return workspace.spark.createDataFrame([], spark_schema(TABLES[name]))


def sections(workspace: Workspace, job: Job) -> dict[str, Any]:
    chosen = {name: getattr(workspace.config, name) for name in job.settings}
    return chosen | ({"sources": resolved_sources(workspace.config)} if job.reads_sources else {})


def as_output(job: Job, result: Any) -> Output:
    if isinstance(result, Output):
        return result
    return Output(result if isinstance(result, dict) else {job.writes[0]: result})


def write(workspace: Workspace, job: Job, days: list[date], output: Output) -> dict[str, Written]:
    if unknown := output.tables.keys() ^ set(job.writes):
        raise ValueError(f"{job.name} writes {job.writes}, but its rows are of other tables: {sorted(unknown)}")
    metadata = {
        "job": job.name,
        "days": [str(days[0]), str(days[-1])],
        "config": workspace.config.hash_of(job.settings),
        "code": code_hash(),
    }

    def write_one(name: str) -> Written:
        table, rows = TABLES[name], output.tables[name]
        return workspace.lake.write_days(table, rows, days, metadata, in_memory=name in output.in_memory)

    in_spark = inheritable_thread_target(workspace.spark)(write_one)
    with ThreadPoolExecutor(WRITERS) as threads:
        return dict(zip(job.writes, threads.map(in_spark, job.writes), strict=True))


@dataclass(frozen=True)
class Finished:
    """What a pass came to, before it is split into one run per day."""

    job: Job
    days: list[date]
    started: datetime
    output: Output
    written: dict[str, Written]
    versions: dict[str, int]
    skipped: str | None  # why
    model_version: str | None


def record(workspace: Workspace, done: Finished) -> list[Run]:
    """One run per day. Inputs are hashed last: a range reads its own earlier days."""
    contents = [content_of(done, day) for day in done.days]
    status = SKIPPED if done.skipped else DONE
    sources = recorded_sources(workspace.config, done.days) if done.job.reads_sources else {}
    runs = []
    for day, (hashes, rows) in zip(done.days, contents, strict=True):
        run = bare_run(workspace, done.job, day, done.started, len(done.days), status, done.skipped)
        run = replace(run, model_version=done.model_version)
        run.input_hashes.update(sources.get(day, {}))
        run.input_hashes.update(workspace.history.input_hashes(done.job.reads, day))
        run.input_versions.update(done.versions)
        run.output_hashes.update(hashes)
        run.output_versions.update({n: w.version for n, w in done.written.items() if w.version and day in w.changed})
        run.rows_out.update(rows)
        run.counts.update(done.output.counts.get(day, {}))
        workspace.record(run)
        runs.append(run)
    return runs


def content_of(done: Finished, day: date) -> tuple[dict[str, str], dict[str, int]]:
    """Hashes and numbers of the stored rows of `day`, by table; a table read by another day has one hash for each."""
    hashes: dict[str, str] = {}
    rows: dict[str, int] = {}
    for name, written in done.written.items():
        of_day = {read: c for (write_day, read), c in written.contents.items() if write_day == day}
        rows[name] = sum(c.rows for c in of_day.values())
        if TABLES[name].event_day:
            hashes |= {f"{name}@{day}": EMPTY} | {f"{name}@{read}": c.hash for read, c in of_day.items()}
        else:
            hashes[name] = of_day[day].hash if day in of_day else EMPTY
    return hashes, rows


def bare_run(
    workspace: Workspace, job: Job, day: date, started: datetime, shared_by: int, status: str, message: str | None
) -> Run:
    return Run(
        run_id=uuid.uuid4().hex,
        job=job.name,
        day=day,
        status=status,
        message=message,
        started_at=started,
        seconds=(datetime.now(UTC) - started).total_seconds() / shared_by,
        config_hash=workspace.config.hash_of(job.settings),
        code_hash=code_hash(),
    )


def summary(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:2000]
