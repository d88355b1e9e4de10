"""queue: what reviewers are asked to look at."""

import sys
from typing import Annotated

import typer

from jobs.cli.console import (
    DEFAULT_PATH,
    AsJson,
    ConfigPath,
    Day,
    Out,
    grid_or_paragraphs,
    say,
    say_json,
    workspace_of,
)
from jobs.cli.lazy import lazy_imports

with lazy_imports():
    from jobs.engine import reads
    from lib.queue import queue_export

app = typer.Typer(help="The review queue.", no_args_is_help=True)
Format = Annotated[str, typer.Option("--format", help="jsonl or csv; formulas in CSV cells are made harmless.")]
COLUMNS = ("rank", "purpose", "entity_kind", "entity_id", "score", "exposure", "accounts")


@app.command("list")
def list_queue(day: Day, as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH) -> None:
    """The day's queue, most urgent first."""
    items = reads.queue_items(workspace_of(config), day)
    if as_json:
        say_json(items)
    elif not items:
        say(f"the queue of {day} is empty: every entity is decided, or was asked recently")
    else:
        rows = [(*(item[name] for name in COLUMNS), "\n".join(item["sentences"])) for item in items]
        grid_or_paragraphs(f"Queue of {day}", (*COLUMNS, "because"), rows)


@app.command("export")
def export_queue(day: Day, form: Format = "jsonl", out: Out = None, config: ConfigPath = DEFAULT_PATH) -> None:
    """The day's queue as JSON lines or CSV."""
    if form not in ("jsonl", "csv"):
        raise typer.BadParameter(f"{form!r} is neither jsonl nor csv")
    items = reads.queue_items(workspace_of(config), day)
    text = queue_export.as_csv(items) if form == "csv" else queue_export.as_json_lines(items)
    if out:
        out.write_text(text, encoding="utf-8", newline="")
    else:
        sys.stdout.write(text)
