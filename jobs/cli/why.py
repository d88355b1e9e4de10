"""why, report, queue, sql: looking at the results."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.console import DEFAULT_PATH, AsJson, ConfigPath, Day, grid_or_paragraphs, say, say_json, workspace_of
from jobs.cli.queries import explain, queue_rows, render_day
from jobs.cli.sql import answer, open_sql
from lib.queue.queue_export import as_csv, as_json_lines

queue = typer.Typer(help="What reviewers are asked to look at.", no_args_is_help=True)
Kind = Annotated[str, typer.Argument(help="account or domain")]
Entity = Annotated[str, typer.Argument(help="Account id or domain.", metavar="ID")]
Out = Annotated[Path | None, typer.Option("--out", help="File to write; else standard output.")]


def why(kind: Kind, entity: Entity, day: Day, as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH) -> None:
    """What led to the score of an account or a domain, in words."""
    if kind not in ("account", "domain"):
        raise typer.BadParameter(f"{kind!r} is neither account nor domain")
    told = explain(workspace_of(config), kind=kind, entity_id=entity, day=day)
    if as_json:
        say_json(told.as_dict())
    else:
        for line in told.lines():
            say(line)


def report(day: Day, out: Out = None, config: ConfigPath = DEFAULT_PATH) -> None:
    """Writes the day's report, one HTML page without any link to the network."""
    workspace = workspace_of(config)
    path = out or Path(workspace.config.resolve(f"{workspace.config.lake.path}/reports/{day}.html"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_day(workspace, day), encoding="utf-8")
    say(f"{path}")


@queue.command("list")
def list_queue(day: Day, as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH) -> None:
    """The day's queue, best first."""
    rows = queue_rows(workspace_of(config), day)
    if as_json:
        say_json(rows)
        return
    if not rows:
        say(f"nothing is queued for {day}: what there is stands decided, or was asked lately")
        return
    columns = ("rank", "purpose", "entity_kind", "entity_id", "score", "exposure", "accounts")
    drawn = [(*(row[c] for c in columns), "\n".join(row["sentences"])) for row in rows]
    grid_or_paragraphs(f"Queue of {day}", (*columns, "because"), drawn)


@queue.command("export")
def export_queue(
    day: Day,
    form: Annotated[
        str, typer.Option("--format", help="jsonl or csv; formulas in CSV cells are made harmless.")
    ] = "jsonl",
    out: Out = None,
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


def sql(
    query: Annotated[
        str, typer.Argument(help="One query, or several separated by semicolons; none opens a shell.")
    ] = "",
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """Spark SQL over the lake, with winnow's functions."""
    workspace = workspace_of(config)
    open_sql(workspace)
    if query:
        answer(workspace.spark, query, as_json=as_json)
        return
    say("Spark SQL; tables are winnow.NAME; end a statement with ; and leave with Ctrl-D")
    pending = ""
    for line in iter_lines():
        pending += line
        if pending.rstrip().endswith(";"):
            try:
                answer(workspace.spark, pending, as_json=as_json)
            except Exception as error:  # a shell goes on after a mistake
                say(str(error).split("\n\n")[0])
            pending = ""


def iter_lines() -> Iterator[str]:
    """Lines of standard input, prompted for on a terminal."""
    while True:
        try:
            yield (input("winnow> ") if sys.stdin.isatty() else input()) + "\n"
        except EOFError:
            return
