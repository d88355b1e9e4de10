"""Whole daily runs of platforms of several sizes, as `winnow simulate` makes them: what another million events costs.

Of each size one run of the fourth day, in a process of its own from its start to its end: all jobs, both models in
force. The day before is taken in, and the models trained on it, before the clock starts; no label is known earlier.
"""

import subprocess
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from tests.benchmarks.measuring import report, seconds
from tests.benchmarks.memory import peak

ACTS = 10  # of an account a day, on average
FIRST, DAYS = date(2026, 1, 1), 4
TAKEN_IN = "ingest,build_tiles,track_first_seen,collect_labels"
# Whatever so few days teach, the models are to be active: what they cost does not depend on how good they are.
SETTINGS = """
[domain_model]
min_labels = 2

[account_model]
min_labels = 2

[promotion]
min_auc = 0.0
max_calibration_error = 1.0
"""
MILLION = 1_000_000
MOST_SECONDS = 30.0  # a million events


def bench(folder: Path, sizes: Sequence[int]) -> None:
    taken = {events: whole_day(folder / f"{events}", events) for events in sorted(sizes)}
    marginal = [
        (taken[more] - taken[less]) / (more - less) * MILLION
        for less, more in zip(sorted(sizes), sorted(sizes)[1:], strict=False)
    ]
    if len(marginal) > 1:
        told = {"seconds_a_million": "/".join(f"{each:.1f}" for each in marginal), "at_most": f"{MOST_SECONDS:.0f}"}
        report("runs_marginal", marginal[-1], marginal[0], "1.2", **told)


def whole_day(folder: Path, events: int) -> float:
    prepare(folder, events)
    with peak() as memory:
        taken = seconds(partial(winnow, folder, "run", "--day", last_day()))
    report(
        f"run_{events}",
        taken,
        MOST_SECONDS * events / MILLION,
        "-",
        seconds_a_million=f"{taken / events * MILLION:.1f}",
        peak_gb=f"{memory.gigabytes:.1f}",
    )
    return taken


def last_day(*, before: int = 0) -> str:
    return str(FIRST + timedelta(days=DAYS - 1 - before))


def prepare(folder: Path, events: int) -> None:
    made = ["--accounts", f"{max(1000, events // ACTS)}", "--days", f"{DAYS}", "--acts", f"{ACTS}"]
    command("simulate", *made, "--first-day", f"{FIRST}", "--out", str(folder))
    with (folder / "winnow.toml").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS)
    winnow(folder, "run", "--day", last_day(before=1), "--only", TAKEN_IN)
    for kind in ("domain", "account"):
        winnow(folder, "train", kind, "--day", last_day(before=1))


def winnow(folder: Path, *words: str) -> None:
    command(*words, "--config", str(folder / "winnow.toml"))


def command(*words: str) -> None:
    """Raises RuntimeError with what the command said, if it fails."""
    done = subprocess.run([sys.executable, "-m", "jobs.cli.main", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"winnow {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
