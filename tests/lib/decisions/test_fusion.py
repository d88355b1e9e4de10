"""From detectors' tables to entity_scores: Spark's arithmetic against the kernel, and who is fitted on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from lib.config import FusionSettings, SampleSettings
from lib.decisions.fusion import (
    DETECTORS,
    active_entities,
    fit_fusions,
    fusions_of,
    labelled_scores,
    out_of_fold,
    score_rows,
    weight_rows,
    with_fused_score,
    with_scores,
)
from lib.decisions.stacking import Fusion, equal_weights, fused_score
from lib.labelling.precedence import resolved_labels
from schemas.catalog import TABLES
from schemas.decisions import ENTITY_SCORES, FUSION_WEIGHTS
from schemas.features import DOMAIN_FEATURES
from schemas.labelling import LABELS
from schemas.raw import IMPRESSIONS
from schemas.scores import DOMAIN_SCORES, GRAPH_SCORES
from schemas.tiles import ACCOUNT_DAYS
from tests.support.builders import DAY, ago, rows

pytestmark = pytest.mark.usefixtures("spark")
SAMPLES = SampleSettings()


def active(*names: str, impressions: DataFrame | None = None) -> DataFrame:
    return active_entities(
        account_days=rows(ACCOUNT_DAYS, *({"account_id": n} for n in names if "." not in n)),
        domain_features=rows(DOMAIN_FEATURES, *({"domain": n} for n in names if "." in n)),
        impressions=impressions or rows(IMPRESSIONS),
        day=DAY,
    )


def graph(name: str, score: float, **more: Any) -> dict[str, Any]:
    kind = "domain" if "." in name else "account"
    return {"entity_kind": kind, "entity_id": name, "score": score, "support": 1.0} | more


def outputs(
    *, domain_scores: Sequence[dict[str, Any]] = (), graph_scores: Sequence[dict[str, Any]] = ()
) -> dict[str, DataFrame]:
    """What the detectors say; the others say nothing."""
    tables = {detector.table: rows(TABLES[detector.table]) for detector in DETECTORS}
    said = {"domain_scores": rows(DOMAIN_SCORES, *domain_scores), "graph_scores": rows(GRAPH_SCORES, *graph_scores)}
    return tables | said


def hand(name: str, is_spam: bool) -> dict[str, Any]:
    return {"entity_kind": "domain", "entity_id": name, "is_spam": is_spam, "source": "hand", "weight": 1.0}


def test_who_is_active_and_how_much_of_it_was_seen() -> None:
    accounts = rows(
        ACCOUNT_DAYS,
        {"account_id": "busy", "interactions": 3},
        {"account_id": "busy", "interactions": 5, "day": ago(1)},  # active in the week, but not on the day
        {"account_id": "quiet", "interactions": 2, "day": ago(6)},
    )
    features = rows(
        DOMAIN_FEATURES, {"domain": "x.example", "interactions_1d": 4.0, "accounts_7d": 3.0, "exposure_1d": 70}
    )
    seen = rows(
        IMPRESSIONS,
        {"account_id": "busy", "impressions": 30},
        {"account_id": "busy", "impressions": 12},
        {"impressions": 9},  # nobody's
    )

    def found(impressions: DataFrame) -> set[tuple[Any, ...]]:
        rows_ = active_entities(account_days=accounts, domain_features=features, impressions=impressions, day=DAY)
        return {tuple(row) for row in rows_.collect()}

    domain = ("domain", "x.example", 4, 3, 70)
    assert found(seen) == {domain, ("account", "busy", 3, 1, 42), ("account", "quiet", 0, 1, 0)}
    # Where nobody tells whose content was seen, an interaction counts as one.
    untold = rows(IMPRESSIONS, {"impressions": 9})
    assert found(untold) == {domain, ("account", "busy", 3, 1, 3), ("account", "quiet", 0, 1, 0)}


def test_rows_of_entity_scores() -> None:
    labels = resolved_labels(rows(LABELS, hand("both.example", True)))
    scored = with_scores(
        active("both.example", "model.example", "none.example", "reached", "unreached"),
        outputs(
            domain_scores=[
                {"domain": "both.example", "score": 0.9, "oof_score": 0.8},
                {"domain": "model.example", "score": 0.7},
                {"domain": "gone.example", "score": 0.7},  # not active in the week: no row
            ],
            graph_scores=[
                graph("both.example", 0.9, oof_score=0.8),
                graph("model.example", 0.99, support=0.0),  # no seed mass reaches it: no verdict
                graph("reached", 0.25),
                graph("unreached", 0.5, support=0.0),
            ],
        ),
        labels,
    )
    fusions = {"domain": equal_weights(("domain_model", "graph")), "account": equal_weights(("graph",))}
    found = score_rows(with_fused_score(scored, fusions, FusionSettings(), SAMPLES), DAY)
    domain, account = {"entity_kind": "domain"}, {"entity_kind": "account", "accounts_7d": 1}
    expected = rows(
        ENTITY_SCORES,
        domain | {"entity_id": "both.example", "score": 0.9, "oof_score": 0.8, "label": "spam",
                  "detectors": {"domain_model": 0.9, "graph": 0.9}},
        domain | {"entity_id": "model.example", "score": 0.7, "detectors": {"domain_model": 0.7}},
        domain | {"entity_id": "none.example", "score": 0.5},
        account | {"entity_id": "reached", "score": 0.25, "detectors": {"graph": 0.25}},
        account | {"entity_id": "unreached", "score": 0.5},
    )  # fmt: skip
    rounded = found.selectExpr(
        *[f"round({c}, 9) AS {c}" if c in ("score", "oof_score") else c for c in ENTITY_SCORES.names]
    )
    assert_df_equality(rounded.orderBy("entity_id"), expected, ignore_nullable=True, ignore_metadata=True)


def test_spark_fuses_as_the_kernel_does() -> None:
    settings = FusionSettings(prior=0.3)
    fusions = {"domain": Fusion({"domain_model": 0.7, "graph": 0.2}, bias=-0.4, examples=50)}
    names = [f"{i}.example" for i in range(6)]
    first = dict(zip(names, [0.9, 0.2, None, 1.0, 0.4, None], strict=True))
    second = dict(zip(names, [0.6, None, 0.8, 0.0, 0.45, None], strict=True))
    scored = with_scores(
        active(*names),
        outputs(
            domain_scores=[{"domain": n, "score": s} for n, s in first.items() if s is not None],
            graph_scores=[graph(n, s) for n, s in second.items() if s is not None],
        ),
        resolved_labels(rows(LABELS)),
    )
    found = {r["entity_id"]: r["score"] for r in with_fused_score(scored, fusions, settings, SAMPLES).collect()}
    expected = fused_score(
        fusions["domain"], np.array([list(first.values()), list(second.values())], np.float64).T, settings
    )
    np.testing.assert_allclose([found[n] for n in names], expected, rtol=1e-12)
    assert found["5.example"] == 0.3


def test_weights_are_fitted_on_out_of_fold_scores_and_scores_of_labelled_entities_are_cross_fitted(
    spark: SparkSession,
) -> None:
    # The model's scores have seen the labels and look perfect; out of fold it is worthless, and the graph is good.
    names = [f"{i:02}.example" for i in range(40)]
    spam = {name: i % 2 == 0 for i, name in enumerate(names)}
    scored = with_scores(
        active(*names),
        outputs(
            domain_scores=[{"domain": n, "score": 0.99 if s else 0.01, "oof_score": 0.5} for n, s in spam.items()],
            graph_scores=[graph(n, 0.9, oof_score=0.8 if s else 0.3) for n, s in spam.items()],
        ),
        resolved_labels(rows(LABELS, *(hand(n, s) for n, s in spam.items()))),
    ).localCheckpoint()
    settings = FusionSettings(min_examples=10)
    labelled = labelled_scores(scored, SAMPLES)
    fusions = fit_fusions(scored, labelled, settings, SAMPLES)
    fitted = fusions["domain"]
    assert fusions.keys() == {"domain"}  # no account is there
    assert fitted.examples == 40
    assert fitted.weights["graph"] > 1
    assert fitted.weights["domain_model"] == pytest.approx(0.5)  # it says nothing, so it stays where it is drawn to
    assert len({fold.bias for fold in fitted.folds}) == SAMPLES.folds  # each without its own labels

    fused = with_fused_score(scored, fusions, settings, SAMPLES).toPandas()
    checked = out_of_fold(labelled, fusions, settings)
    np.testing.assert_allclose(np.sort(fused["oof_score"]), np.sort(checked["score"]), rtol=1e-9)

    stored = weight_rows(spark, fusions, DAY)
    assert fusions_of(stored) == {"domain": Fusion(fitted.weights, fitted.bias, fitted.examples)}
    assert stored.columns == list(FUSION_WEIGHTS.names)


def test_without_any_score_there_are_no_weights_and_everything_is_at_the_prior(spark: SparkSession) -> None:
    scored = with_scores(active("x.example", "an-account"), outputs(), resolved_labels(rows(LABELS)))
    fusions = fit_fusions(scored, labelled_scores(scored, SAMPLES), FusionSettings(), SAMPLES)
    assert fusions == {}
    assert weight_rows(spark, fusions, DAY).collect() == []
    fused = with_fused_score(scored, fusions, FusionSettings(), SAMPLES).collect()
    assert {(r["entity_id"], r["score"], len(r["detectors"])) for r in fused} == {
        ("x.example", 0.5, 0),
        ("an-account", 0.5, 0),
    }
