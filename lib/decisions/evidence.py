"""What led to each decision that applies, in rows that a reviewer can read and an analyst can check.

`contribution` is how far the fused logit falls without the reason: the fall of the detector's own logit times the
detector's weight. For the models the fall is measured, by leaving the reason out (before the logit is clipped, so
that the reasons of the highest scores still have an order). For a neighbour in the graph it is estimated: raw odds are
spam mass to benign mass, so without a neighbour that hands over the share q of the spam mass the raw logit falls by
-ln(1 - q), at most to the prior; the calibrated logit falls by the same part of what it is beyond the prior.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf
from pyspark.sql.types import StringType

from lib.config import FusionSettings
from lib.decisions.fusion import KEY, logit_column
from lib.decisions.stacking import Fusion
from lib.wording.cluster_wording import member_sentence
from lib.wording.reason_sentences import sentence
from schemas.decisions import EVIDENCE
from schemas.features import ACCOUNT_NUMBERS, DOMAIN_NUMBERS


@dataclass(frozen=True)
class DetectorOutputs:
    """What reasons are taken from: tables of the day, and the week's tiles for the numbers in the sentences."""

    domain_scores: DataFrame
    domain_features: DataFrame
    account_scores: DataFrame
    account_features: DataFrame
    account_clusters: DataFrame
    cluster_reports: DataFrame
    graph_scores: DataFrame
    account_days: DataFrame
    account_domain_days: DataFrame


def build_evidence(
    *,
    decided: DataFrame,
    evidence: DataFrame,
    outputs: DetectorOutputs,
    fusions: Mapping[str, Fusion],
    fusion: FusionSettings,
    day: date,
    also_for: bool = False,
) -> DataFrame:
    """Rows of `evidence`: at least one for each decision of `decided` (see policy.py) that is not reversed.

    A decision that today's facts no longer lead to keeps the rows of `evidence`, those of the day before. With
    `also_for`, the reasons for the entity are included, after the reasons against it.
    """
    applied = with_effect(decided.where("state != 'reversed'").drop("day", "reason"), fusions)
    fresh = applied.where("is_fresh")
    result = model_reasons(fresh, outputs)
    for others in (
        cluster_reasons(fresh, outputs, fusion),
        neighbour_reasons(fresh, outputs, fusion),
        label_reasons(fresh, fusion),
        carried_reasons(applied, evidence),
        score_reasons(applied, fusion),
    ):
        result = result.unionByName(others, allowMissingColumns=True)
    return (
        with_rank(result, also_for=also_for, least=fusion.least_contribution)
        .withColumns({"day": F.lit(day), "sentence": sentence_of()})
        .select(*EVIDENCE.names)
    )


def with_effect(applied: DataFrame, fusions: Mapping[str, Fusion]) -> DataFrame:
    """`effect`: by how much the fused logit moves with each detector's logit, a map. A detector that has a score also
    speaks for those that have none (see Fusion)."""
    known = F.greatest(F.size("detectors"), F.lit(1))
    effect = F.lit(None).cast("map<string,double>")
    for kind, fitted in fusions.items():
        missing = sum(
            (
                F.when(F.col("detectors")[name].isNull(), weight).otherwise(0.0)
                for name, weight in fitted.weights.items()
            ),
            start=F.lit(0.0),
        )
        pairs = [c for name, weight in fitted.weights.items() for c in (F.lit(name), F.lit(weight) + missing / known)]
        effect = F.when(F.col("entity_kind") == kind, F.create_map(*pairs)).otherwise(effect)
    return applied.withColumn("effect", effect)


def model_reasons(fresh: DataFrame, outputs: DetectorOutputs) -> DataFrame:
    """What the models name, with the numbers that their sentences need."""
    domains = named_reasons("domain", outputs.domain_scores, outputs.domain_features, DOMAIN_NUMBERS)
    accounts = named_reasons("account", outputs.account_scores, outputs.account_features, ACCOUNT_NUMBERS)
    return fresh.join(domains.unionByName(accounts), KEY).select(
        *KEY,
        "detector",
        "reason.kind",
        "reason.what",
        (F.col("reason.contribution") * F.col("effect")[F.col("detector")]).alias("contribution"),
        "model_version",
        "numbers",
    )


