"""A whole day as Airflow runs it, against the same day as `winnow run` runs it."""

import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.manifest import DAILY
from tests.support.builders import DAY
from tests.support.lakes import Stage, differences
from tests.support.relay import PROJECT, as_toml, run_relayed

pytestmark = pytest.mark.skipif(
    not (PROJECT / ".venv-airflow" / ".ready").exists(), reason="`make test` makes .venv-airflow"
)
AIRFLOW = str(PROJECT / "bin" / "airflow")
MORNING_AFTER = str(DAY + timedelta(days=1))


def test_a_day_that_airflow_runs_has_the_tables_of_winnow_run(
    half: Stage, built: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = half.copy(tmp_path / "platform")
    settings = stage.folder / "winnow.toml"
    values = stage.open().config.model_dump(mode="json", exclude={"folder"}, exclude_defaults=True)
    settings.write_text(as_toml(values), encoding="utf-8")
    monkeypatch.setenv("WINNOW_CONFIG", str(settings))
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path / "airflow")}
    subprocess.run([AIRFLOW, "db", "migrate"], env=environment, check=True, capture_output=True)

    log = tmp_path / "log"
    # Its data has landed, whatever the clock of this machine says.
    command = [AIRFLOW, "dags", "test", "daily", MORNING_AFTER, "--mark-success-pattern", "wait_for_data"]
    code = run_relayed(command, environment=environment, alone="ingest", log=log)

    assert code == 0, log.read_text(encoding="utf-8")[-4000:]
    workspace = stage.open()
    assert {job.name for job in DAILY} <= {name for name, day in workspace.history.ended if day == DAY}
    assert differences(workspace, built.open()) == {}
    assert (stage.folder / "lake" / "reports" / f"{DAY}.html").exists()
