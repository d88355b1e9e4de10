"""Trains a model as of a day, and makes it active from the next day on if it is good enough."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs.engine.active_models import tracking_uri
from jobs.engine.runner import build_rows
from jobs.engine.workspace import Workspace
from jobs.manifest import JOBS
from jobs.training.account import past_account_features, synthetic_labels, train_account_model
from jobs.training.domain import train_domain_model
from jobs.training.gate import gate_result
from jobs.training.promotion import activate, refuse_later_scores, versions_of
from jobs.training.versions import Place, Trained
from lib.config import Config
from lib.conform import spark_schema
from schemas.labelling import LABEL_CANDIDATES, LABELS
from schemas.models import MODEL_VERSIONS, TRAINING_SETS

if TYPE_CHECKING:
    from lib.models.promotion_gate import GateResult


@dataclass(frozen=True)
class TrainingResult:
    """A version that was just trained, and whether it is active from the next day on."""

    trained: Trained
    gate: "GateResult"
    active: bool


def train_domain(workspace: Workspace, *, day: date, stale: bool = False, challenger: bool = False) -> TrainingResult:
    """The domain model trained on what was known by the end of `day`, active from the day after if it meets the
    promotion gate; as a `challenger` it is only kept.

    Raises LaterScores where later days are scored already, unless `stale` says that they may go stale.
    """
    refuse_later_scores(workspace, "domain", day, stale=stale or challenger)
    config = workspace.config
    trained = train_domain_model(
        domain_features=build_rows(workspace, JOBS["build_domain_features"], snapshots(day, config.domain_model)),
        labels=workspace.lake.read_days(LABELS, last=day),
        label_candidates=workspace.lake.read_days(LABEL_CANDIDATES, last=day),
        day=day,
        domain_model=config.domain_model,
        samples=config.samples,
        version=next_version(workspace, "domain", day),
        place=place_of(config),
        earlier=earlier_rounds(workspace, "domain", day),
    )
    return promote_if_passed(workspace, trained, day, challenger=challenger)


def train_account(workspace: Workspace, *, day: date, stale: bool = False, challenger: bool = False) -> TrainingResult:
    """The same for the account model. It sees the domain scores of the domain model that becomes active after `day`."""
    refuse_later_scores(workspace, "account", day, stale=stale or challenger)
    config = workspace.config
    features = past_account_features(workspace, snapshots(day, config.account_model), day).persist()
    trained = train_account_model(
        account_features=features,
        labels=workspace.lake.read_days(LABELS, last=day),
        synthetic=synthetic_labels(workspace, features, day),
        day=day,
        account_model=config.account_model,
        samples=config.samples,
        version=next_version(workspace, "account", day),
        place=place_of(config),
        earlier=earlier_rounds(workspace, "account", day),
    )
    features.unpersist()
    return promote_if_passed(workspace, trained, day, challenger=challenger)


def next_version(workspace: Workspace, kind: str, day: date) -> str:
    return f"{kind}-{day}-{1 + sum(row['trained_on'] == day for row in versions_of(workspace, kind))}"


def earlier_rounds(workspace: Workspace, kind: str, day: date) -> list[Mapping[str, float]]:
    """The metrics of the versions that were trained by the end of `day`."""
    return [row["metrics"] for row in versions_of(workspace, kind) if row["trained_on"] <= day]


def place_of(config: Config) -> Place:
    return Place(tracking_uri(config), config.tracking.experiment, f"{config.lake_path}/mlflow-artifacts")


def promote_if_passed(workspace: Workspace, trained: Trained, day: date, *, challenger: bool) -> TrainingResult:
    """Keeps the version with what it was trained on, and makes it active if nothing speaks against it."""
    keep_training_set(workspace, trained, day)
    version = {**vars(trained), "trained_on": day, "features": trained.features_hash}
    gate = gate_result(workspace, version, day)
    keep_version(workspace, {**version, "misses": list(gate.misses), "remarks": list(gate.remarks)})
    goes = not challenger and not gate.misses
    if goes:
        activate(workspace, version, day, note="trained")
    return TrainingResult(trained, gate, goes)


def keep_version(workspace: Workspace, version: Mapping[str, Any]) -> None:
    record = [tuple(version[name] for name in MODEL_VERSIONS.names)]
    workspace.lake.append(MODEL_VERSIONS, workspace.spark.createDataFrame(record, spark_schema(MODEL_VERSIONS)))


def snapshots(day: date, settings: Any) -> list[date]:
    """The days whose features are examples: `day`, and every so many days before it."""
    return sorted(day - timedelta(days=n) for n in range(0, settings.history_days, settings.every_days))


def keep_training_set(workspace: Workspace, trained: Trained, day: date) -> None:
    """Stores the examples of the version, in addition to those of other versions of the same day."""
    stored = workspace.lake.read_days(TRAINING_SETS, first=day, last=day).where(F.col("version") != trained.version)
    new = trained.training_set.select(*TRAINING_SETS.names)
    workspace.lake.write_days(TRAINING_SETS, stored.unionByName(new), [day], {"version": trained.version})
