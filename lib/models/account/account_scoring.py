"""The account model at work. Imports TensorFlow."""

from dataclasses import dataclass
from functools import cached_property

import keras
import numpy as np
import pyarrow as pa

from lib.arrays import Array, Floats
from lib.calibration import probability
from lib.models.account.account_encoder import CATEGORIES, NUMBERS, TableEncoder, encoder_from
from lib.models.account.account_network import BAG, DENSE
from lib.models.inputs import Inputs
from lib.models.scoring import Forward, Scorer, compiled_function, filled, tensor_function, tensors

ROWS = 1024  # in one pass


class AccountForward(Forward):
    """The sums of the categories' embeddings look ids up; all the rest is compiled."""

    rows = ROWS

    def __init__(self, network: keras.Model) -> None:
        bag, dense = network.get_layer(BAG).output, network.get_layer(DENSE)
        self.bag = tensor_function(keras.Model(network.input, bag))
        self.dense = compiled_function(keras.Model(dense.input, dense.output[1]), ROWS)
        self.no_categories = np.zeros((ROWS, bag.shape[-1]), np.float32)

    def of_rows(self, inputs: Inputs) -> Array:
        some = len(inputs.ids[CATEGORIES].ids) > 0
        bag = filled(self.bag(tensors(inputs)).numpy(), ROWS) if some else self.no_categories
        logits = self.dense({NUMBERS: filled(inputs.numbers[NUMBERS], ROWS), BAG: bag})
        return np.asarray(logits.numpy()[: len(inputs)])


@dataclass(frozen=True)
class AccountScorer(Scorer):
    """A loaded version of the account model."""

    @staticmethod
    def forward_of(network: keras.Model) -> Forward:
        return AccountForward(network)

    @cached_property
    def encoder(self) -> TableEncoder:
        return encoder_from(self.artefact.description["encoder"])

    def row_scores(self, rows: pa.Table) -> Floats:
        """The score of each row of a table that has some of the model's columns."""
        return probability(self.calibrated(self.encoder.encode(rows)))
