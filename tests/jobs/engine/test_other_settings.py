"""Days that were made with other settings or other code: reported, and run again where that is asked for."""

from pathlib import Path
from typing import Any

import pytest

from jobs.cli import console as context
from jobs.cli.run import status
from jobs.engine import staleness
from jobs.engine.history import Also
from jobs.engine.staleness import made_with_other, repair, stale_runs
from jobs.engine.workspace import Workspace, open_workspace
from jobs.manifest import DAILY
from schemas.decisions import REVIEW_QUEUE
from tests.support.builders import DAY
from tests.support.lakes import BEFORE, Stage
from tests.support.platform import settings


def with_settings(stage: Stage, **sections: Any) -> Workspace:
    return open_workspace(settings(stage.folder, **sections))


def names(runs: list[staleness.Stale]) -> set[str]:
    return {run.job for run in runs}


def test_other_settings_flag_the_jobs_that_are_handed_them(
    built: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = built.copy(tmp_path / "platform")
    queue = {"minutes_per_day": 3}
    workspace = with_settings(stage, queue=queue)
    assert stale_runs(workspace) == []
    flagged = made_with_other(workspace, Also.SETTINGS)
    assert [(job.name, day) for job, day in flagged] == [("fill_queue", BEFORE), ("fill_queue", DAY)]
    monkeypatch.setitem(context.opened, tmp_path / "winnow.toml", workspace)
    status(config=tmp_path / "winnow.toml")
    text = capsys.readouterr().out
    assert f"made with other settings on 2 days, {BEFORE} to {DAY}: fill_queue; winnow run --stale --also" in text
    assert "nothing is stale" in text

    before = workspace.lake.read_days(REVIEW_QUEUE, first=DAY, last=DAY).count()
    repaired = repair(workspace, also=[Also.SETTINGS])
    assert names(repaired) == {"fill_queue"}
    assert repaired[0].reasons == ("made with other settings",)
    after = workspace.lake.read_days(REVIEW_QUEUE, first=DAY, last=DAY).count()
    assert after < before  # the shorter queue of the new settings
    again = with_settings(stage, queue=queue)
    assert made_with_other(again, Also.SETTINGS) == []
    assert stale_runs(again, [Also.SETTINGS]) == []


def test_other_code_flags_every_job(built: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = built.open()
    assert stale_runs(workspace, [Also.CODE, Also.SETTINGS]) == []
    monkeypatch.setattr(staleness, "code_hash", lambda: "other")
    stale = stale_runs(workspace, [Also.CODE])
    daily = {job.name for job in DAILY}
    assert {(run.job, run.day) for run in stale} == {key for key in workspace.history.ended if key[0] in daily}
    assert {run.reasons for run in stale} == {("made with other code",)}
    assert stale_runs(workspace) == []
