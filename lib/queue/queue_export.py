"""Items of the queue as text for other programs: JSON lines, and CSV that no spreadsheet takes for formulas."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from defusedcsv import csv

from schemas.decisions import REVIEW_QUEUE

# Starts of formulas that defusedcsv does not guard: blanks that a spreadsheet skips, and full-width signs.
UNGUARDED = ("\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def as_json_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """One JSON object per line; dates as 2026-03-10."""
    return "".join(json.dumps(dict(row), default=iso, ensure_ascii=False) + "\n" for row in rows)


def as_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str] = REVIEW_QUEUE.names) -> str:
    """A header and one record per row (RFC 4180). Lists are joined by ' | '; null is empty.

    A text that a spreadsheet would take for a formula gets a leading apostrophe, and a backslash before each |.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(row[column]) for column in columns] for row in rows)
    return buffer.getvalue()


def cell(value: Any) -> Any:
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, date):
        return value.isoformat()
    text = " | ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return f"'{text}" if text.startswith(UNGUARDED) else text


def iso(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no JSON form")
