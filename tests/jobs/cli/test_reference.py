"""The generated parts of the page of jobs and commands."""

from jobs.cli.reference import PAGE, page
from jobs.manifest import JOBS


def test_the_page_of_jobs_and_commands_is_the_one_that_manifest_and_commands_give() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text), "jobs/README.md is out of date: run make docs"
    assert all(f"| `{name}` |" in text for name in JOBS)
    assert "### winnow train\n" in text
    assert "#### winnow train domain\n" in text
