"""The domain model at work. Imports TensorFlow."""

from dataclasses import dataclass
from functools import cached_property

import keras
import numpy as np
import pyarrow as pa

from lib.arrays import Array, Floats
from lib.calibration import probability
from lib.models.artefacts import PIECES
from lib.models.domain.domain_encoder import Encoder, encoder_from
from lib.models.domain.domain_network import DIFFERENTIABLE, SHAPE, TREES
from lib.models.inputs import Inputs, ragged
from lib.models.scoring import Forward, Scorer, compiled_function, filled, tensor_function, tensors

ROWS = 2048  # encoded and scored at a time


class DomainForward(Forward):
    """The trees are compiled; all the rest looks ids up."""

    rows = ROWS

    def __init__(self, network: keras.Model) -> None:
        inputs = network.input
        rest = keras.Model(inputs, network.get_layer(DIFFERENTIABLE).output)
        trees = keras.Model({SHAPE: inputs[SHAPE]}, network.get_layer(TREES).output)
        self.rest, self.trees = tensor_function(rest), compiled_function(trees, ROWS)

    def of_rows(self, inputs: Inputs) -> Array:
        trees = self.trees({SHAPE: filled(inputs.numbers[SHAPE], ROWS)})
        return np.asarray(self.rest(tensors(inputs)).numpy() + trees.numpy()[: len(inputs)])


@dataclass(frozen=True)
class DomainScorer(Scorer):
    """A loaded version of the domain model."""

    @staticmethod
    def forward_of(network: keras.Model) -> Forward:
        return DomainForward(network)

    @cached_property
    def encoder(self) -> Encoder:
        return encoder_from(self.artefact.description["encoder"], self.artefact.files[PIECES])

    def link_sample_scores(self, samples: pa.Array) -> Floats:
        """The score of each sample of links (a list array) where nothing else is known of the domain."""
        parts = [samples.slice(start, ROWS) for start in range(0, max(len(samples), 1), ROWS)]
        return probability(np.concatenate([self.calibrated(self.encoder.encode_link_samples(part)) for part in parts]))

    @cached_property
    def token_logits(self) -> Floats:
        """For each token: the logit of a domain of which nothing else is known; reasons leave out the highest."""
        size = self.encoder.sizes["tokens"]
        unknown = self.encoder.encode_link_samples(pa.nulls(size, pa.list_(pa.string())))
        alone = [np.full(1, token, np.int32) for token in range(size)]
        return np.asarray(self.logits(Inputs({**unknown.ids, "tokens": ragged(alone)}, unknown.numbers)).mean(axis=1))
