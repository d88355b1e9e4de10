"""The account model's network: an ensemble of small networks over any table, trained and applied in one pass.

Each number is spread over bins of its places (piecewise linear encoding, Gorishniy et al. 2022, On embeddings for
numerical features), so that a unit can change its slope at any of them, as a tree splits. The members share no weight,
so that one which never saw a fold knows nothing of it. Each is the mean of a few replicas, which share the first units
of the numbers, and scale and shift each of them in their own way (Gorishniy et al. 2024, TabM: the mean of many small
networks that share weights and are trained side by side is as good as boosted trees).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from lib.models.account.account_encoder import CATEGORIES, NUMBERS
from lib.models.layers import SegmentSum, embedded, id_inputs, row_name

BAG, DENSE = "category_bag", "dense"  # layers: the sum of the embeddings of a row's categories, and all that follows


@dataclass(frozen=True)
class Shape:
    """What must be known to build the network."""

    members: int  # one a fold
    replicas: int  # networks of which a member is the mean
    numbers: int
    categories: int  # ids of categories
    bins: int
    embedding: int
    hidden: int
    dropout: float

    @property
    def networks(self) -> int:
        return self.members * self.replicas


def build_network(shape: Shape, *, seed: int) -> tuple[keras.Model, keras.Model]:
    """Two Keras models that share all weights: the replicas' logits (n, networks), which training looks at, and the
    members' (n, members), their means.
    """
    keras.utils.clear_session(free_memory=False)  # layers are numbered, and their names are in the archive
    keras.utils.set_random_seed(seed)
    inputs = {NUMBERS: keras.Input((shape.numbers,), name=NUMBERS), **id_inputs([CATEGORIES])}
    bag = category_bag(inputs, shape)
    logits, means = dense_network(shape, seed=seed)({NUMBERS: inputs[NUMBERS], BAG: bag})
    return keras.Model(inputs, logits), keras.Model(inputs, means)


def dense_network(shape: Shape, *, seed: int) -> keras.Model:
    """From the numbers and the sum of the categories' embeddings to both logits, all of fixed shapes."""
    numbers = keras.Input((shape.numbers,), name=NUMBERS)
    bag = keras.Input((shape.networks * shape.embedding,), name=BAG)
    encoded = piecewise_encoding(numbers, shape)
    categories = by_network(bag, shape.embedding, shape)
    first = number_units(encoded, shape, seed=seed) + network_dense(
        categories, shape.hidden, shape, name="category_units"
    )
    hidden = keras.layers.Dropout(shape.dropout)(keras.layers.Activation("relu")(first))
    hidden = keras.layers.Activation("relu")(network_dense(hidden, shape.hidden, shape, name="hidden"))
    hidden = keras.layers.Dropout(shape.dropout)(hidden)
    linear = keras.layers.Dense(shape.members, use_bias=False, kernel_initializer="zeros", name="linear")(encoded)
    linear = by_network(ops.repeat(linear, shape.replicas, axis=-1), 1, shape)
    logits = ops.squeeze(network_dense(hidden, 1, shape, name="logit") + linear, axis=-1)
    means = ops.mean(ops.reshape(logits, (-1, shape.members, shape.replicas)), axis=-1)
    return keras.Model({NUMBERS: numbers, BAG: bag}, [logits, means], name=DENSE)


def piecewise_encoding(places: Any, shape: Shape) -> Any:
    """(n, numbers x bins + numbers): -1 to 1 in each bin, 0 in all where there is no number; then 1 where it is
    missing. What is left out (NaN) is 0 everywhere."""
    known = ops.where(ops.isnan(places), 0.0, places)
    present = ops.cast(places >= 0.0, "float32")
    missing = ops.cast(known < 0.0, "float32")
    steps = ops.expand_dims(known * shape.bins, axis=-1) - ops.arange(shape.bins, dtype="float32")
    bins = (2.0 * ops.clip(steps, 0.0, 1.0) - 1.0) * ops.expand_dims(present, axis=-1)
    flat = ops.reshape(bins, (-1, shape.numbers * shape.bins))
    return ops.concatenate([flat * shape.bins**-0.5, missing], axis=-1)  # a number weighs 1, however many its bins


def number_units(spread: Any, shape: Shape, *, seed: int) -> Any:
    """Each network's first units of the numbers: (n, networks, hidden). The replicas of a member share its kernel; each
    scales and shifts every unit (the adapters of TabM)."""
    shared = keras.layers.Dense(shape.members * shape.hidden, use_bias=False, name="shared_units")
    units = ops.reshape(shared(spread), (-1, shape.members, shape.hidden))
    shared.kernel.assign(straight_lines(shape, seed=seed))
    own = (shape.members, shape.replicas, shape.hidden)
    adapter = keras.layers.EinsumDense(
        "nmh,mrh->nmrh",
        output_shape=own,
        bias_axes="mrh",
        kernel_initializer=keras.initializers.RandomNormal(stddev=1.0),
        name="adapter",
    )
    return by_network(adapter(units), shape.hidden, shape)


def straight_lines(shape: Shape, *, seed: int) -> Any:
    """A first kernel under which each unit is a straight line of each number's place: all bins have one weight.

    Training bends the lines where the data ask for it. Weights that differ by chance would begin with functions as
    rough as noise, and few accounts would not make them smooth.
    """
    random = np.random.default_rng(seed)
    width = shape.members * shape.hidden
    limit = (6.0 / (shape.numbers + shape.hidden)) ** 0.5
    lines, gaps = random.uniform(-limit, limit, (2, shape.numbers, width))
    unit = (3.0 / shape.bins) ** 0.5  # of places that are spread evenly, each bin's share
    return np.concatenate([np.repeat(lines * unit, shape.bins, axis=0), gaps])


def category_bag(inputs: Mapping[str, Any], shape: Shape) -> Any:
    """Sum of the embeddings of the categories of a row: (n, networks x embedding)."""
    sizes = (shape.categories, shape.networks * shape.embedding)
    values = embedded(inputs[CATEGORIES], sizes=sizes, name="category_embedding")
    return SegmentSum(name=BAG)(values, inputs[row_name(CATEGORIES)], inputs[NUMBERS])


def by_network(flat: Any, width: int, shape: Shape) -> Any:
    return ops.reshape(flat, (-1, shape.networks, width))


def network_dense(values: Any, width: int, shape: Shape, *, name: str) -> Any:
    """A dense layer of its own for each network: (n, networks, width)."""
    limit = (6.0 / (values.shape[-1] + width)) ** 0.5  # Glorot and Bengio 2010, for one network's matrix
    return keras.layers.EinsumDense(
        "nmi,mio->nmo",
        output_shape=(shape.networks, width),
        bias_axes="mo",
        kernel_initializer=keras.initializers.RandomUniform(-limit, limit),
        name=name,
    )(values)
