"""From votes to synthetic labels without Spark: what is prior_of before, who shares a voice, and folds left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.arrays import Floats
from lib.config import LabellingSettings
from lib.labelling.label_model import ABSTAIN, BENIGN, BENIGN_VOTE, SPAM, SPAM_VOTE, Patterns
from lib.labelling.label_model_fitting import (
    Tally,
    correlation_weights,
    fitted_views,
    prior_of,
    rate_outside,
    view_probabilities,
)
from tests.benchmarks.label_model import WORLDS, figures
from tests.support.labelled_accounts import INDEPENDENT, Function, drawn, settings_of, tallied


def alone(place: int, vote: int, functions: int) -> Patterns:
    """The pattern of one vote."""
    votes = np.zeros((1, functions), dtype=np.int8)
    votes[0, place] = vote
    return Patterns(votes, np.zeros(1), np.zeros((1, 2)))


def synthetic(functions: dict[str, Function], tally: Tally) -> Floats:
    return view_probabilities(tally, fitted_views(tally, settings_of(functions)))


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.01, 0.99), st.floats(1.01, 100))
def test_believed_rates_give_the_coverage_and_the_odds(coverage: float, own_share: float, odds: float) -> None:
    outside = rate_outside(coverage, own_share=own_share, odds=odds)
    within = odds * outside / (1 + (odds - 1) * outside)
    assert 0 < outside < 1
    assert own_share * within + (1 - own_share) * outside == pytest.approx(coverage)


def test_belief_knows_which_way_a_function_votes_and_how_often() -> None:
    settings = LabellingSettings(spam_share=0.2, spam_share_accounts=10, vote_odds=4, vote_odds_accounts=100)
    tally = Tally(2, ("s.", ".b", ".."), np.array([30.0, 60.0, 9.0]), np.zeros((3, 1, 2)), np.zeros((3, 1, 2)))
    prior = prior_of(tally, ["spam", "benign"], settings)
    np.testing.assert_allclose(prior.shares, [8, 2])
    np.testing.assert_allclose(prior.rates.sum(1), 100)
    np.testing.assert_allclose(
        prior.rates[:, :, SPAM] * 0.2 + prior.rates[:, :, BENIGN] * 0.8, [[69.95, 30.05, 0], [39.95, 0, 60.05]]
    )
    odds = prior.rates / (100 - prior.rates)
    assert odds[0, SPAM_VOTE, SPAM] / odds[0, SPAM_VOTE, BENIGN] == pytest.approx(4)
    assert odds[1, BENIGN_VOTE, BENIGN] / odds[1, BENIGN_VOTE, SPAM] == pytest.approx(4)


def test_voices_are_shared_as_far_as_votes_are_the_same() -> None:
    votes = [
        [1, 1, 1, 2, 0],
        [1, 1, 0, 0, 0],
        [0, 0, 1, 2, 0],
        [0, 0, 0, 0, 0],
    ]  # two that are the same, one that shares a half of its votes with them, one that contradicts it, a silent one
    result = correlation_weights(np.array(votes, dtype=np.int8), np.array([10.0, 5.0, 5.0, 80.0]), alike_from=0.2)
    part = (10 / 20 - 0.2) / 0.8
    np.testing.assert_allclose(result, [1 / (2 + 2 * part), 1 / (2 + 2 * part), 1 / (1 + part), 1, 1])


@pytest.mark.parametrize("copies", [1, 4])
def test_a_function_that_is_there_several_times_is_believed_once(copies: int) -> None:
    """Also beside others that resemble it."""
    functions = WORLDS["related"]
    is_spam, votes = drawn(functions, accounts=2000, spam=0.1, seed=3)
    more = functions | {f"s4_copy{n}": functions["s4"] for n in range(copies)}
    column = {name: place for place, name in enumerate(sorted(functions))}
    repeated = votes[:, [column.get(name, column["s4"]) for name in sorted(more)]]
    once, place = tallied(functions, is_spam, votes, hand=100)
    often, place_often = tallied(more, is_spam, repeated, hand=100)
    np.testing.assert_allclose(synthetic(more, often)[place_often], synthetic(functions, once)[place], atol=1e-5)


def test_a_vote_never_speaks_for_the_other_class() -> None:
    functions = WORLDS["one worse than chance"]
    is_spam, votes = drawn(functions, accounts=3000, spam=0.1, seed=1)
    tally, _ = tallied(functions, is_spam, votes, hand=0)
    model = fitted_views(tally, settings_of(functions))[0]
    nobody = model.spam(alone(0, ABSTAIN, len(functions)))
    for place, name in enumerate(sorted(functions)):
        if functions[name].vote == "spam":
            assert model.spam(alone(place, SPAM_VOTE, len(functions))) >= nobody
        else:
            assert model.spam(alone(place, BENIGN_VOTE, len(functions))) <= nobody


@pytest.mark.parametrize("accounts", [20.0, 1e6])
def test_where_nobody_votes_there_is_what_was_believed(accounts: float) -> None:
    nobody = Tally(7, ("." * 7,), np.array([accounts]), np.zeros((1, 2, 2)), np.zeros((1, 2, 2)))
    np.testing.assert_allclose(synthetic(INDEPENDENT, nobody), 0.1, atol=0.02)


def test_without_accounts_there_is_nothing() -> None:
    none = Tally(7, (), np.zeros(0), np.zeros((0, 2, 2)), np.zeros((0, 2, 2)))
    assert synthetic(INDEPENDENT, none).shape == (0, 3)


def test_a_view_is_the_fit_of_who_never_knew_the_labels_of_its_fold() -> None:
    is_spam, votes = drawn(INDEPENDENT, accounts=2000, spam=0.1, seed=2)
    tally, _ = tallied(INDEPENDENT, is_spam, votes, hand=300)
    views = synthetic(INDEPENDENT, tally)
    for fold in range(2):
        forgotten = tally.labelled[:, fold].sum(1)
        kept = tally.labelled.copy()
        kept[:, fold] = 0
        never = synthetic(INDEPENDENT, Tally(7, tally.patterns, tally.unlabelled + forgotten, kept, kept))
        np.testing.assert_allclose(views[:, 1 + fold], never[:, 0], atol=1e-12)
        assert np.abs(views[:, 1 + fold] - views[:, 0]).max() > 0.001


def test_a_labels_weight_counts_towards_rates() -> None:
    once = Tally(
        1,
        ("s", "."),
        np.array([50.0, 200.0]),
        np.array([[[1.0, 5.0]], [[9.0, 5.0]]]),
        np.array([[[1.0, 5.0]], [[9.0, 5.0]]]),
    )
    thrice = Tally(1, once.patterns, once.unlabelled, once.labelled, 3 * once.label_weight)
    one = {"f": Function("spam", 0.5, 0.1)}
    assert synthetic(one, thrice)[0, 0] > synthetic(one, once)[0, 0]
    assert synthetic(one, thrice)[0, 1] == pytest.approx(synthetic(one, once)[0, 1])  # its only fold is left out


@pytest.mark.parametrize("world", WORLDS)
def test_synthetic_labels_beat_the_majority_vote(world: str) -> None:
    """At the share of spam that is prior_of, and far from it; without a single hand label."""
    for spam in (0.1, 0.4):
        auc, loss, majority_auc, majority_loss = figures(WORLDS[world], spam=spam, hand=0, draws=2)
        assert auc >= majority_auc - 0.002
        assert loss < majority_loss


def test_silence_is_an_outcome() -> None:
    assert Tally(2, (".s", "b."), np.zeros(2), np.zeros((2, 1, 2)), np.zeros((2, 1, 2))).votes.tolist() == [
        [ABSTAIN, SPAM_VOTE],
        [BENIGN_VOTE, ABSTAIN],
    ]
