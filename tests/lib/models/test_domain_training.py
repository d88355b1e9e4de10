"""The network, its training, and fitting as a whole, on made-up domains."""

from dataclasses import replace
from datetime import timedelta

import keras
import numpy as np
import pytest

from lib.models.domain.domain_encoder import LEXICAL, NUMBERS, SEQUENCES
from lib.models.domain.domain_fitting import encoder_of, examples_of, sampling_weight
from lib.models.domain.domain_network import Shape, build_network, tree_layer
from lib.models.domain.domain_scoring import DomainForward
from lib.models.domain.domain_training import Examples, dropped, train_members
from lib.models.domain.oblivious_trees import Trees
from lib.models.inputs import Inputs, no_ids, ragged
from lib.models.scoring import load_network, saved_network, tensors
from lib.models.training_loop import UselessModel, check_use
from tests.support.builders import DAY
from tests.support.models import SAMPLES, TINY, fit_tiny, tiny_fit, training_rows


@pytest.fixture(scope="module")
def examples() -> Examples:
    rows = training_rows(domains=20)
    return examples_of(rows, encoder_of(rows, TINY))


def some_trees(seed: int) -> Trees:
    """Three of two levels that were not trained."""
    random = np.random.default_rng(seed)
    threshold, leaf = random.normal(size=(2, 3)), random.normal(size=(3, 4))
    return Trees(random.integers(0, 4, (2, 3)), threshold.astype(np.float32), leaf.astype(np.float32))


def filled(shape: Shape) -> keras.Model:
    """A network that was not trained, with some regression on n-grams."""
    network = build_network(shape, [some_trees(seed) for seed in range(shape.members)], seed=1)
    values = np.random.default_rng(1).normal(size=(shape.sizes["ngrams"], shape.members + 1))
    network.regression.set_weights([np.abs(values) * (np.arange(len(values)) > 0)[:, None]])
    return network.members


def logits_after(examples: Examples, sizes: dict[str, int], epochs: int) -> np.ndarray:
    encoder = encoder_of(training_rows(domains=20), TINY)
    assert encoder.sizes == sizes
    network = train_members(examples, encoder, TINY.model_copy(update={"epochs": epochs}), folds=5, seed=3)
    return DomainForward(network).logits(examples.inputs)


def test_a_member_does_not_see_its_fold(examples: Examples) -> None:
    """Turning the labels of one fold changes every member but its own."""
    sizes = encoder_of(training_rows(domains=20), TINY).sizes
    turned = replace(examples, spam=np.where(examples.fold == 2, ~examples.spam, examples.spam))
    before, after = logits_after(examples, sizes, 2), logits_after(turned, sizes, 2)
    change = np.abs(before - after).max(axis=0)
    assert change[2] == 0
    assert (np.delete(change, 2) > 1e-3).all()


def test_training_twice_gives_the_same_files_and_another_day_other_ones() -> None:
    rows = training_rows(domains=20)
    settings_day = DAY - timedelta(days=1)
    first, again = (fit_tiny(rows, day=settings_day, version="v") for _ in range(2))
    assert first.artefact.sha256 == again.artefact.sha256
    assert first.artefact.sha256 != tiny_fit().artefact.sha256


def test_absent_inputs_give_finite_logits(examples: Examples) -> None:
    sizes = {"tokens": 20, "ngrams": 10, "words": 5}
    forward = DomainForward(filled(Shape(3, sizes, embedding=4, hidden=8, dropout=0.1)))
    nothing = {name: np.full((3, len(features)), np.nan, np.float32) for name, features in NUMBERS.items()}
    absent = Inputs({name: no_ids(3) for name in SEQUENCES}, nothing)
    logits = forward.logits(absent)
    assert logits.shape == (3, 3)
    assert np.isfinite(logits).all()
    some = ragged([np.array([5, 7], np.int32), np.zeros(0, np.int32), np.array([7, 5], np.int32)])
    changed = forward.logits(Inputs({**absent.ids, "tokens": some, "ngrams": some}, nothing))
    np.testing.assert_allclose(changed[0], changed[2], atol=1e-6)  # the order of ids is nothing
    np.testing.assert_allclose(changed[1], logits[1], atol=1e-6)  # a row without ids between others
    assert np.abs(changed[0] - logits[0]).max() > 1e-4


def test_logits_do_not_depend_on_the_batches_and_survive_saving(examples: Examples) -> None:
    sizes = encoder_of(training_rows(domains=20), TINY).sizes
    network = filled(Shape(5, sizes, embedding=4, hidden=8, dropout=0.1))
    whole = DomainForward(network).logits(examples.inputs)
    again = DomainForward(load_network(saved_network(network)))
    again.rows = 7
    np.testing.assert_allclose(again.logits(examples.inputs), whole, atol=1e-6)


