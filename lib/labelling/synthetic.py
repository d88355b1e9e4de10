"""Synthetic labels: the probability of spam that the labelling functions together give an account.

An account's own hand label is never in its synthetic label: it only helps to measure how right each function is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lib.arrays import Floats
from lib.config import LabellingSettings, SampleSettings
from lib.labelling.functions import ABSTAINED, with_votes
from lib.labelling.label_model import CLASSES, LabelModel
from lib.labelling.label_model_fitting import Tally, fitted_views, view_probabilities
from lib.labelling.precedence import resolved_labels
from lib.sampling import fold


@dataclass(frozen=True)
class Labelled:
    """Accounts with their votes, what they add up to, and the label models that this gives."""

    voted: DataFrame  # day, account_id, pattern, rows, fold, is_spam, weight; the last three null without a hand label
    tally: Tally
    models: Sequence[LabelModel]  # of all hand labels, and then without each fold's

    @property
    def probabilities(self) -> Floats:
        """(patterns, models)."""
        return view_probabilities(self.tally, self.models)


def synthetic_views(
    account_features: DataFrame, labels: DataFrame, *, labelling: LabellingSettings, samples: SampleSettings
) -> DataFrame:
    """One row per row of account_features: account_id, day, synthetic.

    synthetic[0] is the probability that the account is spam by a label model that knows all hand labels of accounts,
    synthetic[f + 1] by one that knows none of fold f; both are made of the account's votes alone. Where no function
    votes there are no rows. `account_features` may be of several days; `labels` are those known by the last of them.
    The features are read once, and their votes are kept until the frame is garbage. Raises LabellingError.
    """
    if not labelling.active:
        empty = account_features.limit(0)
        return empty.select("account_id", "day", F.array(F.lit(None).cast("double")).alias("synthetic"))
    labelled = label_accounts(account_features, labels, labelling=labelling, samples=samples)
    return with_synthetic(labelled).select("account_id", "day", "synthetic")


def label_accounts(
    account_features: DataFrame, labels: DataFrame, *, labelling: LabellingSettings, samples: SampleSettings
) -> Labelled:
    """The votes of every row, checkpointed, and the label models that are fitted on all of them."""
    known = resolved_labels(labels.where("entity_kind = 'account'")).select(
        F.col("entity_id").alias("account_id"), "is_spam", "weight"
    )
    of_account = F.count("*").over(Window.partitionBy("account_id"))
    number = fold(F.lit("account"), F.col("account_id"), salt=samples.salt, folds=samples.folds)
    voted = (
        with_votes(account_features, labelling.active)
        .select("day", "account_id", "pattern", of_account.alias("rows"))
        .join(known, "account_id", "left")
        .withColumn("fold", F.when(F.col("is_spam").isNotNull(), number))
        .localCheckpoint()
    )
    tally = tally_of(voted, functions=len(labelling.active), folds=samples.folds)
    return Labelled(voted, tally, fitted_views(tally, labelling))


def tally_of(voted: DataFrame, *, functions: int, folds: int) -> Tally:
    """Counts the rows of Labelled.voted. The distinct patterns come to the driver, some 100 bytes each."""
    share = 1 / F.col("rows")
    table = (
        voted.groupBy("pattern", "fold", "is_spam")
        .agg(F.sum(share).alias("accounts"), F.sum(share * F.col("weight")).alias("weight"))
        .toArrow()
    )
    patterns = sorted(set(table["pattern"].to_pylist()))
    place = {pattern: number for number, pattern in enumerate(patterns)}
    unlabelled = np.zeros(len(patterns))
    labelled, weight = (np.zeros((len(patterns), folds, CLASSES)) for _ in range(2))
    for row in table.to_pylist():
        at = place[row["pattern"]]
        if row["fold"] is None:
            unlabelled[at] = row["accounts"]
        else:
            labelled[at, row["fold"], int(row["is_spam"])] = row["accounts"]
            weight[at, row["fold"], int(row["is_spam"])] = row["weight"]
    return Tally(functions, tuple(patterns), unlabelled, labelled, weight)


def with_synthetic(labelled: Labelled) -> DataFrame:
    """Labelled.voted with the probabilities of its pattern."""
    by_pattern = pa.table(
        {"pattern": pa.array(labelled.tally.patterns, pa.string()), "synthetic": labelled.probabilities.tolist()},
        schema=pa.schema({"pattern": pa.string(), "synthetic": pa.list_(pa.float64())}),
    )
    result = labelled.voted.sparkSession.createDataFrame(by_pattern)
    return labelled.voted.join(F.broadcast(result), "pattern")


def label_rows(labelled: Labelled) -> DataFrame:
    """One row of synthetic_labels per row of votes; of a hand-labelled account, as if its label were not known."""
    return with_synthetic(labelled).select("day", "account_id", own_view().alias("spam"), votes().alias("votes"))


def own_view() -> Column:
    return F.get("synthetic", F.coalesce(F.col("fold") + 1, F.lit(0)))


def votes() -> Column:
    return F.length(F.replace(F.col("pattern"), F.lit(ABSTAINED))).cast("int")
