"""The commands, and what asking for help costs."""

import json
import subprocess
import sys

import pytest

from jobs.cli.main import COMMANDS, command_of

HEAVY = {"pyspark", "tensorflow", "keras", "sklearn", "matplotlib", "pandas", "mlflow", "pyarrow", "scipy"}
ASK_FOR_HELP = """
import json, sys
from jobs.cli.main import app
try:
    app(["--help"])
except SystemExit:
    pass
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def test_help_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", ASK_FOR_HELP], capture_output=True, text=True, check=True)
    *shown, modules = done.stdout.splitlines()
    assert set(json.loads(modules)) & HEAVY == set()
    assert all(any(f" {name} " in line for line in shown) for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_the_help_that_the_list_of_commands_shows(name: str) -> None:
    command = command_of(name, COMMANDS[name].module)
    assert (command.help or "").splitlines()[0] == COMMANDS[name].help


def test_an_unknown_command_is_an_error() -> None:
    done = subprocess.run([sys.executable, "-m", "jobs.cli.main", "walk"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "walk" in done.stderr
