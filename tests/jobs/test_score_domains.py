from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.contract import SkipJob
from jobs.score_domains import score_domains
from lib.config import SampleSettings, ScoringSettings
from lib.conform import conform
from lib.models.artefacts import NETWORK
from lib.models.scoring import load_network, tensors
from lib.sampling import fold
from schemas.features import DOMAIN_FEATURES
from schemas.labelling import LABELS
from schemas.scores import DOMAIN_SCORES
from tests.support.builders import DAY, rows
from tests.support.models import SAMPLES, feature_table, tiny_model, tiny_scorer
from udfs.functions import register_domain_functions

SPAM: dict[str, Any] = {"links": ["http://www.cheap-pills9.example/offer/buy/1"], "accounts_7d": 40.0, "age_days": 1.0}
GOOD: dict[str, Any] = {
    "links": ["http://www.garden-museum9.example/article/read/1"],
    "accounts_7d": 2.0,
    "age_days": 90.0,
}
CASES: dict[str, dict[str, Any]] = {
    "cheap-pills9.example": SPAM,
    "garden-museum9.example": GOOD,
    "empty.example": {"links": [], "page_text": ""},
    "null.example": {"links": [None]},
    "long.example": {"links": ["http://long.example/" + "buy/" * 2500], "page_text": "x" * 50_000},
    "unheard.example": {"page_text": "words that no page of the training had"},
    "hostile.example": {"links": ["http://\u202e\U0001f4a9%ff%00\\\\@[/?#", "\x00", ""], "page_text": "\ud7ff\ufffe"},
}


def scored(
    spark: SparkSession,
    *,
    partitions: int = 1,
    scoring: ScoringSettings | None = None,
    labels: Sequence[str] = (),
) -> dict[str, Any]:
    features = rows(DOMAIN_FEATURES, *({"domain": domain, **case} for domain, case in CASES.items()))
    known = rows(LABELS, *({"entity_kind": "domain", "entity_id": domain, "source": "hand"} for domain in labels))
    result = score_domains(
        domain_features=features.repartition(partitions, "domain"),
        labels=known,
        day=DAY,
        scoring=scoring or ScoringSettings(),
        samples=SAMPLES,
        model=tiny_model(),
    )
    return {row.domain: row for row in conform(result, DOMAIN_SCORES).collect()}


def test_spark_scores_as_keras_does_in_this_process(spark: SparkSession) -> None:
    result = scored(spark)
    zeros = {c.name: 0.0 for c in DOMAIN_FEATURES.columns if c.type == "double" and not c.nullable}
    table = feature_table(*(zeros | case for case in CASES.values()))
    inputs = tensors(tiny_scorer().encoder.encode(table))
    logits = load_network(tiny_model().files[NETWORK])(inputs).numpy().astype(np.float64)
    calibration = tiny_model().calibration
    scores, fold_scores = calibration.probabilities(logits.mean(axis=1)), calibration.probabilities(logits)
    np.testing.assert_allclose([result[domain].score for domain in CASES], scores, atol=1e-6)
    np.testing.assert_allclose([result[domain].fold_scores for domain in CASES], fold_scores, atol=1e-6)
    assert result["cheap-pills9.example"].score > 0.7
    assert result["garden-museum9.example"].score < 0.3
    assert {row.model_version for row in result.values()} == {"domain-2026-03-10-1"}


def test_partitions_and_batches_change_nothing(spark: SparkSession) -> None:
    one, many = scored(spark), scored(spark, partitions=3, scoring=ScoringSettings(batch_rows=1))
    for domain, row in one.items():
        assert many[domain].score == pytest.approx(row.score, abs=1e-6)
        assert many[domain].fold_scores == pytest.approx(row.fold_scores, abs=1e-6)
        assert [r.what for r in many[domain].reasons] == [r.what for r in row.reasons]


def test_a_labelled_domain_has_the_score_that_never_saw_its_fold(spark: SparkSession) -> None:
    labelled = ("cheap-pills9.example", "empty.example")
    result = scored(spark, labels=labelled)
    own = fold(F.lit("domain"), F.col("domain"), salt=SAMPLES.salt, folds=SAMPLES.folds)
    domains = rows(DOMAIN_FEATURES, *({"domain": domain} for domain in CASES))
    folds = {row.domain: row.fold for row in domains.select("domain", own.alias("fold")).collect()}
    expected = {
        domain: row.fold_scores[folds[domain]] if domain in labelled else None for domain, row in result.items()
    }
    assert {domain: row.oof_score for domain, row in result.items()} == expected


def test_reasons_come_with_high_scores_only_and_are_few(spark: SparkSession) -> None:
    result = scored(spark, scoring=ScoringSettings(reasons_from=0.7, reasons=3))
    assert [len(result[domain].reasons) for domain in list(CASES)[:2]] == [3, 0]
    assert all(row.score >= 0.7 or not row.reasons for row in result.values())
    falls = [reason.contribution for reason in result["cheap-pills9.example"].reasons]
    assert falls == sorted(falls, reverse=True)
    assert falls[-1] > 0


def test_without_a_model_the_job_stands_aside(spark: SparkSession) -> None:
    nothing = {"domain_features": rows(DOMAIN_FEATURES), "labels": rows(LABELS)}
    with pytest.raises(SkipJob, match=f"no domain model is active on {DAY}.*winnow train domain"):
        score_domains(**nothing, day=DAY, scoring=ScoringSettings(), samples=SAMPLES, model=None)


def test_a_model_of_other_folds_is_refused(spark: SparkSession) -> None:
    nothing = {"domain_features": rows(DOMAIN_FEATURES), "labels": rows(LABELS)}
    with pytest.raises(ValueError, match="was trained with"):
        score_domains(
            **nothing, day=DAY, scoring=ScoringSettings(), samples=SampleSettings(salt="x"), model=tiny_model()
        )


def test_sql_scores_links_and_bags_of_which_nothing_else_is_known(spark: SparkSession) -> None:
    register_domain_functions(spark, tiny_model())
    link = SPAM["links"][0]
    query = f"""SELECT link_score('{link}'), link_score(NULL), domain_score(array('{link}')), domain_score(NULL),
        domain_score(array()), link_score('') IS NOT NULL, link_tokens('{link}'), link_tokens(NULL)"""
    one, null, bag, no_bag, empty, scores_any_text, tokens, no_tokens = spark.sql(query).collect()[0]
    scorer = tiny_scorer()
    inputs = scorer.encoder.encode(feature_table({"links": [link]}, {}))
    expected, unknown = scorer.scores(inputs)[0]
    assert (one, bag, empty) == pytest.approx((expected, expected, unknown), abs=1e-6)
    assert (null, no_bag, no_tokens, scores_any_text) == (None, None, None, True)
    said = {where: [token[5:].lstrip("+") for token in tokens if token.startswith(where)] for where in ("host", "path")}
    assert ("".join(said["host"]), "".join(said["path"])) == ("wwwcheappills9example", "offerbuy1")


def test_without_a_model_sql_says_what_to_do(spark: SparkSession) -> None:
    for model in (tiny_model(), None, None):  # one replaces the other
        register_domain_functions(spark, model)
    for call in ("link_score('http://a.example/')", "domain_score(array('x'))", "link_tokens('x')"):
        with pytest.raises(PySparkException, match="no domain model is active: run winnow train domain --day D"):
            spark.sql(f"SELECT {call}").collect()
