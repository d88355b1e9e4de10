"""Labels from a file that somebody hands over: `winnow labels import`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pyspark.sql import DataFrame

from jobs.engine.history import daily_days
from jobs.engine.runner import Pass, execute, run_passes
from jobs.engine.workspace import Workspace
from jobs.ingest import ingest
from jobs.manifest import JOBS
from lib.config import Source
from lib.sources.readers import LANDING, Raw, raw_frames
from lib.sources.row_conversion import dated_rows
from lib.sources.source_files import located
from schemas.raw import LABEL_ENTRIES, LABEL_KEY, LABEL_SOURCES

NAME = "labels import"
FORMATS = {".csv": "csv", ".json": "json", ".jsonl": "json", ".parquet": "parquet"}


class BadLabels(ValueError):
    """A file of labels cannot be taken in."""


@dataclass(frozen=True)
class Taken:
    """What became of the rows of a file: read = kept + duplicates + bad; `new` of the kept were not there before."""

    read: int
    kept: int
    duplicates: int
    bad: int
    new: int
    reasons: Sequence[tuple[str, int]]


def import_labels(*, label_entries: DataFrame, entered: DataFrame, days: list[date]) -> DataFrame:
    """The rows of label_entries on `days` with those that are entered now; of one label said twice, the newer word."""
    return entered.unionByName(label_entries.join(entered, on=list(LABEL_KEY), how="left_anti"))


def import_file(workspace: Workspace, path: Path, *, known_at: date | None, source: str) -> Taken:
    """Takes in the labels of `path` and gathers them. Bad rows are told, not kept: the file is still there.

    Raises BadLabels, or SourceError where the file cannot be read.
    """
    described = source_of(workspace, path, known_at=known_at, source=source)
    days = label_days(described)
    if not days:
        raise BadLabels(f"{path}: no row has a readable known_at")
    # All rows may be bad but one: the user sees each reason at once, and nothing bad is kept.
    lenient = workspace.config.ingest.model_copy(update={"bad_share": 1.0})
    output = ingest(
        days=days,
        sources={NAME: described},
        ingest=lenient,
        targets=workspace.config.targets,
        samples=workspace.config.samples,
    )
    entered = output.tables["label_imports"].localCheckpoint()
    quarantined = output.tables["quarantine"].select("row_id", "reason").distinct()  # one row may be on many days
    reasons = Counter(row.reason for row in quarantined.collect())
    before = workspace.lake.read(LABEL_ENTRIES).count()
    execute(workspace, JOBS["import_labels"], days, entered=entered)
    run_passes(workspace, [Pass(JOBS["collect_labels"], tuple(days))])
    output.release()
    kept, doubled = entered.count(), total(output.counts, "duplicates")
    new = workspace.lake.read(LABEL_ENTRIES).count() - before
    return Taken(kept + doubled + reasons.total(), kept, doubled, reasons.total(), new, reasons.most_common(5))


def total(counts: dict[date, dict[str, int]], what: str) -> int:
    return sum(of_day.get(f"{NAME}.{what}", 0) for of_day in counts.values())


def source_of(workspace: Workspace, path: Path, *, known_at: date | None, source: str) -> Source:
    """The file as a source; rows that do not say when they became known, or from whom, get the given answer."""
    if source not in LABEL_SOURCES:
        raise BadLabels(f"--source {source!r} is none of {', '.join(LABEL_SOURCES)}")
    if (form := FORMATS.get(path.suffix.lower())) is None:
        raise BadLabels(f"{path}: the name must end in one of {', '.join(FORMATS)}")
    plain = Source.model_validate({"table": "label_imports", "format": form, "path": str(path.absolute())})
    columns = frame_of(plain).columns
    select = {"source": default_for("source", columns, f"'{source}'")}
    select["known_at"] = default_for("known_at", columns, f"TIMESTAMP'{default_day(workspace, known_at)}'")
    return plain.model_copy(update={"select": select})


def default_day(workspace: Workspace, known_at: date | None) -> date:
    days = daily_days(workspace.history)
    if known_at is None and not days:
        raise BadLabels("the lake has no day yet: --known-at says from which day on the labels are known")
    return known_at or days[-1]


def default_for(column: str, columns: Sequence[str], default: str) -> str:
    """SQL: the file's value, and `default` where it gives none."""
    if column not in columns:
        return default
    return f"CASE WHEN `{column}` IS NULL OR trim(CAST(`{column}` AS STRING)) = '' THEN {default} ELSE `{column}` END"


def label_days(source: Source) -> list[date]:
    """The days on which the labels of a file became known."""
    days = dated_rows(NAME, source, frame_of(source)).select(LANDING).distinct().collect()
    return sorted(row[0] for row in days if row[0] is not None)


def frame_of(source: Source) -> Raw:
    return raw_frames(NAME, source, located(NAME, source, []))[0]
