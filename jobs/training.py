"""Trains a model as of a day, and puts it in force from the next day on."""

from datetime import date, timedelta
from typing import Any

from pyspark.sql import functions as F

from jobs.in_force import tracking_uri
from jobs.past_accounts import account_features_of_past, synthetic_of_past
from jobs.past_domains import domain_features_of_past
from jobs.train_account_model import train_account_model
from jobs.train_domain_model import train_domain_model
from jobs.versions import Place, Trained
from jobs.workspace import Workspace
from lib.config import Config
from lib.conform import spark_schema
from schemas.labelling import LABELS
from schemas.models import MODEL_ACTIVATIONS, TRAINING_SETS
from schemas.scores import ACCOUNT_SCORES, DOMAIN_SCORES

SCORED_BY = {"domain": ("score_domains", DOMAIN_SCORES), "account": ("score_accounts", ACCOUNT_SCORES)}


class LaterScores(ValueError):
    """Days that a new model would be in force on have scores of another already."""


def train_domain(here: Workspace, *, day: date, stale: bool = False) -> Trained:
    """The domain model trained on what was known by the end of `day`, in force from the day after.

    Raises LaterScores where later days are scored already, unless `stale` says that they may go stale.
    """
    refuse_later_scores(here, "domain", day, stale=stale)
    config = here.config
    trained = train_domain_model(
        domain_features=domain_features_of_past(here, snapshots(day, config.domain_model)),
        labels=here.lake.read_days(LABELS, last=day),
        day=day,
        domain_model=config.domain_model,
        samples=config.samples,
        version=next_version(here, "domain", day),
        place=place_of(config),
    )
    return put_in_force(here, trained, day)


def train_account(here: Workspace, *, day: date, stale: bool = False) -> Trained:
    """The same for the account model."""
    refuse_later_scores(here, "account", day, stale=stale)
    config = here.config
    features = account_features_of_past(here, snapshots(day, config.account_model), day).persist()
    trained = train_account_model(
        account_features=features,
        labels=here.lake.read_days(LABELS, last=day),
        synthetic=synthetic_of_past(here, features, day),
        day=day,
        account_model=config.account_model,
        samples=config.samples,
        version=next_version(here, "account", day),
        place=place_of(config),
    )
    features.unpersist()
    return put_in_force(here, trained, day)


def refuse_later_scores(here: Workspace, kind: str, day: date, *, stale: bool) -> None:
    job, table = SCORED_BY[kind]
    later = [d for d in here.ledger.days(job) if d > day and here.ledger.content[table.name].get(d)]
    if later and not stale:
        raise LaterScores(
            f"{len(later)} day(s) after {day} are scored already ({later[0]} to {later[-1]}); a model that was trained "
            f"on {day} would be in force on them: --stale lets them go stale, and `winnow run --stale` mends them"
        )


def next_version(here: Workspace, kind: str, day: date) -> str:
    return f"{kind}-{day}-{1 + sum(row.trained_on == day for row in here.activations(kind))}"


def place_of(config: Config) -> Place:
    return Place(tracking_uri(config), config.tracking.experiment, f"{config.lake_path}/mlflow-artifacts")


def put_in_force(here: Workspace, trained: Trained, day: date) -> Trained:
    keep_training_set(here, trained, day)
    activate(here, trained, day, sequence=len(here.activations(trained.kind)) + 1)
    return trained


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
        "kind": trained.kind,
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
