"""The domain model's network: a small ensemble that is trained and applied in one pass.

A member adds up three logits, each of which learns by itself: a regression on the character n-grams of the links,
boosted trees on their shape, and a network on all that is known of the domain. What is learned together relies on
whatever separates one source's spam from its benign links best, and fails on another source; what is learned apart does
so less.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from lib.models.domain.domain_encoder import NUMBERS, SEQUENCES
from lib.models.domain.oblivious_trees import Trees
from lib.models.layers import NgramRegression, ObliviousTrees, SegmentMeanMax, embedded, id_inputs, row_name

WORDED = ("tokens", "words")  # of SEQUENCES, those whose ids have embeddings
LEARNED = (*WORDED, *map(row_name, WORDED), *NUMBERS)  # the inputs of what gradient descent trains
NGRAMS, SHAPE = "ngrams", "lexical"  # the inputs of the regression and of the trees
# Names of layers: the trees, and the sum of all the rest, which scoring computes apart
TREES, DIFFERENTIABLE = "trees", "differentiable"


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
    """Two Keras models: `members` sums all three parts, `learned` is the one that gradient descent trains."""

    learned: keras.Model
    members: keras.Model
    regression: NgramRegression


def build_network(shape: Shape, trees: Sequence[Trees], *, seed: int) -> Network:
    """From the inputs of domain_encoder to one logit per member: (n, members). `trees` are those of each member.

    The members share no weight: each layer computes all members side by side, and the upper layers multiply each
    member by a matrix of its own. So one pass does the work of `members` models of one graph each. An input that is
    absent (no id, all numbers NaN) is a branch of zeros.
    """
    keras.utils.clear_session(free_memory=False)  # layers are numbered, and their names are in the archive
    keras.utils.set_random_seed(seed)
    inputs = id_inputs(SEQUENCES)
    inputs |= {name: keras.Input((len(features),), name=name) for name, features in NUMBERS.items()}
    regression = NgramRegression(shape.sizes[NGRAMS], shape.members, name="ngram_regression")
    spelled = regression(inputs[NGRAMS], inputs[row_name(NGRAMS)], inputs[SHAPE])
    learned = ops.squeeze(all_head(inputs, shape), axis=-1)
    differentiable = keras.layers.Add(name=DIFFERENTIABLE)([learned, spelled])
    members = keras.layers.Add(name="members")([differentiable, tree_layer(trees)(inputs[SHAPE])])
    return Network(
        keras.Model({name: inputs[name] for name in LEARNED}, learned), keras.Model(inputs, members), regression
    )


def tree_layer(trees: Sequence[Trees]) -> ObliviousTrees:
    """All members' trees, one member's after the other's."""
    levels, each = trees[0].feature.shape
    layer = ObliviousTrees(len(trees), levels, each, name=TREES)
    feature, threshold = (
        np.concatenate([getattr(one, name) for one in trees], axis=1) for name in ("feature", "threshold")
    )
    layer.hold(feature, threshold, np.concatenate([one.leaf for one in trees]))
    return layer


def all_head(inputs: Mapping[str, Any], shape: Shape) -> Any:
    """All that is known of the domain: (n, members, 1)."""
    branches = [sequence_branch(name, inputs, shape) for name in WORDED]
    branches += [number_branch(name, inputs[name], shape) for name in NUMBERS]
    hidden = keras.layers.Dropout(shape.dropout)(ops.concatenate(branches, axis=-1))
    hidden = keras.layers.Activation("relu")(member_dense(hidden, shape.hidden, shape, name="hidden"))
    hidden = keras.layers.Dropout(shape.dropout)(hidden)
    return member_dense(hidden, 1, shape, name="logit")


def sequence_branch(name: str, inputs: Mapping[str, Any], shape: Shape) -> Any:
    """Mean and maximum of the embeddings of the ids of a row: (n, members, 2 x embedding)."""
    values = embedded(
        inputs[name], sizes=(shape.sizes[name], shape.members * shape.embedding), name=f"{name}_embedding"
    )
    both = SegmentMeanMax(name=f"{name}_pooled")(values, inputs[row_name(name)], inputs[SHAPE])
    return ops.concatenate([by_member(values, shape) for values in both], axis=-1)


def number_branch(name: str, numbers: Any, shape: Shape) -> Any:
    """(n, members, embedding), from the values and from which of them are missing."""
    missing = ops.isnan(numbers)
    values = ops.where(missing, 0.0, numbers)
    present = 1.0 - ops.cast(missing, "float32")
    width = shape.members * shape.embedding
    dense = keras.layers.Dense(width, activation="relu", name=f"{name}_dense")
    return by_member(dense(ops.concatenate([values, present], axis=-1)), shape)


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
