"""labels: what people say is spam."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from jobs.commands.context import HERE, ConfigPath, as_day, say
from jobs.commands.context import workspace as open_here
from jobs.import_labels import import_file

app = typer.Typer(help="What people say is spam.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="CSV, JSON lines or Parquet with entity_kind, entity_id, is_spam.")]
KnownAt = Annotated[
    date | None,
    typer.Option(
        "--known-at", parser=as_day, metavar="YYYY-MM-DD", help="For rows without known_at; else the newest day."
    ),
]
SourceName = Annotated[str, typer.Option("--source", help="For rows without source: appeal, hand, review or feed.")]


@app.callback()
def callback() -> None:
    """Keeps `import` a command of its own while it is the only one."""


@app.command("import")
def import_command(
    file: File, known_at: KnownAt = None, source: SourceName = "hand", config: ConfigPath = HERE
) -> None:
    """Takes in labels from a file. Days whose labels change go stale."""
    taken = import_file(open_here(config), file, known_at=known_at, source=source)
    say(
        f"{taken.read} rows read, {taken.kept} labels kept, {taken.duplicates} duplicates, {taken.bad} bad rows; "
        f"{taken.new} of the labels are new"
    )
    for reason, rows in taken.reasons:
        say(f"  {rows} rows: {reason}")
    if taken.new:
        say("winnow status tells which days they make stale")
