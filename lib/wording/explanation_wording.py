"""The answer to "why?" about one account or domain on one day, as data and in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from lib.text.sanitize import visible
from lib.wording.phrases import DETECTOR_NAMES, many, score_text


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
    votes: Sequence[str]  # of labelling functions, one sentence each
    first_seen: date | None
    interactions_1d: int | None
    accounts_7d: int | None
    exposure_1d: int | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON; days as 2026-03-10."""
        return plain(asdict(self))  # type: ignore[no-any-return]

    def lines(self) -> list[str]:
        """The answer in words, line by line."""
        return [visible(line) for line in explanation_lines(self)]


def explanation_lines(explanation: Explanation) -> Iterator[str]:
    yield f"{explanation.entity_kind} {explanation.entity_id} on {explanation.day}"
    yield f"  score     {score_words(explanation)}"
    for name, displayed in DETECTOR_NAMES.items():
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
        yield "  synthetic labels (what the account model learns from; not a score)"
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


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def unknown_entity(entity_kind: str, entity_id: str, day: date, last_known: date | None) -> str:
    hint = (
        f"try --day {last_known}"
        if last_known
        else "it was never seen; domains are registered domains such as example.com, without host or path"
        if entity_kind == "domain"
        else "it was never seen"
    )
    return visible(f"{entity_kind} {entity_id} was not active in the week up to {day} and nothing stands: {hint}")


def label_text(label: Mapping[str, Any]) -> str:
    """A resolved label: its class, with its source and day."""
    return f"{'spam' if label['is_spam'] else 'benign'} ({label['source']}, {label['known_at'].date()})"
