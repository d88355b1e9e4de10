"""EM against search and enumeration on small tables, and the cases that break label models."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import xlogy

from lib.arrays import Floats
from lib.labelling.label_model import (
    ABSTAIN,
    BENIGN,
    BENIGN_VOTE,
    SPAM,
    SPAM_VOTE,
    LabelModel,
    Patterns,
    Prior,
    favouring_rates,
    favours,
    fit_label_model,
)
from tests.support.label_model_oracle import highest, objective, spam_probability

PRIOR_RATES = np.array([[0.8, 0.7], [0.05, 0.2], [0.15, 0.1]])  # outcome, class: a function that votes both ways


def table(votes: list[list[int]], unlabelled: list[float], labelled: Sequence[Sequence[float]] = ()) -> Patterns:
    known = np.array(labelled, dtype=np.float64) if labelled else np.zeros((len(votes), 2))
    return Patterns(np.array(votes, dtype=np.int8), np.array(unlabelled, dtype=np.float64), known)


def prior_of(functions: int, *, accounts: float = 5.0, share: float = 0.3) -> Prior:
    return Prior(accounts * np.array([1 - share, share]), accounts * np.tile(PRIOR_RATES, (functions, 1, 1)))


def fit(
    patterns: Patterns, prior: Prior, correlation_weights: Floats | None = None, tolerance: float = 1e-9
) -> LabelModel:
    said = np.ones(patterns.votes.shape[1]) if correlation_weights is None else correlation_weights
    return fit_label_model(patterns, prior, said, tolerance=tolerance, max_rounds=5000)


@st.composite
def tables(draw: st.DrawFn, *, functions_at_most: int = 3, most: int = 200) -> Patterns:
    functions = draw(st.integers(1, functions_at_most))
    rows = draw(
        st.lists(
            st.lists(st.integers(0, 2), min_size=functions, max_size=functions), unique_by=tuple, min_size=1, max_size=6
        )
    )
    counts = st.lists(st.integers(0, most), min_size=3 * len(rows), max_size=3 * len(rows))
    drawn = np.array(draw(counts), dtype=np.float64).reshape(len(rows), 3)
    return Patterns(np.array(rows, dtype=np.int8), drawn[:, 0], drawn[:, 1:])


voice_lists = st.lists(st.sampled_from([1.0, 0.5, 0.8]), min_size=3, max_size=3)


@settings(max_examples=25, deadline=None)
@given(tables(functions_at_most=2, most=4), voice_lists)
def test_em_climbs_as_high_as_a_search_from_many_starts(patterns: Patterns, said: list[float]) -> None:
    correlation_weights = np.array(said[: patterns.votes.shape[1]])
    prior = prior_of(len(correlation_weights))
    result = fit(patterns, prior, correlation_weights)
    assert result.converged
    assert result.objectives[-1] == pytest.approx(highest(patterns, prior, correlation_weights, starts=4), abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(tables(), voice_lists)
def test_each_round_is_no_lower_and_probabilities_are_those_of_enumeration(
    patterns: Patterns, said: list[float]
) -> None:
    correlation_weights = np.array(said[: patterns.votes.shape[1]])
    prior = prior_of(len(correlation_weights))
    result = fit(patterns, prior, correlation_weights)
    assert (np.diff(result.objectives) >= -1e-9).all()
    assert result.objectives[-1] == pytest.approx(
        objective(patterns, prior, result.shares, result.rates, correlation_weights)
    )
    np.testing.assert_allclose(result.spam(patterns), [spam_probability(v, result) for v in patterns.votes], atol=1e-12)
    np.testing.assert_allclose(result.rates.sum(1), 1)
    assert favours(result.rates).all()


@given(st.lists(st.integers(0, 20), min_size=6, max_size=6), st.lists(st.floats(0.01, 1), min_size=6, max_size=6))
def test_no_fair_rates_beat_the_favouring_ones(counts: list[int], other: list[float]) -> None:
    mass = np.array(counts, dtype=np.float64).reshape(1, 3, 2) + 0.1
    best = favouring_rates(mass)
    assert favours(best).all()
    np.testing.assert_allclose(best.sum(1), 1)
    rival = np.array(other).reshape(1, 3, 2)
    rival /= rival.sum(1, keepdims=True)
    for between in (1.0, 0.1, 0.001):  # near ones too: a way off the best must not climb
        mixed = between * rival + (1 - between) * best
        if favours(mixed).all():
            assert xlogy(mass, mixed).sum() <= xlogy(mass, best).sum() + 1e-9


def test_with_every_label_known_rates_are_counts() -> None:
    patterns = table([[SPAM_VOTE], [ABSTAIN], [BENIGN_VOTE]], [0, 0, 0], [[1, 12], [15, 6], [4, 2]])
    prior = prior_of(1, accounts=10.0, share=0.2)
    result = fit(patterns, prior)
    seen = np.array([[15, 6], [1, 12], [4, 2]]) + 10 * PRIOR_RATES
    np.testing.assert_allclose(result.rates[0], seen / 30)
    np.testing.assert_allclose(result.shares, [0.8, 0.2])  # labelled accounts say nothing of the platform's share


def one_sided(rates: list[tuple[int, float, float]], *, accounts: float = 10.0, share: float = 0.2) -> Prior:
    """Functions of one vote each, with the rate that is believed of spam and of benign accounts."""
    believed = np.zeros((len(rates), 3, 2))
    for function, (vote, on_spam, on_benign) in enumerate(rates):
        believed[function, vote] = [on_benign, on_spam]
    believed[:, ABSTAIN] = 1 - believed.sum(1)
    return Prior(accounts * np.array([1 - share, share]), accounts * believed)


S, B = (SPAM_VOTE, 0.4, 0.1), (BENIGN_VOTE, 0.1, 0.4)


def test_functions_that_only_vote_one_way_tell_by_silence_too() -> None:
    """Dawid and Skene's model, with silence as missing, would give all patterns but the last one the same answer."""
    votes = [[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0]]
    result = fit(table(votes, [30, 20, 15, 200]), one_sided([S, S, S]))
    spam = result.spam(table(votes, [0] * 4))
    assert (np.diff(spam) < 0).all()
    assert spam[0] > 0.95
    assert spam[-1] < 0.02


