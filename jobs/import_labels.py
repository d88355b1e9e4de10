"""Labels from a file that somebody hands over: `winnow labels import`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.ledger import daily_days
from jobs.manifest import JOBS
from jobs.runner import Pass, run_passes
from jobs.workspace import Workspace, contiguous
from lib.config import Source
from lib.sources import read_labels
from schemas.raw import LABEL_ENTRIES

FORMATS = {".csv": "csv", ".json": "json", ".jsonl": "json", ".parquet": "parquet"}


class BadLabels(ValueError):
    """A file of labels cannot be taken in."""


@dataclass(frozen=True)
class Taken:
    """What became of the rows of a file: read = kept + duplicates + bad; `new` of the kept were not known before."""

    read: int
    kept: int
    duplicates: int
    bad: int
    new: int
    reasons: Sequence[tuple[str, int]]


