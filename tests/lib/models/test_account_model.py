"""The account model's network, its training in two stages, and fitting as a whole, on made-up accounts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lib.models.account.account_encoder import ACCOUNT_FIELDS, CATEGORIES, MISSING, NUMBERS, Fields
from lib.models.account.account_fitting import encoder_of, examples_of, fit_table, holdout_metrics, truth_of
from lib.models.account.account_network import Shape, build_network
from lib.models.account.account_scoring import AccountForward
from lib.models.account.account_training import Examples, drop_of, epochs_of, stages, train_members, training_data
from lib.models.inputs import Inputs, no_ids, ragged
from lib.models.scoring import load_network, saved_network, tensors
from lib.models.training_loop import UselessModel
from tests.support.accounts import SAMPLES, TINY, VIEWS, fit_tiny, tiny_fit, training_rows
from tests.support.builders import DAY

FOLDS = SAMPLES.folds


def examples(rows: pa.Table) -> Examples:
    return examples_of(rows, encoder_of(rows, ACCOUNT_FIELDS, TINY), folds=FOLDS)


def with_column(rows: pa.Table, name: str, values: Sequence[Any]) -> pa.Table:
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, name, pa.array(values, rows.schema.field(name).type))


def logits_after(examples: Examples) -> np.ndarray:
    rows = training_rows(accounts=20)
    network = train_members(examples, encoder_of(rows, ACCOUNT_FIELDS, TINY), TINY, folds=FOLDS, seed=3)
    return AccountForward(network).logits(examples.inputs)


def test_a_member_does_not_see_its_fold() -> None:
    """Turning the hand labels of one fold, and what functions say without them, changes every member but its own."""
    known = examples(training_rows(accounts=20, synthetic=True))
    known = replace(known, hand=np.where(known.account % 3 > 0, known.hand, np.nan))
    turned_views = 1 - known.synthetic
    turned_views[:, 1 + 2] = known.synthetic[:, 1 + 2]  # the view without fold 2 knows nothing of its labels
    turned = replace(known, hand=np.where(known.fold == 2, 1 - known.hand, known.hand), synthetic=turned_views)
    change = np.abs(logits_after(known) - logits_after(turned)).max(axis=0)
    assert change[2] == 0
    assert (np.delete(change, 2) > 1e-3).all()


def test_training_twice_gives_the_same_files() -> None:
    rows = training_rows(accounts=20, days=1)
    first, again = (fit_tiny(rows) for _ in range(2))
    assert first.artefact.sha256 == again.artefact.sha256
    assert first.artefact.files["members.keras"] != tiny_fit().artefact.files["members.keras"]


def test_what_is_absent_gives_finite_logits() -> None:
    _, network = build_network(Shape(3, 2, numbers=4, categories=9, bins=5, embedding=2, hidden=6, dropout=0.1), seed=1)
    forward = AccountForward(network)

    def logits_of(numbers: float, *ids: int) -> np.ndarray:
        categories = {CATEGORIES: ragged([np.array(ids, np.int32)])}
        [logits] = forward.logits(Inputs(categories, {NUMBERS: np.full((1, 4), numbers, np.float32)}))
        return np.asarray(logits)

    cases = [logits_of(np.nan), logits_of(MISSING), logits_of(0.0), logits_of(1.0), logits_of(np.nan, 5)]
    assert all(logits.shape == (3,) and np.isfinite(logits).all() for logits in cases)
    assert all(np.abs(a - b).max() > 1e-4 for i, a in enumerate(cases) for b in cases[:i])
    np.testing.assert_allclose(logits_of(0.3, 5, 7), logits_of(0.3, 7, 5), atol=1e-6)


def test_logits_do_not_depend_on_the_batches_and_survive_saving() -> None:
    known = examples(training_rows(accounts=20))
    shape = Shape(5, 2, len(ACCOUNT_FIELDS.numbers), 20, bins=4, embedding=2, hidden=8, dropout=0.1)
    replicas, network = build_network(shape, seed=1)
    whole = AccountForward(network).logits(known.inputs)
    again = AccountForward(load_network(saved_network(network)))
    again.rows = 7
    np.testing.assert_allclose(again.logits(known.inputs), whole, atol=1e-6)
    each = replicas(tensors(known.inputs)).numpy()
    np.testing.assert_allclose(each.reshape(-1, 5, 2).mean(axis=2), whole, atol=1e-6)


def test_scoring_computes_what_keras_computes() -> None:
    """Numbers that are there, missing and not known; rows with categories, and batches without any."""
    random, number = np.random.default_rng(5), 50
    _, network = build_network(Shape(3, 2, numbers=4, categories=9, bins=5, embedding=2, hidden=6, dropout=0.1), seed=1)
    for weight in network.weights:
        weight.assign(weight + random.normal(size=weight.shape))
    places = random.random((number, 4)).astype(np.float32)
    places[random.random(places.shape) < 0.2], places[random.random(places.shape) < 0.2] = MISSING, np.nan
    ids = ragged([random.integers(1, 9, random.integers(0, 5)).astype(np.int32) for _ in range(number)])
    forward = AccountForward(network)
    for inputs in (
        Inputs({CATEGORIES: ids}, {NUMBERS: places}),
        Inputs({CATEGORIES: no_ids(number)}, {NUMBERS: np.nan_to_num(places)}),
    ):
        np.testing.assert_allclose(forward.logits(inputs), network(tensors(inputs)), rtol=1e-5, atol=1e-5)
    assert forward.logits(inputs.slice(0, 0)).shape == (0, 3)


def test_dropping_takes_about_its_share_and_domain_scores_together() -> None:
    encoder = encoder_of(training_rows(accounts=20), ACCOUNT_FIELDS, TINY)
    numbers = len(ACCOUNT_FIELDS.numbers)
    batch = {NUMBERS: np.ones((4000, numbers), np.float32), CATEGORIES: np.ones((4000, 5), np.int32)}
    kept = drop_of(encoder, 0.2)(batch, np.array([1, 2]))
    gone = np.isnan(kept[NUMBERS].numpy())
    scores = np.isin(ACCOUNT_FIELDS.numbers, ACCOUNT_FIELDS.together)
    assert gone[:, ~scores].mean() == pytest.approx(0.2, abs=0.02)
    assert gone[:, scores].all(axis=1).mean() == pytest.approx(0.2, abs=0.03)
    assert (kept[CATEGORIES].numpy() == 0).mean() == pytest.approx(0.2, abs=0.02)
    same = drop_of(encoder, 0.0)(batch, np.array([1, 2]))
    assert all((same[name].numpy() == values).all() for name, values in batch.items())


def test_hand_labels_win_over_synthetic_ones_and_are_trained_on_last() -> None:
    known = examples(training_rows(accounts=20, synthetic=True))
    some = replace(known, hand=np.where(known.account < 14, known.hand, np.nan))
    first, second = stages(some, TINY)
    assert (len(first.examples), len(second.examples)) == (40, 28)
    expected = np.where(some.labelled, some.hand, some.synthetic[:, 1])
    np.testing.assert_array_equal(first.examples.targets, np.repeat(expected[:, None], FOLDS, axis=1))


def test_a_stage_without_labels_is_left_out() -> None:
    both = examples(training_rows(accounts=20, synthetic=True))
    only_hand, only_synthetic = replace(both, synthetic=both.synthetic * np.nan), replace(both, hand=both.hand * np.nan)
    few = replace(both, hand=np.where(both.account < 4, both.hand, np.nan))  # two accounts of a class
    for known in (only_hand, only_synthetic, few):
        [stage] = stages(known, TINY)
        assert len(stage.examples) == 40


def test_a_member_trains_on_other_folds_only_and_on_each_account_once() -> None:
    known = examples(training_rows(accounts=10, days=4, synthetic=True))
    known.synthetic[known.account == 3, 1 + 4] = np.nan  # the functions say nothing without fold 4
    known = replace(known, hand=np.where(known.account == 3, np.nan, known.hand))
    data = training_data(known, TINY.model_copy(update={"replicas": 2}), folds=FOLDS)
    assert data.weight.shape == data.target.shape == (40, FOLDS * 2)
    for number in range(10):
        weight = data.weight[known.account == number].sum(axis=0)
        own = known.fold[known.account == number][0]
        hidden = {2 * own, 2 * own + 1} | ({8, 9} if number == 3 else set())
        assert {int(place) for place in np.flatnonzero(weight == 0)} == hidden
        np.testing.assert_allclose(weight[weight > 0], 4.0)


def test_few_examples_are_seen_more_often_than_many() -> None:
    settings = TINY.model_copy(update={"batch": 100, "least_steps": 200, "most_steps": 1000})
    assert [epochs_of(10, number, settings) for number in (50, 1000, 5000, 50_000)] == [200, 20, 10, 2]


def test_a_fit_tells_spam_that_it_has_not_seen_and_describes_itself() -> None:
    fitted = tiny_fit()
    spam = np.asarray(training_rows()["is_spam"])
    assert np.mean(fitted.oof_score[spam]) > np.mean(fitted.oof_score[~spam]) + 0.4
    assert fitted.metrics["auc"] > 0.9
    assert (fitted.metrics["examples"], fitted.metrics["spam_accounts"]) == (60, 30)  # the newest day alone
    assert fitted.metrics["trained_synthetic_accounts"] == 0
    about = fitted.artefact.description
    assert (about["kind"], about["version"], about["calibrated_on"]) == ("account", "account-2026-03-10-1", "hand")
    assert set(about["thresholds"]) == {"fpr_0.001", "fpr_0.01"}


def test_without_hand_labels_the_functions_teach_and_calibrate() -> None:
    fitted = fit_tiny(training_rows(hand=False, synthetic=True))
    is_spam = np.asarray(training_rows()["is_spam"])
    assert fitted.artefact.description["calibrated_on"] == "synthetic"
    assert fitted.metrics == {
        "trained_examples": 120, "trained_spam_accounts": 0, "trained_benign_accounts": 0,
        "trained_synthetic_accounts": 60,
    }  # fmt: skip
    assert np.mean(fitted.oof_score[is_spam]) > np.mean(fitted.oof_score[~is_spam]) + 0.3


def test_calibration_takes_of_each_account_the_view_without_its_fold() -> None:
    known = examples(training_rows(accounts=10, days=1, hand=False, synthetic=True))
    known = replace(known, synthetic=np.tile(np.arange(VIEWS) / 10, (10, 1)))
    truth = truth_of(known, TINY)
    assert (truth.source, truth.accounts) == ("synthetic", (8, 2))
    first = truth.row == 0  # an account of fold 0
    assert truth.spam[first].tolist() == [True, False]
    np.testing.assert_allclose(truth.weight[first], [0.1, 0.9])


@pytest.mark.parametrize("hand", [True, False])
def test_calibration_counts_an_account_on_each_day_that_it_is_seen(hand: bool) -> None:
    """Ten accounts of one day and ten of three: 40 rows of weight 1, and not 20 accounts of weight 1."""
    once, thrice = (training_rows(accounts=10, days=days, hand=hand, synthetic=not hand) for days in (1, 3))
    others = with_column(thrice, "account_id", [f"other {name}" for name in thrice["account_id"].to_pylist()])
    truth = truth_of(examples(pa.concat_tables([once, others])), TINY)
    np.testing.assert_allclose(np.bincount(truth.row, truth.weight), np.ones(40))


def test_held_out_accounts_are_judged_by_hand_labels_alone() -> None:
    rows = training_rows(accounts=20, synthetic=True)
    hand = [value if place < 28 else None for place, value in enumerate(rows["is_spam"].to_pylist())]
    result = holdout_metrics(with_column(rows, "is_spam", hand), DAY.replace(day=3), TINY, folds=FOLDS)
    assert (result["examples"], result["spam_accounts"], result["benign_accounts"]) == (14, 7, 7)
    assert result["auc"] > 0.6


def test_a_model_that_says_the_same_of_everything_is_refused() -> None:
    rows = training_rows(accounts=20, days=1)
    alike = rows.select([name for name in rows.column_names if name not in ACCOUNT_FIELDS.names])
    empty = pa.table({**{name: alike[name] for name in alike.column_names}, **{
        name: pa.nulls(20, rows.schema.field(name).type) for name in ACCOUNT_FIELDS.names}})  # fmt: skip
    with pytest.raises(UselessModel, match="every account the same score"):
        fit_tiny(empty)


def table_of(is_spam: np.ndarray, value: np.ndarray) -> pa.Table:
    number = np.arange(len(value))
    return pa.table(
        {
            "account_id": pa.array([f"account{n:03}" for n in number]),
            "is_spam": pa.array(is_spam),
            "weight": pa.array(np.ones(len(value))),
            "fold": pa.array(number % FOLDS),
            "value": pa.array(value),
        }
    )


def fitted_weights(rows: pa.Table, *, lengths: int) -> list[np.ndarray]:
    settings = TINY.model_copy(update={"epochs": 1, "least_steps": 12, "lengths": lengths})
    weights: list[np.ndarray] = fit_table(rows, Fields(("value",), (), ()), settings, folds=FOLDS).network.get_weights()
    return weights


def test_training_goes_on_while_accounts_gain_by_it_that_it_has_not_seen() -> None:
    value = np.random.default_rng(2).random(120)
    tosses = np.random.default_rng(3).random(120) < 0.5
    same = [
        all(np.array_equal(*pair) for pair in zip(*(fitted_weights(rows, lengths=n) for n in (1, 2)), strict=True))
        for rows in (table_of(tosses, value), table_of(value > 0.7, value))
    ]
    assert same == [True, False]
