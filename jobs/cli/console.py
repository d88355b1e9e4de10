"""What all commands share: their common options, the workspace, progress, and how answers are shown."""

import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

from jobs.cli.lazy import lazy_imports
from jobs.manifest import Job

with lazy_imports():
    from jobs.engine import workspace as workspaces
    from lib import config as configuration

if TYPE_CHECKING:
    from jobs.engine.runner import Pass, Step
    from jobs.engine.workspace import Workspace
    from lib.config import Config

DEFAULT_CONFIG = "winnow.toml"
console = Console(highlight=False)


def as_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day such as 2026-03-10") from None


ConfigPath = Annotated[
    Path, typer.Option("--config", envvar="WINNOW_CONFIG", help="The settings.", show_default=DEFAULT_CONFIG)
]
Day = Annotated[date, typer.Option("--day", parser=as_day, metavar="YYYY-MM-DD", help="The day (UTC).")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs to read.")]
DEFAULT_PATH = Path(DEFAULT_CONFIG)
Out = Annotated[Path | None, typer.Option("--out", help="File to write; else standard output.")]
opened: "dict[Path, Workspace]" = {}


def workspace_of(path: Path) -> "Workspace":
    """The workspace of the settings in `path`; commands of one process share it."""
    key = path.absolute()
    if key not in opened:
        quiet_tensorflow()
        opened[key] = workspaces.open_workspace(configuration.load_config(path))
    return opened[key]


def settings_or_defaults(path: Path) -> "Config":
    """For commands that need no lake: the defaults, where no file was named and there is none in this folder."""
    is_absent = path == DEFAULT_PATH and not path.exists()
    return configuration.Config() if is_absent else configuration.load_config(path)


def quiet_tensorflow() -> None:
    """Before it is loaded: it writes a page of messages."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of every further model in a process


def days_between(first: date, last: date | None) -> list[date]:
    end = last or first
    if end < first:
        raise typer.BadParameter(f"--to {end} is before --day {first}")
    return [first + timedelta(days=n) for n in range((end - first).days + 1)]


@contextmanager
def progress(passes: "Sequence[Pass]") -> "Iterator[Step]":
    """A bar over `passes` on a terminal; elsewhere a line per pass."""
    columns = (TextColumn("{task.description:<48}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=len(passes))
        done = 0

        def step(job: Job, days: Sequence[date]) -> None:
            nonlocal done
            label = f"{span(days)} {job.name}"
            total = max(len(passes), done + 1)  # repairing goes on to what becomes stale by it
            bar.update(task, description=label, completed=done, total=total)
            if not console.is_terminal:
                say(f"[{done + 1}/{total}] {label}")
            done += 1

        yield step


def span(days: Sequence[date]) -> str:
    return str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"


def say(text: str) -> None:
    """A line as it is: where it is long, the terminal breaks it, so that what is copied from it is whole."""
    console.print(text, markup=False, soft_wrap=True)


def say_json(value: Any) -> None:
    typer.echo(json.dumps(value, default=str, ensure_ascii=False))


def grid(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on the terminal; users' text is shown as it is, not as markup."""
    console.print(table_of(title, columns, rows))


def grid_or_paragraphs(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table where the terminal is wide enough for it, else a paragraph per row, of names and values."""
    table = table_of(title, columns, rows)
    if Measurement.get(console, console.options.update(width=sys.maxsize), table).maximum <= console.width:
        console.print(table)
        return
    if title:
        console.print(title, style="italic")
    for row in rows:
        paragraph = Grid.grid(padding=(0, 2))
        paragraph.add_column(style="dim", no_wrap=True)
        paragraph.add_column(overflow="fold")
        for column, value in zip(columns, row, strict=True):
            if value not in (None, ""):
                paragraph.add_row(column, plain(value))
        console.print(paragraph, "")


def table_of(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Grid:
    table = Grid(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(plain(value) for value in row))
    return table


def plain(value: object) -> str:
    """Text that cannot steer a terminal: no markup, no control characters."""
    text = f"{value:.3f}" if isinstance(value, float) else "" if value is None else str(value)
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text).replace("[", "\\[")
