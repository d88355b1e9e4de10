"""What the run history says about spans of days, without reading any table."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from jobs.engine.history import FAILED, NOTHING, SKIPPED, Run, RunHistory, bounds
from jobs.engine.workspace import contiguous
from jobs.manifest import AS_OF, BEFORE, DAY, FOUR_WEEKS, PREVIOUS, Span
from tests.support.builders import DAY as TODAY
from tests.support.builders import ago


def run(job: str, day: date, **fields: Any) -> Run:
    default: dict[str, Any] = {
        "run_id": f"{job} {day}",
        "status": "done",
        "message": None,
        "started_at": datetime(2026, 3, 11, tzinfo=UTC),
        "seconds": 1.0,
        "config_hash": "",
        "code_hash": "",
    }
    return Run(job=job, day=day, **{**default, **fields})


def tiles(day: date, content_hash: str) -> Run:
    return run("build_tiles", day, output_hashes={"domain_days": content_hash})


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (DAY, (TODAY, TODAY)),
        (FOUR_WEEKS, (ago(27), TODAY)),
        (AS_OF, (None, TODAY)),
        (BEFORE, (None, ago(1))),
    ],
)
def test_spans_end_on_the_day_or_before_it(span: Span, expected: tuple[date | None, date]) -> None:
    assert bounds(span, TODAY) == expected


def test_several_days_read_from_the_first_ones_first_day_to_the_last_ones_last() -> None:
    assert bounds(FOUR_WEEKS, ago(7), TODAY) == (ago(34), TODAY)
    assert bounds(AS_OF, ago(7), TODAY) == (None, TODAY)
    assert bounds(BEFORE, ago(7), TODAY) == (None, ago(8))


@pytest.mark.parametrize(
    ("span", "age", "seen"),
    [
        (DAY, 0, True),
        (DAY, 1, False),
        (FOUR_WEEKS, 27, True),
        (FOUR_WEEKS, 28, False),
        (FOUR_WEEKS, -1, False),  # a later day
        (AS_OF, 900, True),
        (AS_OF, -1, False),
        (BEFORE, 0, False),
        (BEFORE, 1, True),
    ],
)
def test_a_span_hash_changes_with_the_rows_of_its_days_only(span: Span, age: int, seen: bool) -> None:
    base = [tiles(ago(2), "3:a"), tiles(ago(1), "1:b"), tiles(TODAY, "2:c")]
    before = RunHistory(base).span_hash("domain_days", span, TODAY)
    after = RunHistory([*base, tiles(ago(age), "9:other")]).span_hash("domain_days", span, TODAY)
    assert (before != after) == seen


def test_a_day_without_rows_is_like_a_day_that_is_not_there() -> None:
    empty = RunHistory([tiles(TODAY, "1:a"), tiles(ago(1), "0:")])
    assert empty.span_hash("domain_days", FOUR_WEEKS, TODAY) == RunHistory([tiles(TODAY, "1:a")]).span_hash(
        "domain_days", FOUR_WEEKS, TODAY
    )
    assert empty.span_hash("domain_days", DAY, ago(1)) == NOTHING


def test_the_previous_day_is_the_newest_that_ran_even_without_rows() -> None:
    history = RunHistory(
        [
            run("decide", ago(5), output_hashes={"decisions": "4:a"}),
            run("decide", ago(2), output_hashes={"decisions": "0:"}),
            run("decide", ago(1), status=FAILED),
            run("decide", TODAY, output_hashes={"decisions": "1:c"}),
        ]
    )
    assert history.previous_day("decisions", TODAY) == ago(2)
    assert history.previous_day("decisions", ago(5)) is None
    assert history.span_hash("decisions", PREVIOUS, ago(5)) == NOTHING
    assert history.span_hash("decisions", PREVIOUS, TODAY) != history.span_hash("decisions", PREVIOUS, ago(2))


def test_events_count_for_their_own_day_and_a_new_landing_replaces_its_own_rows_only() -> None:
    on_time = run("ingest", ago(1), output_hashes={f"interactions@{ago(1)}": "5:a"})
    late = run("ingest", TODAY, output_hashes={f"interactions@{TODAY}": "4:b", f"interactions@{ago(1)}": "1:c"})
    without = run("ingest", TODAY, output_hashes={f"interactions@{TODAY}": "4:b"})
    fresh = RunHistory([on_time]).span_hash("interactions", DAY, ago(1))
    assert RunHistory([on_time, late]).span_hash("interactions", DAY, ago(1)) != fresh
    assert RunHistory([on_time, late, without]).span_hash("interactions", DAY, ago(1)) == fresh


def test_a_failed_run_leaves_the_last_good_one_in_place() -> None:
    history = RunHistory([tiles(TODAY, "1:a"), run("build_tiles", TODAY, status=FAILED, message="no")])
    assert history.ended["build_tiles", TODAY].output_hashes == {"domain_days": "1:a"}
    assert history.failed["build_tiles", TODAY].message == "no"
    history.record(run("build_tiles", TODAY, status=SKIPPED))
    assert history.failed == {}


def test_days_are_cut_where_one_is_missing() -> None:
    assert contiguous([TODAY, ago(1), ago(4), ago(1)]) == [[ago(4)], [ago(1), TODAY]]
