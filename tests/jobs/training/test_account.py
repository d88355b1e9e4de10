import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.training.account import examples, train_account_model
from jobs.training.versions import Place, TooFewLabels, Trained
from lib.config import AccountModelSettings
from lib.conform import conform
from lib.models.account.account_encoder import features_hash
from lib.models.registry import ModelUnusable, load_version
from lib.sampling import fold
from schemas.features import ACCOUNT_FEATURES
from schemas.labelling import LABELS
from schemas.models import TRAINING_SETS
from tests.support.accounts import SAMPLES, TINY, VIEWS, training_rows
from tests.support.builders import DAY, ago, rows

SETTINGS = TINY.model_copy(update={"least_steps": 10, "epochs": 1, "holdout_days": 60})  # none before: no figures
VERDICTS = "account_id string, day date, synthetic array<double>"


def tables(spark: SparkSession) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Features of 24 accounts on two days, labels of the first 12, and what functions make of all but the last."""
    made = training_rows(accounts=24, synthetic=True).to_pylist()
    features = [{k: v for k, v in row.items() if k in ACCOUNT_FEATURES.names and v is not None} for row in made]
    label = {"entity_kind": "account", "source": "hand", "weight": 2.0}
    first = [row for row in made if row["day"] == DAY][:12]
    labels = [{**label, "entity_id": row["account_id"], "is_spam": row["is_spam"]} for row in first]
    other = {"entity_kind": "domain", "entity_id": "account020", "is_spam": True, "source": "hand", "weight": 1.0}
    said = [(row["account_id"], row["day"], row["synthetic"]) for row in made if row["account_id"] < "account023"]
    return rows(ACCOUNT_FEATURES, *features), rows(LABELS, *labels, other), spark.createDataFrame(said, VERDICTS)


def trained(
    folder: Path, features: DataFrame, labels: DataFrame, synthetic: DataFrame | None, **settings: Any
) -> Trained:
    return train_account_model(
        account_features=features,
        labels=labels,
        synthetic=synthetic,
        day=DAY,
        account_model=SETTINGS.model_copy(update=settings),
        samples=SAMPLES,
        version="account-2026-03-10-1",
        place=Place(f"sqlite:///{folder}/mlflow.db", "winnow", f"{folder}/mlflow-artifacts"),
    )


@pytest.fixture(scope="module")
def done(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return trained(tmp_path_factory.mktemp("lake"), *tables(spark))


def test_the_version_is_saved_as_it_says(done: Trained) -> None:
    activation = {**vars(done), "features": done.features_hash, "trained_on": DAY}
    model = load_version(activation)
    assert (model.kind, model.version) == ("account", "account-2026-03-10-1")
    assert done.features_hash == features_hash()
    assert model.description["metrics"] == done.metrics
    assert [done.metrics[f"trained_{what}"] for what in ("spam_accounts", "benign_accounts", "synthetic_accounts")] == [
        6, 6, 11
    ]  # fmt: skip
    with pytest.raises(ModelUnusable, match="`winnow train account --day 2026-03-10 --stale`"):
        load_version(activation | {"features": "0123"})


def test_the_training_set_holds_each_example(done: Trained) -> None:
    stored = {(row.entity_id, row.feature_day): row for row in conform(done.training_set, TRAINING_SETS).collect()}
    made = [row for row in training_rows(accounts=24, synthetic=True).to_pylist() if row["account_id"] < "account023"]
    assert stored.keys() == {(row["account_id"], row["day"]) for row in made}
    for row in made:
        kept = stored[row["account_id"], row["day"]]
        is_labelled = row["account_id"] < "account012"
        told = (row["is_spam"], 2.0) if is_labelled else (None, 1.0)
        assert (kept.is_spam, kept.weight, kept.synthetic) == (*told, row["synthetic"][0])
    features = json.loads(stored["account000", DAY].features)
    assert features["categories"] == made[0]["categories"]


def test_partitions_and_order_of_the_rows_change_nothing(done: Trained, spark: SparkSession, tmp_path: Path) -> None:
    features, labels, synthetic = tables(spark)
    mixed = features.repartition(3).sortWithinPartitions("interactions_7d")
    again = trained(tmp_path, mixed, labels.repartition(2), synthetic.repartition(3))
    assert again.sha256 == done.sha256
    scores: list[np.ndarray] = [
        np.array(one.training_set.orderBy("entity_id", "feature_day").select("oof_score").collect()).ravel()
        for one in (done, again)
    ]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-6)


def example_rows(spark: SparkSession, **settings: Any) -> list[dict[str, Any]]:
    result = examples(*tables(spark), AccountModelSettings.model_validate(settings), SAMPLES)
    return list(result.to_pylist())


def test_an_example_has_the_labels_of_both_kinds_and_its_fold(spark: SparkSession) -> None:
    result = example_rows(spark)
    assert len(result) == 46
    [newest] = [row for row in result if (row["account_id"], row["day"]) == ("account020", DAY)]
    own = spark.range(1).select(fold(F.lit("account"), F.lit("account020"), salt=SAMPLES.salt, folds=SAMPLES.folds))
    assert (newest["is_spam"], newest["weight"], newest["fold"]) == (None, 1.0, own.collect()[0][0])
    assert newest["synthetic"] == [0.9] * VIEWS
    assert [(row["account_id"], row["day"]) for row in result] == sorted(
        (row["account_id"], row["day"]) for row in result
    )


def test_of_accounts_without_a_hand_label_a_sample_is_taken_with_all_their_days(spark: SparkSession) -> None:
    result = example_rows(spark, synthetic_accounts=4)
    drawn = {row["account_id"] for row in result if row["is_spam"] is None}
    assert len(drawn) == 4
    assert len([row for row in result if row["account_id"] in drawn]) == 8
    assert len({row["account_id"] for row in result}) == 12 + 4
    more = {row["account_id"] for row in example_rows(spark, synthetic_accounts=6) if row["is_spam"] is None}
    assert drawn < more


def test_too_few_labels_of_either_kind_are_refused_with_numbers(spark: SparkSession, tmp_path: Path) -> None:
    features, labels, synthetic = tables(spark)
    few = synthetic.where(F.col("day") == F.lit(ago(14))).limit(3)
    said = (
        r"there are 6 spam and 6 benign accounts with a hand label, and \d and \d that labelling functions take.*"
        r"asks for 7 of each.*`winnow labels import FILE`.*`winnow labels ledger`"
    )
    with pytest.raises(TooFewLabels, match=said):
        trained(tmp_path, features, labels, few, min_labels=7)
    with pytest.raises(TooFewLabels, match="there are 0 spam and 0 benign accounts with a hand label, and 0 and 0"):
        trained(tmp_path, features, labels.limit(0), None)
    assert not any(tmp_path.iterdir())


def test_one_kind_of_labels_is_enough(spark: SparkSession, tmp_path: Path) -> None:
    features, labels, synthetic = tables(spark)
    by_hand = trained(tmp_path / "hand", features, labels, None)
    by_functions = trained(tmp_path / "functions", features, labels.limit(0), synthetic)
    assert (by_hand.calibrated_on, by_functions.calibrated_on) == ("hand", "synthetic")
    assert [done.metrics["trained_examples"] for done in (by_hand, by_functions)] == [24, 46]