def test_scoring_computes_what_keras_computes() -> None:
    """Rows without ids and with many, and numbers of which some or all are missing."""
    sizes = {"tokens": 20, "ngrams": 10, "words": 5}
    network, random, number = filled(Shape(3, sizes, embedding=4, hidden=8, dropout=0.1)), np.random.default_rng(5), 60
    ids = {
        name: ragged([random.integers(1, sizes[name], random.integers(0, 8)).astype(np.int32) for _ in range(number)])
        for name in SEQUENCES
    }
    numbers = {name: random.normal(size=(number, len(f))).astype(np.float32) for name, f in NUMBERS.items()}
    for values in numbers.values():
        values[random.random(values.shape) < 0.3] = np.nan
        values[random.random(number) < 0.2] = np.nan
    inputs, forward = Inputs(ids, numbers), DomainForward(load_network(saved_network(network)))
    np.testing.assert_allclose(forward.logits(inputs), network(tensors(inputs)), atol=1e-5)
    assert forward.logits(inputs.slice(0, 0)).shape == (0, 3)


def test_the_network_holds_the_trees_as_they_are() -> None:
    values = np.random.default_rng(2).normal(size=(50, len(LEXICAL))).astype(np.float32)
    values[:10, 1], values[10] = np.nan, np.nan  # what is missing counts as the mean; without any link the logit is 0
    trees = [some_trees(seed) for seed in range(3)]
    numbers = keras.Input((len(LEXICAL),))
    network = load_network(saved_network(keras.Model(numbers, tree_layer(trees)(numbers))))
    expected = np.stack([one.logits(values) for one in trees], axis=1)
    expected[10] = 0
    np.testing.assert_allclose(network(values), expected, atol=1e-6)


def test_dropping_takes_about_its_share_and_nothing_at_rate_zero(examples: Examples) -> None:
    values = {"tokens": np.ones((4000, 20), np.int32), "page": np.ones((4000, 20), np.float32)}
    kept = dropped(values, 0.2, np.array([1, 2]))
    gone = {"tokens": (kept["tokens"].numpy() == 0), "page": np.isnan(kept["page"].numpy())}
    for lost in gone.values():
        assert lost.mean() == pytest.approx(1 - 0.8 * 0.8, abs=0.05)
        assert lost.all(axis=1).mean() == pytest.approx(0.2, abs=0.06)
    assert (dropped(values, 0.0, np.array([1, 2]))["tokens"].numpy() == 1).all()


def test_an_example_weighs_by_its_label_and_shares_it_with_those_of_its_domain(examples: Examples) -> None:
    heavy = replace(examples, weight=np.where(examples.domain == 0, 6.0, 1.0))
    assert heavy.domain_weight[heavy.domain == 0].tolist() == [3.0, 3.0]
    assert heavy.domain_weight[heavy.domain == 1].tolist() == [0.5, 0.5]


def test_enough_domains_drawn_at_random_weigh_by_what_they_stand_for(examples: Examples) -> None:
    three = np.concatenate([np.unique(examples.domain[examples.spam == verdict])[:3] for verdict in (True, False)])
    drawn = replace(examples, sampling=np.where(np.isin(examples.domain, three), 4.0, 1.0))
    few, enough = (TINY.model_copy(update={"min_random_labels": number}) for number in (4, 3))
    np.testing.assert_array_equal(sampling_weight(drawn, few), drawn.domain_weight)
    np.testing.assert_array_equal(sampling_weight(drawn, enough), drawn.domain_weight * drawn.sampling)


def test_useless_models_are_refused() -> None:
    for useless in (np.zeros((5, 2)), np.full((5, 2), np.nan)):
        with pytest.raises(UselessModel):
            check_use(useless, "domain")
    check_use(np.array([[0.0, 1.0], [1.0, 0.0]]), "domain")


def test_a_fit_tells_spam_that_it_has_not_seen_and_describes_itself() -> None:
    fitted = tiny_fit()
    rows = training_rows()
    spam = np.asarray(rows["is_spam"])
    assert fitted.oof_score[spam].min() > fitted.oof_score[~spam].max() - 0.5
    assert fitted.metrics["auc"] > 0.95
    assert fitted.metrics["trained_spam_domains"] == 30
    assert (fitted.metrics["examples"], fitted.metrics["spam_domains"]) == (60, 30)  # the newest day alone
    about = fitted.artefact.description
    assert (about["version"], about["trained_on"], about["folds"]) == (
        "domain-2026-03-10-1",
        "2026-03-10",
        SAMPLES.folds,
    )
    assert set(about["thresholds"]) == {"fpr_0.001", "fpr_0.01"}


def test_without_held_out_days_there_are_counts_only() -> None:
    rows = training_rows(domains=20, days=1)
    fitted = fit_tiny(rows)
    assert fitted.metrics == {"trained_examples": 20, "trained_spam_domains": 10, "trained_benign_domains": 10}
