"""Models at work: from encoded rows to probabilities; and the domain model on links. Imports TensorFlow."""

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import keras
import numpy as np
import pyarrow as pa
import tensorflow as tf

from lib.arrays import Floats, Ints
from lib.calibration import probability
from lib.models.artefacts import NETWORK, PIECES, Artefact
from lib.models.domain.domain_encoder import Encoder, Inputs, encoder_from
from lib.models.domain.domain_forward import forward_from

Forward = Callable[[dict[str, tf.Tensor]], tf.Tensor]
ROWS = 512  # in one call of a Keras network
BAGS = 2048  # encoded at a time: what that takes stays in the processor's cache


class LogitsOf(Protocol):
    def logits(self, inputs: Inputs) -> Floats:
        """Each member's logit, before calibration: (n, members)."""


@dataclass(frozen=True)
class Scorer(ABC):
    """A loaded version of a model. Scores do not depend on what else is in the batch."""

    artefact: Artefact

    @staticmethod
    @abstractmethod
    def forward_of_network(network: keras.Model) -> LogitsOf:
        """The same function as the model's network, without TensorFlow."""

    @cached_property
    def forward(self) -> LogitsOf:
        return self.forward_of_network(load_network(self.artefact.files[NETWORK]))

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


@dataclass(frozen=True)
class DomainScorer(Scorer):
    """A loaded version of the domain model."""

    @staticmethod
    def forward_of_network(network: keras.Model) -> LogitsOf:
        return forward_from(network)

    @cached_property
    def encoder(self) -> Encoder:
        return encoder_from(self.artefact.description["encoder"], self.artefact.files[PIECES])

    def bag_scores(self, bags: pa.Array) -> Floats:
        """The score of each bag of links (a list array) where nothing else is known of the domain."""
        parts = [bags.slice(start, BAGS) for start in range(0, max(len(bags), 1), BAGS)]
        return probability(np.concatenate([self.calibrated(self.encoder.encode_bags(part)) for part in parts]))

    @cached_property
    def token_logits(self) -> Floats:
        """For each token: the logit of a bag that holds only it. What is worth leaving out is chosen by it."""
        inputs = self.encoder.encode_bags(pa.nulls(self.encoder.sizes["tokens"], pa.list_(pa.string())))
        inputs["tokens"] = np.arange(len(inputs["tokens"]), dtype=np.int32)[:, None]
        return np.asarray(self.logits(inputs).mean(axis=1))


def load_network(archive: bytes) -> keras.Model:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NETWORK
        path.write_bytes(archive)
        return keras.saving.load_model(path, compile=False, safe_mode=True)


def saved_network(network: keras.Model) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NETWORK
        network.save(path)
        return path.read_bytes()


def forward_of(network: keras.Model) -> Forward:
    """The network as one tf.function of fixed signature; calling a Keras model batch by batch is many times slower."""
    signature = {name: tf.TensorSpec(i.shape, i.dtype, name=name) for name, i in network.input.items()}
    return tf.function(  # type: ignore[no-any-return]
        lambda inputs: network(inputs, training=False), input_signature=[signature]
    )


def logits_of(forward: Forward, inputs: Inputs, *, rows: int = ROWS) -> Floats:
    """(n, members), `rows` at a time, rows of like length together: what is padding costs as much as what is not."""
    length = sum((inputs[name] != 0).sum(axis=1) for name in padded(inputs))
    order = np.argsort(length, kind="stable")
    parts = [forward(part(inputs, order[start : start + rows])).numpy() for start in range(0, max(len(order), 1), rows)]
    together = np.concatenate(parts).astype(np.float64)
    logits = np.empty_like(together)
    logits[order] = together
    return logits


def padded(inputs: Inputs) -> list[str]:
    """Those of `inputs` that are ids, 0-padded; the others are numbers."""
    return [name for name, values in inputs.items() if values.dtype == np.int32]


def part(inputs: Inputs, chosen: Ints) -> dict[str, tf.Tensor]:
    """The `chosen` rows, ids only as wide as the longest of them."""
    cut = {name: values[chosen] for name, values in inputs.items()}
    for name in padded(inputs):
        width = int((cut[name] != 0).any(axis=0).nonzero()[0].max(initial=0)) + 1
        cut[name] = cut[name][:, :width]
    return {name: tf.constant(values) for name, values in cut.items()}
