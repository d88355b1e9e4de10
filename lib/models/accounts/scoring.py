"""The account model at work. Imports TensorFlow."""

from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from lib.models.accounts.encoding import TableEncoder, encoder_from
from lib.models.scoring import Floats, Scorer


@dataclass(frozen=True)
class AccountScorer(Scorer):
    """A loaded version of the account model."""

    @cached_property
    def encoder(self) -> TableEncoder:
        return encoder_from(self.artefact.description["encoder"])

    def row_scores(self, rows: pa.Table) -> Floats:
        """The score of each row of a table that has some of the model's columns."""
        return self.scores(self.encoder.encode(rows))[0]
