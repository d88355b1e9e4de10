"""The jobs as data, against the functions and the tables that they name."""

import inspect
from importlib import import_module

import pytest

from jobs.manifest import DAILY, JOBS, Job, upstream
from lib.config import Config
from schemas.catalog import TABLES

ORDER = [job.name for job in DAILY]


@pytest.mark.parametrize("job", DAILY, ids=lambda job: job.name)
def test_a_job_takes_what_the_manifest_says_that_it_reads(job: Job) -> None:
    function = getattr(import_module(f"jobs.{job.name}"), job.name)
    days = "days" if job.range else "day"
    expected = {*job.reads, days, *job.settings, *(["model"] if job.model else [])}
    assert set(inspect.signature(function).parameters) == expected


def test_every_table_and_setting_that_is_named_is_there() -> None:
    for job in JOBS.values():
        assert {*job.reads, *job.writes} <= TABLES.keys()
        assert set(job.settings) <= set(Config.model_fields)


def test_a_table_has_one_writer() -> None:
    written = [table for job in JOBS.values() for table in job.writes]
    assert sorted(written) == sorted(set(written))


def test_what_a_job_reads_of_its_day_is_written_before_it() -> None:
    for job in DAILY:
        assert all(ORDER.index(name) < ORDER.index(job.name) for name in upstream(job)), job.name


def test_jobs_that_take_ranges_need_none_that_do_not() -> None:
    """The runner does all ranges first."""
    for job in DAILY:
        if job.range:
            assert all(JOBS[name].range for name in upstream(job))
