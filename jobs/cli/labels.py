"""labels: what people say is spam."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.cli.console import (
    DEFAULT_PATH,
    AsJson,
    ConfigPath,
    Day,
    as_day,
    grid_or_paragraphs,
    say,
    say_json,
    workspace_of,
)
from jobs.cli.lazy import lazy_imports
from lib.wording.phrases import many, percent

with lazy_imports():
    from jobs import import_labels
    from jobs.engine import reads
    from lib.queue import queue_export

app = typer.Typer(help="Labels: import, candidates to label, report on the labelling functions.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="CSV, JSON lines or Parquet with entity_kind, entity_id, is_spam.")]
KnownAt = Annotated[
    date | None,
    typer.Option(
        "--known-at", parser=as_day, metavar="YYYY-MM-DD", help="For rows without known_at; else the newest day."
    ),
]
REPORT_COLUMNS = (
    "function", "vote", "votes", "coverage", "overlap", "conflict", "right on hand labels", "by chance", "by the model",
)  # fmt: skip
CANDIDATE_COLUMNS = ("entity_kind", "entity_id", "is_spam", "part", "sampling_probability", "score", "links")
Batch = Annotated[Path | None, typer.Option("--out", help="CSV to fill in and to hand to `winnow labels import`.")]
SourceName = Annotated[str, typer.Option("--source", help="For rows without source: appeal, hand, review or feed.")]


@app.command("import")
def import_labels_file(
    file: File, known_at: KnownAt = None, source: SourceName = "hand", config: ConfigPath = DEFAULT_PATH
) -> None:
    """Takes in labels from a file. Days whose labels change go stale."""
    counts = import_labels.import_file(workspace_of(config), file, known_at=known_at, source=source)
    say(
        f"{counts.read} rows read, {counts.kept} labels kept, {counts.duplicates} duplicates, {counts.bad} bad rows; "
        f"{counts.new} of the labels are new"
    )
    for reason, rows in counts.reasons:
        say(f"  {rows} rows: {reason}")
    if counts.new:
        say("winnow status shows which days they make stale")


@app.command("candidates")
def list_candidates(day: Day, out: Batch = None, as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH) -> None:
    """The domains whose labels would help most on the day; fill in is_spam and import the file."""
    rows = reads.label_candidates(workspace_of(config), day)
    asked = [{"entity_kind": "domain", "entity_id": row["domain"], "is_spam": None} | row for row in rows]
    if out:
        out.write_text(queue_export.as_csv(asked, CANDIDATE_COLUMNS), encoding="utf-8", newline="")
    if as_json:
        say_json(rows)
    elif not rows:
        say(f"no domain without a label was active in the week up to {day}, or [candidates] batch is 0")
    elif out:
        say(f"{out}: {many(len(rows), 'domain')} ({parts_of(rows)}); fill in is_spam, then winnow labels import {out}")
    else:
        columns = ("rank", "domain", "part", "score", "sampling_probability")
        table = [(*(row[name] for name in columns), "\n".join(row["links"])) for row in rows]
        grid_or_paragraphs(f"To be labelled on {day}: {parts_of(rows)}", (*columns, "links"), table)


def parts_of(rows: list[dict[str, Any]]) -> str:
    counts = Counter(row["part"] for row in rows)
    return ", ".join(f"{number} {part}" for part, number in sorted(counts.items()))


@app.command("ledger")
def show_function_report(day: Day, as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH) -> None:
    """The labelling function report: coverage, overlap, conflict and accuracy on the day's accounts."""
    rows = reads.function_report(workspace_of(config), day)
    if as_json:
        say_json(rows)
        return
    if not rows:
        say(f"no labelling function voted on {day}: [labelling] in winnow.toml has them")
        return
    table = [tuple(report_cells(row)) for row in rows]
    grid_or_paragraphs(f"Labelling functions on {day}, {many(rows[0]['accounts'], 'account')}", REPORT_COLUMNS, table)
    for row in rows:
        if row["warning"]:
            say(f"warning: {row['function']}: {row['warning']}")


def report_cells(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (row["function"], row["vote"], f"{row['votes']:,}")
    yield from (percent(row[share]) for share in ("coverage", "overlap", "conflict"))
    if row["accuracy"] is None:
        yield from ("no hand labels", "")
    else:
        low, high = percent(row["accuracy_low"]), percent(row["accuracy_high"])
        yield f"{percent(row['accuracy'])} of {row['labelled']:,} ({low} to {high})"
        yield percent(row["chance_accuracy"])
    yield "" if row["estimated_accuracy"] is None else percent(row["estimated_accuracy"])
