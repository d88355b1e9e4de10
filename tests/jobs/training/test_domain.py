import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.training.domain import examples, train_domain_model
from jobs.training.versions import Place, TooFewLabels, Trained
from lib.conform import conform
from lib.models.domain.domain_encoder import features_hash
from lib.models.registry import load_version
from schemas.features import DOMAIN_FEATURES
from schemas.labelling import LABEL_CANDIDATES, LABELS
from schemas.models import TRAINING_SETS
from tests.support.builders import DAY, ago, rows
from tests.support.models import SAMPLES, TINY, training_rows

SETTINGS = TINY.model_copy(update={"epochs": 2, "min_labels": 8})


def tables(*, spam: int = 10) -> tuple[DataFrame, DataFrame]:
    """Features of 20 domains on two days, and labels of `spam` of the spam ones and of all others."""
    made = training_rows(domains=20).to_pylist()
    told = DOMAIN_FEATURES.names
    features = [{k: v for k, v in row.items() if k in told and v is not None} for row in made]
    verdicts = {row["domain"]: row["is_spam"] for row in made}
    kept = [d for d in verdicts if verdicts[d]][:spam] + [d for d in verdicts if not verdicts[d]]
    label = {"entity_kind": "domain", "source": "hand", "weight": 2.0}
    labels = [{**label, "entity_id": domain, "is_spam": verdicts[domain]} for domain in kept]
    other = {"entity_kind": "account", "entity_id": kept[0], "is_spam": False, "source": "appeal"}  # no domain's label
    return rows(DOMAIN_FEATURES, *features), rows(LABELS, *labels, {**other, "weight": 1.0})


def trained(folder: Path, features: DataFrame, labels: DataFrame, **settings: Any) -> Trained:
    return train_domain_model(
        domain_features=features,
        labels=labels,
        day=DAY,
        domain_model=SETTINGS.model_copy(update=settings),
        samples=SAMPLES,
        version="domain-2026-03-10-1",
        place=Place(f"sqlite:///{folder}/mlflow.db", "winnow", f"{folder}/mlflow-artifacts"),
    )


@pytest.fixture(scope="module")
def done(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return trained(tmp_path_factory.mktemp("lake"), *tables())


def test_the_version_is_saved_as_it_says(done: Trained) -> None:
    model = load_version({**vars(done), "features": done.features_hash, "trained_on": DAY})
    assert model.version == done.version == "domain-2026-03-10-1"
    assert done.features_hash == features_hash()
    assert model.description["metrics"] == done.metrics
    assert done.metrics["trained_spam_domains"] == done.metrics["trained_benign_domains"] == 10


def test_the_training_set_holds_each_example(done: Trained) -> None:
    stored = conform(done.training_set, TRAINING_SETS).collect()
    made = training_rows(domains=20).to_pylist()
    assert {(row.entity_id, row.feature_day, row.is_spam) for row in stored} == {
        (row["domain"], row["day"], row["is_spam"]) for row in made
    }
    assert {(row.day, row.version, row.entity_kind, row.weight) for row in stored} == {
        (DAY, "domain-2026-03-10-1", "domain", 2.0)
    }
    features = json.loads(next(row.features for row in stored if row.entity_id == made[0]["domain"]))
    assert features["links"] == made[0]["links"]


def test_partitions_and_order_of_the_rows_change_nothing(done: Trained, tmp_path: Path) -> None:
    features, labels = tables()
    again = trained(tmp_path, features.repartition(3).sortWithinPartitions("links"), labels.repartition(2))
    assert again.sha256 == done.sha256
    scores: list[np.ndarray] = [
        np.array(one.training_set.orderBy("entity_id", "feature_day").select("oof_score").collect()).ravel()
        for one in (done, again)
    ]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-6)


def test_too_few_labels_are_refused_with_numbers(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(TooFewLabels, match=r"there are 3 spam and 10 benign domains.*asks for 8.*winnow labels import"):
        trained(tmp_path, *tables(spam=3))
    assert not any(tmp_path.iterdir())


@pytest.mark.usefixtures("spark")
def test_a_domain_drawn_at_random_stands_for_those_that_were_not() -> None:
    features, labels = tables()
    names = [row.entity_id for row in labels.where("entity_kind = 'domain'").orderBy("entity_id").collect()]
    asked = rows(
        LABEL_CANDIDATES,
        *(
            {"rank": 1, "part": "random"} | row
            for row in (
                {"domain": names[0], "sampling_probability": 0.5, "day": ago(2)},
                {
                    "domain": names[0],
                    "sampling_probability": 0.25,
                    "day": ago(1),
                },  # the last draw before its label was known
                {
                    "domain": names[1],
                    "sampling_probability": 0.25,
                    "day": DAY + timedelta(days=1),
                },  # after it was known
                {"domain": names[2], "part": "high", "day": ago(1)},  # chosen: it stands for itself
            )
        ),
    )
    result = examples(features, labels, SAMPLES, asked).to_pylist()
    assert {row["domain"]: row["sampling"] for row in result if row["sampling"] != 1} == {names[0]: 4.0}
    assert len(result) == len(examples(features, labels, SAMPLES)) == 40
