"""The account model at work. Imports TensorFlow."""

from dataclasses import dataclass
from functools import cached_property

import keras
import pyarrow as pa

from lib.arrays import Floats
from lib.calibration import probability
from lib.models.account.account_encoder import TableEncoder, encoder_from
from lib.models.account.account_forward import forward_from
from lib.models.domain.domain_scoring import LogitsOf, Scorer


@dataclass(frozen=True)
class AccountScorer(Scorer):
    """A loaded version of the account model."""

    @staticmethod
    def forward_of_network(network: keras.Model) -> LogitsOf:
        return forward_from(network)

    @cached_property
    def encoder(self) -> TableEncoder:
        return encoder_from(self.artefact.description["encoder"])

    def row_scores(self, rows: pa.Table) -> Floats:
        """The score of each row of a table that has some of the model's columns."""
        return probability(self.calibrated(self.encoder.encode(rows)))
