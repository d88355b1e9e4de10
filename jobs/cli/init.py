"""init, check: a first winnow.toml, and whether it works."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.console import DEFAULT_PATH, ConfigPath, grid, say, workspace_of
from jobs.cli.lazy import lazy_imports

with lazy_imports():
    from jobs.engine import source_state
    from lib.sources import preview

TEMPLATE = Path(__file__).parent / "winnow.toml.template"


class AlreadyThere(ValueError):
    """A file would be overwritten."""


def init(folder: Annotated[Path, typer.Argument(help="Where; it is made if it is not there.")] = Path()) -> None:
    """Writes a winnow.toml to start from."""
    path = folder / "winnow.toml"
    if path.exists():
        raise AlreadyThere(f"{path} is there already; winnow check reads it")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    say(f"{path} is written: name your sources in it, then run winnow check")


def check(config: ConfigPath = DEFAULT_PATH) -> None:
    """Reads the settings and the first rows of every source, and reports every mistake."""
    settings = workspace_of(config).config
    say(f"{config}: read; lake at {settings.lake_path}")
    sources = source_state.resolved_sources(settings)
    if not sources:
        say("no [sources.NAME] yet: nothing can be ingested")
        return
    faults = 0
    for name, source in sources.items():
        result = preview.check_source(name, source)
        faults += bool(result.problem)
        if result.columns:
            title = f"{name} -> {source.table} ({result.rows} rows read)"
            grid(title, ("column", "comes from", "missing", "for example"), result.columns)
        say(result.problem or f"{name}: good")
    if faults:
        raise typer.Exit(1)
