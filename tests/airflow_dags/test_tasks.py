"""A task succeeds when its command does. `make test` runs this with the Python of .venv-airflow."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(find_spec("airflow") is None, reason="`make test` runs these in .venv-airflow")


def executed(command: str) -> Any:
    from airflow_dags.tasks import command_task  # noqa: PLC0415

    return command_task("probe", command, about="").execute({})


def test_a_command_runs_outside_the_project_with_what_airflow_was_given(
    dags: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINNOW_CONFIG", "/somewhere/winnow.toml")
    executed(f"echo $WINNOW_CONFIG $COLUMNS $PWD > {tmp_path}/said")
    config, columns, folder = (tmp_path / "said").read_text(encoding="utf-8").split()
    assert (config, columns) == ("/somewhere/winnow.toml", "160")
    assert not Path(folder).exists()  # a folder of its own, gone with what Spark leaves behind


@pytest.mark.parametrize("code", [1, 2, 99])  # Airflow takes 99 for "skip" unless it is told otherwise
def test_a_command_that_fails_fails_its_task(dags: object, code: int) -> None:
    with pytest.raises(Exception, match=f"non-zero exit code {code}"):
        executed(f"exit {code}")
