"""Training of the domain model's members, each without the examples of one fold."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from lib.config import DomainModelSettings
from lib.models.inputs import SEQUENCES, Encoder, Inputs
from lib.models.networks import Shape, build_network

Floats = npt.NDArray[np.float64]


class UselessModel(ValueError):
    """What was trained says the same of everything, or nothing."""


@dataclass(frozen=True)
class Examples:
    """What a model learns from: one element an example, which is one domain on one day."""

    inputs: Inputs
    spam: npt.NDArray[np.bool_]
    weight: Floats
    domain: npt.NDArray[np.int64]  # number of the domain
    fold: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.spam)

    def of(self, chosen: npt.NDArray[np.bool_]) -> "Examples":
        inputs = {name: values[chosen] for name, values in self.inputs.items()}
        return Examples(inputs, self.spam[chosen], self.weight[chosen], self.domain[chosen], self.fold[chosen])

    @property
    def domain_weight(self) -> Floats:
        """The weights, shared by the examples of one domain, so that it counts once however often it was seen."""
        counts = np.bincount(self.domain, minlength=1)
        return np.asarray(self.weight / counts[self.domain])


def train_members(
    examples: Examples, encoder: Encoder, settings: DomainModelSettings, *, folds: int, seed: int
) -> keras.Model:
    """A network whose member f never saw an example of fold f. The same examples give the same weights."""
    tf.config.experimental.enable_op_determinism()
    shape = Shape(folds, encoder.sizes, settings.embedding, settings.hidden, settings.dropout)
    network = build_network(shape, seed=seed)
    optimizer = keras.optimizers.AdamW(settings.learning_rate, weight_decay=settings.weight_decay)
    optimizer.build(network.trainable_variables)
    train_epoch = epoch_of(network, optimizer, examples, settings, folds=folds)
    random = np.random.default_rng(seed)
    batch = min(settings.batch, len(examples))
    for epoch in range(settings.epochs):
        order = random.permutation(len(examples))[: len(examples) // batch * batch]
        train_epoch(tf.constant(order.reshape(-1, batch)), tf.constant([seed, epoch]))
    return network


def epoch_of(
    network: keras.Model, optimizer: keras.Optimizer, examples: Examples, settings: DomainModelSettings, *, folds: int
) -> Callable[[tf.Tensor, tf.Tensor], None]:
    """A function that takes the batches of an epoch (row numbers, (steps, batch)) and a seed, and trains on them."""
    inputs = {name: tf.constant(values) for name, values in examples.inputs.items()}
    spam = tf.constant(examples.spam[:, None].astype(np.float32))
    target = spam * (1 - settings.label_smoothing) + settings.label_smoothing / 2
    weight = examples.domain_weight / examples.domain_weight.mean()
    seen = examples.fold[:, None] != np.arange(folds)[None, :]
    member_weight = tf.constant((weight[:, None] * seen).astype(np.float32))

    @tf.function(reduce_retracing=True)
    def train_epoch(batches: tf.Tensor, seed: tf.Tensor) -> None:
        for step in tf.range(tf.shape(batches)[0]):
            rows = batches[step]
            batch = {name: tf.gather(values, rows) for name, values in inputs.items()}
            kept = dropped(batch, settings.token_dropout, seed * 100_003 + step)
            with tf.GradientTape() as tape:
                logits = network(kept, training=True)
                losses = tf.nn.sigmoid_cross_entropy_with_logits(
                    tf.broadcast_to(tf.gather(target, rows), tf.shape(logits)), logits
                )
                loss = tf.reduce_sum(losses * tf.gather(member_weight, rows)) / tf.cast(tf.size(rows), tf.float32)
            gradients = tape.gradient(loss, network.trainable_variables)
            optimizer.apply(gradients, network.trainable_variables)

    return train_epoch  # type: ignore[no-any-return]


def dropped(batch: dict[str, tf.Tensor], rate: float, seed: tf.Tensor) -> dict[str, tf.Tensor]:
    """The batch without a random share `rate` of its tokens and numbers, then of whole inputs of a row."""
    result = {}
    for place, (name, values) in enumerate(batch.items()):
        nothing = tf.zeros_like(values) if name in SEQUENCES else tf.fill(tf.shape(values), np.float32(np.nan))
        single = tf.random.stateless_uniform(tf.shape(values), seed + tf.constant([0, 2 * place])) < rate
        whole = tf.random.stateless_uniform((tf.shape(values)[0], 1), seed + tf.constant([0, 2 * place + 1])) < rate
        result[name] = tf.where(single | whole, nothing, values)
    return result


def check_use(logits: Floats) -> None:
    """Raises UselessModel where a member's logits are constant or not finite."""
    if not np.isfinite(logits).all():
        raise UselessModel("the trained model gives no finite score: lower [domain_model] learning_rate")
    if len(logits) > 1 and (np.ptp(logits, axis=0) < 1e-6).any():
        raise UselessModel("the trained model gives every domain the same score: look at the labels")
