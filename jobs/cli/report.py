"""report: the day's page."""

from pathlib import Path

from jobs.cli.console import DEFAULT_PATH, ConfigPath, Day, Out, say, workspace_of
from jobs.cli.lazy import lazy_imports

with lazy_imports():
    from jobs.engine import reads


def report(day: Day, out: Out = None, config: ConfigPath = DEFAULT_PATH) -> None:
    """Writes the day's report, one self-contained HTML page."""
    workspace = workspace_of(config)
    path = out or Path(workspace.config.resolve(f"{workspace.config.lake.path}/reports/{day}.html"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(reads.report_page(workspace, day), encoding="utf-8")
    say(f"{path}")
