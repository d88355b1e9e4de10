"""Training of the account model's members in two stages, each member without the accounts of one fold."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import keras
import numpy as np
import tensorflow as tf

from lib.arrays import Bools, Floats, Ints
from lib.config import AccountModelSettings
from lib.models.account.account_encoder import CATEGORIES, NUMBERS, TableEncoder
from lib.models.account.account_network import Shape, build_network
from lib.models.inputs import Inputs
from lib.models.training_loop import Batch, Drop, TrainingData, counted_once, smoothed, train_network

LONGER = 3  # times as long, where a longer stage may help


@dataclass(frozen=True)
class Examples:
    """What a model learns from: one element per example, which is one account on one day."""

    inputs: Inputs
    hand: Floats  # 1 for spam, 0 for benign, NaN without a hand label
    synthetic: Floats  # (n, 1 + folds) probabilities: with all hand labels, then without each fold's; NaN for none
    weight: Floats
    account: Ints  # number of the account
    fold: Ints

    def __len__(self) -> int:
        return len(self.hand)

    def of(self, chosen: Bools) -> "Examples":
        return Examples(
            inputs=self.inputs.take(chosen),
            hand=self.hand[chosen],
            synthetic=self.synthetic[chosen],
            weight=self.weight[chosen],
            account=self.account[chosen],
            fold=self.fold[chosen],
        )

    @property
    def labelled(self) -> Bools:
        """Those with a hand label."""
        return ~np.isnan(self.hand)

    @property
    def account_weight(self) -> Floats:
        return counted_once(self.weight, self.account)

    @property
    def targets(self) -> Floats:
        """(n, folds): the target of member f, NaN for none. A hand label wins over a synthetic one."""
        return np.where(self.labelled[:, None], self.hand[:, None], self.synthetic[:, 1:])

    def labelled_accounts(self) -> tuple[int, int]:
        """How many accounts have a hand label: benign, spam."""
        benign, spam = (len(np.unique(self.account[self.hand == is_spam])) for is_spam in (0, 1))
        return benign, spam


@dataclass(frozen=True)
class Stage:
    examples: Examples
    epochs: int


def train_members(
    examples: Examples, encoder: TableEncoder, settings: AccountModelSettings, *, folds: int, seed: int
) -> keras.Model:
    """A network whose member f never saw an account of fold f, nor what the hand labels of fold f say of others.

    The same examples give the same weights.
    """
    return next(trainings(examples, encoder, settings, folds=folds, seed=seed))


def trainings(
    examples: Examples, encoder: TableEncoder, settings: AccountModelSettings, *, folds: int, seed: int
) -> Iterator[keras.Model]:
    """That network, its last stage as long as the settings say; then the same network, that stage begun anew and made
    LONGER times as long each time."""
    shape = Shape(
        members=folds,
        replicas=settings.replicas,
        numbers=max(1, len(encoder.fields.numbers)),
        categories=encoder.size,
        bins=settings.bins,
        embedding=settings.embedding,
        hidden=settings.hidden,
        dropout=settings.dropout,
    )
    replicas, network = build_network(shape, seed=seed)
    drop = drop_of(encoder, settings.field_dropout)
    *earlier, last = stages(examples, settings)
    for stage in earlier:
        train_stage(replicas, stage, settings, drop=drop, folds=folds, seed=seed)
    begun = replicas.get_weights()
    epochs = last.epochs
    while True:
        replicas.set_weights(begun)
        train_stage(replicas, replace(last, epochs=epochs), settings, drop=drop, folds=folds, seed=seed + 1)
        yield network
        epochs *= LONGER


def train_stage(
    replicas: keras.Model, stage: Stage, settings: AccountModelSettings, *, drop: Drop, folds: int, seed: int
) -> None:
    data = training_data(stage.examples, settings, folds=folds)
    batch = min(settings.batch, len(data))
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, stage.epochs * (len(data) // batch))
    optimizer = keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay)
    train_network(replicas, data, optimizer=optimizer, epochs=stage.epochs, batch=batch, drop=drop, seed=seed)


def stages(examples: Examples, settings: AccountModelSettings) -> Iterator[Stage]:
    """All labels of both kinds first; then the hand labels, where there are enough of them."""
    labelled = examples.of(examples.labelled)
    everything = examples.of(np.asarray(~np.isnan(examples.targets).all(axis=1)))
    yield Stage(everything, epochs_of(settings.epochs, len(everything), settings))
    if len(labelled) < len(everything) and min(labelled.labelled_accounts()) >= settings.min_labels:
        yield Stage(labelled, epochs_of(settings.fine_tune_epochs, len(labelled), settings))


def epochs_of(epochs: int, number: int, settings: AccountModelSettings) -> int:
    """Few examples are seen more often than `epochs` times, many less often."""
    steps_an_epoch = max(1, number // settings.batch)
    steps = np.clip(epochs * steps_an_epoch, settings.least_steps, settings.most_steps)
    return max(1, round(float(steps) / steps_an_epoch))


def training_data(examples: Examples, settings: AccountModelSettings, *, folds: int) -> TrainingData:
    targets = examples.targets
    known = ~np.isnan(targets)
    seen = examples.fold[:, None] != np.arange(folds)[None, :]
    weight = (examples.account_weight / examples.account_weight.mean())[:, None] * seen * known
    target = smoothed(np.where(known, targets, 0.5), settings.label_smoothing)
    return TrainingData(examples.inputs, *(np.repeat(values, settings.replicas, axis=1) for values in (target, weight)))


def drop_of(encoder: TableEncoder, rate: float) -> Drop:
    """Leaves out a random share `rate` of the fields, and, in some rows, all numbers of one meaning."""
    together = np.isin(encoder.fields.numbers or ("",), encoder.fields.together)[None, :]

    def drop(batch: Batch, seed: tf.Tensor) -> Batch:
        numbers, ids = batch[NUMBERS], batch[CATEGORIES]
        single, whole, category = (
            tf.random.stateless_uniform(shape, seed + tf.constant([0, place])) < rate
            for place, shape in enumerate((tf.shape(numbers), (tf.shape(numbers)[0], 1), tf.shape(ids)))
        )
        return {
            NUMBERS: tf.where(single | (whole & together), np.float32(np.nan), numbers),
            CATEGORIES: tf.where(category, 0, ids),
        }

    return drop
