"""Numbers and hostile text within sentences."""

import math
from collections.abc import Mapping

Numbers = Mapping[str, float]  # those that are known, by name
LONGEST = 120  # characters of hostile text that are quoted


def many(number: float, one: str, more: str = "") -> str:
    return f"{number:,.0f} {one if round(number) == 1 else more or one + 's'}"


def shown_score(score: float) -> str:
    """Three digits, rounded down, so that a score just below a threshold never looks as if it met it."""
    return f"{math.floor(score * 1000 + 1e-9) / 1000:.3f}"


def percent(share: float) -> str:
    """Whole percents; one digit where that would be 0% or 100% of something that is not."""
    digits = 1 if 0 < share < 0.01 or 0.99 < share < 1 else 0
    return f"{100 * share:.{digits}f}%"


def quoted(text: str) -> str:
    return f'"{text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"}"'
