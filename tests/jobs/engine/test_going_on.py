"""`run --from`: where it may go on."""

from datetime import UTC, date, datetime, timedelta

import pytest
from typer import BadParameter

from jobs.cli.run import check_ended
from jobs.engine.history import DONE, FAILED, Run, RunHistory
from tests.support.builders import DAY

TOMORROW = DAY + timedelta(days=1)


def run_of(job: str, day: date, status: str = DONE) -> Run:
    return Run(
        run_id=f"{job} {day}",
        job=job,
        day=day,
        status=status,
        message=None,
        started_at=datetime(2026, 3, 11, tzinfo=UTC),
        seconds=1.0,
        config_hash="",
        code_hash="",
    )


def test_a_day_goes_on_where_the_jobs_before_have_ended() -> None:
    history = RunHistory([run_of("ingest", DAY), run_of("build_tiles", DAY)])
    check_ended(history, "ingest", [DAY, TOMORROW])
    check_ended(history, "track_first_seen", [DAY])


def test_what_noted_no_run_is_run_again() -> None:
    """A killed process has written tables, but noted nothing; and a failed run has not ended."""
    history = RunHistory([run_of("ingest", DAY), run_of("build_tiles", DAY, FAILED), run_of("ingest", TOMORROW)])
    with pytest.raises(BadParameter, match=f"on {DAY} these have not: build_tiles; run that day from build_tiles on"):
        check_ended(history, "track_first_seen", [DAY])
    with pytest.raises(BadParameter, match=f"on {TOMORROW} these have not: build_tiles, track_first_seen; run"):
        check_ended(history, "collect_labels", [TOMORROW])
