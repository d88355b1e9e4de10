"""What led to each standing decision, in rows that a reviewer can read and an analyst can check.

`contribution` is how far the fused logit falls without the reason: the fall of the detector's own logit times the
detector's weight. A detector's fall is what the domain model measured by leaving the reason out; for a neighbour in the
graph it is -ln(1 - q), with q its share of the spam mass: raw odds are spam mass to benign mass, and without the
neighbour the spam mass is (1 - q) times what it was. (Falls are taken before the logit is clipped, so that the reasons
of the surest verdicts still have an order.)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf
from pyspark.sql.types import StringType

from lib.config import FusionSettings
from lib.decisions.fusion import KEY, logit_column
from lib.decisions.sentences import label_sentence, neighbour_sentence, reason_sentence, score_sentence
from lib.decisions.stacking import Fusion
from schemas.features import DOMAIN_BEHAVIOUR, DOMAIN_PAGE

NUMBERS = tuple(column.name for column in (*DOMAIN_BEHAVIOUR, *DOMAIN_PAGE))
REASON = ("detector", "kind", "what", "contribution", "sentence", "model_version")
LEAST = 1e-3  # a smaller contribution is not worth a sentence


@dataclass(frozen=True)
class Verdicts:
    """What reasons are taken from: tables of the day, and the week's tiles for the numbers in the sentences."""

    domain_scores: DataFrame
    domain_features: DataFrame
    graph_scores: DataFrame
    account_days: DataFrame
    account_domain_days: DataFrame


def build_evidence(
    *,
    decided: DataFrame,
    entity_scores: DataFrame,
    labels: DataFrame,
    evidence: DataFrame,
    verdicts: Verdicts,
    fusions: Mapping[str, Fusion],
    fusion: FusionSettings,
    day: date,
) -> DataFrame:
    """Rows of `evidence`: at least one for each decision of `decided` (see policy.py) that is not reversed.

    A decision that today's facts no longer lead to keeps the rows of `evidence`, those of the day before. `labels` are
    resolved.
    """
    standing = decided.where("state != 'reversed'").select(*KEY, "is_fresh", "score")
    scores = with_effect(entity_scores.select(*KEY, "detectors"), fusions)
    fresh = standing.where("is_fresh").select(*KEY).join(scores, KEY, "left")
    found = ranked(
        domain_reasons(fresh, verdicts)
        .unionByName(neighbour_reasons(fresh, verdicts, fusion))
        .unionByName(label_reasons(fresh, labels, fusion))
    )
    carried = standing.where("NOT is_fresh").select(*KEY).join(evidence, KEY).select(*KEY, "rank", *REASON)
    explained = found.unionByName(carried)
    bare = standing.join(explained.select(*KEY).distinct(), KEY, "left_anti").join(scores, KEY, "left")
    return explained.unionByName(bare_scores(bare, fusion)).select(F.lit(day).alias("day"), "*")


def with_effect(scores: DataFrame, fusions: Mapping[str, Fusion]) -> DataFrame:
    """`effect`: by how much the fused logit moves with each detector's logit, a map. A detector that has a score also
    speaks for those that have none (see Fusion)."""
    known = F.greatest(F.size("detectors"), F.lit(1))
    effect = F.create_map().cast("map<string,double>")
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
    return scores.withColumn("effect", effect)


def domain_reasons(fresh: DataFrame, verdicts: Verdicts) -> DataFrame:
    scored = verdicts.domain_scores.select(
        F.lit("domain").alias("entity_kind"),
        F.col("domain").alias("entity_id"),
        F.explode("reasons").alias("reason"),
        "model_version",
    )
    numbers = verdicts.domain_features.select(F.col("domain").alias("entity_id"), F.struct(*NUMBERS).alias("numbers"))
    return (
        fresh.join(scored, KEY)
        .join(numbers, "entity_id", "left")
        .select(
            *KEY,
            F.lit("domain_model").alias("detector"),
            "reason.kind",
            "reason.what",
            (F.col("reason.contribution") * F.col("effect")["domain_model"]).alias("contribution"),
            reason_words(F.struct("reason.kind", "reason.what", "numbers.*")).alias("sentence"),
            "model_version",
        )
    )


def neighbour_reasons(fresh: DataFrame, verdicts: Verdicts, fusion: FusionSettings) -> DataFrame:
    handed = verdicts.graph_scores.where("support > 0").select(*KEY, "raw_score", F.explode("neighbours").alias("near"))
    near = fresh.join(handed, KEY).select(
        *KEY,
        F.col("near.entity_id").alias("neighbour"),
        F.col("near.spam_share").alias("share"),
        F.col("near.score").alias("raw_score"),
        F.col("near.label").alias("label"),
        (fall_without("near.spam_share", "raw_score", fusion) * F.col("effect")["graph"]).alias("contribution"),
    )
    facts = F.struct("entity_kind", "neighbour", "share", "raw_score", "label", "together", "of")
    return with_acts(near, verdicts).select(
        *KEY,
        F.lit("graph").alias("detector"),
        F.lit("neighbour").alias("kind"),
        F.col("neighbour").alias("what"),
        "contribution",
        neighbour_words(facts).alias("sentence"),
        F.lit(None).cast("string").alias("model_version"),
    )


