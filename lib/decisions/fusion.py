"""The fused score of every active account and domain: from the detectors' tables to entity_scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.calibration import probability
from lib.config import FusionSettings, SampleSettings
from lib.conform import spark_schema
from lib.decisions.stacking import Fusion, cross_fitted, fused_score, prior_logit
from lib.sampling import fold
from schemas.decisions import ENTITY_SCORES, FUSION_WEIGHTS

KEY = ["entity_kind", "entity_id"]


@dataclass(frozen=True)
class Detector:
    """Where a detector's outputs are; `kind`, `entity_id` and `where` are SQL over its table."""

    name: str
    table: str
    kind: str
    entity_id: str
    where: str = "true"  # which rows have a score of the detector's own: the others have the prior


DETECTORS = (
    Detector("domain_model", "domain_scores", "'domain'", "domain"),
    Detector("account_model", "account_scores", "'account'", "account_id"),
    Detector("clusters", "account_clusters", "'account'", "account_id"),
    Detector("graph", "graph_scores", "entity_kind", "entity_id", where="support > 0"),
)


def with_scores(entities: DataFrame, tables: Mapping[str, DataFrame], labels: DataFrame) -> DataFrame:
    """`entities` with `NAME` and `NAME_oof` for each detector (null without a score) and the columns of their label
    (null without one); `labels` are resolved."""
    for detector in DETECTORS:
        outputs = tables[detector.table].where(detector.where).select(
            F.expr(detector.kind).alias("entity_kind"),
            F.expr(detector.entity_id).alias("entity_id"),
            F.col("score").alias(detector.name),
            F.col("oof_score").alias(f"{detector.name}_oof"),
        )  # fmt: skip
        entities = entities.join(outputs, KEY, "left")
    return entities.join(labels, KEY, "left")


def without(scored: DataFrame, detector: str) -> DataFrame:
    """`scored` as if the detector had scored nothing."""
    nothing = F.lit(None).cast("double")
    return scored.withColumns({detector: nothing, f"{detector}_oof": nothing})


def fit_fusions(
    scored: DataFrame, labelled: pd.DataFrame, fusion: FusionSettings, samples: SampleSettings
) -> dict[str, Fusion]:
    """By kind of entity: how the detectors that have scored any of that kind today are fused."""
    counted = {row["entity_kind"]: row for row in score_counts(scored).collect()}
    fusions = {}
    for kind, counts in counted.items():
        detectors = tuple(d.name for d in DETECTORS if counts[d.name])
        if detectors:
            own = labelled[labelled["entity_kind"] == kind]
            fusions[kind] = fit_kind(detectors, own, folds=samples.folds, settings=fusion)
    return fusions


def score_counts(scored: DataFrame) -> DataFrame:
    return scored.groupBy("entity_kind").agg(*(F.count(d.name).alias(d.name) for d in DETECTORS))


def labelled_scores(scored: DataFrame, samples: SampleSettings) -> pd.DataFrame:
    """The out-of-fold scores of the labelled entities, on the driver: a few numbers per label, ordered by key."""
    columns = [F.col(f"{d.name}_oof").cast("double").alias(d.name) for d in DETECTORS]
    folds = fold(F.col("entity_kind"), F.col("entity_id"), salt=samples.salt, folds=samples.folds)
    rows = scored.where("is_spam IS NOT NULL").select(*KEY, "is_spam", "weight", folds.alias("fold"), *columns)
    return rows.toPandas().sort_values(KEY, ignore_index=True)


def fit_kind(detectors: tuple[str, ...], labelled: pd.DataFrame, *, folds: int, settings: FusionSettings) -> Fusion:
    return cross_fitted(
        detectors,
        labelled[list(detectors)].to_numpy(np.float64),
        labelled["is_spam"].to_numpy(np.float64),
        labelled["weight"].to_numpy(np.float64),
        labelled["fold"].to_numpy(np.int64),
        folds=folds,
        settings=settings,
    )


def out_of_fold(labelled: pd.DataFrame, fusions: Mapping[str, Fusion], settings: FusionSettings) -> pd.DataFrame:
    """Fused scores of the labelled entities that a detector reaches, each by the fusion that never saw its fold:
    entity_kind, is_spam, score."""
    parts = []
    for kind, fusion in fusions.items():
        for number, part in enumerate(fusion.folds):
            own = labelled[(labelled["entity_kind"] == kind) & (labelled["fold"] == number)]
            own = own.dropna(subset=list(part.weights), how="all")
            score = fused_score(part, own[list(part.weights)].to_numpy(np.float64), settings)
            parts.append(own[["entity_kind", "is_spam"]].assign(score=score))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["entity_kind", "is_spam", "score"])


def with_fused_score(
    scored: DataFrame, fusions: Mapping[str, Fusion], fusion: FusionSettings, samples: SampleSettings
) -> DataFrame:
    """`scored` with `score`, `oof_score` (null without a label) and the map `detectors`."""
    folds = fold(F.col("entity_kind"), F.col("entity_id"), salt=samples.salt, folds=samples.folds)
    whole = {kind: F.lit(parameters(fitted)) for kind, fitted in fusions.items()}
    parts = {
        kind: F.lit([parameters(part) for part in fitted.folds or [fitted] * samples.folds])[folds]
        for kind, fitted in fusions.items()
    }
    return (
        scored.withColumns({"x": beyond_prior("", fusion), "x_oof": beyond_prior("_oof", fusion)})
        .withColumns({"w": by_kind(whole), "w_oof": by_kind(parts), "detectors": score_map()})
        .withColumn("score", fused("x", "w", fusion))
        .withColumn("oof_score", F.when(F.col("is_spam").isNotNull(), fused("x_oof", "w_oof", fusion)))
        .drop("x", "x_oof", "w", "w_oof")
    )


