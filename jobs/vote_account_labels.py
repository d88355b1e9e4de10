"""The votes of the labelling functions on each active account, and its synthetic label."""

from dataclasses import asdict
from datetime import date

from pyspark.sql import DataFrame

from jobs.contract import SkipJob
from lib.config import LabellingSettings, SampleSettings
from lib.conform import spark_schema
from lib.labelling.function_report import function_report
from lib.labelling.functions import vote_rows
from lib.labelling.synthetic import label_accounts, label_rows
from schemas.labelling import LABELLING_LEDGER


def vote_account_labels(
    *,
    account_features: DataFrame,
    labels: DataFrame,
    day: date,
    labelling: LabellingSettings,
    samples: SampleSettings,
) -> dict[str, DataFrame]:
    """The votes, the synthetic labels and the report on the labelling functions."""
    if not labelling.active:
        raise SkipJob("no labelling function is enabled: [labelling] in winnow.toml has them")
    labelled = label_accounts(account_features, labels, labelling=labelling, samples=samples)
    entries = function_report(labelled.tally, labelled.models[0], labelling.active)
    records = [tuple(({"day": day} | asdict(entry))[name] for name in LABELLING_LEDGER.names) for entry in entries]
    return {
        "label_votes": vote_rows(labelled.voted, labelling.active),
        "synthetic_labels": label_rows(labelled),
        "labelling_ledger": account_features.sparkSession.createDataFrame(records, spark_schema(LABELLING_LEDGER)),
    }
