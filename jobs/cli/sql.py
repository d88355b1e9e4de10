"""sql: Spark SQL over the lake with its tables, views and functions; answers on the terminal or as JSON lines."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from sqlparse import tokens
from sqlparse.engine import StatementSplitter
from sqlparse.keywords import SQL_REGEX
from sqlparse.lexer import Lexer
from sqlparse.sql import Statement, Token

from jobs.cli.console import DEFAULT_PATH, AsJson, ConfigPath, grid_or_paragraphs, say, say_json, workspace_of
from jobs.cli.lazy import lazy_imports

with lazy_imports():
    from jobs.engine import active_models
    from lib import lake
    from udfs import functions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from jobs.engine.workspace import Workspace

Query = Annotated[str, typer.Argument(help="One query, or several separated by semicolons; none opens a shell.")]
STRINGS = [
    (r"r'[^']*'|r\"[^\"]*\"", tokens.String.Single),  # raw: a backslash is a backslash
    (r"'(\\[\s\S]|[^'\\])*'|\"(\\[\s\S]|[^\"\\])*\"", tokens.String.Single),
]
MOST_ROWS = 1000  # that a terminal gets; --json gets all


def sql(query: Query = "", as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH) -> None:
    """Spark SQL over the lake, with Winnow's functions."""
    workspace = workspace_of(config)
    open_sql(workspace)
    if query:
        answer(workspace.spark, query, as_json=as_json)
        return
    say("Spark SQL; tables are winnow.NAME; end a statement with ; and leave with Ctrl-D")
    pending = ""
    for line in input_lines():
        pending += line
        if is_complete(pending):
            try:
                answer(workspace.spark, pending, as_json=as_json)
            except Exception as error:  # a shell goes on after a mistake
                say(str(error).split("\n\n")[0])
            pending = ""


def open_sql(workspace: "Workspace") -> None:
    """Makes every table, view and function known to the session."""
    workspace.lake.register_all()
    for name, query in views(lake.SCHEMA).items():
        workspace.spark.sql(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS {query}")
    domain, account = (
        active_models.load_active_model(workspace.activations(kind), None, workspace.config)
        for kind in ("domain", "account")
    )
    functions.register_target_function(workspace.spark, workspace.config.targets)
    functions.register_domain_functions(workspace.spark, domain)
    functions.register_account_functions(workspace.spark, account)


def views(schema: str) -> dict[str, str]:
    acted = f"SELECT * FROM {schema}.decisions WHERE state IN ('new', 'kept')"
    newest = f"(SELECT max(day) FROM {schema}.%s)"
    return {
        "spam_domains": f"{acted} AND entity_kind = 'domain' AND action = 'limit_distribution'",
        "spam_accounts": f"{acted} AND entity_kind = 'account' AND action = 'suspend'",
        "why": "SELECT d.day, d.entity_kind, d.entity_id, d.action, d.state, d.score, e.rank, e.sentence, "
        f"e.contribution FROM {schema}.decisions d JOIN {schema}.evidence e USING (day, entity_kind, entity_id)",
        "emerging_clusters": f"SELECT * FROM {schema}.cluster_reports WHERE emerging "
        f"AND day = {newest % 'cluster_reports'}",
        "queue_today": f"SELECT * FROM {schema}.review_queue WHERE day = {newest % 'review_queue'}",
    }


def answer(spark: "SparkSession", text: str, *, as_json: bool) -> None:
    """Runs each statement of `text` and shows what it returns."""
    for statement in statements(text):
        rows = spark.sql(statement)
        if as_json:
            for row in rows.toLocalIterator():
                say_json(row.asDict(recursive=True))
        elif rows.columns:
            show(rows)


def show(rows: "DataFrame") -> None:
    result = rows.limit(MOST_ROWS + 1).collect()
    grid_or_paragraphs("", rows.columns, [tuple(row) for row in result[:MOST_ROWS]])
    if len(result) > MOST_ROWS:
        say(f"the first {MOST_ROWS} rows; --json gives all")


def spark_lexer() -> Lexer:
    """sqlparse's lexer, but a backslash escapes the next character of a string, as in Spark, and not only a quote."""
    lexer = Lexer()
    lexer.default_initialization()
    others = [
        (pattern, kind) for pattern, kind in SQL_REGEX if kind not in (tokens.String.Single, tokens.String.Symbol)
    ]
    lexer.set_SQL_REGEX(STRINGS + others)
    return lexer


def parsed(text: str) -> list[Statement]:
    return list(StatementSplitter().process(spark_lexer().get_tokens(text)))


def code_of(statement: Statement) -> list[Token]:
    """The tokens that are neither space nor comment."""
    return [token for token in statement.flatten() if not token.is_whitespace and token.ttype not in tokens.Comment]


def statements(text: str) -> list[str]:
    """The statements of `text` without their semicolons; those in strings, names and comments do not separate."""
    result = []
    for statement in parsed(text):
        code = code_of(statement)
        if any(not is_semicolon(token) for token in code):
            ends = is_semicolon(code[-1])
            kept = [str(token) for token in statement.flatten() if not (ends and token is code[-1])]
            result.append("".join(kept).strip())
    return result


def is_semicolon(token: Token) -> bool:
    return bool(token.match(tokens.Punctuation, ";"))


def is_complete(text: str) -> bool:
    """Whether `text` ends with the semicolon of a statement, and no string or name is open."""
    code = [token for statement in parsed(text) for token in code_of(statement)]
    is_open = any(token.ttype in tokens.Error for token in code)
    return bool(code) and is_semicolon(code[-1]) and not is_open


def input_lines() -> Iterator[str]:
    """Lines of standard input, prompted for on a terminal."""
    while True:
        try:
            yield (input("winnow> ") if sys.stdin.isatty() else input()) + "\n"
        except EOFError:
            return
