"""Runs that are killed in the middle, as a machine that goes down does it, and run again."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from operator import eq
from pathlib import Path
from typing import IO

from jobs.engine.runner import run_days
from jobs.engine.staleness import repair
from schemas.decisions import ENTITY_SCORES
from tests.support.builders import DAY
from tests.support.lakes import BEFORE, SCORING, Stage, differences

REPOSITORY = Path(__file__).parents[3]
CHILD = """
import sys
from pathlib import Path
from datetime import date
from jobs.engine.runner import plan, run_passes
from jobs.engine.workspace import open_workspace
from tests.support.lakes import jobs_from
from tests.support.platform import settings

here = open_workspace(settings(Path(sys.argv[1])))
passes = plan(jobs_from(sys.argv[3]), [date.fromisoformat(sys.argv[2])])
run_passes(here, passes, on_step=lambda job, days: print(job.name, flush=True))
print("survived", flush=True)
"""


def killed(stage: Stage, since: str, when: Callable[[str], bool]) -> str:
    """Runs DAY from a job on in a process of its own, kills it with all its children when `when` says so; the job it
    was in."""
    command = [sys.executable, "-c", CHILD, str(stage.folder), str(DAY), since]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=REPOSITORY, start_new_session=True
    )
    assert child.stdout is not None
    try:
        return first_job(child.stdout, when)
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def first_job(printed: IO[str], when: Callable[[str], bool]) -> str:
    """The job that begins when `when` holds of it."""
    for line in printed:
        if when(line.strip()):
            return line.strip()
    raise AssertionError("the run ended before it could be killed")


def test_days_run_in_any_order_and_killed_again_and_again_are_the_same_once_mended(
    trained: Stage, built: Stage, tmp_path: Path
) -> None:
    """DAY is killed in a job that runs a model, in one that solves the graph, and in the middle of a write; each time
    it goes on from the job that it was in. Then it is run whole, because what is killed has noted none of its runs; and
    the day before it is run, and DAY is repaired."""
    stage = trained.copy(tmp_path / "platform")
    table = stage.folder / "lake" / ENTITY_SCORES.name

    def begun_to_write(job: str) -> bool:
        """Waits, once `decide` has begun, until the first file of its day is there."""
        while job == "decide" and not list(table.glob(f"day={DAY}/*")):
            os.sched_yield()
        return job == "decide"

    since = SCORING[0].name
    for job in ("score_domains", "propagate_labels"):
        assert killed(stage, since, partial(eq, job)) == job
        assert (job, DAY) not in stage.open().history.ended
        since = job
    killed(stage, since, begun_to_write)
    assert list(table.glob(f"day={DAY}/*"))  # files that no commit names, unless the commit was faster
    assert commits_of(table) <= 2  # the table is made, and written once
    workspace = stage.open()
    for day in (DAY, BEFORE):
        run_days(workspace, [day], jobs=SCORING)
    assert {s.day for s in repair(workspace)} == {DAY}
    assert differences(workspace, built.open()) == {}


def commits_of(table: Path) -> int:
    return len(list((table / "_delta_log").glob("*.json")))
