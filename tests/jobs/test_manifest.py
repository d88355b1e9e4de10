"""The jobs as data, against the functions and the tables that they name."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest

import jobs
from jobs.manifest import DAILY, JOBS, Job, runs_in_one_pass, upstream
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


def test_what_needs_scores_of_its_day_runs_day_by_day() -> None:
    """The runner calls the other jobs once for all days, before the first of these."""
    in_one_pass = [job.name for job in DAILY if runs_in_one_pass(job)]
    assert in_one_pass == ORDER[: len(in_one_pass)] == [
        "ingest", "build_tiles", "track_first_seen", "collect_labels", "build_domain_features"
    ]  # fmt: skip
    assert JOBS["build_account_features"].range  # training calls it for many days, with the domain scores of all
    assert all(job.range for job in DAILY if runs_in_one_pass(job))


def test_files_of_jobs_are_the_jobs_of_the_manifest() -> None:
    folder = Path(jobs.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "manifest", "contract"}
    assert files == set(JOBS)
    for name in JOBS:
        assert callable(getattr(import_module(f"jobs.{name}"), name))


def test_one_job_reads_the_sources() -> None:
    """Its runs keep the fingerprints of the sources that later runs are compared with."""
    assert [job.name for job in JOBS.values() if job.reads_sources] == ["ingest"]
    assert all("sources" in job.settings for job in JOBS.values() if job.reads_sources)
