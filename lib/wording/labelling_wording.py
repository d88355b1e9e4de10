"""Labelling functions in sentences: their votes, and the warnings of their report."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lib.config import LabellingFunction
from lib.wording.phrases import many, percent, shortened_text


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
