"""From labelled rows of account_features, or of any table, to a version of the account model. Imports TensorFlow."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any

import keras
import numpy as np
import pyarrow as pa

from lib.arrays import Bools, Floats, Floats32, Ints
from lib.calibration import Calibration, fit_calibration, platt
from lib.config import AccountModelSettings
from lib.metrics import evaluate, thresholds
from lib.models.account.account_encoder import ACCOUNT_FIELDS, Fields, TableEncoder, features_hash, learn_encoder
from lib.models.account.account_scoring import AccountForward
from lib.models.account.account_training import Examples, trainings
from lib.models.artefacts import Artefact, Fitted, build_artefact
from lib.models.scoring import Forward, saved_network
from lib.models.training_loop import check_use, out_of_fold

KIND = "account"
HAND, SYNTHETIC = "hand", "synthetic"


@dataclass(frozen=True)
class Truth:
    """What scores are compared with: the hand labels, or the synthetic ones where those are too few."""

    source: str  # HAND or SYNTHETIC
    row: Ints  # of the examples; each is twice in it where its label is a probability
    spam: Bools
    weight: Floats
    accounts: tuple[int, int]  # benign, spam


@dataclass(frozen=True)
class FittedTable:
    """A network, and what is needed to apply it."""

    network: keras.Model
    encoder: TableEncoder
    calibration: Calibration
    examples: Examples
    unseen: Floats  # of each example, the logit of the member that never saw its fold
    truth: Truth

    def artefact(self, **about: Any) -> Artefact:
        described = {"kind": KIND, "calibrated_on": self.truth.source, **about}
        network = saved_network(self.network)
        return build_artefact(network, self.calibration, encoder=self.encoder.description, about=described)


def fit_account_model(
    rows: pa.Table, *, day: date, version: str, settings: AccountModelSettings, folds: int, salt: str
) -> Fitted:
    """The version that `rows` make: account_id, day, is_spam (null without a hand label), weight, fold, synthetic (see
    Examples; null for none) and the columns of ACCOUNT_FIELDS, sorted by account and day.

    Members and calibration use all rows; the metrics come from models of the rows before the held-out days.
    """
    metrics = holdout_metrics(rows, day - timedelta(days=settings.holdout_days), settings, folds=folds)
    fitted = fit_table(rows, ACCOUNT_FIELDS, settings, folds=folds)
    metrics |= {f"trained_{name}": count for name, count in counts(fitted.examples).items()}
    oof_score = fitted.calibration.probabilities(fitted.unseen)
    truth = fitted.truth
    artefact = fitted.artefact(
        version=version,
        trained_on=str(day),
        features=features_hash(),
        folds=folds,
        salt=salt,
        settings=settings.model_dump(),
        metrics=metrics,
        thresholds=thresholds(oof_score[truth.row], truth.spam, truth.weight),
    )
    return Fitted(artefact, metrics, oof_score)


def fit_table(rows: pa.Table, fields: Fields, settings: AccountModelSettings, *, folds: int) -> FittedTable:
    """The network that is trained for as long as accounts gain by it that it has not seen.

    Few accounts of smooth ways are soon known by heart; sharp rules take many steps to be found. Raises UselessModel
    where every account gets the same score.
    """
    encoder = encoder_of(rows, fields, settings)
    examples = examples_of(rows, encoder, folds=folds)
    truth = truth_of(examples, settings)
    longer_and_longer = trainings(examples, encoder, settings, folds=folds, seed=settings.seed)
    network = next(longer_and_longer)
    forward = AccountForward(network)
    best = trained(network, forward, examples, truth)
    for _ in islice(longer_and_longer, settings.lengths - 1):
        longer = trained(network, forward, examples, truth)
        if longer.loss > (1 - settings.least_gain) * best.loss:
            break
        best = longer
    network.set_weights(best.weights)
    return FittedTable(network, encoder, calibrated_on(best.unseen, truth, settings), examples, best.unseen, truth)


@dataclass(frozen=True)
class Trained:
    weights: list[Floats32]
    unseen: Floats
    loss: float  # of the truth, after Platt's calibration, by members that have not seen it


def trained(network: keras.Model, forward: Forward, examples: Examples, truth: Truth) -> Trained:
    from sklearn.metrics import log_loss  # noqa: PLC0415 - takes seconds

    logits = forward.logits(examples.inputs)
    check_use(logits, KIND)
    unseen = out_of_fold(logits, examples.fold)
    logits = unseen[truth.row]
    score = platt(logits, truth.spam, truth.weight).probabilities(logits)
    return Trained(network.get_weights(), unseen, float(log_loss(truth.spam, score, sample_weight=truth.weight)))


def holdout_metrics(rows: pa.Table, cutoff: date, settings: AccountModelSettings, *, folds: int) -> dict[str, float]:
    """Figures on hand-labelled accounts and days that the model has not seen: member f, trained up to `cutoff`, on
    fold f later. Empty where one side lacks a class."""
    early = np.array(rows["day"].to_pylist()) <= cutoff
    labelled = np.asarray(rows["is_spam"].is_valid())
    spam = np.asarray(rows["is_spam"].fill_null(False))
    later = rows.filter(pa.array(~early & labelled))
    past = rows.filter(pa.array(early))
    if len(np.unique(spam[~early & labelled])) < 2 or not has_both_classes(past):
        return {}
    fitted = fit_table(past, ACCOUNT_FIELDS, settings, folds=folds)
    examples = examples_of(later, fitted.encoder, folds=folds)
    unseen = out_of_fold(AccountForward(fitted.network).logits(examples.inputs), examples.fold)
    score = fitted.calibration.probabilities(unseen)
    return evaluate(score, examples.hand == 1, examples.weight, examples.account, kind=KIND, seed=settings.seed)


def has_both_classes(rows: pa.Table) -> bool:
    """Whether the labels of either kind are of both classes."""
    known = rows["is_spam"].drop_null().unique()
    synthetic = synthetic_of(rows, folds=0)[:, 0]
    return len(known) == 2 or bool((synthetic >= 0.5).any() and (synthetic < 0.5).any())


def encoder_of(rows: pa.Table, fields: Fields, settings: AccountModelSettings) -> TableEncoder:
    return learn_encoder(
        rows,
        fields,
        numbered(rows["account_id"]),
        category_min_count=settings.category_min_count,
        categories=settings.categories,
    )


def examples_of(rows: pa.Table, encoder: TableEncoder, *, folds: int) -> Examples:
    return Examples(
        inputs=encoder.encode(rows),
        hand=np.asarray(rows["is_spam"].cast(pa.int8()).cast(pa.float64()).to_numpy()),
        synthetic=synthetic_of(rows, folds=folds),
        weight=np.asarray(rows["weight"].fill_null(1.0)).astype(np.float64),
        account=numbered(rows["account_id"]),
        fold=np.asarray(rows["fold"]).astype(np.int64),
    )


def synthetic_of(rows: pa.Table, *, folds: int) -> Floats:
    """(n, 1 + folds), NaN where there is none."""
    nothing = [np.nan] * (1 + folds)
    if "synthetic" not in rows.column_names:
        return np.full((len(rows), 1 + folds), np.nan)
    result = [list(views[: 1 + folds]) if views is not None else nothing for views in rows["synthetic"].to_pylist()]
    return np.array(result, np.float64).reshape(len(rows), 1 + folds)


def numbered(accounts: pa.ChunkedArray) -> Ints:
    return np.asarray(np.unique(np.asarray(accounts).astype(str), return_inverse=True)[1])


def truth_of(examples: Examples, settings: AccountModelSettings) -> Truth:
    """The hand labels, where there are enough of each class or no others; else the synthetic labels, of each
    account that of the view without its own fold's labels.

    An account counts on each day that it is seen, because scores are of a day's accounts, among which those that stay
    are more than among all that ever were.
    """
    synthetic = examples.synthetic[np.arange(len(examples)), 1 + examples.fold]
    known = ~np.isnan(synthetic)
    accounts = examples.labelled_accounts()
    if min(accounts) >= settings.min_labels or not known.any():
        row = np.flatnonzero(examples.labelled)
        return Truth(HAND, row, examples.hand[row] == 1, examples.weight[row], accounts)
    row = np.flatnonzero(known)
    weight = examples.weight[row]
    both = np.concatenate([weight * synthetic[row], weight * (1 - synthetic[row])])
    counted = tuple(
        len(np.unique(examples.account[row][is_spam])) for is_spam in (synthetic[row] < 0.5, synthetic[row] >= 0.5)
    )
    return Truth(SYNTHETIC, np.tile(row, 2), np.repeat([True, False], len(row)), both, (counted[0], counted[1]))


def calibrated_on(unseen: Floats, truth: Truth, settings: AccountModelSettings) -> Calibration:
    return fit_calibration(
        unseen[truth.row], truth.spam, truth.weight, entities=truth.accounts, spam_share=settings.spam_share
    )


def counts(examples: Examples) -> dict[str, float]:
    benign, spam = examples.labelled_accounts()
    only_synthetic = examples.account[~examples.labelled]
    return {
        "examples": float(len(examples)),
        "spam_accounts": float(spam),
        "benign_accounts": float(benign),
        "synthetic_accounts": float(len(np.unique(only_synthetic))),
    }
