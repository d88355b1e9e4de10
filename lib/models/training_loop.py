"""The loop that trains a network, whatever it takes in: each logit learns from the examples that it may see.

Ids come padded, so that a random part of a batch can be left out, and go flat into the network.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from lib.arrays import Floats, Ints
from lib.models.inputs import Inputs
from lib.models.layers import row_name

Batch = dict[str, tf.Tensor]
Drop = Callable[[Batch, tf.Tensor], Batch]  # a batch and a seed -> the batch without a random part of it


class UselessModel(ValueError):
    """The trained network gives every entity the same score, or none."""


@dataclass(frozen=True)
class TrainingData:
    """What a network is trained on: one row per example, one column per logit."""

    inputs: Inputs
    target: Floats  # (n, logits): probability that the example is spam
    weight: Floats  # (n, logits): 0 where the logit must not see the example; 1 on average over what it may see

    def __len__(self) -> int:
        return len(self.target)


def train_network(
    network: keras.Model,
    data: TrainingData,
    *,
    optimizer: keras.Optimizer,
    epochs: int,
    batch: int,
    drop: Drop,
    seed: int,
) -> None:
    """Trains `network` on `data` by cross-entropy. The same examples and seed give the same weights."""
    tf.config.experimental.enable_op_determinism()
    optimizer.build(network.trainable_variables)
    train_epoch = epoch_of(network, data, optimizer, drop)
    random = np.random.default_rng(seed)
    batch = min(batch, len(data))
    for epoch in range(epochs):
        order = random.permutation(len(data))[: len(data) // batch * batch]
        train_epoch(tf.constant(order.reshape(-1, batch)), tf.constant([seed, epoch]))


def epoch_of(
    network: keras.Model, data: TrainingData, optimizer: keras.Optimizer, drop: Drop
) -> Callable[[tf.Tensor, tf.Tensor], None]:
    """A function that takes the batches of an epoch (row numbers, (steps, batch)) and a seed, and trains on them."""
    inputs = {name: tf.constant(values) for name, values in data.inputs.padded.items()}
    target, weight = (tf.constant(values.astype(np.float32)) for values in (data.target, data.weight))

    @tf.function(reduce_retracing=True)
    def train_epoch(batches: tf.Tensor, seed: tf.Tensor) -> None:
        for step in tf.range(tf.shape(batches)[0]):
            rows = batches[step]
            kept = drop({name: tf.gather(values, rows) for name, values in inputs.items()}, seed * 100_003 + step)
            with tf.GradientTape() as tape:
                logits = network(flat(kept), training=True)
                losses = tf.nn.sigmoid_cross_entropy_with_logits(tf.gather(target, rows), logits)
                loss = tf.reduce_sum(losses * tf.gather(weight, rows)) / tf.cast(tf.size(rows), tf.float32)
            gradients = tape.gradient(loss, network.trainable_variables)
            optimizer.apply(gradients, network.trainable_variables)

    return train_epoch  # type: ignore[no-any-return]


def flat(batch: Batch) -> Batch:
    """Padded ids as ids and their rows; numbers as they are."""
    result = {}
    for name, values in batch.items():
        if values.dtype.is_integer:
            present = values != 0
            result[name] = tf.boolean_mask(values, present)
            result[row_name(name)] = tf.cast(tf.where(present)[:, 0], tf.int32)
        else:
            result[name] = values
    return result


def counted_once(weight: Floats, entity: Ints) -> Floats:
    """The weights, shared by the examples of one entity, so that it counts once however often it was seen."""
    counts = np.bincount(entity, minlength=1)
    return np.asarray(weight / counts[entity])


def smoothed(probability: Floats, label_smoothing: float) -> Floats:
    return np.asarray(probability * (1 - label_smoothing) + label_smoothing / 2)


def out_of_fold(logits: Floats, fold: Ints) -> Floats:
    """Of each example, the logit of the member that never saw its fold."""
    return np.asarray(logits[np.arange(len(logits)), fold])


def check_use(logits: Floats, kind: str) -> None:
    """Raises UselessModel where a member's logits are constant or not finite."""
    if not np.isfinite(logits).all():
        raise UselessModel(f"the trained model gives no finite score: lower [{kind}_model] learning_rate")
    if len(logits) > 1 and (np.ptp(logits, axis=0) < 1e-6).any():
        raise UselessModel(f"the trained model gives every {kind} the same score: look at the labels")
