"""Whether a version meets the promotion gate, from what was stored when it was trained."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from jobs.engine.active_models import active_version, load_active_model
from jobs.engine.workspace import Workspace
from lib.arrays import Floats
from lib.conform import spark_schema
from lib.models.account.account_encoder import COLUMNS as ACCOUNT_COLUMNS
from lib.models.artefacts import Artefact
from lib.models.domain.domain_encoder import COLUMNS as DOMAIN_COLUMNS
from schemas.features import ACCOUNT_FEATURES, DOMAIN_FEATURES
from schemas.models import TRAINING_SETS
from udfs.scoring import check_folds

if TYPE_CHECKING:
    from lib.models.promotion_gate import GateResult

SEEN_BY = {"domain": (DOMAIN_FEATURES, DOMAIN_COLUMNS), "account": (ACCOUNT_FEATURES, ACCOUNT_COLUMNS)}


def gate_result(workspace: Workspace, version: Mapping[str, Any], day: date) -> "GateResult":
    """Of a version that is to be active from the day after `day` on, compared with the one that is active then."""
    from lib.models.promotion_gate import check_minimums  # noqa: PLC0415 - scikit-learn takes seconds to load

    kind, settings = version["kind"], workspace.config.promotion
    return check_minimums(version["metrics"], kind, settings) + compared_with_champion(workspace, version, day)


def compared_with_champion(workspace: Workspace, version: Mapping[str, Any], day: date) -> "GateResult":
    from lib.models.promotion_gate import ChampionAndChallenger, GateResult, check_regression  # noqa: PLC0415

    kind, config = version["kind"], workspace.config
    first = day + timedelta(days=1)
    champion = active_version(workspace.activations(kind), first)
    if champion is None or champion.version == version["version"]:
        return GateResult()
    held_out = held_out_examples(workspace, version)
    try:
        model = load_active_model(workspace.activations(kind), first, config)
        check_folds(model, config.samples)
    except ValueError as reason:  # ModelUnusable is one
        return GateResult(remarks=(f"not compared with the active version: {reason}",))
    if held_out.empty:
        return GateResult(remarks=(f"not compared with {champion.version}: no labelled {kind} on the held-out days",))
    contest = ChampionAndChallenger(
        spam=held_out["is_spam"].to_numpy(bool),
        weight=held_out["weight"].to_numpy(np.float64),
        entity=pd.factorize(held_out["entity_id"])[0],
        challenger=held_out["oof_score"].to_numpy(np.float64),
        champion=unseen_scores(model, held_out),
    )
    settings = getattr(config, f"{kind}_model")
    return check_regression(contest, champion.version, kind, config.promotion, seed=settings.seed)


def held_out_examples(workspace: Workspace, version: Mapping[str, Any]) -> pd.DataFrame:
    """The rows of the version's training set that have a label and are of the held-out days."""
    day = version["trained_on"]
    cutoff = day - timedelta(days=getattr(workspace.config, f"{version['kind']}_model").holdout_days)
    own = (F.col("version") == version["version"]) & (F.col("feature_day") > F.lit(cutoff))
    rows = workspace.lake.read_days(TRAINING_SETS, first=day, last=day).where(own & F.col("is_spam").isNotNull())
    return rows.orderBy("entity_id", "feature_day").toPandas()


def unseen_scores(model: Artefact, examples: pd.DataFrame) -> Floats:
    """Of each example, the score of the member that never saw its fold."""
    table, columns = SEEN_BY[model.kind]
    declared = spark_schema(table)
    schema = to_arrow_schema(StructType([declared[name] for name in columns]))
    features = pa.Table.from_pylist([json.loads(row) for row in examples["features"]], schema)
    scorer = scorer_of(model)
    of_folds = scorer.scores(scorer.encoder.encode(features))[1]
    return np.asarray(of_folds[np.arange(len(examples)), examples["fold"].to_numpy()])


def scorer_of(model: Artefact) -> Any:
    from lib.models.account.account_scoring import AccountScorer  # noqa: PLC0415 - TensorFlow takes seconds to load
    from lib.models.domain.domain_scoring import DomainScorer  # noqa: PLC0415

    return {"domain": DomainScorer, "account": AccountScorer}[model.kind](model)
