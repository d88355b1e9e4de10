"""queue: what reviewers are asked."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.console import DEFAULT_PATH, AsJson, ConfigPath, Day, grid_or_paragraphs, say, say_json, workspace_of
from jobs.cli.queries import queue_rows
from lib.queue.queue_export import as_csv, as_json_lines

app = typer.Typer(help="The review queue.", no_args_is_help=True)


@app.command("list")
def list_queue(day: Day, as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH) -> None:
    """The day's queue, most urgent first."""
    rows = queue_rows(workspace_of(config), day)
    if as_json:
        say_json(rows)
        return
    if not rows:
        say(f"the queue of {day} is empty: every entity is decided, or was asked recently")
        return
    columns = ("rank", "purpose", "entity_kind", "entity_id", "score", "exposure", "accounts")
    cells = [(*(row[c] for c in columns), "\n".join(row["sentences"])) for row in rows]
    grid_or_paragraphs(f"Queue of {day}", (*columns, "because"), cells)


@app.command("export")
def export_queue(
    day: Day,
    form: Annotated[
        str, typer.Option("--format", help="jsonl or csv; formulas in CSV cells are made harmless.")
    ] = "jsonl",
    out: Annotated[Path | None, typer.Option("--out", help="File to write; else standard output.")] = None,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """The day's queue as JSON lines or CSV."""
    if form not in ("jsonl", "csv"):
        raise typer.BadParameter(f"{form!r} is neither jsonl nor csv")
    rows = queue_rows(workspace_of(config), day)
    text = as_csv(rows) if form == "csv" else as_json_lines(rows)
    if out:
        out.write_text(text, encoding="utf-8", newline="")
    else:
        sys.stdout.write(text)
