"""report: the day as one page."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.console import DEFAULT_PATH, ConfigPath, Day, say, workspace_of
from jobs.cli.queries import render_day

app = typer.Typer()


@app.command()
def report(
    day: Day,
    out: Annotated[Path | None, typer.Option("--out", help="File to write; else in the lake's folder reports.")] = None,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """Writes the day's report, one self-contained HTML page."""
    workspace = workspace_of(config)
    path = out or Path(workspace.config.resolve(f"{workspace.config.lake.path}/reports/{day}.html"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_day(workspace, day), encoding="utf-8")
    say(f"{path}")
