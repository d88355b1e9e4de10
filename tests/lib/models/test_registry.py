import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import Row

from jobs.engine.history import RunHistory
from jobs.engine.runner import execute
from jobs.engine.workspace import Workspace
from jobs.manifest import JOBS
from lib.config import Config
from lib.models.artefacts import DESCRIPTION, NETWORK, Artefact, files_hash, read_files
from lib.models.domain.domain_encoder import features_hash
from lib.models.registry import ModelUnusable, load_version, local_folder, save_version
from tests.support.builders import DAY
from tests.support.models import tiny_model, tiny_scorer


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The row of model_activations of a saved version."""
    lake = tmp_path_factory.mktemp("lake")
    uri, sha256 = save_version(
        tiny_model(),
        params={"epochs": 3},
        metrics={"auc": 0.9},
        training_set=pd.DataFrame({"entity_id": ["a.example"]}),
        steps=[(40, {"rounds/auc": 0.8}), (60, {"rounds/auc": 0.9}), (60, {"rounds/auc": 0.9})],
        charts={"rounds.svg": "<svg/>"},
        tracking_uri=f"sqlite:///{lake}/mlflow.db",
        experiment="winnow",
        artefact_root=str(lake / "mlflow-artifacts"),
    )
    return {
        "kind": "domain",
        "version": tiny_model().version,
        "uri": uri,
        "sha256": sha256,
        "features": features_hash(),
        "trained_on": "2026-03-10",
        "lake": lake,
    }


def copied(saved: dict[str, Any], folder: Path) -> dict[str, Any]:
    shutil.copytree(local_folder(saved["uri"], ""), folder)
    return saved | {"uri": str(folder)}


def test_a_version_comes_back_as_it_was_saved(saved: dict[str, Any]) -> None:
    from lib.models.domain.domain_scoring import DomainScorer  # noqa: PLC0415 - TensorFlow takes seconds to load

    back = load_version(saved)
    assert back.files == tiny_model().files
    assert DomainScorer(back).encoder.tokens == tiny_scorer().encoder.tokens
    assert Path(local_folder(saved["uri"], "")).is_relative_to(saved["lake"] / "mlflow-artifacts")


def test_mlflow_keeps_what_it_was_made_with(saved: dict[str, Any]) -> None:
    from mlflow import MlflowClient  # noqa: PLC0415 - takes seconds

    client = MlflowClient(tracking_uri=f"sqlite:///{saved['lake']}/mlflow.db")
    [run] = client.search_runs([client.get_experiment_by_name("winnow").experiment_id])
    assert (run.info.run_name, run.info.status) == (saved["version"], "FINISHED")
    assert (run.data.params, run.data.metrics) == ({"epochs": "3"}, {"auc": 0.9, "rounds/auc": 0.9})
    rounds = client.get_metric_history(run.info.run_id, "rounds/auc")
    assert [(step.step, step.value) for step in rounds] == [(40, 0.8), (60, 0.9), (60, 0.9)]
    folder = Path(local_folder(saved["uri"], "")).parent
    assert (folder / "rounds.svg").read_text() == "<svg/>"
    assert pd.read_parquet(folder / "training_set.parquet").entity_id.tolist() == ["a.example"]


def refusal(activation: dict[str, Any]) -> str:
    with pytest.raises(ModelUnusable) as refused:
        load_version(activation)
    message = str(refused.value)
    assert activation["version"] in message
    assert "winnow train domain --day 2026-03-10 --stale" in message
    assert "winnow models rollback domain" in message
    assert "winnow models list" in message
    return message


def test_a_missing_file_is_named(saved: dict[str, Any], tmp_path: Path) -> None:
    activation = copied(saved, tmp_path / "model")
    (tmp_path / "model" / NETWORK).unlink()
    assert "No such file" in (message := refusal(activation))
    assert NETWORK in message


def test_a_changed_file_is_refused(saved: dict[str, Any], tmp_path: Path) -> None:
    activation = copied(saved, tmp_path / "model")
    path = tmp_path / "model" / NETWORK
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert "are not those that were saved" in refusal(activation)


def test_a_model_of_other_features_is_refused(saved: dict[str, Any], tmp_path: Path) -> None:
    assert "expects features 0123" in refusal(saved | {"features": "0123"})
    other = described(saved, tmp_path / "features", features="4567")
    assert "expects features" in refusal(other)


def test_a_model_of_another_format_is_refused(saved: dict[str, Any], tmp_path: Path) -> None:
    assert "has format 99" in refusal(described(saved, tmp_path / "format", format=99))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": "0" * 64}, "are not those that were saved"),  # a corrupt file
        ({"uri": "/nowhere/model"}, "cannot be read from /nowhere/model"),  # a version that is gone
        ({"features": "0123"}, "expects features 0123"),  # trained with other features
    ],
)
def test_a_job_ends_before_it_touches_a_table(saved: dict[str, Any], change: dict[str, str], message: str) -> None:
    """The workspace has neither a session nor a lake: whatever asked for one would fail in another way."""
    activation = Row(**{**saved, **change, "active_from": DAY, "sequence": 1})
    workspace = Workspace(Config(), spark=None, lake=None, history=RunHistory([]), activated={"domain": [activation]})  # type: ignore[arg-type]
    with pytest.raises(ModelUnusable, match=message):
        execute(workspace, JOBS["score_domains"], [DAY])
    [failed] = workspace.unsaved
    assert (failed.status, failed.job) == ("failed", "score_domains")
    assert message in str(failed.message)


def described(saved: dict[str, Any], folder: Path, **changes: Any) -> dict[str, Any]:
    """An activation of a version with a changed description and the right hash."""
    activation = copied(saved, folder)
    described = json.loads((folder / DESCRIPTION).read_text()) | changes
    (folder / DESCRIPTION).write_text(json.dumps(described))
    return activation | {"sha256": files_hash(read_files(folder, "domain"))}


def test_a_file_uri_is_a_local_path() -> None:
    assert local_folder("file:///a/b%20c", "") == Path("/a/b c")
    assert local_folder("/a/b", "") == Path("/a/b")


def test_every_file_counts_in_the_hash() -> None:
    files = dict(tiny_model().files)
    hashes = {Artefact({**files, name: content + b" "}).sha256 for name, content in files.items()}
    assert len(hashes | {tiny_model().sha256}) == 4