def named_reasons(kind: str, scores: DataFrame, features: DataFrame, numbers: tuple[str, ...]) -> DataFrame:
    """One row per reason of one model. `scores` and `features` name the entity by its kind."""
    key = kind if kind == "domain" else "account_id"
    known = features.select(key, named(*numbers).alias("numbers"))
    return scores.where("size(reasons) > 0").join(known, key, "left").select(
        F.lit(kind).alias("entity_kind"),
        F.col(key).alias("entity_id"),
        F.lit(f"{kind}_model").alias("detector"),
        F.explode("reasons").alias("reason"),
        "model_version",
        "numbers",
    )  # fmt: skip


def cluster_reasons(fresh: DataFrame, outputs: DetectorOutputs, fusion: FusionSettings) -> DataFrame:
    """One row per account that belongs to a cluster: without the cluster, its logit is the prior's."""
    account = [F.lit("account").alias("entity_kind"), F.col("account_id").alias("entity_id")]
    members = outputs.account_clusters.select(*account, "cluster_id", "shared")
    reports = outputs.cluster_reports.select("cluster_id", F.struct("accounts", "lift", "synchrony").alias("report"))
    beyond = logit_column(F.col("detectors")["clusters"], fusion) - logit_column(F.lit(fusion.prior), fusion)
    return fresh.join(members, KEY).join(reports, "cluster_id").select(
        *KEY,
        F.lit("clusters").alias("detector"),
        F.lit("cluster").alias("kind"),
        F.col("cluster_id").alias("what"),
        (beyond * F.col("effect")["clusters"]).alias("contribution"),
        cluster_sentence_column(F.struct("shared", "report")).alias("sentence"),
    )  # fmt: skip


def neighbour_reasons(fresh: DataFrame, outputs: DetectorOutputs, fusion: FusionSettings) -> DataFrame:
    """Of entities that are no seeds: what neighbours pass to a seed may be its own mass that comes back."""
    handed = outputs.graph_scores.where("support > 0 AND seed IS NULL")
    handed = handed.select(*KEY, "raw_score", F.explode("neighbours").alias("near"))
    near = fresh.join(handed, KEY).select(
        *KEY,
        F.lit("graph").alias("detector"),
        F.lit("neighbour").alias("kind"),
        F.col("near.entity_id").alias("what"),
        (fall_without("near.spam_share", fusion) * F.col("effect")["graph"]).alias("contribution"),
        F.col("near.spam_share").alias("share"),
        F.col("near.score").alias("raw_score"),
        F.create_map(F.lit("label"), "near.label").alias("words"),
    )
    facts = ("share", "raw_score", "together", "of")
    return with_interactions(near, outputs).withColumn("numbers", named(*facts)).drop(*facts, "account_id", "domain")


def fall_without(share: str, fusion: FusionSettings) -> Column:
    """How far the calibrated logit of the graph falls without `share` of the spam mass; 0 where it is low anyway."""
    prior = logit_column(F.lit(fusion.prior), fusion)
    beyond = logit_column(F.col("detectors")["graph"], fusion) - prior
    raw_beyond = logit_column(F.col("raw_score"), fusion) - prior
    # Without the whole mass the logarithm is of 0, which is null: `least` passes over it.
    part = F.least(-F.log(1 - F.col(share)) / raw_beyond, F.lit(1.0))
    return F.when((beyond > 0) & (raw_beyond > 0), beyond * part).otherwise(0.0)


def with_interactions(near: DataFrame, outputs: DetectorOutputs) -> DataFrame:
    """`together`: interactions of the week in which the account of the pair linked to its domain; `of`: all of the
    account's that carry links. Null where there were none."""
    is_account = F.col("entity_kind") == "account"
    account = F.when(is_account, F.col("entity_id")).otherwise(F.col("what"))
    domain = F.when(is_account, F.col("what")).otherwise(F.col("entity_id"))
    pairs = near.withColumns({"account_id": account, "domain": domain})
    activity = outputs.account_domain_days.groupBy("account_id", "domain").agg(F.sum("interactions").alias("together"))
    linking = outputs.account_days.groupBy("account_id").agg(F.sum("linking").alias("of"))
    return pairs.join(activity, ["account_id", "domain"], "left").join(linking, "account_id", "left")


