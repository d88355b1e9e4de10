"""Model versions in MLflow: artefacts, parameters and metrics; and how a version is read back.

MLflow is imported only where it is needed: it takes seconds. Reading from a local path does without.
"""

import json
import logging
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pandas as pd

from lib.models.account import account_encoder as fields
from lib.models.artefacts import DESCRIPTION, FORMAT, Artefact, files_hash, read_files
from lib.models.domain import domain_encoder as inputs

MOST_METRICS = 900  # that MLflow takes in one batch, with room for parameters
FOLDER = "model"  # of the artefact within a run of MLflow
FEATURES = {"domain": inputs.features_hash, "account": fields.features_hash}


class ModelUnusable(ValueError):
    """A version that is active cannot be used; the message says why and which command repairs it."""


def save_version(
    artefact: Artefact,
    *,
    params: Mapping[str, Any],
    metrics: Mapping[str, float],
    training_set: pd.DataFrame | None,
    steps: Sequence[tuple[int, Mapping[str, float]]] = (),
    charts: Mapping[str, str] | None = None,
    tracking_uri: str,
    experiment: str,
    artefact_root: str,
) -> tuple[str, str]:
    """Logs the version as a run of `experiment`: (uri of its folder, sha256 of its files).

    `steps` are further metrics in series: a step, and values by name. `charts` are SVG files by name. A new experiment
    keeps its artefacts below `artefact_root`, unless MLflow is a server with a place of its own.
    """
    client = client_of(tracking_uri)
    run = client.create_run(experiment_of(client, tracking_uri, experiment, artefact_root), run_name=artefact.version)
    run_id = run.info.run_id
    log_numbers(client, run_id, params, [(0, metrics), *steps])
    with tempfile.TemporaryDirectory() as folder:
        artefact.write(Path(folder) / FOLDER)
        for name, svg in (charts or {}).items():
            (Path(folder) / name).write_text(svg, encoding="utf-8")
        if training_set is not None:
            training_set.to_parquet(Path(folder) / "training_set.parquet", index=False)
        client.log_artifacts(run_id, folder)
    client.set_terminated(run_id)
    return f"{run.info.artifact_uri.rstrip('/')}/{FOLDER}", artefact.sha256


def log_numbers(
    client: Any, run_id: str, params: Mapping[str, Any], steps: Sequence[tuple[int, Mapping[str, float]]]
) -> None:
    """In one batch: MLflow's database takes a commit for each."""
    from mlflow.entities import Metric, Param  # noqa: PLC0415 - takes seconds

    now = time.time_ns() // 1_000_000
    metrics = [
        Metric(name, value, now + place, step)  # a later moment for each, as two of one step must differ in it
        for place, (step, values) in enumerate(steps)
        for name, value in values.items()
    ]
    client.log_batch(
        run_id,
        metrics=metrics[:MOST_METRICS],
        params=[Param(name, str(value)) for name, value in params.items()],
    )


def client_of(tracking_uri: str) -> Any:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing leaves the machine
    from mlflow import MlflowClient  # noqa: PLC0415 - takes seconds

    logging.getLogger("mlflow").setLevel(logging.WARNING)  # it logs every database table that it creates

    path = tracking_uri.removeprefix("sqlite:///")
    if path != tracking_uri:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    return MlflowClient(tracking_uri=tracking_uri)


def experiment_of(client: Any, tracking_uri: str, name: str, artefact_root: str) -> str:
    result = client.get_experiment_by_name(name)
    if result:
        return str(result.experiment_id)
    place = None if tracking_uri.startswith("http") else artefact_root
    return str(client.create_experiment(name, artifact_location=place))


def load_version(activation: Mapping[str, Any], *, tracking_uri: str = "") -> Artefact:
    """The version that a row of model_activations names, checked against it.

    Raises ModelUnusable where its files are missing or changed, or where it expects other features.
    """
    kind, version, uri = activation["kind"], activation["version"], activation["uri"]
    features = FEATURES[kind]()
    repair = (
        f"`winnow train {kind} --day {activation['trained_on']} --stale` makes another one, "
        f"`winnow models rollback {kind}` goes back to the one before, `winnow models list` shows all"
    )
    try:
        files = read_files(local_folder(uri, tracking_uri), kind)
    except Exception as error:  # MLflow's stores raise errors of many kinds
        raise ModelUnusable(f"{version} cannot be read from {uri} ({error}): {repair}") from error
    if files_hash(files) != activation["sha256"]:
        raise ModelUnusable(f"the files of {version} in {uri} are not those that were saved: {repair}")
    described = json.loads(files[DESCRIPTION])
    if described["format"] != FORMAT:
        raise ModelUnusable(f"{version} has format {described['format']}, this code reads format {FORMAT}: {repair}")
    if not features == described["features"] == activation["features"]:
        raise ModelUnusable(
            f"{version} expects features {activation['features']}, this code makes {features}: {repair}"
        )
    return Artefact(files)


def local_folder(uri: str, tracking_uri: str) -> Path:
    """`uri` itself where it is on this machine, else a copy that MLflow fetches."""
    parts = urlsplit(uri)
    if parts.scheme in ("", "file"):
        return Path(unquote(parts.path) if parts.scheme else uri)
    client_of(tracking_uri)
    from mlflow.artifacts import download_artifacts  # noqa: PLC0415 - takes seconds

    return Path(download_artifacts(artifact_uri=uri, tracking_uri=tracking_uri or None))
