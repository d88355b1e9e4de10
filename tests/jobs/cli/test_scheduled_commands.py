"""The commands that Airflow's tasks run (tests/airflow_dags/commands.txt), before the parser that they are for."""

import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from jobs.cli.main import app
from jobs.cli.run import chosen
from jobs.manifest import DAILY, JOBS, MODELS
from tests.support.builders import DAY, ago

GOLDEN = Path(__file__).parents[2] / "airflow_dags" / "commands.txt"
COMMANDS = [shlex.split(line.partition(": ")[2]) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]


def parsed(words: list[str]) -> dict[str, Any]:
    """What the command would be called with. Raises what a user would be told."""
    command: Any = get_command(app)
    context = command.make_context("winnow", words)
    while isinstance(command, TyperGroup):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)
    return dict(context.params)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_parser_takes_every_scheduled_command(words: list[str]) -> None:
    assert words[0] == "winnow"
    given = parsed(words[1:])
    assert given["day"] == (ago(2) if words[1] == "train" else DAY)
    if words[1] == "job":
        assert chosen(given["name"]) == [JOBS[words[2]]]


def test_every_job_and_every_model_is_scheduled() -> None:
    assert [words[2] for words in COMMANDS if words[1] == "job"] == [job.name for job in DAILY]
    assert [words[2] for words in COMMANDS if words[1] == "train"] == list(MODELS)


def test_training_can_be_told_to_go_over_later_scores() -> None:
    for model in MODELS:
        assert parsed(["train", model, "--day", f"{DAY}", "--stale"])["stale"] is True
