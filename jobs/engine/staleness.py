"""Which stored days would have other rows if they were run again, and why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from jobs.engine.active_models import active_version
from jobs.engine.history import Also, Run
from jobs.engine.runner import execute
from jobs.engine.source_state import changed_sources
from jobs.engine.workspace import Workspace, code_hash
from jobs.manifest import DAILY, JOBS, Job, Reach, Span, runs_in_one_pass


@dataclass(frozen=True)
class Stale:
    """A job and a day whose inputs have changed since it ran, or, where asked for, its settings or the code."""

    job: str
    day: date
    reasons: tuple[str, ...]


def stale_runs(workspace: Workspace, also: Collection[Also] = ()) -> list[Stale]:
    """Every stale run, in the order in which `run --stale` repairs them. Runs after these may become stale in turn."""
    readers = {job.name for job in DAILY if job.reads_sources}
    read = {day: run.input_hashes for (name, day), run in workspace.history.ended.items() if name in readers}
    sources = changed_sources(workspace.config, read)
    result = []
    for job, day in runs_in_order(workspace):
        reasons = [f"source {name} has other rows" for name in sources.get(day, []) if job.reads_sources]
        reasons += changes(workspace, job, day)
        reasons += [f"made with other {what}" for what in also if differs(workspace, job, day, what)]
        if reasons:
            result.append(Stale(job.name, day, tuple(reasons)))
    return result


def differs(workspace: Workspace, job: Job, day: date, what: Also) -> bool:
    """Whether the job ran with other code, or with other settings of the sections that it is handed, than now."""
    run = workspace.history.ended[job.name, day]
    match what:
        case Also.SETTINGS:
            return run.config_hash != workspace.config.hash_of(job.settings)
        case Also.CODE:
            return run.code_hash != code_hash()


def made_with_other(workspace: Workspace, what: Also) -> list[tuple[Job, date]]:
    return [(job, day) for job, day in runs_in_order(workspace) if differs(workspace, job, day, what)]


def runs_in_order(workspace: Workspace) -> list[tuple[Job, date]]:
    """Every run of a daily job that ended: those that take ranges first, then day by day, as the runner plans them."""
    ended = [(job, day) for job in DAILY for day in workspace.history.days(job.name)]
    in_one_pass = [(job, day) for job, day in ended if runs_in_one_pass(job)]
    rest = [(job, day) for job, day in ended if not runs_in_one_pass(job)]
    return in_one_pass + sorted(rest, key=lambda item: item[1])  # a stable sort: within a day in the manifest's order


def changes(workspace: Workspace, job: Job, day: date) -> list[str]:
    """What the run read that is now different."""
    run: Run = workspace.history.ended[job.name, day]
    now = workspace.history.input_hashes(job.reads, day)
    reasons = [f"{table} {of_span(span)} changed" for table, span in job.reads.items() if changed(run, now, table)]
    if job.model:
        row = active_version(workspace.activations(job.model), day)
        if (row.version if row else None) != run.model_version:
            reasons.append(f"the active {job.model} model is {row.version if row else 'none'}, not {run.model_version}")
    return reasons


def changed(run: Run, now: dict[str, str], table: str) -> bool:
    return run.input_hashes.get(table) != now[table]


def of_span(span: Span) -> str:
    match span.reach:
        case Reach.WINDOW:
            return "of the day" if span.days == 1 else f"of its {span.days} days"
        case Reach.AS_OF:
            return "up to the day"
        case Reach.BEFORE:
            return "of earlier days"
        case Reach.PREVIOUS:
            return "of the day before"


def repair(workspace: Workspace, *, also: Collection[Also] = (), on_step: object = None) -> list[Stale]:
    """Runs again all that is stale, and what becomes stale by that, in order. Returns what was repaired."""
    first = {(stale.job, stale.day): stale for stale in stale_runs(workspace, also)}
    repaired: list[Stale] = []
    try:
        for job, day in runs_in_order(workspace):
            stale = first.get((job.name, day)) or now_stale(workspace, job, day)
            if stale is None:
                continue
            if callable(on_step):
                on_step(JOBS[stale.job], (day,))
            execute(workspace, job, [day])
            repaired.append(stale)
    finally:
        workspace.save_runs()
    return repaired


def now_stale(workspace: Workspace, job: Job, day: date) -> Stale | None:
    reasons = changes(workspace, job, day)
    return Stale(job.name, day, tuple(reasons)) if reasons else None


def by_day(stale: Sequence[Stale]) -> dict[date, list[Stale]]:
    days: dict[date, list[Stale]] = {}
    for item in stale:
        days.setdefault(item.day, []).append(item)
    return dict(sorted(days.items()))
