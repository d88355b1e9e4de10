"""The labelling batch as a file: written by one command, filled in, and taken in by another."""

import csv
import json
from pathlib import Path

import pytest

from jobs.cli import console as context
from jobs.cli.labels import list_candidates
from jobs.import_labels import import_file
from tests.support.builders import DAY
from tests.support.lakes import Stage
from tests.support.platform import SPAM


def test_a_batch_is_written_filled_in_and_taken_in(
    built: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = built.copy(tmp_path / "platform").open()
    path, settings = tmp_path / "batch.csv", tmp_path / "winnow.toml"
    monkeypatch.setitem(context.opened, settings, workspace)
    list_candidates(day=DAY, out=path, as_json=True, config=settings)
    told = json.loads(capsys.readouterr().out)
    with path.open(encoding="utf-8", newline="") as file:
        batch = list(csv.DictReader(file))
    assert [row["entity_id"] for row in batch] == [row["domain"] for row in told] != []
    assert {row["is_spam"] for row in batch} == {""}
    answered = batch[:3]
    for row in answered:
        row["is_spam"] = str(row["entity_id"] in SPAM)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, batch[0].keys())
        writer.writeheader()
        writer.writerows(batch)
    taken = import_file(workspace, path, known_at=DAY, source="hand")
    assert (taken.new, taken.bad) == (3, len(batch) - 3)
