"""The schedules as Airflow loads them."""

from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def dags(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every DAG by its id, loaded with the defaults that a deployment changes nothing of, but for the executable."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        environment.setenv("WINNOW_EXECUTABLE", "winnow")
        for name in ("WINNOW_ACTIVE_TASKS", "WINNOW_LANDING_HOURS"):
            environment.delenv(name, raising=False)
        from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415 - it reads the environment

        bag = DagBag(str(PROJECT / "airflow_dags"))
    assert bag.import_errors == {}
    return dict(bag.dags)
