"""Why one account or domain has its score and its decision on one day: the rows that `winnow why` puts into words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from lib.config import FusionSettings
from lib.conform import spark_schema
from lib.decisions.evidence import DetectorOutputs, build_evidence
from lib.decisions.fusion import fusions_of
from lib.labelling.precedence import resolved_labels
from lib.wording.explanation_wording import Explanation, label_text, unknown_entity
from schemas.decisions import EVIDENCE
from schemas.scores import ACCOUNT_SCORES, DOMAIN_SCORES
from schemas.table import Table

Reasons = Sequence[tuple[str, str, float]]  # kind, what, fall of the model's logit without it


class UnknownEntity(LookupError):
    """There are no rows of it on that day; the message names a day that has some."""


def explain_entity(
    *,
    entity_kind: str,
    entity_id: str,
    day: date,
    entity_scores: DataFrame,
    decisions: DataFrame,
    evidence: DataFrame,
    fusion_weights: DataFrame,
    labels: DataFrame,
    first_seen: DataFrame,
    outputs: DetectorOutputs,
    fusion: FusionSettings,
    reasons: Reasons = (),
    votes: Sequence[str] = (),
    last_known: date | None = None,
) -> Explanation:
    """The tables hold the rows of `day`, `labels` and `first_seen` all as of it; `outputs` is as in the job decide.

    Where no evidence is stored (no decision applies to the entity), it is made from the day's outputs; `reasons` are
    those of the model of its kind where its table of scores stores none, `votes` what labelling functions say of it.
    Raises UnknownEntity, which names `last_known`, the nearest day that it was seen on.
    """
    own_rows = (F.col("entity_kind") == entity_kind) & (F.col("entity_id") == entity_id)
    scored = entity_scores.where(own_rows).head()
    decision = decisions.where(own_rows).head()
    if scored is None and decision is None:
        raise UnknownEntity(unknown_entity(entity_kind, entity_id, day, last_known))
    known = resolved_labels(labels.where(own_rows)).head()
    stored = evidence.where(own_rows).orderBy("rank").collect()
    if not stored and scored is not None:
        own = with_reasons(outputs, entity_kind, entity_id, reasons)
        stored = computed_evidence(scored, known, own, fusion_weights, fusion)
    weights = fusion_weights.where(F.col("entity_kind") == entity_kind).collect()
    seen = first_seen.where(own_rows).agg(F.min("first_day").alias("day")).head()
    activity = scored.asDict() if scored else {}
    return Explanation(
        entity_kind=entity_kind,
        entity_id=entity_id,
        day=day,
        score=activity.get("score"),
        detectors=dict(activity.get("detectors") or {}),
        weights={row["detector"]: row["weight"] for row in weights},
        label=label_text(known.asDict()) if known else None,
        decision=only(decision, "action", "state", "since", "reason", "policy") if decision else None,
        reasons=[only(row, "detector", "kind", "what", "contribution", "sentence") for row in stored],
        votes=votes,
        first_seen=seen["day"] if seen else None,
        interactions_1d=activity.get("interactions_1d"),
        accounts_7d=activity.get("accounts_7d"),
        exposure_1d=activity.get("exposure_1d"),
    )


def computed_evidence(
    scored: Row, label: Row | None, outputs: DetectorOutputs, fusion_weights: DataFrame, fusion: FusionSettings
) -> list[Row]:
    """Evidence of an entity without a decision, as if one applied to it."""
    session = fusion_weights.sparkSession
    case = session.createDataFrame(
        [
            (
                scored["entity_kind"], scored["entity_id"], scored["day"], "", "new", True, scored["score"],
                dict(scored["detectors"]), bool(label and label["is_spam"]), label["source"] if label else None,
                label["known_at"] if label else None,
            )
        ],
        "entity_kind string, entity_id string, day date, reason string, state string, is_fresh boolean, score double, "
        "detectors map<string,double>, is_spam boolean, label_source string, label_at timestamp",
    )  # fmt: skip
    rows = build_evidence(
        decided=case,
        evidence=session.createDataFrame([], spark_schema(EVIDENCE)),
        outputs=outputs,
        fusions=fusions_of(fusion_weights),
        fusion=fusion,
        day=scored["day"],
        also_for=True,
    )
    return rows.orderBy("rank").collect()


def with_reasons(outputs: DetectorOutputs, entity_kind: str, entity_id: str, reasons: Reasons) -> DetectorOutputs:
    """The entity's outputs alone, with `reasons` where its model's scores have none."""
    table = DOMAIN_SCORES if entity_kind == "domain" else ACCOUNT_SCORES
    own_rows = {
        "domain_scores": F.col("domain") == entity_id,
        "domain_features": F.col("domain") == entity_id,
        "account_scores": F.col("account_id") == entity_id,
        "account_features": F.col("account_id") == entity_id,
        "account_clusters": F.col("account_id") == entity_id,
        "graph_scores": F.col("entity_id") == entity_id,
    }
    own = {name: getattr(outputs, name).where(condition) for name, condition in own_rows.items()}
    if reasons:
        own[table.name] = reasoned(own[table.name], table, reasons)
    return replace(outputs, **own)


def reasoned(scores: DataFrame, table: Table, reasons: Reasons) -> DataFrame:
    """The rows of one entity, with `reasons` where they have none."""
    named = [{"kind": kind, "what": what, "contribution": fall} for kind, what, fall in reasons]
    rows = [row.asDict(recursive=True) for row in scores.collect()]
    filled = [tuple((row | {"reasons": row["reasons"] or named})[c] for c in table.names) for row in rows]
    return scores.sparkSession.createDataFrame(filled, spark_schema(table))


def only(row: Row, *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}
