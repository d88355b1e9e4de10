"""What there is to say of one account or domain on one day: its scores, what stands against it, and what led to it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from lib.config import FusionSettings
from lib.conform import spark_schema
from lib.decisions.evidence import DetectorOutputs, build_evidence
from lib.decisions.fusion import fusions_of
from lib.labelling.precedence import resolved_labels
from lib.text.sanitize import visible
from lib.wording.phrases import many, score_text
from schemas.decisions import EVIDENCE
from schemas.scores import ACCOUNT_SCORES, DOMAIN_SCORES
from schemas.table import Table

Reasons = Sequence[tuple[str, str, float]]  # kind, what, fall of the model's logit without it
DETECTORS = {
    "domain_model": "domain model",
    "account_model": "account model",
    "clusters": "cluster",
    "graph": "account-domain graph",
}


class UnknownEntity(LookupError):
    """There is nothing to say of it on that day; the message says when there was."""


@dataclass(frozen=True)
class Explanation:
    """An answer to "why?". Texts are as hostile as they came; `lines` shows no control characters."""

    entity_kind: str
    entity_id: str
    day: date
    score: float | None  # null for an entity that was not active in the week
    detectors: Mapping[str, float]
    weights: Mapping[str, float]  # of all detectors of the kind and of the bias
    label: str | None  # with its source and day
    decision: Mapping[str, Any] | None  # action, state, since, reason, policy
    reasons: Sequence[Mapping[str, Any]]  # detector, kind, what, contribution, sentence; strongest first
    votes: Sequence[str]  # of labelling functions, a sentence each
    first_seen: date | None
    interactions_1d: int | None
    accounts_7d: int | None
    exposure_1d: int | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON; days as 2026-03-10."""
        return plain(asdict(self))  # type: ignore[no-any-return]

    def lines(self) -> list[str]:
        """The answer in words, a line each."""
        return [visible(line) for line in explanation_lines(self)]


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

    Where no evidence is stored (nothing stands against the entity), it is made from the day's outputs; `reasons` are
    those of the model of its kind where its table of scores stores none, `votes` what labelling functions say of it.
    Raises UnknownEntity, which names `last_known`, the nearest day that it was seen on.
    """
    own_rows = (F.col("entity_kind") == entity_kind) & (F.col("entity_id") == entity_id)
    scored = entity_scores.where(own_rows).head()
    decision = decisions.where(own_rows).head()
    if scored is None and decision is None:
        raise UnknownEntity(unknown(entity_kind, entity_id, day, last_known))
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
        label=label_words(known),
        decision=only(decision, "action", "state", "since", "reason", "policy") if decision else None,
        reasons=[only(row, "detector", "kind", "what", "contribution", "sentence") for row in stored],
        votes=votes,
        first_seen=seen["day"] if seen else None,
        interactions_1d=activity.get("interactions_1d"),
        accounts_7d=activity.get("accounts_7d"),
        exposure_1d=activity.get("exposure_1d"),
    )


def unknown(entity_kind: str, entity_id: str, day: date, last_known: date | None) -> str:
    hint = (
        f"try --day {last_known}"
        if last_known
        else "it was never seen; domains are registered domains such as example.com, without host or path"
        if entity_kind == "domain"
        else "it was never seen"
    )
    return visible(f"{entity_kind} {entity_id} was not active in the week up to {day} and nothing stands: {hint}")


def computed_evidence(
    scored: Row, label: Row | None, outputs: DetectorOutputs, fusion_weights: DataFrame, fusion: FusionSettings
) -> list[Row]:
    """Evidence of an entity that nothing stands against, as if something did."""
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
    only_mine = {name: getattr(outputs, name).where(condition) for name, condition in own_rows.items()}
    if reasons:
        only_mine[table.name] = reasoned(only_mine[table.name], table, reasons)
    return replace(outputs, **only_mine)


def reasoned(scores: DataFrame, table: Table, reasons: Reasons) -> DataFrame:
    """The rows of one entity, with `reasons` where they have none."""
    named = [{"kind": kind, "what": what, "contribution": fall} for kind, what, fall in reasons]
    rows = [row.asDict(recursive=True) for row in scores.collect()]
    filled = [tuple((row | {"reasons": row["reasons"] or named})[c] for c in table.names) for row in rows]
    return scores.sparkSession.createDataFrame(filled, spark_schema(table))


def label_words(label: Row | None) -> str | None:
    if label is None:
        return None
    return f"{'spam' if label['is_spam'] else 'benign'} ({label['source']}, {label['known_at'].date()})"


def explanation_lines(explanation: Explanation) -> Iterator[str]:
    yield f"{explanation.entity_kind} {explanation.entity_id} on {explanation.day}"
    yield f"  score     {score_words(explanation)}"
    for name, displayed in DETECTORS.items():
        if name in explanation.detectors:
            weight = f", weight {explanation.weights[name]:.2f}" if name in explanation.weights else ""
            yield f"            {score_text(explanation.detectors[name])} from the {displayed}{weight}"
    yield f"  label     {explanation.label or 'none'}"
    yield from (
        f"  decision  {line}" if i == 0 else f"            {line}" for i, line in enumerate(decision_lines(explanation))
    )
    yield f"  activity  {activity_words(explanation)}"
    against = [reason for reason in explanation.reasons if reason["contribution"] >= 0]
    yield from reason_lines("  because" if against else "  nothing speaks against it", against)
    if rest := [reason for reason in explanation.reasons if reason["contribution"] < 0]:
        yield from reason_lines("  for it speaks", rest)
    if explanation.votes:
        yield "  synthetic labels (what the account model learns from; no verdict)"
        yield from (f"       {vote}" for vote in explanation.votes)


def reason_lines(title: str, reasons: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield title
    for place, reason in enumerate(reasons, start=1):
        yield f"  {place:>3}. {reason['sentence']} ({reason['contribution']:+.2f})"


def score_words(explanation: Explanation) -> str:
    if explanation.score is None:
        return "none: it was not active this week"
    if not explanation.detectors:
        return f"{score_text(explanation.score)}, the prior: no detector reaches it"
    return f"{score_text(explanation.score)}, the probability that it is spam"


def decision_lines(explanation: Explanation) -> list[str]:
    if explanation.decision is None:
        return ["none"]
    d = explanation.decision
    return [
        f"{d['action']}, {d['state']}, since {d['since']}",
        d["reason"],
        *([f"({d['policy']})"] if d["policy"] else []),
    ]


def activity_words(explanation: Explanation) -> str:
    seen = f"first seen {explanation.first_seen}" if explanation.first_seen else "nobody noted when it was first seen"
    if explanation.interactions_1d is None:
        return seen
    accounts = (
        f", {many(explanation.accounts_7d or 0, 'account')} this week" if explanation.entity_kind == "domain" else ""
    )
    on_the_day = f"{many(explanation.interactions_1d, 'interaction')} on the day, exposure {explanation.exposure_1d:,}"
    return f"{on_the_day}{accounts}; {seen}"


def only(row: Row, *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, (date, datetime)) else value
