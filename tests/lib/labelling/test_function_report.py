"""The report counted by hand on small tables, and each of its warnings."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from lib.config import LabellingFunction, LabellingSettings
from lib.labelling.function_report import Entry, function_report
from lib.labelling.label_model_fitting import Tally, fitted_views, view_probabilities
from lib.wording.phrases import vote_sentence

# A pattern, its accounts without a label, and those labelled benign and spam.
Counts = dict[str, tuple[float, float, float]]


def told(counts: Counts, *votes: str) -> tuple[LabellingSettings, Tally]:
    """Functions a, b, ... with these votes, and the accounts."""
    functions = {"abcdef"[n]: {"vote": vote, "when": "true"} for n, vote in enumerate(votes)}
    known = np.array([row[1:] for row in counts.values()]).reshape(-1, 1, 2)
    tally = Tally(len(votes), tuple(counts), np.array([row[0] for row in counts.values()]), known, known)
    return LabellingSettings.model_validate({"defaults": False, "functions": functions}), tally


def entries(counts: Counts, *votes: str) -> list[Entry]:
    settings, tally = told(counts, *votes)
    return function_report(tally, fitted_views(tally, settings)[0], settings.active)


def entry(counts: Counts, *votes: str) -> dict[str, Any]:
    return asdict(entries(counts, *votes)[0])


def test_figures_are_counts() -> None:
    result = entry(
        {
            "s..": (10, 1, 4),  # alone
            "ss.": (4, 0, 1),  # with another
            "s.b": (3, 2, 0),  # against another
            ".sb": (5, 0, 0),  # two others, against each other
            "...": (60, 8, 2),
        },
        "spam", "spam", "benign",
    )  # fmt: skip
    share = {name: result[name] for name in ("coverage", "overlap", "conflict", "accuracy", "chance_accuracy")}
    assert share == pytest.approx(
        {"coverage": 25 / 100, "overlap": 10 / 100, "conflict": 5 / 100, "accuracy": 5 / 8, "chance_accuracy": 7 / 18}
    )
    assert (result["accounts"], result["votes"], result["labelled"]) == (100, 25, 8)
    assert (result["accuracy_low"], result["accuracy_high"]) == pytest.approx((0.3057, 0.8632), abs=1e-4)  # Wilson
    assert result["warning"] is None


def test_estimated_accuracy_is_the_mean_probability_of_its_class_over_its_votes() -> None:
    counts: Counts = {"s.": (10, 1, 4), "sb": (5, 0, 0), ".b": (30, 5, 1), "..": (44, 0, 0)}
    settings, tally = told(counts, "spam", "benign")
    spam = view_probabilities(tally, fitted_views(tally, settings))[:, 0]
    result = entries(counts, "spam", "benign")
    assert result[0].estimated_accuracy == pytest.approx((15 * spam[0] + 5 * spam[1]) / 20)
    assert result[1].estimated_accuracy == pytest.approx(1 - (5 * spam[1] + 36 * spam[2]) / 41)


def test_without_labels_there_is_no_accuracy() -> None:
    result = entry({"s": (5, 0, 0), ".": (95, 0, 0)}, "spam")
    assert [result[name] for name in ("accuracy", "accuracy_low", "accuracy_high", "chance_accuracy")] == [None] * 4
    assert result["labelled"] == 0


def test_without_accounts_there_is_nothing_to_warn_of() -> None:
    assert asdict(entries({}, "spam", "benign")[1]) == {
        "function": "b", "vote": "benign", "accounts": 0, "votes": 0, "coverage": 0.0, "overlap": 0.0, "conflict": 0.0,
        "labelled": 0, "accuracy": None, "accuracy_low": None, "accuracy_high": None, "chance_accuracy": None,
        "estimated_accuracy": None, "warning": None,
    }  # fmt: skip


WARNINGS: dict[str, tuple[Counts, tuple[str, ...]]] = {
    "never votes": ({".": (20, 0, 0)}, ("spam",)),
    "votes on every account, which tells nothing of any": (
        {"bs": (3, 0, 0), "b.": (9, 0, 0)},
        ("benign", "spam"),
    ),
    "votes exactly as b and c do: together they count as one": (
        {"sss": (10, 0, 0), "...": (90, 0, 0)},
        ("spam", "spam", "spam"),
    ),
    "worse than chance on hand labels: right on 10% of 20 accounts, where 50% would be by chance; "
    "by the label model its votes are no likelier on spam than on benign accounts: they count for nothing": (
        {"s": (0, 18, 2), ".": (10, 12, 28)},
        ("spam",),
    ),
}


@pytest.mark.parametrize("warning", WARNINGS)
def test_what_is_wrong_with_a_function_is_said(warning: str) -> None:
    counts, votes = WARNINGS[warning]
    assert entry(counts, *votes)["warning"] == warning


def test_a_few_wrong_votes_are_no_reason_to_warn() -> None:
    assert entry({"s": (10, 2, 1), ".": (80, 5, 5)}, "spam")["warning"] is None


def test_a_vote_in_words() -> None:
    functions = {
        "mine": LabellingFunction(vote="spam", when="a > 1\n  AND b < 2"),
        "long": LabellingFunction(vote="benign", when="x" * 200),
    }
    assert vote_sentence("mine", "spam", functions) == "labelling function 'mine' says spam: a > 1 AND b < 2"
    assert vote_sentence("mine", "benign", functions) == "labelling function 'mine' says benign"  # changed since
    assert vote_sentence("gone", "spam", functions) == "labelling function 'gone' says spam"
    assert vote_sentence("long", "benign", functions).endswith(f"benign: {'x' * 119}…")
