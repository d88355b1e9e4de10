"""Numbers and hostile text within sentences."""

import math
from collections.abc import Callable, Mapping

from lib.config import LabellingFunction

Numbers = Mapping[str, float]  # those that are known, by name
LONGEST = 120  # characters of hostile text, and of a condition, that are quoted


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
    return f'"{text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"}"'


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
    output = f"labelling function {name!r} says {vote}"
    function = functions.get(name)
    return f"{output}: {condition(function)}" if function and function.vote == vote else output


def condition(function: LabellingFunction) -> str:
    """Its `when` on one line, shortened."""
    text = " ".join(function.when.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