def fall_without(share: str, raw_score: str, fusion: FusionSettings) -> Column:
    """How far the raw logit falls without `share` of the spam mass, at most to the clip."""
    logit = logit_column(F.col(raw_score), fusion)
    # The logarithm of 0 is null, which `greatest` passes over.
    return logit - F.greatest(logit + F.log(1 - F.col(share)), F.lit(-fusion.logit_clip))


def with_acts(near: DataFrame, verdicts: Verdicts) -> DataFrame:
    """`together`: interactions of the week in which the account of the pair linked to its domain; `of`: all of the
    account's that carry links. Null where there were none."""
    account = F.when(F.col("entity_kind") == "account", F.col("entity_id")).otherwise(F.col("neighbour"))
    domain = F.when(F.col("entity_kind") == "account", F.col("neighbour")).otherwise(F.col("entity_id"))
    pairs = near.withColumns({"account_id": account, "domain": domain})
    acts = (
        verdicts.account_domain_days.join(pairs, ["account_id", "domain"], "left_semi")
        .groupBy("account_id", "domain")
        .agg(F.sum("interactions").alias("together"))
    )
    linking = (
        verdicts.account_days.join(pairs, "account_id", "left_semi")
        .groupBy("account_id")
        .agg(F.sum("linking").alias("of"))
    )
    return pairs.join(acts, ["account_id", "domain"], "left").join(linking, "account_id", "left")


def label_reasons(fresh: DataFrame, labels: DataFrame, fusion: FusionSettings) -> DataFrame:
    """A spam label is worth certainty, whatever the score: without it the verdict falls to even odds or below."""
    known = labels.where("is_spam").select(
        *KEY, "source", F.col("known_at").cast("date").cast("string").alias("known_on")
    )
    return fresh.join(known, KEY).select(
        *KEY,
        F.lit("label").alias("detector"),
        F.lit("label").alias("kind"),
        F.lit("spam").alias("what"),
        F.lit(fusion.logit_clip).alias("contribution"),
        label_words(F.struct("source", "known_on")).alias("sentence"),
        F.lit(None).cast("string").alias("model_version"),
    )


def ranked(reasons: DataFrame) -> DataFrame:
    """With `rank` from 1: a label first, then the greatest contribution. Reasons that do nothing are left out."""
    order = Window.partitionBy(*KEY).orderBy(
        F.desc(F.col("kind") == "label"), F.desc("contribution"), "detector", "kind", "what"
    )
    return (
        reasons.where(F.col("contribution") >= LEAST)
        .withColumn("rank", F.row_number().over(order))
        .select(*KEY, "rank", *REASON)
    )


def bare_scores(bare: DataFrame, fusion: FusionSettings) -> DataFrame:
    """One row for each of `bare`, which no reason explains: the detector with the highest score."""
    by_score = F.transform(
        F.map_entries("detectors"), lambda pair: F.struct(pair["value"].alias("top"), pair["key"].alias("key"))
    )
    nothing = F.struct(F.lit(None).cast("double").alias("top"), F.lit("fusion").alias("key"))
    best = F.coalesce(F.array_max(by_score), nothing)
    prior = logit_column(F.lit(fusion.prior), fusion)
    beyond = (logit_column(F.col("best.top"), fusion) - prior) * F.col("effect")[F.col("best.key")]
    return bare.withColumn("best", best).select(
        *KEY,
        F.lit(1).alias("rank"),
        F.col("best.key").alias("detector"),
        F.lit("score").alias("kind"),
        F.col("best.key").alias("what"),
        F.coalesce(beyond, F.lit(0.0)).alias("contribution"),
        score_words(F.struct("best.key", F.coalesce("best.top", "score").alias("score"))).alias("sentence"),
        F.lit(None).cast("string").alias("model_version"),
    )


def in_words(say: Callable[[dict[str, Any]], str]) -> Callable[[Column], Column]:
    """A UDF from a struct of facts to a sentence; a missing number is None."""

    def speak(facts: pd.DataFrame) -> pd.Series:
        records = facts.to_dict("records")
        known = [{str(k): None if pd.isna(v) else v for k, v in record.items()} for record in records]
        return pd.Series([say(record) for record in known], dtype=object)

    return cast(Callable[[Column], Column], pandas_udf(speak, StringType()))  # type: ignore[call-overload]


reason_words = in_words(lambda facts: reason_sentence(facts.pop("kind"), facts.pop("what"), facts))
neighbour_words = in_words(lambda facts: neighbour_sentence(kind=facts.pop("entity_kind"), **facts))
label_words = in_words(lambda facts: label_sentence(**facts))
score_words = in_words(lambda facts: score_sentence(facts["key"], facts["score"]))
