"""What training a model of either kind ends with: a saved version, and the examples that it was made from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from lib.config import AccountModelSettings, DomainModelSettings, SampleSettings
from lib.conform import spark_schema
from lib.models.artefacts import Fitted
from lib.models.registry import save_version
from schemas.models import TRAINING_SETS

if TYPE_CHECKING:
    from lib.charts import Round

ROUND_FIGURES = ("auc", "ap", "recall_at_fpr_01", "calibration_error")  # of each round


class TooFewLabels(ValueError):
    """There are not enough labelled entities of a class; the message says how many, and how to get more."""


@dataclass(frozen=True)
class Place:
    """Where versions are kept, in MLflow's words."""

    tracking_uri: str
    experiment: str
    artefact_root: str


@dataclass(frozen=True)
class Trained:
    """A saved version: what model_activations and training_sets need to know of it."""

    kind: str
    version: str
    uri: str
    sha256: str
    features_hash: str
    metrics: Mapping[str, float]
    training_set: DataFrame
    calibrated_on: str  # hand labels, or synthetic ones


def save(
    spark: SparkSession,
    fitted: Fitted,
    rows: pa.Table,
    *,
    key: str,
    columns: Sequence[str],
    day: date,
    settings: DomainModelSettings | AccountModelSettings,
    samples: SampleSettings,
    place: Place,
    earlier: Sequence[Mapping[str, float]] = (),
) -> Trained:
    """Saves what was fitted to `rows`, whose entities are in the column `key` and whose features are in `columns`.

    `earlier` are the metrics of the kind's versions before it: each training run is a round of labelling.
    """
    from lib.charts import rounds_chart, score_charts  # noqa: PLC0415 - matplotlib takes seconds to load

    model = fitted.artefact
    rounds = [round_of(metrics, model.kind) for metrics in (*earlier, fitted.metrics)]
    kept = training_set(rows, fitted.oof_score, kind=model.kind, key=key, columns=columns).assign(
        day=day, version=model.version
    )[list(TRAINING_SETS.names)]
    labelled = kept[kept["is_spam"].notna()]
    charts = {"rounds.svg": rounds_chart(rounds, ROUND_FIGURES)}
    if len(labelled):
        charts["scores.svg"] = score_charts(labelled["oof_score"].to_numpy(), labelled["is_spam"].to_numpy(bool))
    uri, sha256 = save_version(
        model,
        params={**settings.model_dump(), "trained_on": day, "folds": samples.folds, "salt": samples.salt},
        metrics=fitted.metrics,
        training_set=kept,
        steps=[
            (r.labels, {f"rounds/{name}": r.metrics[name] for name in ROUND_FIGURES if name in r.metrics})
            for r in rounds
        ],
        charts=charts,
        **vars(place),
    )
    stored = spark.createDataFrame(kept, spark_schema(TRAINING_SETS))
    features, calibrated_on = model.description["features"], model.description.get("calibrated_on", "hand")
    return Trained(model.kind, model.version, uri, sha256, features, fitted.metrics, stored, calibrated_on)


def round_of(metrics: Mapping[str, float], kind: str) -> "Round":
    from lib.charts import Round  # noqa: PLC0415

    labels = sum(metrics.get(f"trained_{side}_{kind}s", 0) for side in ("spam", "benign"))
    return Round(int(labels), metrics)


def training_set(rows: pa.Table, oof_score: Any, *, kind: str, key: str, columns: Sequence[str]) -> pd.DataFrame:
    """Rows of the table training_sets, which say what the version was trained on; without its day and version."""
    known = rows.select([key, "day", "is_spam", "weight", "fold"]).to_pandas()
    known = known.rename(columns={key: "entity_id", "day": "feature_day"}).astype({"fold": np.int32})
    features = [json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows.select(list(columns)).to_pylist()]
    views = rows["synthetic"].to_pylist() if "synthetic" in rows.column_names else [None] * len(rows)
    synthetic = pd.Series([view[0] if view else None for view in views], dtype=object)  # else None would become NaN
    return pd.DataFrame(known.assign(entity_kind=kind, oof_score=oof_score, features=features, synthetic=synthetic))
