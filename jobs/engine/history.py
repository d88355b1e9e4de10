"""What has run, and what its rows were: the newest run of each job and day, and the content of each table's days.

Both come from the table `runs`, which is small and read once a process; no other table is scanned for them.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from jobs.manifest import DAILY, PREVIOUS, WRITERS, Reach, Span
from schemas.catalog import TABLES

DONE, SKIPPED, FAILED = "done", "skipped", "failed"
NOTHING = "nothing"  # the hash of a span without rows
EMPTY = "0:"  # how the hash of a day without rows begins


class Also(StrEnum):
    """What may make rows differ without any input having changed: reported, and run again where that is asked for."""

    SETTINGS = "settings"
    CODE = "code"


@dataclass(frozen=True)
class Run:
    """One row of `runs`; the meaning of its fields is in schemas/runs.py."""

    run_id: str
    job: str
    day: date
    status: str
    message: str | None
    started_at: object
    seconds: float
    config_hash: str
    code_hash: str
    input_hashes: dict[str, str] = field(default_factory=dict)
    input_versions: dict[str, int] = field(default_factory=dict)
    output_hashes: dict[str, str] = field(default_factory=dict)
    output_versions: dict[str, int] = field(default_factory=dict)
    rows_out: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    model_version: str | None = None


class RunHistory:
    """The newest run that ended of each job and day."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self.ended: dict[tuple[str, date], Run] = {}
        self.failed: dict[tuple[str, date], Run] = {}
        # table -> day that jobs read by -> day that a write replaces by -> hash of the rows
        self.content: dict[str, dict[date, dict[date, str]]] = {name: {} for name in TABLES}
        for run in runs:
            self.record(run)

    def record(self, run: Run) -> None:
        if run.status == FAILED:
            self.failed[run.job, run.day] = run
            return
        self.failed.pop((run.job, run.day), None)
        self.ended[run.job, run.day] = run
        for table in {key.split("@")[0] for key in run.output_hashes}:
            for writes in self.content[table].values():
                writes.pop(run.day, None)
        for key, content_hash in run.output_hashes.items():
            table, _, read_day = key.partition("@")
            by_day = self.content[table].setdefault(date.fromisoformat(read_day) if read_day else run.day, {})
            if not content_hash.startswith(EMPTY):
                by_day[run.day] = content_hash

    def days(self, job: str) -> list[date]:
        """The days for which the job ended."""
        return sorted(day for name, day in self.ended if name == job)

    def previous_day(self, table: str, day: date) -> date | None:
        """The newest earlier day for which the table was written, even where it has no rows."""
        return max((d for d in self.days(WRITERS[table].name) if d < day), default=None)

    def span_hash(self, table: str, span: Span, day: date) -> str:
        """Of the rows that a job of `day` reads of `table` over `span` (see jobs/manifest.py)."""
        if span == PREVIOUS:
            previous = self.previous_day(table, day)
            return NOTHING if previous is None else f"{previous} {self.hash_of(table, [previous])}"
        first, last = bounds(span, day)
        return self.hash_of(table, [d for d in self.content[table] if (first is None or d >= first) and d <= last])

    def hash_of(self, table: str, days: Iterable[date]) -> str:
        parts = [
            f"{read_day} {write_day} {content_hash}"
            for read_day in sorted(days)
            for write_day, content_hash in sorted(self.content[table].get(read_day, {}).items())
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16] if parts else NOTHING

    def input_hashes(self, reads: Mapping[str, Span], day: date) -> dict[str, str]:
        return {table: self.span_hash(table, span, day) for table, span in reads.items()}


def bounds(span: Span, first_day: date, last_day: date | None = None) -> tuple[date | None, date]:
    """First (None: from the beginning) and last day of what jobs of `first_day` to `last_day` read over `span`."""
    last = last_day or first_day
    match span.reach:
        case Reach.WINDOW:
            return first_day - timedelta(days=span.days - 1), last
        case Reach.AS_OF:
            return None, last
        case Reach.BEFORE:
            return None, first_day - timedelta(days=1)
    raise ValueError("which day is the previous one is known to the run history alone")


def daily_days(history: RunHistory) -> list[date]:
    """The days for which any daily job ended."""
    return sorted({day for job in DAILY for day in history.days(job.name)})
