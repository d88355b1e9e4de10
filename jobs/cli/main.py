"""`winnow`: every command, and how an error looks to its user.

A command's module is imported when the command runs: so help is there at once, without Spark or TensorFlow.
"""

import logging
import os
import sys
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class Entry(NamedTuple):
    module: str  # of jobs.cli; its `app` holds the command, or is the group
    help: str


COMMANDS = {
    "init": Entry("init", "Writes a winnow.toml to start from."),
    "check": Entry("init", "Reads the settings and the beginning of every source, and says what is wrong with them."),
    "run": Entry("run", "Runs the daily jobs for a day or a range of days."),
    "job": Entry("run", "Runs one job for one day."),
    "status": Entry("run", "Which days ran, what failed, and which days are stale and why."),
    "train": Entry("train", "Trains a model on what was known by the end of a day."),
    "models": Entry("models", "Model versions: list, show, promote, roll back, compare."),
    "labels": Entry("labels", "Labels: import, candidates to label, report on the labelling functions."),
    "why": Entry("why", "Explains the score and the decision of an account or a domain."),
    "clusters": Entry("clusters", "Accounts that share rare pairs of values."),
    "graph": Entry("graph", "The account-domain graph: neighbours, components, motifs."),
    "queue": Entry("queue", "The review queue."),
    "report": Entry("report", "Writes the day's report, one self-contained HTML page."),
    "sql": Entry("sql", "Spark SQL over the lake, with Winnow's functions."),
    "evaluate": Entry("evaluate", "Measures the results, or one detector, against truth that no job reads."),
    "simulate": Entry(
        "simulate",
        "Writes a made-up platform with planted spam: events, settings to run on it, and the truth.",
    ),
}


class LazyCommand(TyperCommand):
    """Stands for a command until it runs."""

    def __init__(self, name: str, entry: Entry) -> None:
        super().__init__(name, help=entry.help, add_help_option=False)
        self.module = entry.module

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        return command_of(str(self.name), self.module).make_context(info_name, args, parent, **extra)


class LazyGroup(TyperGroup):
    """The commands by name; none of their modules is imported to list them."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return LazyCommand(cmd_name, COMMANDS[cmd_name]) if cmd_name in COMMANDS else None


def command_of(name: str, module: str) -> Any:
    """The command itself: the one of this name in the module's app, or the app where it is a group or has one alone."""
    command = typer.main.get_command(import_module(f"jobs.cli.{module}").app)
    return getattr(command, "commands", {}).get(name, command)


app = typer.Typer(
    cls=LazyGroup,
    help="Finds spam domains and spam accounts in an interaction log, every day, with evidence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def winnow() -> None:
    """Finds spam domains and spam accounts in an interaction log, every day, with evidence."""


def main() -> None:
    """Runs a command. An error is one message and exit code 1; WINNOW_DEBUG=1 shows where it came from."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for repeated in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):  # PySpark logs every error as JSON, too
        logging.getLogger(repeated).disabled = True
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
    own = type(error).__module__.split(".")[0] in ("lib", "jobs", "udfs")
    return text if own else f"{type(error).__name__}: {text}"


if __name__ == "__main__":
    main()
