"""Models at work: from encoded rows to probabilities, through TensorFlow.

The network is the one that was trained and saved; TensorFlow executes it as two functions. The part that looks up ids,
of which a row has any number, runs on any number of rows. The part of a fixed shape is compiled by XLA for a fixed
number of rows, which takes a fifth (trees) to a half (dense layers) of the time.
"""

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from lib.arrays import Array, Floats, Floats32
from lib.models import layers
from lib.models.artefacts import NETWORK, Artefact
from lib.models.inputs import Inputs

TensorFunction = Any  # a tf.function, which TensorFlow does not type


class Forward(ABC):
    """A network as TensorFlow functions: each member's logit, before calibration."""

    rows: int  # of one pass: what it takes stays in the processor's cache

    @abstractmethod
    def of_rows(self, inputs: Inputs) -> Array:
        """(n, members), of at most `rows` rows."""

    def logits(self, inputs: Inputs) -> Floats:
        """(n, members). A row's logits do not depend on the other rows."""
        starts = range(0, max(len(inputs), 1), self.rows)
        parts = [self.of_rows(inputs.slice(start, start + self.rows)) for start in starts]
        return np.concatenate(parts).astype(np.float64)


@dataclass(frozen=True)
class Scorer(ABC):
    """A loaded version of a model. Scores do not depend on what else is in the batch."""

    artefact: Artefact

    @staticmethod
    @abstractmethod
    def forward_of(network: keras.Model) -> Forward:
        """The model's network, as TensorFlow executes it."""

    @cached_property
    def forward(self) -> Forward:
        return self.forward_of(load_network(self.artefact.files[NETWORK]))

    def logits(self, inputs: Inputs) -> Floats:
        return self.forward.logits(inputs)

    def calibrated(self, inputs: Inputs) -> Floats:
        """The ensemble's logit, calibrated: (n,). Its probability is the score."""
        return self.artefact.calibration.logits(self.logits(inputs).mean(axis=1))

    def scores(self, inputs: Inputs) -> tuple[Floats, Floats]:
        """The score (n,) and the scores without the labels of each fold (n, folds)."""
        members = self.logits(inputs)
        calibration = self.artefact.calibration
        return calibration.probabilities(members.mean(axis=1)), calibration.probabilities(members)


def load_network(archive: bytes) -> keras.Model:
    """In safe mode: the archive may hold Keras' layers and those of lib.models.layers, and no code."""
    assert layers  # registers its layers
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NETWORK
        path.write_bytes(archive)
        return keras.saving.load_model(path, compile=False, safe_mode=True)


def saved_network(network: keras.Model) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NETWORK
        network.save(path)
        return path.read_bytes()


def tensor_function(model: keras.Model) -> TensorFunction:
    """A Keras model as a function of a dict of its inputs; calling the model itself takes many times as long."""
    signature = {name: tf.TensorSpec(i.shape, i.dtype, name=name) for name, i in model.input.items()}
    return tf.function(lambda inputs: model(inputs, training=False), input_signature=[signature])


def compiled_function(model: keras.Model, rows: int) -> TensorFunction:
    """The same, compiled by XLA for `rows` rows."""
    signature = {name: tf.TensorSpec((rows, *i.shape[1:]), i.dtype, name=name) for name, i in model.input.items()}
    return tf.function(
        lambda inputs: model(inputs, training=False), input_signature=[signature], jit_compile=True, autograph=False
    )


def tensors(inputs: Inputs) -> dict[str, tf.Tensor]:
    """As a network takes them."""
    return {name: tf.constant(values) for name, values in flat_items(inputs)}


def flat_items(inputs: Inputs) -> Iterator[tuple[str, Array]]:
    for name, ragged in inputs.ids.items():
        yield name, ragged.ids
        yield layers.row_name(name), ragged.row
    yield from inputs.numbers.items()


def filled(values: Floats32, rows: int) -> Floats32:
    """`values` with rows of zeros after them, so that there are `rows`."""
    missing = rows - len(values)
    return np.pad(values, [(0, missing), (0, 0)]) if missing else np.ascontiguousarray(values)
