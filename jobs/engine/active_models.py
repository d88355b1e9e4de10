"""Which version of a model is active on a day."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pyspark.sql import Row

from lib.config import Config
from lib.lake import Lake
from lib.models.registry import load_version
from schemas.models import MODEL_ACTIVATIONS


def activations(lake: Lake, kind: str) -> list[Row]:
    """All rows of model_activations of a kind, in their sequence."""
    rows = lake.read(MODEL_ACTIVATIONS).collect()
    return sorted((row for row in rows if row.kind == kind), key=lambda row: row.sequence)


def active_version(rows: Sequence[Row], day: date | None) -> Row | None:
    """The activation of `day` (None: of all days to come): the greatest active_from, then the newest row."""
    begun = [row for row in rows if day is None or row.active_from <= day]
    return max(begun, key=lambda row: (row.active_from, row.sequence), default=None)


def load_active_model(rows: Sequence[Row], day: date | None, config: Config) -> Any:
    """The model itself, checked against its activation, or None. Raises ModelUnusable (see lib/models/registry.py)."""
    row = active_version(rows, day)
    return load_version(row.asDict(), tracking_uri=tracking_uri(config)) if row else None


def tracking_uri(config: Config) -> str:
    """Of MLflow: a server by configuration, else a database file in the lake."""
    return config.tracking.uri or f"sqlite:///{config.lake_path}/mlflow.db"
