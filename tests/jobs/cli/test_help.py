"""Help loads nothing that takes seconds to load."""

import json
import subprocess
import sys
from typing import Any

from typer.main import get_command
from typer.testing import CliRunner

from jobs.cli.main import app

HEAVY = ("pyspark", "tensorflow", "keras", "sklearn", "matplotlib", "pandas", "mlflow", "scipy")
SCRIPT = """
import json, sys
from typer.testing import CliRunner
from jobs.cli.main import app
for words in json.loads(sys.argv[1]):
    result = CliRunner().invoke(app, [*words, "--help"])
    assert result.exit_code == 0, (words, result.output)
    assert "Usage:" in result.output
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def commands(command: Any, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command and group of commands, as the words that name it."""
    below = getattr(command, "commands", {})
    return [words, *(found for name, child in below.items() for found in commands(child, (*words, name)))]


def test_help_of_every_command_loads_no_heavy_library() -> None:
    """In a process of its own: here they are loaded."""
    every = commands(get_command(app))
    assert len(every) > 30
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(every)], capture_output=True, text=True, check=True
    )
    assert set(HEAVY) & set(json.loads(result.stdout)) == set()


def test_an_unknown_command_is_an_error() -> None:
    result = CliRunner().invoke(app, ["walk"])
    assert result.exit_code == 2
    assert "walk" in result.output
