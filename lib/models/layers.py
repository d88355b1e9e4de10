"""Layers that Keras lacks: over the ids of rows that have any number of them, and over trees.

Each is registered by its name, so that an archive that holds it loads in Keras' safe mode. Ids come flat, with the row
of each, ascending: padding would take three times as long (`make bench-scoring`).
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from lib.arrays import Floats32, Ints

Shape = tuple[int | None, ...]
registered = keras.saving.register_keras_serializable(package="winnow")


def rows_of(like: tf.Tensor) -> tf.Tensor:
    return tf.shape(like)[0]


def filled_up(segments: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """Segments end with the last row that has an id: zeros for the rows after it."""
    return tf.pad(segments, [[0, rows - tf.shape(segments)[0]], [0, 0]])


@registered
class SegmentMeanMax(keras.layers.Layer):
    """Mean and maximum of the values of each row: (n, 2 x width); 0 for a row without values."""

    def call(self, values: tf.Tensor, row: tf.Tensor, like: tf.Tensor) -> list[tf.Tensor]:
        """`values` (k, width), `row` (k,) ascending, `like` any input of n rows."""
        rows = rows_of(like)
        both = tf.math.segment_mean(values, row), tf.math.segment_max(values, row)
        return [filled_up(segments, rows) for segments in both]

    def compute_output_shape(self, values_shape: Shape, row_shape: Shape, like_shape: Shape) -> list[Shape]:
        return [(like_shape[0], values_shape[-1])] * 2


@registered
class SegmentSum(keras.layers.Layer):
    """Sum of the values of each row: (n, width); 0 for a row without values."""

    def call(self, values: tf.Tensor, row: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
        return filled_up(tf.math.segment_sum(values, row), rows_of(like))

    def compute_output_shape(self, values_shape: Shape, row_shape: Shape, like_shape: Shape) -> Shape:
        return (like_shape[0], values_shape[-1])


@registered
class NgramRegression(keras.layers.Layer):
    """Logits of a linear model of TF-IDF, one per member: (n, members); 0 for a row without n-grams.

    A row of the table has, for one n-gram, each member's coefficient times the n-gram's weight and, last, the square of
    that weight: so the sum over the n-grams of a row gives the scalar product and the squared length.
    """

    def __init__(self, buckets: int, members: int, **options: Any) -> None:
        super().__init__(**options)
        self.buckets, self.members = buckets, members
        self.table = self.add_weight((buckets, members + 1), initializer="zeros", trainable=False, name="table")

    def call(self, ids: tf.Tensor, row: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
        total = tf.sparse.segment_sum(tf.convert_to_tensor(self.table), ids, row, num_segments=rows_of(like))
        return total[:, :-1] / tf.sqrt(tf.maximum(total[:, -1:], 1e-6))

    def compute_output_shape(self, ids_shape: Shape, row_shape: Shape, like_shape: Shape) -> Shape:
        return (like_shape[0], self.members)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "buckets": self.buckets, "members": self.members}


@registered
class ObliviousTrees(keras.layers.Layer):
    """Logits of boosted trees, one per member: (n, members); 0 for a row of which nothing is known.

    All nodes of a level of a tree ask one question, so that a tree is a table of leaves, and the answers are the bits
    of a leaf's number. Level by level, all trees of all members at once. Rows are columns here, so that a feature is
    read as a whole.
    """

    def __init__(self, members: int, levels: int, trees: int, **options: Any) -> None:
        super().__init__(**options)
        self.members, self.levels, self.trees = members, levels, trees  # `trees` per member
        every = members * trees
        self.feature = self.weight((levels, every), "int32", "feature")
        self.threshold = self.weight((levels, every), "float32", "threshold")
        self.leaf = self.weight((every << levels,), "float32", "leaf")

    def weight(self, shape: tuple[int, ...], dtype: str, name: str) -> Any:
        return self.add_weight(shape, initializer="zeros", dtype=dtype, trainable=False, name=name)

    def call(self, numbers: tf.Tensor) -> tf.Tensor:
        missing = tf.math.is_nan(numbers)
        columns = tf.transpose(tf.where(missing, 0.0, numbers))
        feature, threshold = tf.convert_to_tensor(self.feature), tf.convert_to_tensor(self.threshold)
        leaf = tf.range(self.members * self.trees)[:, None]
        for level in range(self.levels):
            above = tf.gather(columns, feature[level]) > threshold[level][:, None]
            leaf = 2 * leaf + tf.cast(above, tf.int32)
        values = tf.gather(tf.convert_to_tensor(self.leaf), leaf)
        total = tf.reduce_sum(tf.reshape(values, (self.members, self.trees, -1)), axis=1)
        known = 1.0 - tf.cast(tf.reduce_all(missing, axis=1, keepdims=True), tf.float32)
        return tf.transpose(total) * known

    def compute_output_shape(self, numbers_shape: Shape) -> Shape:
        return (numbers_shape[0], self.members)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "members": self.members, "levels": self.levels, "trees": self.trees}

    def hold(self, feature: Ints, threshold: Floats32, leaf: Floats32) -> None:
        """`feature` and `threshold` (levels, members x trees), `leaf` (members x trees, 2 ** levels)."""
        self.set_weights([feature.astype(np.int32), threshold, leaf.reshape(-1)])


def embedded(ids: Any, *, sizes: tuple[int, int], name: str) -> Any:
    """The embedding of each id: (k, width)."""
    return keras.layers.Embedding(*sizes, name=name)(ids)


def id_inputs(names: Sequence[str]) -> dict[str, Any]:
    """For each name an input of flat ids, and one of their rows."""
    both = [(name, row_name(name)) for name in names]
    return {key: keras.Input((), dtype="int32", name=key) for pair in both for key in pair}


def row_name(name: str) -> str:
    return f"{name}_row"
