"""Numbers and hostile text within sentences."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lib.config import LabellingFunction

Numbers = Mapping[str, float]  # those that are known, by name
LONGEST = 120  # characters of hostile text, and of a condition, that are quoted
DETECTOR_NAMES = {
    "domain_model": "domain model",
    "account_model": "account model",
    "clusters": "cluster",
    "graph": "account-domain graph",
}
ACTION_NAMES = {
    "limit_distribution": "limit distribution",
    "suspend": "suspend",
    "review": "review",
    "monitor": "monitor",
}


def many(number: float, one: str, more: str = "") -> str:
    return f"{number:,.0f} {one if round(number) == 1 else more or one + 's'}"


def score_text(score: float) -> str:
    """Three digits, rounded down, so that a score just below a threshold never looks as if it met it."""
    return f"{math.floor(score * 1000 + 1e-9) / 1000:.3f}"


def percent(share: float) -> str:
    """Whole percents; one digit where that would be 0% or 100% of something that is not."""
    digits = 1 if 0 < share < 0.01 or 0.99 < share < 1 else 0
    return f"{100 * share:.{digits}f}%"


def quoted(text: str) -> str:
    return f'"{shortened_text(text)}"'


def shortened_text(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


# Each asks for its number by name, and raises KeyError where it is not known.
USAGE: dict[str, Callable[[Numbers], str]] = {
    "age_days": lambda n: f"it was first seen {many(n['age_days'], 'day')} ago" if n["age_days"] else "it is new today",
    "burst_28d": lambda n: f"its busiest day had {n['burst_28d']:.1f} times the interactions of a mean active day",
    "growth_7d": lambda n: f"this week had {n['growth_7d']:.1f} times the interactions of a mean week of the last four",
    "hour_entropy_28d": lambda n: (
        f"its interactions spread over the hours of the day at {percent(n['hour_entropy_28d'])} of an even spread"
    ),
}


def vote_sentence(name: str, vote: str, functions: Mapping[str, LabellingFunction]) -> str:
    """What a row of label_votes means. A function that the settings no longer have, or have changed, is only named."""
    sentence = f"labelling function {name!r} says {vote}"
    function = functions.get(name)
    return f"{sentence}: {condition(function)}" if function and function.vote == vote else sentence


def condition(function: LabellingFunction) -> str:
    """Its `when` on one line, shortened."""
    return shortened_text(" ".join(function.when.split()))


def function_warnings(figures: Mapping[str, Any], copies: Sequence[str], vote: str, *, counts: bool) -> Iterator[str]:
    """What is wrong with a labelling function, from its row of the report.

    `copies` are the functions that vote exactly as it does; `counts` is false where its votes count for nothing.
    """
    if figures["accounts"] and not figures["votes"]:
        yield "never votes"
    if figures["votes"] and figures["votes"] == figures["accounts"]:
        yield "votes on every account, which tells nothing of any"
    if copies:
        do = "do" if len(copies) > 1 else "does"
        yield f"votes exactly as {' and '.join(copies)} {do}: together they count as one"
    if figures["accuracy_high"] is not None and figures["accuracy_high"] < figures["chance_accuracy"]:
        yield (
            f"worse than chance on hand labels: right on {percent(figures['accuracy'])} of "
            f"{many(figures['labelled'], 'account')}, where {percent(figures['chance_accuracy'])} would be by chance"
        )
    if figures["votes"] and not counts:
        other = "benign" if vote == "spam" else "spam"
        yield f"by the label model its votes are no likelier on {vote} than on {other} accounts: they count for nothing"
