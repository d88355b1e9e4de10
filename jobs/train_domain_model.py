"""Trains a version of the domain model on the labelled domains' features of past days."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lib.config import DomainModelSettings, SampleSettings
from lib.conform import spark_schema
from lib.labelling.precedence import resolved_labels
from lib.models.inputs import COLUMNS, features_hash
from lib.models.registry import save_version
from lib.samples import fold
from schemas.models import TRAINING_SETS


class TooFewLabels(ValueError):
    """There are not enough labelled domains of a class; the message says how many, and how to get more."""


@dataclass(frozen=True)
class Trained:
    """A saved version: what model_activations and training_sets need to know of it."""

    version: str
    uri: str
    sha256: str
    features_hash: str
    metrics: Mapping[str, float]
    training_set: DataFrame


def train_domain_model(
    *,
    domain_features: DataFrame,
    labels: DataFrame,
    day: date,
    domain_model: DomainModelSettings,
    samples: SampleSettings,
    version: str,
    tracking_uri: str,
    experiment: str,
    artefact_root: str,
) -> Trained:
    """`domain_features` of the snapshot days and `labels` known as of `day` make and save `version`.

    Raises TooFewLabels below `domain_model.min_labels` of either class.
    """
    rows = examples(domain_features, labels, samples)
    check_labels(rows, domain_model, day)
    from lib.models.fitting import fit_domain_model  # noqa: PLC0415 - TensorFlow takes seconds to load

    fitted = fit_domain_model(
        rows, day=day, version=version, settings=domain_model, folds=samples.folds, salt=samples.salt
    )
    kept = training_set(rows, fitted.oof_score, day=day, version=version)
    params = {**domain_model.model_dump(), "trained_on": day, "folds": samples.folds, "salt": samples.salt}
    uri, sha256 = save_version(
        fitted.artefact,
        params=params,
        metrics=fitted.metrics,
        training_set=kept,
        tracking_uri=tracking_uri,
        experiment=experiment,
        artefact_root=artefact_root,
    )
    stored = domain_features.sparkSession.createDataFrame(kept, spark_schema(TRAINING_SETS))
    return Trained(version, uri, sha256, features_hash(), fitted.metrics, stored)


def examples(domain_features: DataFrame, labels: DataFrame, samples: SampleSettings) -> pa.Table:
    """One row a labelled domain and snapshot day, by domain and day: its features, is_spam, weight and fold."""
    known = (
        resolved_labels(labels)
        .where("entity_kind = 'domain'")
        .select(F.col("entity_id").alias("domain"), "is_spam", "weight")
    )
    own = fold(F.lit("domain"), F.col("domain"), salt=samples.salt, folds=samples.folds)
    found = domain_features.join(known, "domain").withColumn("fold", own)
    return found.select("domain", "day", "is_spam", "weight", "fold", *COLUMNS).orderBy("domain", "day").toArrow()


def check_labels(rows: pa.Table, settings: DomainModelSettings, day: date) -> None:
    spam = rows.filter(rows["is_spam"])["domain"]
    benign = rows.filter(pa.compute.invert(rows["is_spam"]))["domain"]
    found = {"spam": len(spam.unique()), "benign": len(benign.unique())}
    if min(found.values()) < settings.min_labels:
        raise TooFewLabels(
            f"as of {day} there are {found['spam']} spam and {found['benign']} benign domains with a label that were "
            f"active in the {settings.history_days} days before; [domain_model] min_labels asks for "
            f"{settings.min_labels} of each: `winnow labels import FILE` brings more"
        )


def training_set(rows: pa.Table, oof_score: Any, *, day: date, version: str) -> pd.DataFrame:
    """Rows of the table training_sets, which say what the version was trained on."""
    columns = ["domain", "day", "is_spam", "weight", "fold"]
    known = rows.select(columns).to_pandas().rename(columns={"domain": "entity_id", "day": "feature_day"})
    features = [json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows.select(COLUMNS).to_pylist()]
    kept = known.assign(day=day, version=version, entity_kind="domain", oof_score=oof_score, features=features).astype(
        {"fold": np.int32}
    )
    return pd.DataFrame(kept[list(TRAINING_SETS.names)])
