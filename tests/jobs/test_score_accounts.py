from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.contract import SkipJob
from jobs.score_accounts import score_accounts
from lib.config import SampleSettings, ScoringSettings
from lib.conform import conform
from lib.models.account.account_encoder import COLUMNS
from lib.models.artefacts import NETWORK
from lib.models.scoring import load_network, tensors
from lib.sampling import fold
from schemas.features import ACCOUNT_FEATURES
from schemas.labelling import LABELS
from schemas.scores import ACCOUNT_SCORES
from tests.support.accounts import SAMPLES, account_table, tiny_model, tiny_scorer
from tests.support.builders import DAY, rows
from udfs.functions import register_account_functions

SPAM: dict[str, Any] = {"interactions_7d": 45.0, "spam_link_share": 0.9, "categories": ["client=script"]}
GOOD: dict[str, Any] = {"interactions_7d": 4.0, "spam_link_share": 0.05, "categories": ["client=web"]}
CASES: dict[str, dict[str, Any]] = {
    "spammer": SPAM,
    "reader": GOOD,
    "unlinked": {"interactions_7d": 4.0, "spam_link_share": None},
    "unheard": {"categories": ["client=never", "", "x" * 10_000]},
    "strange": {"interactions_7d": float("inf"), "growth_7d": float("nan"), "categories": ["\u202e=\x00", "=", ""]},
    "huge": {"interactions_7d": 1e300, "name_chars": -1.0, "categories": [f"odd={n}" for n in range(500)]},
}


def scored(
    *,
    partitions: int = 1,
    scoring: ScoringSettings | None = None,
    labels: Sequence[str] = (),
) -> dict[str, Any]:
    features = rows(ACCOUNT_FEATURES, *({"account_id": account, **case} for account, case in CASES.items()))
    known = rows(LABELS, *({"entity_kind": "account", "entity_id": account, "source": "hand"} for account in labels))
    result = score_accounts(
        account_features=features.repartition(partitions, "account_id"),
        labels=known,
        day=DAY,
        scoring=scoring or ScoringSettings(),
        samples=SAMPLES,
        model=tiny_model(),
    )
    return {row.account_id: row for row in conform(result, ACCOUNT_SCORES).collect()}


def zeros() -> dict[str, float]:
    """What the builder makes of features that a case does not tell."""
    return {c.name: 0.0 for c in ACCOUNT_FEATURES.columns if c.type == "double" and not c.nullable}


def test_spark_scores_as_keras_does_in_this_process(spark: SparkSession) -> None:
    result = scored()
    table = account_table(*({**zeros(), "categories": [], **case} for case in CASES.values()))
    inputs = tensors(tiny_scorer().encoder.encode(table))
    logits = load_network(tiny_model().files[NETWORK])(inputs).numpy().astype(np.float64)
    calibration = tiny_model().calibration
    scores, fold_scores = calibration.probabilities(logits.mean(axis=1)), calibration.probabilities(logits)
    np.testing.assert_allclose([result[account].score for account in CASES], scores, atol=1e-6)
    np.testing.assert_allclose([result[account].fold_scores for account in CASES], fold_scores, atol=1e-6)
    assert result["spammer"].score > 0.7
    assert result["reader"].score < 0.3
    assert {row.model_version for row in result.values()} == {"account-2026-03-10-1"}


def test_partitions_and_batches_change_nothing(spark: SparkSession) -> None:
    one, many = scored(), scored(partitions=3, scoring=ScoringSettings(batch_rows=1))
    for account, row in one.items():
        assert many[account].score == pytest.approx(row.score, abs=1e-6)
        assert many[account].fold_scores == pytest.approx(row.fold_scores, abs=1e-6)
        assert [r.what for r in many[account].reasons] == [r.what for r in row.reasons]


def test_a_labelled_account_has_the_score_that_never_saw_its_fold(spark: SparkSession) -> None:
    labelled = ("spammer", "strange")
    result = scored(labels=labelled)
    own = fold(F.lit("account"), F.col("account_id"), salt=SAMPLES.salt, folds=SAMPLES.folds)
    accounts = rows(ACCOUNT_FEATURES, *({"account_id": account} for account in CASES))
    folds = {row.account_id: row.fold for row in accounts.select("account_id", own.alias("fold")).collect()}
    expected = {name: row.fold_scores[folds[name]] if name in labelled else None for name, row in result.items()}
    assert {name: row.oof_score for name, row in result.items()} == expected


def test_reasons_come_with_high_scores_only_and_are_few(spark: SparkSession) -> None:
    result = scored(scoring=ScoringSettings(reasons_from=0.7, reasons=2))
    assert [len(result[account].reasons) for account in ("spammer", "reader")] == [2, 0]
    assert {reason.what for reason in result["spammer"].reasons} == {"interactions_7d", "domain_scores"}


def test_without_a_model_the_job_stands_aside(spark: SparkSession) -> None:
    nothing = {"account_features": rows(ACCOUNT_FEATURES), "labels": rows(LABELS)}
    with pytest.raises(SkipJob, match=f"no account model is active on {DAY}.*winnow train account"):
        score_accounts(**nothing, day=DAY, scoring=ScoringSettings(), samples=SAMPLES, model=None)


def test_a_model_of_other_folds_is_refused(spark: SparkSession) -> None:
    nothing = {"account_features": rows(ACCOUNT_FEATURES), "labels": rows(LABELS)}
    other = SampleSettings(salt="x")
    with pytest.raises(ValueError, match=r"was trained with.*winnow train account --day D"):
        score_accounts(**nothing, day=DAY, scoring=ScoringSettings(), samples=other, model=tiny_model())


def test_sql_scores_any_struct_of_features(spark: SparkSession) -> None:
    register_account_functions(spark, tiny_model())
    rows(ACCOUNT_FEATURES, {"account_id": "a", **SPAM}).createOrReplaceTempView("features")
    query = """SELECT account_score(struct(*)) AS whole,
        account_score(struct(categories, spam_link_share, interactions_7d)) AS part,
        account_score(named_struct('interactions_7d', 45, 'spam_link_share', 0.9BD, 'else', 'x')) AS typed,
        account_score(named_struct('interactions_7d', null)) AS unknown,
        account_score(if(account_id = 'a', null, struct(*))) AS none
        FROM features"""
    result = spark.sql(query).collect()[0]
    scorer = tiny_scorer()

    def expected(row: dict[str, Any], *names: str) -> float:
        return float(scorer.row_scores(account_table(row).select(list(names or COLUMNS)))[0])

    assert result.whole == pytest.approx(expected({**zeros(), **SPAM}), abs=1e-6)
    assert result.part == pytest.approx(expected(SPAM, "interactions_7d", "spam_link_share", "categories"), abs=1e-6)
    assert result.typed == pytest.approx(expected(SPAM, "interactions_7d", "spam_link_share"), abs=1e-6)
    assert result.unknown == pytest.approx(expected({}, "interactions_7d"), abs=1e-6)
    assert result.none is None


def test_what_cannot_be_scored_is_refused_with_the_way_out(spark: SparkSession) -> None:
    register_account_functions(spark, tiny_model())
    for wrong in ("1", "named_struct('x', 1)"):
        with pytest.raises(PySparkException, match="takes a struct of columns of account_features"):
            spark.sql(f"SELECT account_score({wrong})").collect()
    register_account_functions(spark, None)
    with pytest.raises(PySparkException, match="no account model is active: run winnow train account --day D"):
        spark.sql("SELECT account_score(named_struct('age_days', 1))").collect()
