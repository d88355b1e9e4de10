"""The domain model's network: a small ensemble that is trained and applied in one pass.

A member adds up three logits, each of which learns by itself: a regression on the spelling of the links (wide), a
network on their shape, and one on all that is known of the domain. What is learned together leans on whatever tells one
source's spam from its benign links best, and fails on another source; what is learned apart does so less.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from lib.models.inputs import LEXICAL, NUMBERS, SEQUENCES

HEADS = 2  # that are trained by gradient descent: shape and all
LEARNED = ("tokens", "words", *NUMBERS)  # what these look at
SPELLING = "ngrams"  # what the regression looks at

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """What must be known to build the network."""

    members: int
    sizes: dict[str, int]  # ids of each of SEQUENCES
    embedding: int
    hidden: int
    dropout: float


@dataclass(frozen=True)
class Spread:
    """Where the columns of the mean link bend: (bins,) arrays, a bin from `low` to `high` of `column`."""

    column: npt.NDArray[np.int64]
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Network:
    """Two Keras models that share weights: `heads` (n, members x HEADS), which training looks at, and `members`."""

    heads: keras.Model
    members: keras.Model
    wide: keras.layers.Layer  # the embedding of the n-grams: (buckets + 1, members + 1)


def build_network(shape: Shape, spread: Spread, *, seed: int) -> Network:
    """From the inputs of lib.models.inputs to one logit a member: (n, members).

    The members share no weight: each layer computes all members side by side, and the upper layers multiply each
    member by a matrix of its own. So one pass does the work of `members` models of one graph each. An input that is
    absent (no id, all numbers NaN) is a branch of zeros. Only layers and operations of Keras itself, so that the
    archive loads in safe mode.
    """
    keras.utils.clear_session(free_memory=False)  # layers are numbered, and their names stand in the archive
    keras.utils.set_random_seed(seed)
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in SEQUENCES}
    inputs |= {name: keras.Input((len(features),), name=name) for name, features in NUMBERS.items()}
    heads = ops.concatenate([shape_head(inputs["lexical"], spread, shape), all_head(inputs, shape)], axis=-1)
    wide = keras.layers.Embedding(shape.sizes[SPELLING], shape.members + 1, embeddings_initializer="zeros")
    wide.trainable = False
    members = ops.sum(heads, axis=-1) + wide_logits(wide, inputs[SPELLING])
    learned = {name: inputs[name] for name in LEARNED}
    flat = ops.reshape(heads, (-1, shape.members * HEADS))
    return Network(keras.Model(learned, flat), keras.Model(inputs, members), wide)


def wide_logits(wide: keras.layers.Layer, ids: Any) -> Any:
    """A regression on the n-grams weighted by rarity and brought to length 1: (n, members).

    The last column is the square of an n-gram's weight, the others its weight times the member's coefficient.
    """
    total = ops.sum(wide(ids), axis=1)
    return total[:, :-1] / ops.sqrt(ops.maximum(total[:, -1:], 1e-6))


def shape_head(numbers: Any, spread: Spread, shape: Shape) -> Any:
    """What the mean link looks like, each feature bent at its bins' ends: (n, members, 1)."""
    values = ops.take(numbers, spread.column, axis=-1)
    missing = ops.isnan(values)
    scale = keras.layers.Normalization(axis=-1, mean=spread.low, variance=(spread.high - spread.low) ** 2)
    place = ops.clip(scale(ops.where(missing, 0.0, values)), 0.0, 1.0)
    bins = ops.where(missing, 0.0, 2.0 * place - 1.0)
    first = keras.layers.Dense(shape.members * shape.hidden, activation="relu")(keras.layers.Dropout(0.1)(bins))
    hidden = ops.reshape(first, (-1, shape.members, shape.hidden))
    hidden = keras.layers.Dropout(shape.dropout)(hidden)
    hidden = keras.layers.Activation("relu")(member_dense(hidden, shape.hidden // 2, shape))
    return member_dense(hidden, 1, shape)


def all_head(inputs: Mapping[str, Any], shape: Shape) -> Any:
    """All that is known of the domain: (n, members, 1)."""
    branches = [sequence_branch(inputs[name], shape.sizes[name], shape) for name in ("tokens", "words")]
    branches += [number_branch(inputs[name], shape) for name in NUMBERS]
    hidden = keras.layers.Dropout(shape.dropout)(ops.concatenate(branches, axis=-1))
    hidden = keras.layers.Activation("relu")(member_dense(hidden, shape.hidden, shape))
    hidden = keras.layers.Dropout(shape.dropout)(hidden)
    return member_dense(hidden, 1, shape)


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


def spread_of(lexical: npt.NDArray[np.float32], *, bins: int) -> Spread:
    """Bins of about equally many examples for each column of the mean link; one bin for a column of two values."""
    found = []
    for column in range(len(LEXICAL) // 2):
        values = lexical[:, column]
        distinct = np.unique(values[~np.isnan(values)])
        if len(distinct) > bins + 1:
            distinct = np.unique(np.quantile(values[~np.isnan(values)], np.linspace(0, 1, bins + 1)))
        found += [(column, low, high) for low, high in pairwise(distinct)]
    columns, lows, highs = zip(*(found or [(0, 0.0, 1.0)]), strict=True)
    return Spread(np.array(columns), np.array(lows, np.float64), np.array(highs, np.float64))
