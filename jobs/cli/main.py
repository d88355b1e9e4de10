"""`winnow`: every command, and how an error looks to its user."""

import logging
import os
import sys

import typer

from jobs.cli import clusters, models
from jobs.cli import evaluate as evaluating
from jobs.cli import evaluate_labelling as labelling_rounds
from jobs.cli import evaluate_networks as networks
from jobs.cli import graph as graphs
from jobs.cli import init as starting
from jobs.cli import labels as labelling
from jobs.cli import run as running
from jobs.cli import simulate as simulating
from jobs.cli import train as training
from jobs.cli import why as looking

app = typer.Typer(
    help="Finds spam domains and spam accounts in an interaction log, every day, with evidence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for commands in (starting.app, running.app, simulating.app):
    app.registered_commands += commands.registered_commands
for command in (looking.why, looking.report, looking.sql):
    app.command()(command)
evaluating.app.command("labelling")(labelling_rounds.labelling)
app.add_typer(training.train, name="train")
app.add_typer(models.app, name="models")
app.add_typer(labelling.app, name="labels")
app.add_typer(looking.queue, name="queue")
app.add_typer(clusters.app, name="clusters")
app.add_typer(graphs.app, name="graph")
evaluating.app.registered_commands += networks.app.registered_commands
app.add_typer(evaluating.app, name="evaluate")


def main() -> None:
    """Runs a command. An error is one message and exit code 1; WINNOW_DEBUG=1 shows where it came from."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for twice in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):  # PySpark tells every error as JSON, too
        logging.getLogger(twice).disabled = True
    try:
        app()
    except Exception as error:
        if "WINNOW_DEBUG" in os.environ:
            raise
        sys.stderr.write(f"winnow: {error_text(error)}\n")
        sys.exit(1)


def error_text(error: Exception) -> str:
    """The message without the stack that Spark appends to it."""
    said = str(error).split("\n\nJVM stacktrace")[0].split("\n\tat ")[0]
    return (
        said if type(error).__module__.split(".")[0] in ("lib", "jobs", "udfs") else f"{type(error).__name__}: {said}"
    )


if __name__ == "__main__":
    main()
