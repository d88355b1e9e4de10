"""The accounts of past days as the account model learns from them."""

from collections.abc import Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.workspace import Workspace
from schemas.features import ACCOUNT_FEATURES


def account_features_of_past(here: Workspace, days: Sequence[date], day: date) -> DataFrame:
    """account_features of `days`, each from what was known by then, for a model that is trained on `day`."""
    stored = here.lake.read_days(ACCOUNT_FEATURES, first=min(days), last=day)
    return stored.where(F.col("day").isin(list(days)))


def synthetic_of_past(here: Workspace, account_features: DataFrame, day: date) -> DataFrame | None:
    """What the labelling functions make of these accounts: account_id, day, synthetic; None without functions."""
    return None
