"""init, check: from nothing to a working set of settings."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.console import DEFAULT_PATH, ConfigPath, grid, say, settings, workspace_of
from jobs.engine.source_state import resolved_sources
from lib.sources.preview import check_source

app = typer.Typer()
TEMPLATE = Path(__file__).parent / "winnow.toml.template"


class AlreadyThere(ValueError):
    """A file would be overwritten."""


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where; it is made if it is not there.")] = Path()) -> None:
    """Writes a winnow.toml to start from."""
    path = folder / "winnow.toml"
    if path.exists():
        raise AlreadyThere(f"{path} is there already; winnow check reads it")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    say(f"{path} is written: name your sources in it, then run winnow check")


@app.command()
def check(config: ConfigPath = DEFAULT_PATH) -> None:
    """Reads the settings and the beginning of every source, and says what is wrong with them."""
    read = settings(config)
    workspace_of(config)
    say(f"{config}: read; lake at {read.lake_path}")
    sources = resolved_sources(read)
    if not sources:
        say("no [sources.NAME] yet: nothing can be ingested")
        return
    faults = 0
    for name, source in sources.items():
        result = check_source(name, source)
        faults += bool(result.problem)
        if result.columns:
            title = f"{name} -> {source.table} ({result.rows} rows looked at)"
            grid(title, ("column", "comes from", "missing", "such as"), result.columns)
        say(result.problem or f"{name}: good")
    if faults:
        raise typer.Exit(1)
