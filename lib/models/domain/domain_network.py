"""The domain model's network: a small ensemble that is trained and applied in one pass.

A member adds up three logits, each of which learns by itself: a regression on the spelling of the links, boosted trees
on their shape, and a network on all that is known of the domain. What is learned together leans on whatever tells one
source's spam from its benign links best, and fails on another source; what is learned apart does so less.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from lib.models.domain.domain_encoder import NUMBERS, SEQUENCES
from lib.models.domain.oblivious_trees import Trees

TAUGHT = ("tokens", "words", *NUMBERS)  # what the network looks at that gradient descent trains
WORDED = ("tokens", "words")  # of SEQUENCES, those whose ids have embeddings
ASKED = ("feature", "threshold")  # of a tree, by level
SPELLING, SHAPE = "ngrams", "lexical"  # what the regression and the trees look at
# Names of layers, by which forward.py finds their weights; the layer of an input has the input's name and WEIGHTS.
LEAVES, HIDDEN, LOGIT, WEIGHTS = "leaves", "hidden", "logit", "_weights"


@dataclass(frozen=True)
class Shape:
    """What must be known to build the network."""

    members: int
    sizes: dict[str, int]  # ids of each of SEQUENCES
    embedding: int
    hidden: int
    dropout: float


@dataclass(frozen=True)
class Network:
    """Two Keras models: `members` sums all three parts, `taught` is the one that gradient descent trains."""

    taught: keras.Model
    members: keras.Model
    wide: keras.layers.Layer  # the embedding of the n-grams: (buckets + 1, members + 1)


def build_network(shape: Shape, trees: Sequence[Trees], *, seed: int) -> Network:
    """From the inputs of domain_encoder to one logit per member: (n, members). `trees` are those of each member.

    The members share no weight: each layer computes all members side by side, and the upper layers multiply each
    member by a matrix of its own. So one pass does the work of `members` models of one graph each. An input that is
    absent (no id, all numbers NaN) is a branch of zeros. Only layers and operations of Keras itself, so that the
    archive loads in safe mode.
    """
    keras.utils.clear_session(free_memory=False)  # layers are numbered, and their names stand in the archive
    keras.utils.set_random_seed(seed)
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in SEQUENCES}
    inputs |= {name: keras.Input((len(features),), name=name) for name, features in NUMBERS.items()}
    wide = keras.layers.Embedding(
        shape.sizes[SPELLING], shape.members + 1, embeddings_initializer="zeros", name=SPELLING + WEIGHTS
    )
    wide.trainable = False
    taught = ops.squeeze(all_head(inputs, shape), axis=-1)
    members = taught + tree_logits(inputs[SHAPE], trees) + wide_logits(wide, inputs[SPELLING])
    return Network(keras.Model({name: inputs[name] for name in TAUGHT}, taught), keras.Model(inputs, members), wide)


def wide_logits(wide: keras.layers.Layer, ids: Any) -> Any:
    """A regression on the n-grams weighted by rarity and brought to length 1: (n, members).

    The last column is the square of an n-gram's weight, the others its weight times the member's coefficient.
    """
    total = ops.sum(wide(ids), axis=1)
    return total[:, :-1] / ops.sqrt(ops.maximum(total[:, -1:], 1e-6))


def tree_logits(numbers: Any, trees: Sequence[Trees]) -> Any:
    """The sum of a leaf of each of a member's trees: (n, members); 0 where no link is known.

    Level by level, all trees of all members at once. Examples are columns, so that each feature is copied as a whole.
    """
    feature, threshold = (np.concatenate([getattr(one, name) for one in trees], axis=1) for name in ASKED)
    leaves = np.concatenate([one.leaf for one in trees])
    missing = ops.isnan(numbers)
    across = ops.transpose(ops.where(missing, 0.0, numbers))
    place: Any = np.arange(len(leaves), dtype=np.int32)[:, None]
    for features, thresholds in zip(feature, threshold, strict=True):
        above = ops.greater(ops.take(across, features, axis=0), thresholds[:, None])
        place = ops.cast(above, "int32") + 2 * place
    table = keras.layers.Embedding(leaves.size, 1, trainable=False, name=LEAVES)
    found = ops.reshape(table(place), (len(trees), len(leaves) // len(trees), -1))
    table.set_weights([leaves.reshape(-1, 1)])
    there = 1.0 - ops.cast(ops.all(missing, axis=-1, keepdims=True), "float32")
    return ops.transpose(ops.sum(found, axis=1)) * there


def all_head(inputs: Mapping[str, Any], shape: Shape) -> Any:
    """All that is known of the domain: (n, members, 1)."""
    branches = [sequence_branch(name, inputs[name], shape) for name in WORDED]
    branches += [number_branch(name, inputs[name], shape) for name in NUMBERS]
    hidden = keras.layers.Dropout(shape.dropout)(ops.concatenate(branches, axis=-1))
    hidden = keras.layers.Activation("relu")(member_dense(hidden, shape.hidden, shape, name=HIDDEN))
    hidden = keras.layers.Dropout(shape.dropout)(hidden)
    return member_dense(hidden, 1, shape, name=LOGIT)


def sequence_branch(name: str, ids: Any, shape: Shape) -> Any:
    """Mean and maximum of the embeddings of the ids that are not padding: (n, members, 2 x embedding)."""
    embedded = keras.layers.Embedding(shape.sizes[name], shape.members * shape.embedding, name=name + WEIGHTS)(ids)
    there = ops.expand_dims(ops.cast(ops.not_equal(ids, 0), "float32"), axis=-1)
    count = ops.sum(there, axis=1)
    mean = ops.sum(embedded * there, axis=1) / ops.maximum(count, 1.0)  # an empty bag must not divide by zero
    greatest = ops.max(embedded * there + (there - 1.0) * 1e6, axis=1) * ops.minimum(count, 1.0)
    return ops.concatenate([by_member(mean, shape), by_member(greatest, shape)], axis=-1)


def number_branch(name: str, numbers: Any, shape: Shape) -> Any:
    """(n, members, embedding), from the values and from which of them are missing."""
    missing = ops.isnan(numbers)
    values = ops.where(missing, 0.0, numbers)
    there = 1.0 - ops.cast(missing, "float32")
    width = shape.members * shape.embedding
    dense = keras.layers.Dense(width, activation="relu", name=name + WEIGHTS)
    return by_member(dense(ops.concatenate([values, there], axis=-1)), shape)


def by_member(flat: Any, shape: Shape) -> Any:
    return ops.reshape(flat, (-1, shape.members, shape.embedding))


def member_dense(values: Any, width: int, shape: Shape, *, name: str) -> Any:
    """A dense layer of its own for each member: (n, members, width)."""
    limit = (6.0 / (values.shape[-1] + width)) ** 0.5  # Glorot and Bengio 2010, for one member's matrix
    return keras.layers.EinsumDense(
        "nmi,mio->nmo",
        output_shape=(shape.members, width),
        bias_axes="mo",
        kernel_initializer=keras.initializers.RandomUniform(-limit, limit),
        name=name,
    )(values)