def parameters(fusion: Fusion) -> list[float]:
    """The bias, then a weight for each of DETECTORS; 0 for one that is not there."""
    return [fusion.bias, *(fusion.weights.get(d.name, 0.0) for d in DETECTORS)]


def by_kind(values: Mapping[str, Column]) -> Column:
    column = F.lit(None).cast("array<double>")
    for kind, value in values.items():
        column = F.when(F.col("entity_kind") == kind, value).otherwise(column)
    return column


def beyond_prior(suffix: str, settings: FusionSettings) -> Column:
    """A row of the evidence matrix (see stacking.py), with null where a detector has no score."""
    prior = prior_logit(settings)
    return F.array(*(logit_column(F.col(f"{d.name}{suffix}"), settings) - prior for d in DETECTORS))


def fused(x: str, w: str, settings: FusionSettings) -> Column:
    """`fused_score` of stacking.py in Spark's own arithmetic."""
    known = F.filter(x, lambda logit: logit.isNotNull())
    mean = total(known) / F.size(known)
    weighted = F.zip_with(x, F.slice(w, 2, len(DETECTORS)), lambda logit, weight: F.coalesce(logit, mean) * weight)
    z = prior_logit(settings) + F.col(w)[0] + total(weighted)
    return F.when(F.size(known) == 0, F.lit(settings.prior)).otherwise(1 / (1 + F.exp(-z)))


def total(values: Column) -> Column:
    return F.aggregate(values, F.lit(0.0), lambda a, b: a + b)


def score_rows(fused: DataFrame, day: date) -> DataFrame:
    """Rows of `entity_scores`."""
    label = F.when(F.col("is_spam"), "spam").when(~F.col("is_spam"), "benign")
    columns = {"day": F.lit(day), "label": label}
    return fused.withColumns(columns).select(*ENTITY_SCORES.names)


def logit_column(score: Column, settings: FusionSettings) -> Column:
    """The clipped logit of a probability; null for null."""
    limit = float(probability(np.array(settings.logit_clip)))
    clipped = F.when(score.isNotNull(), F.greatest(F.lit(1 - limit), F.least(F.lit(limit), score)))
    return F.log(clipped / (1 - clipped))


def score_map() -> Column:
    """The score of each detector that has one."""
    pairs = F.create_map(*(column for d in DETECTORS for column in (F.lit(d.name), F.col(d.name))))
    return F.map_filter(pairs, lambda _, score: score.isNotNull())


def weight_rows(session: SparkSession, fusions: Mapping[str, Fusion], day: date) -> DataFrame:
    """Rows of `fusion_weights`."""
    records = [
        (day, kind, detector, float(weight), fusion.examples)
        for kind, fusion in sorted(fusions.items())
        for detector, weight in {"bias": fusion.bias, **fusion.weights}.items()
    ]
    return session.createDataFrame(records, spark_schema(FUSION_WEIGHTS))


def fusions_of(weights: DataFrame) -> dict[str, Fusion]:
    """The fusions that one day of `fusion_weights` holds."""
    rows = weights.select("entity_kind", "detector", "weight", "examples").collect()
    fusions = {}
    for kind in sorted({row["entity_kind"] for row in rows}):
        own = {row["detector"]: row for row in rows if row["entity_kind"] == kind}
        result = {d.name: own[d.name]["weight"] for d in DETECTORS if d.name in own}
        fusions[kind] = Fusion(result, own["bias"]["weight"], own["bias"]["examples"])
    return fusions


def active_entities(
    *, account_days: DataFrame, domain_features: DataFrame, impressions: DataFrame, day: date
) -> DataFrame:
    """One row per account of `account_days` and per domain of `domain_features`: entity_kind, entity_id,
    interactions_1d, accounts_7d, exposure_1d."""
    domains = domain_features.select(
        F.lit("domain").alias("entity_kind"),
        F.col("domain").alias("entity_id"),
        F.col("interactions_1d").cast("bigint"),
        F.col("accounts_7d").cast("bigint"),
        "exposure_1d",
    )
    return active_accounts(account_days, impressions, day).unionByName(domains)


def active_accounts(account_days: DataFrame, impressions: DataFrame, day: date) -> DataFrame:
    on_the_day = F.sum(F.when(F.col("day") == F.lit(day), F.col("interactions")).otherwise(0))
    accounts = account_days.groupBy("account_id").agg(on_the_day.alias("interactions_1d"))
    by_account = impressions.where("account_id IS NOT NULL")
    seen = by_account.groupBy("account_id").agg(F.sum("impressions").alias("seen"))
    return accounts.join(seen, "account_id", "left").select(
        F.lit("account").alias("entity_kind"),
        F.col("account_id").alias("entity_id"),
        "interactions_1d",
        F.lit(1).cast("bigint").alias("accounts_7d"),
        exposure(is_known=not by_account.isEmpty()).alias("exposure_1d"),
    )


def exposure(*, is_known: bool) -> Column:
    """Impressions of the account's content; its interactions where the source does not say whose content was seen."""
    return F.coalesce("seen", F.lit(0)).cast("bigint") if is_known else F.col("interactions_1d")
