"""What a source delivers in a test, and what ingest makes of it."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from jobs.contract import Output
from jobs.ingest import ingest
from lib.config import IngestSettings, SampleSettings, Source, TargetSettings
from tests.support.builders import DAY

EVENT = {"interaction_id": "i", "event_time": f"{DAY}T12:00:00Z", "account_id": "a"}
ANY_SHARE = IngestSettings(bad_share=1.0)


def write_lines(path: Path, *lines: dict[str, Any] | str | bytes) -> Path:
    """One line each: bytes and text as they stand, anything else as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(as_bytes(line) + b"\n" for line in lines))
    return path


def as_bytes(line: dict[str, Any] | str | bytes) -> bytes:
    if isinstance(line, bytes):
        return line
    return (line if isinstance(line, str) else json.dumps(line)).encode()


def source(table: str, path: Path | str, form: str = "json", **fields: Any) -> Source:
    return Source.model_validate({"table": table, "format": form, "path": str(path), **fields})


def take_in(
    *,
    days: Sequence[date] = (DAY,),
    settings: IngestSettings = ANY_SHARE,
    shared: Sequence[str] = (),
    **sources: Source,
) -> Output:
    targets = TargetSettings(shared_hosts=tuple(shared))
    return ingest(days=list(days), sources=sources, ingest=settings, targets=targets, samples=SampleSettings())


def values(rows: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The rows, in the order of their values."""
    return in_order(tuple(row) for row in rows.select(*columns).collect())


def in_order(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=lambda row: [str(value) for value in row])
