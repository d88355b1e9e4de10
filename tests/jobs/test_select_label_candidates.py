"""Which domains people are asked to label, and why."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jobs.select_label_candidates import select_label_candidates
from lib.config import CandidateSettings, SampleSettings
from lib.conform import conform
from lib.labelling.candidates import (
    DIVERSE,
    HIGH,
    RANDOM,
    UNCERTAIN,
    Candidates,
    choose_batch,
    farthest_first,
    word_vectors,
)
from schemas.features import DOMAIN_FEATURES
from schemas.labelling import LABEL_CANDIDATES, LABELS
from schemas.scores import DOMAIN_SCORES
from tests.support.builders import DAY, ago, rows

points = arrays(np.float32, st.tuples(st.integers(0, 7), st.just(2)), elements=st.sampled_from([0.0, 0.5, 1.0]))
scores = st.lists(
    st.tuples(st.sampled_from([0.05, 0.4, 0.5, 0.9, np.nan]), st.booleans(), st.booleans()), min_size=1, max_size=12
)


def slowly_farthest(result: np.ndarray, centres: np.ndarray, at_most: int) -> list[int]:
    """The obvious way: each time, the distance of every point to everything that is chosen or a centre."""
    chosen: list[int] = []
    while len(chosen) < min(at_most, len(result)):
        middle = [*centres, *result[chosen]]
        distance = [
            -1.0 if n in chosen else min([float(((p - c) ** 2).sum()) for c in middle], default=np.inf)
            for n, p in enumerate(result)
        ]
        chosen.append(distance.index(max(distance)))
    return chosen


@given(points, points, st.integers(0, 8))
def test_each_point_is_the_farthest_from_the_centres_and_those_before(
    result: np.ndarray, centres: np.ndarray, at_most: int
) -> None:
    assert farthest_first(result, centres, at_most).tolist() == slowly_farthest(result, centres, at_most)


def standing(known: Sequence[tuple[float, bool, bool]]) -> Candidates:
    score, is_labelled, was_asked = (np.array(values) for values in zip(*known, strict=True))
    return Candidates(score.astype(float), is_labelled.astype(bool), was_asked.astype(bool))


def nothing(places: np.ndarray) -> list[list[str]]:
    return [[] for _ in places]


@hypothesis_settings(deadline=None)  # the first example loads scikit-learn
@given(scores, st.integers(0, 10))
def test_a_batch_holds_no_domain_twice_and_none_that_is_labelled(
    known: list[tuple[float, bool, bool]], size: int
) -> None:
    settings = CandidateSettings(batch=size)
    batch = choose_batch(standing(known), nothing, settings)
    taken = np.concatenate(list(batch.values())).tolist()
    unlabelled = [n for n, (_, is_labelled, _) in enumerate(known) if not is_labelled]
    assert len(set(taken)) == len(taken) <= size
    assert set(taken) <= set(unlabelled)
    assert batch[RANDOM].tolist() == unlabelled[: len(batch[RANDOM])]  # the order is random: its first ones
    chosen = set(taken) - set(batch[RANDOM].tolist())
    assert not any(known[place][2] for place in chosen)
    if not any(was_asked for _, _, was_asked in known):
        assert len(taken) == min(size, len(unlabelled))  # none is left out while there are seats


def test_high_takes_the_top_and_uncertain_the_middle_of_what_the_draw_left() -> None:
    score = [0.99, 0.5, 0.98, 0.97, 0.52, 0.45, 0.01, 0.02, 0.03, 0.96]
    known = standing([(value, False, False) for value in score])
    batch = choose_batch(known, nothing, CandidateSettings(batch=5, uncertain=0.4, high=0.4, diverse=0))
    assert {part: places.tolist() for part, places in batch.items()} == {
        RANDOM: [0],
        HIGH: [2, 3],
        UNCERTAIN: [1, 4],
        DIVERSE: [],
    }


def test_without_scores_the_random_part_takes_the_seats_of_those_that_follow_them() -> None:
    known = standing([(np.nan, False, False)] * 20)
    batch = choose_batch(known, nothing, CandidateSettings(batch=10))
    assert {part: len(places) for part, places in batch.items()} == {RANDOM: 8, HIGH: 0, UNCERTAIN: 0, DIVERSE: 2}


def test_diverse_are_unlike_what_is_labelled_and_chosen() -> None:
    links = [
        ["http://shop.example/buy/pills/1"],  # labelled
        ["http://store.example/buy/pills/22"],  # much the same: numbers are alike
        ["http://garden.example/roses"],
        ["http://museum.example/hours"],
    ]
    known = standing([(np.nan, True, False), *[(np.nan, False, False)] * 3])
    settings = CandidateSettings(batch=2, uncertain=0, high=0, diverse=1)
    batch = choose_batch(known, lambda places: [links[n] for n in places], settings)
    assert sorted(batch[DIVERSE].tolist()) == [2, 3]
    alike = word_vectors(links)
    assert alike[0] @ alike[1] > 0.7 > alike[0] @ alike[2]


def selected(domains: list[dict[str, Any]], *, labelled: Sequence[str] = (), asked: Sequence[Any] = ()) -> list[Any]:
    result = select_label_candidates(
        domain_features=rows(DOMAIN_FEATURES, *({"domain": d["domain"], "links": [d["domain"]]} for d in domains)),
        domain_scores=rows(DOMAIN_SCORES, *(d for d in domains if "score" in d)),
        labels=rows(
            LABELS,
            *({"entity_kind": "domain", "entity_id": name, "source": "hand", "weight": 1.0} for name in labelled),
        ),
        label_candidates=rows(LABEL_CANDIDATES, *({"rank": 1, "part": "high"} | row for row in asked)),
        day=DAY,
        candidates=CandidateSettings(batch=6, uncertain=0.34, high=0.34, diverse=0.17),
        samples=SampleSettings(),
    )
    return sorted(conform(result, LABEL_CANDIDATES).collect(), key=lambda row: int(row["rank"]))


@pytest.mark.usefixtures("spark")
def test_a_batch_says_why_each_domain_is_asked_and_how_likely_it_was_drawn() -> None:
    domains: list[dict[str, Any]] = [{"domain": f"d{n:02}.example", "score": (n + 0.2) / 20.3} for n in range(20)]
    batch = selected(
        domains,
        labelled=["d19.example"],
        asked=[
            {"domain": "d18.example", "day": ago(28)},  # still open
            {"domain": "d17.example", "day": ago(29)},  # as good as never asked
        ],
    )
    assert [row["rank"] for row in batch] == [1, 2, 3, 4, 5, 6]
    parts = {part: {row["domain"] for row in batch if row["part"] == part} for part in (RANDOM, HIGH, UNCERTAIN)}
    assert {part: len(result) for part, result in parts.items()} == {RANDOM: 1, HIGH: 2, UNCERTAIN: 2}
    free = [d["domain"] for d in domains[:18] if d["domain"] not in parts[RANDOM]]
    assert parts[HIGH] == set(free[-2:])
    middle = [name for name in free if name not in parts[HIGH]]
    assert parts[UNCERTAIN] == set(sorted(middle, key=lambda name: abs(int(name[1:3]) - 9.8))[:2])
    assert {row["sampling_probability"] for row in batch if row["part"] == RANDOM} == {1 / 19}
    assert {row["sampling_probability"] for row in batch if row["part"] != RANDOM} == {None}
    assert all(row["links"] == [row["domain"]] for row in batch)
