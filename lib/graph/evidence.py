"""Whom a score comes from: the neighbours that hand over the most spam mass.

Of the spam mass x of a node, a S_ud x_u came from account u to domain d, and a S_ud x_d from domain d to account u.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import Column
from pyspark.sql import functions as F
from scipy.sparse import csr_array

from lib.graph.propagation import Matrix

DECIMALS = 9  # of shares, when they are ranked: what differs by less is a tie, and ties break on the name
CANDIDATES = (
    "array<struct<order: double, entity_id: string, mass: double, weight: double, score: double, label: string>>"
)


@dataclass(frozen=True)
class Strongest:
    """The strongest givers of each receiver, the receivers in order, each one's givers from the strongest on."""

    receiver: NDArray[np.intp]
    giver: NDArray[np.intp]
    order: Matrix  # minus the rounded share, by which the givers are sorted
    edge: NDArray[np.intp]  # where the pair stands in the matrix's data


def strongest(given: csr_array, scale: Matrix, *, keep: int) -> Strongest:
    """The `keep` greatest positive entries of each row of `given` (receivers x givers, with sorted indices).

    Shares are entries over their row's `scale`; ties break on the giver's place.
    """
    receiver = np.repeat(np.arange(given.shape[0]), np.diff(given.indptr))
    usable = np.flatnonzero(given.data > 0)
    receiver, giver = receiver[usable], given.indices[usable].astype(np.intp)
    order = -np.round(given.data[usable] / scale[receiver], DECIMALS)
    sorting = np.lexsort((giver, order, receiver))
    first = np.searchsorted(receiver, np.arange(given.shape[0]))  # sorting leaves each receiver's rows where they are
    chosen = sorting[np.arange(len(sorting)) - first[receiver] < keep]
    return Strongest(receiver[chosen], giver[chosen], order[chosen], usable[chosen])


def candidates(found: Strongest, fields: "dict[str, pa.Array[Any]]", receivers: int) -> "pa.Array[Any]":
    """CANDIDATES of each receiver; `fields` are those after `order`, an element a pair of `found`."""
    offsets = np.concatenate([[0], np.cumsum(np.bincount(found.receiver, minlength=receivers))])
    values = {"order": pa.array(found.order)} | fields
    structs = pa.StructArray.from_arrays(list(values.values()), names=list(values))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), structs)


def merged(found: Column, *, keep: int) -> Column:
    """The `keep` strongest candidates of several blocks; an aggregate."""
    return F.slice(F.array_sort(F.flatten(F.collect_list(found))), 1, keep)


def neighbours(found: Column, handed: Column) -> Column:
    """Candidates as the table has them, their share taken of all the spam mass that neighbours `handed` over."""
    return F.transform(
        found,
        lambda n: F.struct(
            n["entity_id"].alias("entity_id"),
            F.least(n["mass"] / handed, F.lit(1.0)).alias("spam_share"),
            n["weight"].alias("weight"),
            n["score"].alias("score"),
            n["label"].alias("label"),
        ),
    )
