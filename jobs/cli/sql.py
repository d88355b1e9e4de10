"""Spark SQL over the lake: tables, views and functions, and answers on the terminal or as JSON lines."""

from collections.abc import Iterator

from pyspark.sql import DataFrame, SparkSession

from jobs.cli.console import grid_or_paragraphs, say, say_json
from jobs.engine.active_models import load_active_model
from jobs.engine.workspace import Workspace
from lib.lake import SCHEMA
from udfs.functions import register_account_functions, register_domain_functions, register_target_function

SHOWN = 1000  # rows that a terminal gets; --json gets all
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
    result = rows.limit(SHOWN + 1).collect()
    grid_or_paragraphs("", rows.columns, [tuple(row) for row in result[:SHOWN]])
    if len(result) > SHOWN:
        say(f"the first {SHOWN} rows; --json gives all")


def statements(text: str) -> Iterator[str]:
    """`text` cut at the semicolons that stand outside of quotes."""
    statement, quote, escaped = "", "", False
    for character in text:
        if quote and (escaped or character == "\\"):  # an escaped quote does not end a string
            escaped = not escaped
            statement += character
            continue
        if character == ";" and not quote:
            if statement.strip():
                yield statement
            statement = ""
            continue
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"`":
            quote = character
        statement += character
    if statement.strip():
        yield statement
