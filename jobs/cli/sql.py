"""sql: tables, views and functions of the lake in Spark SQL, answers on the terminal or as JSON lines."""

import sys
from collections.abc import Iterator
from typing import Annotated

import sqlparse
import typer
from pyspark.sql import DataFrame, SparkSession

from jobs.cli.console import DEFAULT_PATH, AsJson, ConfigPath, grid_or_paragraphs, say, say_json, workspace_of
from jobs.engine.active_models import load_active_model
from jobs.engine.workspace import Workspace
from lib.lake import SCHEMA
from udfs.functions import register_account_functions, register_domain_functions, register_target_function

TERMINAL_ROWS = 1000  # of an answer; --json gives all
VIEWS = {
    "spam_domains": f"SELECT * FROM {SCHEMA}.decisions WHERE entity_kind = 'domain' AND action = 'limit_distribution' "
    "AND state IN ('new', 'kept')",
    "spam_accounts": f"SELECT * FROM {SCHEMA}.decisions WHERE entity_kind = 'account' AND action = 'suspend' "
    "AND state IN ('new', 'kept')",
    "why": f"SELECT d.day, d.entity_kind, d.entity_id, d.action, d.state, d.score, e.rank, e.sentence, e.contribution "
    f"FROM {SCHEMA}.decisions d JOIN {SCHEMA}.evidence e USING (day, entity_kind, entity_id)",
    "emerging_clusters": f"SELECT * FROM {SCHEMA}.cluster_reports WHERE emerging "
    f"AND day = (SELECT max(day) FROM {SCHEMA}.cluster_reports)",
    "queue_today": f"SELECT * FROM {SCHEMA}.review_queue WHERE day = (SELECT max(day) FROM {SCHEMA}.review_queue)",
}


def open_sql(workspace: Workspace) -> None:
    """Makes every table, view and function known to the session."""
    workspace.lake.register_all()
    for name, query in VIEWS.items():
        workspace.spark.sql(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS {query}")
    register_target_function(workspace.spark, workspace.config.targets)
    register_domain_functions(
        workspace.spark, load_active_model(workspace.activations("domain"), None, workspace.config)
    )
    register_account_functions(
        workspace.spark, load_active_model(workspace.activations("account"), None, workspace.config)
    )


def answer(spark: SparkSession, text: str, *, as_json: bool) -> None:
    """Runs each statement of `text` and shows what it returns."""
    for statement in statements(text):
        rows = spark.sql(statement)
        if as_json:
            for row in rows.toLocalIterator():
                say_json(row.asDict(recursive=True))
        elif rows.columns:
            show(rows)


def show(rows: DataFrame) -> None:
    result = rows.limit(TERMINAL_ROWS + 1).collect()
    grid_or_paragraphs("", rows.columns, [tuple(row) for row in result[:TERMINAL_ROWS]])
    if len(result) > TERMINAL_ROWS:
        say(f"the first {TERMINAL_ROWS} rows; --json gives all")


def statements(text: str) -> list[str]:
    """The statements of `text`, without those that are comments alone."""
    parts = [part.strip().rstrip("; \n\t") for part in sqlparse.split(text)]
    return [part for part in parts if sqlparse.format(part, strip_comments=True).strip("; \n\t")]


app = typer.Typer()


@app.command()
def sql(
    query: Annotated[
        str, typer.Argument(help="One query, or several separated by semicolons; none opens a shell.")
    ] = "",
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """Spark SQL over the lake, with Winnow's functions."""
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