def label_reasons(fresh: DataFrame, fusion: FusionSettings) -> DataFrame:
    """A spam label is worth the clip: no detector can be surer."""
    known_on = F.col("label_at").cast("date").cast("string")
    return fresh.where("is_spam").select(
        *KEY,
        F.lit("label").alias("detector"),
        F.lit("label").alias("kind"),
        F.lit("spam").alias("what"),
        F.lit(fusion.logit_clip).alias("contribution"),
        F.create_map(F.lit("source"), "label_source", F.lit("known_on"), known_on).alias("words"),
    )


def carried_reasons(applied: DataFrame, evidence: DataFrame) -> DataFrame:
    """The stored reasons of decisions that today's facts no longer lead to, in their old order."""
    old = evidence.withColumnRenamed("rank", "old_rank").drop("day")
    return applied.where("NOT is_fresh").select(*KEY).join(old, KEY)


def score_reasons(applied: DataFrame, fusion: FusionSettings) -> DataFrame:
    """The detector with the highest score, for each decision; kept only where there is no other reason."""
    by_score = F.transform(
        F.map_entries("detectors"), lambda pair: F.struct(pair["value"].alias("top"), pair["key"].alias("name"))
    )
    nothing = F.struct(F.lit(None).cast("double").alias("top"), F.lit("fusion").alias("name"))
    beyond = logit_column(F.col("best.top"), fusion) - logit_column(F.lit(fusion.prior), fusion)
    return applied.withColumn("best", F.coalesce(F.array_max(by_score), nothing)).select(
        *KEY,
        F.col("best.name").alias("detector"),
        F.lit("score").alias("kind"),
        F.col("best.name").alias("what"),
        F.coalesce(beyond * F.col("effect")[F.col("best.name")], F.lit(0.0)).alias("contribution"),
        F.create_map(F.lit("score"), F.coalesce("best.top", "score")).alias("numbers"),
        F.lit(True).alias("is_bare"),
    )


def with_rank(result: DataFrame, *, also_for: bool, least: float) -> DataFrame:
    """`rank` from 1: what is carried keeps its order, a label comes before the rest, then the greatest contribution.
    Reasons that do nothing are left out, and bare scores where there is a reason."""
    order = Window.partitionBy(*KEY).orderBy(
        F.asc_nulls_first("is_bare"), "old_rank", F.desc(F.col("kind") == "label"), F.desc("contribution"),
        "detector", "kind", "what",
    )  # fmt: skip
    moves = (F.abs("contribution") if also_for else F.col("contribution")) >= least
    return (
        result.where(F.col("is_bare") | F.col("old_rank").isNotNull() | moves)
        .withColumn("rank", F.row_number().over(order))
        .where("is_bare IS NULL OR rank = 1")
    )


def named(*columns: str) -> Column:
    """The numbers that are known, by name."""
    pairs = F.create_map(*(c for name in columns for c in (F.lit(name), F.col(name).cast("double"))))
    return F.map_filter(pairs, lambda _, value: value.isNotNull())


def sentence_of() -> Column:
    """What is carried has its sentence already."""
    known = ("entity_kind", "detector", "kind", "what", "numbers", "words")
    output: Column = sentence_column(F.struct(F.col("sentence").alias("given"), *known))
    return output


def sentence_series(facts: pd.DataFrame) -> pd.Series:
    records = [{str(k): v for k, v in record.items()} for record in facts.to_dict("records")]
    return pd.Series([record.pop("given") or sentence(**record) for record in records], dtype=object)


def cluster_sentence_series(facts: pd.DataFrame) -> pd.Series:
    text = zip(facts["shared"], facts["report"], strict=True)
    return pd.Series([member_sentence(shared, report) for shared, report in text], dtype=object)


sentence_column = pandas_udf(sentence_series, StringType())  # type: ignore[call-overload]
cluster_sentence_column = pandas_udf(cluster_sentence_series, StringType())  # type: ignore[call-overload]
