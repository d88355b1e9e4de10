"""Training of the domain model's members, each without the examples of one fold."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from lib.arrays import Bools, Floats, Floats32, Ints
from lib.config import DomainModelSettings
from lib.models.domain.domain_encoder import LEXICAL, NUMBERS, SEQUENCES, Encoder
from lib.models.domain.domain_network import NGRAMS, SHAPE, WORDED, Shape, build_network
from lib.models.domain.ngram_regression import fit_ngram_regression
from lib.models.domain.oblivious_trees import Trees, fit_trees
from lib.models.inputs import Inputs
from lib.models.training_loop import Batch, TrainingData, counted_once, smoothed, train_network


@dataclass(frozen=True)
class Examples:
    """What a model learns from: one element per example, which is one domain on one day."""

    inputs: Inputs
    spam: Bools
    weight: Floats
    domain: Ints  # number of the domain
    fold: Ints
    sampling: Floats  # how many domains it stands for: the inverse of its probability of being drawn for labelling

    def __len__(self) -> int:
        return len(self.spam)

    def of(self, chosen: Bools) -> "Examples":
        return Examples(
            self.inputs.take(chosen),
            self.spam[chosen],
            self.weight[chosen],
            self.domain[chosen],
            self.fold[chosen],
            self.sampling[chosen],
        )

    @property
    def domain_weight(self) -> Floats:
        return counted_once(self.weight, self.domain)


def train_members(
    examples: Examples, encoder: Encoder, settings: DomainModelSettings, *, folds: int, seed: int
) -> keras.Model:
    """A network whose member f never saw an example of fold f. The same examples give the same weights."""
    shape = Shape(folds, encoder.sizes, settings.embedding, settings.hidden, settings.dropout)
    network = build_network(shape, member_trees(examples, settings, folds=folds, seed=seed), seed=seed)
    data = training_data(examples, settings, folds=folds)
    batch = min(settings.batch, len(data))
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.epochs * (len(data) // batch))
    train_network(
        network.learned,
        data,
        optimizer=keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay),
        epochs=settings.epochs,
        batch=batch,
        drop=lambda batch, step_seed: dropped(batch, settings.token_dropout, step_seed),
        seed=seed,
    )
    network.regression.set_weights([ngram_table(examples, encoder, settings, folds=folds, seed=seed)])
    return network.members


def member_trees(examples: Examples, settings: DomainModelSettings, *, folds: int, seed: int) -> list[Trees]:
    """Of each member, on the mean link of each bag."""
    values = examples.inputs.numbers[SHAPE][:, : len(LEXICAL) // 2]
    known = ~np.isnan(values).all(axis=1)
    seen = [known & (examples.fold != member) for member in range(folds)]
    return [
        fit_trees(values[chosen], examples.spam[chosen], examples.domain_weight[chosen], settings, seed=seed)
        for chosen in seen
    ]


def ngram_table(
    examples: Examples, encoder: Encoder, settings: DomainModelSettings, *, folds: int, seed: int
) -> Floats32:
    return fit_ngram_regression(
        examples.inputs.ids[NGRAMS],
        examples.spam,
        examples.domain_weight,
        examples.domain,
        examples.fold,
        buckets=encoder.ngram_buckets,
        members=folds,
        strength=settings.spelling_strength,
        seed=seed,
    )


def training_data(examples: Examples, settings: DomainModelSettings, *, folds: int) -> TrainingData:
    weight = examples.domain_weight / examples.domain_weight.mean()
    seen = examples.fold[:, None] != np.arange(folds)[None, :]
    target = smoothed(examples.spam.astype(np.float64), settings.label_smoothing)
    ids, numbers = examples.inputs.ids, examples.inputs.numbers
    inputs = Inputs({name: ids[name] for name in WORDED}, {name: numbers[name] for name in NUMBERS})
    return TrainingData(inputs, np.repeat(target[:, None], folds, axis=1), weight[:, None] * seen)


def dropped(batch: Batch, rate: float, seed: tf.Tensor) -> Batch:
    """The batch without a random share `rate` of its tokens and numbers, then of whole inputs of a row."""
    result = {}
    for place, (name, values) in enumerate(batch.items()):
        nothing = tf.zeros_like(values) if name in SEQUENCES else tf.fill(tf.shape(values), np.float32(np.nan))
        single = tf.random.stateless_uniform(tf.shape(values), seed + tf.constant([0, 2 * place])) < rate
        whole = tf.random.stateless_uniform((tf.shape(values)[0], 1), seed + tf.constant([0, 2 * place + 1])) < rate
        result[name] = tf.where(single | whole, nothing, values)
    return result
