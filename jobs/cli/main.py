"""`winnow`: every command, and how an error looks to its user."""

import logging
import os
import sys

import typer

from jobs.cli import (
    clusters,
    evaluate,
    graph,
    init,
    labels,
    models,
    queue,
    report,
    run,
    simulate,
    sql,
    train,
    why,
)

app = typer.Typer(
    help="Finds spam domains and spam accounts in an interaction log, every day, with evidence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (
    init.init,
    init.check,
    run.run,
    run.job,
    run.status,
    simulate.simulate,
    why.why,
    report.report,
    sql.sql,
):
    app.command()(command)
app.add_typer(train.app, name="train")
app.add_typer(models.app, name="models")
app.add_typer(labels.app, name="labels")
app.add_typer(queue.app, name="queue")
app.add_typer(clusters.app, name="clusters")
app.add_typer(graph.app, name="graph")
app.add_typer(evaluate.app, name="evaluate")


def main() -> None:
    """Runs a command. An error is one message and exit code 1; WINNOW_DEBUG=1 shows where it came from."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for name in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):  # PySpark logs every error as JSON, too
        logging.getLogger(name).disabled = True
    try:
        app()
    except Exception as error:
        if "WINNOW_DEBUG" in os.environ:
            raise
        sys.stderr.write(f"winnow: {error_text(error)}\n")
        sys.exit(1)


def error_text(error: Exception) -> str:
    """The message without the stack that Spark appends to it."""
    text = str(error).split("\n\nJVM stacktrace")[0].split("\n\tat ")[0]
    is_ours = type(error).__module__.split(".")[0] in ("lib", "jobs", "udfs")
    return text if is_ours else f"{type(error).__name__}: {text}"


if __name__ == "__main__":
    main()
