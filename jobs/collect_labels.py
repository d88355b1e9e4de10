"""The labels of accounts and domains that became known."""

from datetime import date

from pyspark.sql import DataFrame

from schemas.labelling import LABELS


def collect_labels(*, label_imports: DataFrame, label_entries: DataFrame, days: list[date]) -> DataFrame:
    """The assertions of `days`, from the sources and from the command; one that both make counts once."""
    columns = LABELS.names
    entered = label_entries.select(*columns)
    imported = label_imports.select(*columns).join(entered, on=list(LABELS.key), how="left_anti")
    return entered.unionByName(imported.select(*columns))
