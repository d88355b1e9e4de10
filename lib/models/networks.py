"""The domain model's network: a small ensemble that is trained and applied in one pass."""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from lib.models.inputs import NUMBERS, SEQUENCES


@dataclass(frozen=True)
class Shape:
    """What must be known to build the network."""

    members: int
    sizes: dict[str, int]  # ids of each of SEQUENCES
    embedding: int
    hidden: int
    dropout: float


def build_network(shape: Shape, *, seed: int) -> keras.Model:
    """A Keras model from the inputs of lib.models.inputs to one logit a member: (n, members).

    The members share no weight: each branch computes all members' embeddings side by side, and the upper layers
    multiply each member by a matrix of its own. So one pass does the work of `members` models of one graph each. An
    input that is absent (no id, all numbers NaN) is a branch of zeros. Only layers and operations of Keras itself, so
    that the archive loads in safe mode.
    """
    keras.utils.clear_session(free_memory=False)  # layers are numbered, and their names stand in the archive
    keras.utils.set_random_seed(seed)
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in SEQUENCES}
    inputs |= {name: keras.Input((len(features),), name=name) for name, features in NUMBERS.items()}
    branches = [sequence_branch(inputs[name], shape.sizes[name], shape) for name in SEQUENCES]
    branches += [number_branch(inputs[name], shape) for name in NUMBERS]
    hidden = keras.layers.Dropout(shape.dropout)(ops.concatenate(branches, axis=-1))
    hidden = keras.layers.Activation("relu")(member_dense(hidden, shape.hidden, shape))
    hidden = keras.layers.Dropout(shape.dropout)(hidden)
    return keras.Model(inputs, ops.squeeze(member_dense(hidden, 1, shape), axis=-1))


def sequence_branch(ids: Any, size: int, shape: Shape) -> Any:
    """Mean and maximum of the embeddings of the ids that are not padding: (n, members, 2 x embedding)."""
    embedded = keras.layers.Embedding(size, shape.members * shape.embedding)(ids)
    there = ops.expand_dims(ops.cast(ops.not_equal(ids, 0), "float32"), axis=-1)
    count = ops.sum(there, axis=1)
    mean = ops.sum(embedded * there, axis=1) / ops.maximum(count, 1.0)  # an empty bag must not divide by zero
    greatest = ops.max(embedded * there + (there - 1.0) * 1e6, axis=1) * ops.minimum(count, 1.0)
    return ops.concatenate([by_member(mean, shape), by_member(greatest, shape)], axis=-1)


def number_branch(numbers: Any, shape: Shape) -> Any:
    """(n, members, embedding), from the values and from which of them are missing."""
    missing = ops.isnan(numbers)
    values = ops.where(missing, 0.0, numbers)
    there = 1.0 - ops.cast(missing, "float32")
    width = shape.members * shape.embedding
    return by_member(keras.layers.Dense(width, activation="relu")(ops.concatenate([values, there], axis=-1)), shape)


def by_member(flat: Any, shape: Shape) -> Any:
    return ops.reshape(flat, (-1, shape.members, shape.embedding))


def member_dense(values: Any, width: int, shape: Shape) -> Any:
    """A dense layer of its own for each member: (n, members, width)."""
    limit = (6.0 / (values.shape[-1] + width)) ** 0.5  # Glorot and Bengio 2010, for one member's matrix
    return keras.layers.EinsumDense(
        "nmi,mio->nmo",
        output_shape=(shape.members, width),
        bias_axes="mo",
        kernel_initializer=keras.initializers.RandomUniform(-limit, limit),
    )(values)
