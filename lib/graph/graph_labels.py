"""What is known of the nodes before anything is propagated: labels, folds and the domain model's scores, as arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lib.arrays import Array, Bools, Floats, Ints, common_positions
from lib.config import SampleSettings
from lib.graph.seeds import BENIGN, SPAM, Labels
from lib.sampling import fold


@dataclass(frozen=True)
class Known:
    """The labels of one kind of entity, one element per entity, in the order of the keys."""

    keys: Ints
    labels: Labels

    def only(self, chosen: Bools) -> "Known":
        return Known(self.keys[chosen], self.labels.at(chosen))

    def of(self, keys: Ints) -> Labels:
        """The labels of the nodes with the sorted `keys`, UNKNOWN where there is none."""
        there, own = common_positions(keys, self.keys)
        return Labels.unknown(len(keys)).having(there, self.labels.at(own))


def known_labels(resolved: DataFrame, samples: SampleSettings) -> dict[str, Known]:
    """The resolved labels by kind of entity. They come to the driver: 20 bytes a label."""
    table = resolved.select(
        "entity_kind",
        F.xxhash64("entity_id").alias("key"),
        "is_spam",
        "weight",
        fold(F.col("entity_kind"), F.col("entity_id"), salt=samples.salt, folds=samples.folds).alias("fold"),
    ).toArrow()
    return {kind: known_of(table, kind) for kind in ("account", "domain")}


def known_of(table: pa.Table, kind: str) -> Known:
    of_kind = np.array(table["entity_kind"].to_pylist(), dtype=object) == kind
    keys, spam = array(table["key"])[of_kind], array(table["is_spam"]).astype(np.bool_)[of_kind]
    label = np.where(spam, SPAM, BENIGN).astype(np.int8)
    weight, folds = array(table["weight"])[of_kind], array(table["fold"]).astype(np.int32)[of_kind]
    order = np.argsort(keys, kind="stable")
    return Known(keys[order], Labels(label[order], weight[order], folds[order]))


def model_scores(domain_scores: DataFrame, keys: Ints, folds: int) -> Floats:
    """The domain model's scores of the domains with the sorted `keys`: shape (domains, folds + 1), nan for none.

    Column 0 is the score, column f + 1 the one that was made without the labels of fold f.
    """
    views = [F.col("score"), *(F.get("fold_scores", F.lit(f)) for f in range(folds))]
    names = [f"view_{number}" for number in range(folds + 1)]
    scored = domain_scores.select(
        F.xxhash64("domain").alias("key"), *(view.alias(name) for view, name in zip(views, names, strict=True))
    ).toArrow()
    order = np.argsort(array(scored["key"]), kind="stable")
    there, own = common_positions(keys, array(scored["key"])[order])
    result = np.full((len(keys), folds + 1), np.nan)
    for column, name in enumerate(names):
        result[there, column] = array(scored[name]).astype(np.float64)[order][own]
    return result


def array(column: "pa.ChunkedArray[Any]") -> Array:
    values: Array = column.to_numpy()
    return values
