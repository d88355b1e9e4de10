"""why: one account or domain explained."""

from typing import Annotated

import typer

from jobs.cli.console import DEFAULT_PATH, AsJson, ConfigPath, Day, grid_or_paragraphs, say, say_json, workspace_of
from jobs.cli.sql import answer, open_sql
from jobs.engine.reads import explain, queue_rows, render_day
from lib.queue.queue_export import as_csv, as_json_lines

app = typer.Typer()


@app.command()
def why(
    kind: Annotated[str, typer.Argument(help="account or domain")],
    entity: Annotated[str, typer.Argument(help="Account id or domain.", metavar="ID")],
    day: Day,
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """Explains the score and the decision of an account or a domain."""
    if kind not in ("account", "domain"):
        raise typer.BadParameter(f"{kind!r} is neither account nor domain")
    explanation = explain(workspace_of(config), kind=kind, entity_id=entity, day=day)
    if as_json:
        say_json(explanation.as_dict())
    else:
        for line in explanation.lines():
            say(line)
