"""Trains a model as of a day, and puts it in force from the next day on."""

from datetime import date, timedelta
from typing import Any

from pyspark.sql import functions as F

from jobs.in_force import tracking_uri
from jobs.past_domains import domain_features_of_past
from jobs.train_domain_model import Trained, train_domain_model
from jobs.workspace import Workspace
from lib.conform import spark_schema
from schemas.labelling import LABELS
from schemas.models import MODEL_ACTIVATIONS, TRAINING_SETS
from schemas.scores import DOMAIN_SCORES

KIND = "domain"


class LaterScores(ValueError):
    """Days that a new model would be in force on have scores of another already."""


def train_domain(here: Workspace, *, day: date, stale: bool = False) -> Trained:
    """The domain model trained on what was known by the end of `day`, in force from the day after.

    Raises LaterScores where later days are scored already, unless `stale` says that they may go stale.
    """
    rows = here.activations(KIND)
    refuse_later_scores(here, day, stale=stale)
    config = here.config
    version = f"{KIND}-{day}-{1 + sum(row.trained_on == day for row in rows)}"
    trained = train_domain_model(
        domain_features=domain_features_of_past(here, snapshots(day, config.domain_model)),
        labels=here.lake.read_days(LABELS, last=day),
        day=day,
        domain_model=config.domain_model,
        samples=config.samples,
        version=version,
        tracking_uri=tracking_uri(config),
        experiment=config.tracking.experiment,
        artefact_root=f"{config.lake_path}/mlflow-artifacts",
    )
    keep_training_set(here, trained, day)
    activate(here, trained, day, sequence=len(rows) + 1)
    return trained


def refuse_later_scores(here: Workspace, day: date, *, stale: bool) -> None:
    later = [d for d in here.ledger.days("score_domains") if d > day and here.ledger.content[DOMAIN_SCORES.name].get(d)]
    if later and not stale:
        raise LaterScores(
            f"{len(later)} day(s) after {day} are scored already ({later[0]} to {later[-1]}); a model that was trained "
            f"on {day} would be in force on them: --stale lets them go stale, and `winnow run --stale` mends them"
        )


def snapshots(day: date, settings: Any) -> list[date]:
    """The days whose features are examples: `day`, and every so many days before it."""
    return sorted(day - timedelta(days=n) for n in range(0, settings.history_days, settings.every_days))


def keep_training_set(here: Workspace, trained: Trained, day: date) -> None:
    """Stores the examples of the version, beside those of other versions of the same day."""
    stored = here.lake.read_days(TRAINING_SETS, first=day, last=day).where(F.col("version") != trained.version)
    new = trained.training_set.select(*TRAINING_SETS.names)
    here.lake.write_days(TRAINING_SETS, stored.unionByName(new), [day], {"version": trained.version})


def activate(here: Workspace, trained: Trained, day: date, *, sequence: int) -> None:
    row = {
        "kind": KIND,
        "sequence": sequence,
        "active_from": day + timedelta(days=1),
        "version": trained.version,
        "trained_on": day,
        "uri": trained.uri,
        "sha256": trained.sha256,
        "features": trained.features_hash,
        "metrics": trained.metrics,
        "note": "trained",
    }
    record = [tuple(row[name] for name in MODEL_ACTIVATIONS.names)]
    here.lake.append(MODEL_ACTIVATIONS, here.spark.createDataFrame(record, spark_schema(MODEL_ACTIVATIONS)))
    here.activated.clear()
