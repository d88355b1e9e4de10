"""bin/airflow: what it hands to Airflow, for which a script stands in that prints it."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "bin" / "airflow"
STAND_IN = """#!/bin/sh
echo "$@"
env | grep -E '^(AIRFLOW|WINNOW)_' | sort
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "a project"
    for folder in ("bin", ".venv-airflow/bin"):
        (root / folder).mkdir(parents=True)
    shutil.copy(SCRIPT, root / "bin")
    stand_in = root / ".venv-airflow" / "bin" / "airflow"
    stand_in.write_text(STAND_IN, encoding="utf-8")
    stand_in.chmod(0o755)
    (root / ".venv-airflow" / "bin" / "python").symlink_to(sys.executable)
    return root


def airflow(project: Path, *words: str, **environment: str) -> tuple[str, dict[str, str]]:
    """The words and the variables that Airflow is given."""
    plain = {"PATH": os.environ["PATH"]}
    ran = subprocess.run(
        [project / "bin" / "airflow", *words], env=plain | environment, capture_output=True, text=True, check=True
    )
    given, *variables = ran.stdout.splitlines()
    return given, dict(line.split("=", 1) for line in variables)


def test_nothing_listens_beyond_this_machine(project: Path) -> None:
    given, variables = airflow(project, "api-server")
    assert given == "api-server"
    assert variables["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert variables["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:8080"
    for part in ("scheduler", "triggerer"):  # each would serve its logs on all addresses
        assert airflow(project, part)[0] == f"{part} --skip-serve-logs"


def test_schedules_settings_and_memory_are_of_the_project(project: Path) -> None:
    variables = airflow(project, "dags", "list")[1]
    assert variables["AIRFLOW__CORE__DAGS_FOLDER"] == str(project)
    assert variables["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert variables["AIRFLOW_HOME"] == f"{project}/.airflow"
    assert variables["WINNOW_CONFIG"] == f"{project}/examples/mail/winnow.toml"
    assert (project / ".airflow").stat().st_mode & 0o777 == 0o700  # a password is kept there


def test_what_is_set_already_stays(project: Path, tmp_path: Path) -> None:
    own = {
        "WINNOW_CONFIG": "/mine/winnow.toml",
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "AIRFLOW__API__PORT": "8099",
        "WINNOW_ACTIVE_TASKS": "2",
    }
    variables = airflow(project, "info", **own)[1]
    assert variables.items() >= own.items()
    assert variables["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:8099"
    assert variables["AIRFLOW__CORE__PARALLELISM"] == "2"


def test_a_port_that_is_taken_is_told_at_once(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(subprocess.CalledProcessError) as ended:
            airflow(project, "standalone", AIRFLOW__API__PORT=port)
    assert f"port {port} is taken" in ended.value.stderr
