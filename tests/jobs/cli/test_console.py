"""How answers look on a terminal: whole lines, a table where it fits, and nothing that steers the terminal."""

from datetime import date
from typing import Any

import pytest
from rich.console import Console

from jobs.cli import console as context
from jobs.cli.console import grid_or_paragraphs, say
from jobs.cli.evaluate import show_kinds
from jobs.cli.run import show_skipped
from jobs.engine.history import SKIPPED, Run
from tests.support.builders import DAY, ago

COLUMNS = ("who", "because")
ROW = ("pills.example", "the paths of its links contain the word pharma")


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "console", Console(width=40, highlight=False))


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "console", Console(width=120, highlight=False))


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("narrow")
def test_a_line_is_not_broken_and_markup_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    command = "winnow train domain --day 2026-03-10 --stale [bold]"
    say(command)
    assert lines(capsys) == [command]


@pytest.mark.usefixtures("wide")
def test_a_table_where_it_fits(capsys: pytest.CaptureFixture[str]) -> None:
    grid_or_paragraphs("", COLUMNS, [ROW])
    drawn = lines(capsys)
    assert len(drawn) == 5
    assert [cell.strip() for cell in drawn[3].strip("│").split("│")] == list(ROW)


def test_kinds_of_campaigns_in_eighty_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "console", Console(width=80, highlight=False))
    figures = {
        "active": 5000,
        "auc": 1.0,
        "recall": 0.5,
        "decided": 0.25,
        "clustered": 0.125,
        "cluster_precision": 0.75,
    }
    of_domains = figures | {"clustered": None, "cluster_precision": None}
    show_kinds("account", [{"kind": "client_and_template", "entity_kind": "account", **figures}])
    show_kinds("domain", [{"kind": "client_and_template", "entity_kind": "domain", **of_domains}])
    cells = [[cell.split() for cell in line.strip("│┃").replace("┃", "│").split("│")] for line in lines(capsys)]
    assert cells[2:4] == [
        [[], [], [], [], [], [], ["cluster"]],
        [["kind"], ["active"], ["auc"], ["recall"], ["decided"], ["clustered"], ["precision"]],
    ]
    assert cells[5:7] == [
        [["client", "and"], ["5000"], ["1.000"], ["0.500"], ["0.250"], ["0.125"], ["0.750"]],
        [["template"], [], [], [], [], [], []],
    ]
    assert cells[8] == [["By", "kind", "of", "campaign:", "domains"]]
    assert cells[12] == [["client", "and", "template"], ["5000"], ["1.000"], ["0.500"], ["0.250"]]


@pytest.mark.usefixtures("narrow")
def test_paragraphs_where_it_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    grid_or_paragraphs("Found", COLUMNS, [ROW, ("x\x1b[2Jy", None)])
    told = lines(capsys)
    assert told[:2] == ["Found", "who      pills.example"]
    assert " ".join(word for line in told[2:4] for word in line.split()) == f"because {ROW[1]}"
    assert told[5] == "who  x�[2Jy"  # what would clear the screen is shown; a column without a value is left out
    assert told[6:] == [""]


def aside(job: str, day: date, message: str) -> Run:
    shown: dict[str, Any] = {"started_at": None, "seconds": 0.0, "config_hash": "", "code_hash": ""}
    return Run(run_id=f"{job}{day}", job=job, day=day, status=SKIPPED, message=message, **shown)


@pytest.mark.usefixtures("wide")
def test_one_line_a_reason_for_standing_aside(capsys: pytest.CaptureFixture[str]) -> None:
    show_skipped(
        [
            aside("score_domains", ago(1), f"no model on {ago(1)}"),
            aside("score_domains", DAY, f"no model on {DAY}"),
            aside("propagate_labels", DAY, f"no labels on {DAY}"),
        ]
    )
    assert lines(capsys) == [
        "score_domains was skipped on 2 days, 2026-03-09 to 2026-03-10: no model on that day",
        "propagate_labels was skipped on 2026-03-10: no labels on 2026-03-10",
    ]
