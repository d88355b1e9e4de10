"""Which of several labels counts."""

from datetime import UTC, datetime
from typing import Any

from pyspark.sql import SparkSession

from jobs.collect_labels import collect_labels
from lib.labelling.precedence import resolved_labels
from schemas.labelling import LABELS
from schemas.raw import LABEL_ENTRIES, LABEL_IMPORTS
from tests.support.builders import DAY, rows


def said(entity: str, source: str, hour: int, is_spam: bool) -> dict[str, Any]:
    time = datetime(2026, 3, 10, hour, tzinfo=UTC)
    return {
        "entity_kind": "account",
        "entity_id": entity,
        "source": source,
        "known_at": time,
        "is_spam": is_spam,
        "weight": 1.0,
    }


def test_the_strongest_source_wins_then_the_newest(spark: SparkSession) -> None:
    labels = rows(
        LABELS,
        said("appealed", "hand", 9, True),
        said("appealed", "appeal", 8, False),  # stronger, though older
        said("reviewed", "hand", 8, True),
        said("reviewed", "review", 9, False),  # an equal, and newer
        said("listed", "feed", 9, True),
        said("listed", "hand", 1, False),  # stronger than any feed
        said("tied", "hand", 9, True),
        said("tied", "review", 9, False),  # at the same moment: benign wins
    )
    result = {row.entity_id: (row.is_spam, row.source) for row in resolved_labels(labels).collect()}
    assert result == {
        "appealed": (False, "appeal"),
        "reviewed": (False, "review"),
        "listed": (False, "hand"),
        "tied": (False, "review"),
    }


def test_a_label_from_both_ways_counts_once_as_it_was_entered(spark: SparkSession) -> None:
    result = collect_labels(
        label_imports=rows(LABEL_IMPORTS, said("a", "hand", 9, True), said("b", "hand", 9, True)),
        label_entries=rows(LABEL_ENTRIES, said("a", "hand", 9, False)),
        days=[DAY],
    )
    assert {row.entity_id: row.is_spam for row in result.collect()} == {"a": False, "b": True}