def test_without_hand_labels_functions_that_others_contradict_count_less() -> None:
    """Two spam functions agree, a third votes on as many accounts by chance."""
    votes = [[1, 1, 0], [1, 1, 1], [0, 0, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0]]
    result = fit(table(votes, [80, 20, 180, 700, 10, 10]), one_sided([S, S, S]))
    lift = result.rates[:, SPAM_VOTE, SPAM] / result.rates[:, SPAM_VOTE, BENIGN]
    assert lift[0] > 10 * lift[2]
    assert lift[2] < 2


def test_a_function_worse_than_chance_counts_for_nothing() -> None:
    votes = [[1, 1], [1, 0], [0, 1], [0, 0]]
    labelled = [[0, 0], [0, 40], [60, 0], [40, 20]]  # the second function votes spam on benign accounts
    result = fit(table(votes, [0, 0, 0, 0], labelled), one_sided([S, S]))
    spam = result.spam(table(votes, [0] * 4))
    assert result.rates[1, SPAM_VOTE, SPAM] == result.rates[1, SPAM_VOTE, BENIGN]
    np.testing.assert_allclose(spam[[0, 2]], spam[[1, 3]])


def test_without_accounts_there_is_the_prior() -> None:
    result = fit(Patterns(np.zeros((0, 2), np.int8), np.zeros(0), np.zeros((0, 2))), one_sided([S, B]))
    np.testing.assert_allclose(result.shares, [0.8, 0.2])
    np.testing.assert_allclose(result.rates[:, 1:], np.array([[[0.1, 0.4], [0, 0]], [[0, 0], [0.4, 0.1]]]))


def test_rounds_end_at_the_cap_and_it_is_told(caplog: pytest.LogCaptureFixture) -> None:
    patterns = table([[1, 1], [1, 0], [0, 1], [0, 0]], [10, 20, 30, 40])
    result = fit_label_model(patterns, one_sided([S, S]), np.ones(2), tolerance=1e-9, max_rounds=2)
    assert not result.converged
    assert len(result.objectives) == 2
    assert "after 2 rounds" in caplog.text
