"""`winnow clusters`: what it shows, with hostile values in it."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from jobs.cli import clusters
from jobs.cli.main import app
from jobs.engine import reads
from lib.config import Config
from tests.support.builders import DAY, ago

HOSTILE = "'; DROP TABLE x; --\x1b[31m[red]http://evil.example/\u202e<script>"
VALUE = {"attribute": "text_template", "value": HOSTILE, "accounts": 5}
PAIR = {
    "left_attribute": "network", "left_value": "10.0.0.0", "right_attribute": "text_template",
    "right_value": HOSTILE, "accounts": 5,
}  # fmt: skip
REPORT: dict[str, Any] = {
    "cluster_id": "20260308-abc", "state": "kept", "since": ago(2), "accounts": 5, "accounts_before": 5,
    "parents": [], "merged_into": None, "shared": [VALUE], "keys": [PAIR], "except_keys": [], "rule": "bool_or(true)",
    "rule_precision": 1.0, "rule_recall": 1.0, "synchrony": None, "lift": 50.0, "known_share": 0.0,
    "labelled_spam": 0, "labelled_benign": 0, "score": 0.7, "emerging": False,
}  # fmt: skip
ENDED = {
    **REPORT, "cluster_id": "20260301-def", "state": "ended", "accounts": 0, "shared": [], "keys": [], "rule": None,
    "rule_precision": None, "rule_recall": None, "lift": None, "known_share": None, "score": None,
}  # fmt: skip


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [REPORT, ENDED]
    members = [{"account_id": f"u{n}", "score": 0.7} for n in range(5)]
    monkeypatch.setattr(clusters, "workspace_of", lambda path: SimpleNamespace(config=Config()))
    monkeypatch.setattr(reads, "clusters", lambda workspace, day: rows)
    monkeypatch.setattr(
        reads,
        "cluster_members",
        lambda workspace, name, day: next((row, members) for row in rows if row["cluster_id"] == name),
    )


def said(*arguments: str) -> str:
    asked = ["clusters", *arguments, "--day", str(DAY)]
    answer = CliRunner().invoke(app, asked, catch_exceptions=False, env={"COLUMNS": "200"})
    assert answer.exit_code == 0
    return answer.stdout


@pytest.mark.usefixtures("lake")
def test_what_steers_a_terminal_or_opens_by_mistake_is_not_shown() -> None:
    for shown in (said("list"), said("show", "20260308-abc")):
        assert "DROP TABLE x" in shown
        assert not {"\x1b", "\u202e"} & set(shown)
        assert "[red]" in shown  # no markup
        assert "hxxp://evil[.]example" in shown


@pytest.mark.usefixtures("lake")
def test_programs_get_values_as_they_are() -> None:
    assert json.loads(said("list", "--json"))[0]["shared"] == [VALUE]
    told = json.loads(said("show", "20260308-abc", "--json"))
    assert (told["rule"], len(told["members"])) == ("bool_or(true)", 5)


@pytest.mark.usefixtures("lake")
def test_a_cluster_that_has_ended_is_told_in_a_sentence() -> None:
    assert "it has ended" in said("show", "20260301-def")
    assert "20260301-def" in said("list")


@pytest.mark.usefixtures("lake")
def test_only_what_emerges() -> None:
    assert said("list", "--emerging").strip() == f"no emerging clusters on {DAY}"
