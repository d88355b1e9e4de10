"""run, job, status: the daily work."""

from collections.abc import Sequence
from datetime import date
from itertools import takewhile
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.console import (
    DEFAULT_PATH,
    AsJson,
    ConfigPath,
    Day,
    as_day,
    days_between,
    grid,
    progress,
    say,
    say_json,
    workspace_of,
)
from jobs.cli.lazy import lazy_imports
from jobs.engine.history import SKIPPED, Also, Run, RunHistory, daily_days
from jobs.manifest import DAILY, JOBS, MODELS, Job

with lazy_imports():
    from jobs.engine import active_models, runner, staleness

if TYPE_CHECKING:
    from jobs.engine.staleness import Stale
    from jobs.engine.workspace import Workspace

To = Annotated[date | None, typer.Option("--to", parser=as_day, metavar="YYYY-MM-DD", help="Last day of a range.")]
Only = Annotated[str, typer.Option("--only", help="These jobs alone, separated by commas.")]
Since = Annotated[str, typer.Option("--from", help="This job and those after it: the jobs before it have ended.")]
AlsoOther = Annotated[
    list[Also], typer.Option("--also", help="With --stale: also what was made with other settings, or other code.")
]
StaleOnly = Annotated[bool, typer.Option("--stale", help="Run again whatever is stale, in order; takes no --day.")]
DayOrNone = Annotated[date | None, typer.Option("--day", parser=as_day, metavar="YYYY-MM-DD", help="The day (UTC).")]


def run(
    day: DayOrNone = None,
    to: To = None,
    only: Only = "",
    since: Since = "",
    stale: StaleOnly = False,
    also: AlsoOther = [],  # noqa: B006 - typer wants it
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """Runs the daily jobs for a day or a range of days."""
    if stale == (day is not None):
        raise typer.BadParameter("give either --day or --stale")
    if also and not stale:
        raise typer.BadParameter("--also goes with --stale: a day that is run by --day is run whatever has changed")
    workspace = workspace_of(config)
    if day is None:
        show_repaired(repair_all(workspace, also))
        return
    jobs, days = chosen(only, since=since), days_between(day, to)
    if since:
        check_ended(workspace.history, since, days)
    passes = runner.plan(jobs, days)
    with progress(passes) as step:
        show_runs(runner.run_passes(workspace, passes, on_step=step))


def job(
    name: Annotated[str, typer.Argument(help="The job; see --help of run.")],
    day: Day,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """Runs one job for one day."""
    show_runs(runner.run_passes(workspace_of(config), runner.plan(chosen(name), [day])))


def chosen(names: str, *, since: str = "") -> list[Job]:
    """The daily jobs so named, or all from `since` on, in the manifest's order."""
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    order = [job.name for job in DAILY]
    if unknown := (wanted | {since} - {""}) - set(order):
        raise typer.BadParameter(f"no such job: {', '.join(sorted(unknown))}; there are {', '.join(order)}")
    later = DAILY[order.index(since) if since else 0 :]
    return [job for job in later if not wanted or job.name in wanted]


def check_ended(history: RunHistory, since: str, days: Sequence[date]) -> None:
    """A killed run may have written rows that the run history does not know, and so never finds stale."""
    before = [job.name for job in takewhile(lambda job: job.name != since, DAILY)]
    for day in days:
        if lacking := [name for name in before if (name, day) not in history.ended]:
            raise typer.BadParameter(
                f"--from {since} goes on where the jobs before it have ended, and on {day} these have not: "
                f"{', '.join(lacking)}; run that day from {lacking[0]} on"
            )


def repair_all(workspace: "Workspace", also: Sequence[Also]) -> "list[Stale]":
    waiting = staleness.stale_runs(workspace, also)
    with progress([runner.Pass(JOBS[item.job], (item.day,)) for item in waiting]) as step:
        return staleness.repair(workspace, also=also, on_step=step)


def show_repaired(repaired: "list[Stale]") -> None:
    grid("Repaired", ("day", "job", "why"), [(s.day, s.job, "; ".join(s.reasons)) for s in repaired])
    say(f"{len(repaired)} stale runs repaired")


def show_runs(runs: list[Run]) -> None:
    """What was written, summed over a range of days."""
    by_job: dict[str, list[Run]] = {}
    for done in runs:
        by_job.setdefault(done.job, []).append(done)
    rows = []
    for name, ended in by_job.items():
        written = {t: sum(r.rows_out.get(t, 0) for r in ended) for t in JOBS[name].writes}
        stored = ", ".join(f"{t} {n}" for t, n in written.items() if n) or "no rows"
        changed = sum(bool(r.output_versions) for r in ended)
        rows.append((name, len(ended), changed, stored, f"{sum(r.seconds for r in ended):.1f}"))
    grid("Runs", ("job", "days", "changed", "rows stored", "seconds"), rows)
    show_skipped([run for run in runs if run.status == SKIPPED])


def show_skipped(runs: list[Run]) -> None:
    """Why jobs were skipped: one line per reason, however many days it holds for."""
    reasons: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        reasons.setdefault((run.job, (run.message or "").replace(f"{run.day}", "that day")), []).append(run)
    for (name, message), alike in reasons.items():
        if len(alike) == 1:
            say(f"{name} was skipped on {alike[0].day}: {alike[0].message}")
        else:
            days = [run.day for run in alike]
            say(f"{name} was skipped on {len(days)} days, {min(days)} to {max(days)}: {message}")


def status(as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH) -> None:
    """Which days ran, what failed, what is stale and why, and what was made with other settings or other code."""
    workspace = workspace_of(config)
    stale, days = staleness.stale_runs(workspace), daily_days(workspace.history)
    failed = sorted(workspace.history.failed.values(), key=lambda run: (run.day, run.job))
    others = {what.value: staleness.made_with_other(workspace, what) for what in Also}
    models = {kind: active_models.active_version(workspace.activations(kind), None) for kind in MODELS}
    if as_json:
        say_json(
            {
                "days": days,
                "stale": [{"job": s.job, "day": s.day, "reasons": s.reasons} for s in stale],
                "failed": [{"job": r.job, "day": r.day, "message": r.message} for r in failed],
                **{f"other_{what}": [{"job": j.name, "day": d} for j, d in runs] for what, runs in others.items()},
                **{f"{kind}_model": model.version if model else None for kind, model in models.items()},
            }
        )
        return
    say(f"lake {workspace.lake.root}: {len(days)} days" + (f", {days[0]} to {days[-1]}" if days else ""))
    for kind, model in models.items():
        say(f"{kind} model: {model.version if model else f'none; winnow train {kind} --day D makes one'}")
    if failed:
        grid("Failed", ("day", "job", "message"), [(r.day, r.job, r.message) for r in failed])
    for what, runs in others.items():
        if runs:
            say(made_with_other(what, runs))
    if not stale:
        say("nothing is stale")
        return
    for day, items in staleness.by_day(stale).items():
        grid(f"Stale: {day}", ("job", "why"), [(s.job, "; ".join(s.reasons)) for s in items])
    say("winnow run --stale repairs this, and what becomes stale by it")


def made_with_other(what: str, runs: "Sequence[tuple[Job, date]]") -> str:
    """How many runs, of which jobs and days: information, because their inputs are the same as when they ran."""
    jobs = ", ".join(dict.fromkeys(job.name for job, _ in runs))
    days = sorted({day for _, day in runs})
    when = f"on {days[0]}" if len(days) == 1 else f"on {len(days)} days, {days[0]} to {days[-1]}"
    return f"made with other {what} {when}: {jobs}; winnow run --stale --also {what} runs them again"
