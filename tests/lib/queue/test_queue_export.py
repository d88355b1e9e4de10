"""The queue for other programs."""

import csv
import io
import json
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.queue.queue_export import as_csv, as_json_lines

NUMBER = re.compile(r"-?[0-9,.]+")
ROW: dict[str, Any] = {
    "day": date(2026, 3, 10),
    "rank": 1,
    "entity_id": "x.example",
    "score": None,
    "sentences": ["a", "b"],
}


def test_json_has_one_object_a_line_whatever_the_text_holds() -> None:
    lines = as_json_lines([ROW, ROW | {"entity_id": 'new\nline "quoted" ä'}]).splitlines(keepends=True)
    assert len(lines) == 2
    assert lines[0] == (
        '{"day": "2026-03-10", "rank": 1, "entity_id": "x.example", "score": null, "sentences": ["a", "b"]}\n'
    )
    assert json.loads(lines[1])["entity_id"] == 'new\nline "quoted" ä'


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "|", "%", "\t", "\r", "\n", "\uff1d", "\uff20"])
def test_no_spreadsheet_takes_a_text_for_a_formula(start: str) -> None:
    text = f"{start}cmd! /C calc'!A0"
    written = as_csv([ROW | {"entity_id": text, "score": -0.5}], ["entity_id", "score"])
    assert list(csv.reader(io.StringIO(written, newline=""))) == [
        ["entity_id", "score"],
        ["'" + text.replace("|", "\\|"), "-0.5"],  # a number stays one
    ]


def test_lists_are_joined_and_guarded_too() -> None:
    written = as_csv([ROW | {"sentences": ["=1+1", "b"]}], ["day", "score", "sentences"])
    assert written == "day,score,sentences\r\n2026-03-10,,'=1+1 \\| b\r\n"


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8), min_size=1, max_size=3))
def test_every_text_is_read_back_as_it_was_but_for_the_guard(texts: list[str]) -> None:
    columns = [f"c{i}" for i in range(len(texts))]
    text = as_csv([dict(zip(columns, texts, strict=True))], columns)
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert list(map(unguarded, read[1])) == list(map(unguarded, texts))
    assert not any(cell.startswith(("=", "+", "-", "@")) and not NUMBER.fullmatch(cell) for cell in read[1])


def unguarded(text: str) -> str:
    return text.removeprefix("'").replace("\\|", "|")
