"""Labelling functions in words."""

from collections.abc import Mapping

from lib.config import LabellingFunction

LONGEST = 120  # characters of a condition that are quoted


def vote_sentence(name: str, vote: str, functions: Mapping[str, LabellingFunction]) -> str:
    """What a row of label_votes means. A function that the settings no longer have, or have changed, is only named."""
    said = f"labelling function {name!r} says {vote}"
    function = functions.get(name)
    return f"{said}: {condition(function)}" if function and function.vote == vote else said


def condition(function: LabellingFunction) -> str:
    """Its `when` on one line, shortened."""
    text = " ".join(function.when.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
