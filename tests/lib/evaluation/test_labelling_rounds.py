"""Rounds of labelling on made-up domains, with a teacher that costs nothing."""

import numpy as np
import pytest

from lib.config import CandidateSettings
from lib.evaluation.labelling_evaluation import CHOSEN, LEAST, RANDOM, Pool, Round, first_labels, label_in_rounds

RANDOM_NUMBERS = np.random.default_rng(2)
PLACE = RANDOM_NUMBERS.normal(size=300)  # what tells spam: beyond a border that the labels have to find
POOL = Pool(PLACE > 1.5, [[f"http://d{n}.example/a"] for n in range(300)])
TEST = np.linspace(-3, 3, 61)


def border(labelled: np.ndarray) -> float:
    """Between the highest benign and the lowest spam place that is labelled."""
    spam = POOL.spam[labelled]
    return float((PLACE[labelled][~spam].max() + PLACE[labelled][spam].min()) / 2)


def trained(labelled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pool, test = (1 / (1 + np.exp(-5 * (place - border(labelled)))) for place in (PLACE, TEST))
    return pool, test


def played(how: str, *, seed: int = 1) -> list[Round]:
    settings = CandidateSettings(batch=10, uncertain=0.6, high=0.2, diverse=0)
    return list(label_in_rounds(POOL, trained, how=how, start=20, rounds=3, settings=settings, seed=seed))


def test_both_ways_start_alike_and_have_as_many_labels() -> None:
    chosen, drawn = played(CHOSEN), played(RANDOM)
    assert (
        [r.labels - chosen[0].labels for r in chosen] == [r.labels - drawn[0].labels for r in drawn] == [0, 10, 20, 30]
    )
    np.testing.assert_array_equal(chosen[0].test_score, drawn[0].test_score)
    assert [r.spam_labels for r in chosen[1:]] != [r.spam_labels for r in drawn[1:]]


def test_the_same_seed_plays_the_same_rounds() -> None:
    for how in (CHOSEN, RANDOM):
        for one, other in zip(played(how), played(how), strict=True):
            np.testing.assert_array_equal(one.test_score, other.test_score)


def test_uncertain_places_find_the_border_sooner() -> None:
    """At the border, where chance would ask three in a hundred."""
    errors = {how: np.mean([abs(1.5 - TEST[np.argmin(np.abs(played(how, seed=s)[-1].test_score - 0.5))])
                            for s in range(5)]) for how in (CHOSEN, RANDOM)}  # fmt: skip
    assert errors[CHOSEN] <= errors[RANDOM]


@pytest.mark.parametrize(("spam", "start", "expected"), [(50, 4, 10), (50, 60, 60)])
def test_the_first_labels_hold_both_classes(spam: int, start: int, expected: int) -> None:
    truth = np.arange(100) % 2 == 0
    assert len(first_labels(truth, np.arange(100), start)) == expected
    rare = np.arange(100) < 95
    result = first_labels(rare, np.arange(100), 4)
    assert (rare[result].sum(), (~rare[result]).sum()) == (95, LEAST)
