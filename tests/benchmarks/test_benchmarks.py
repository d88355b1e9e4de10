"""A benchmark at the smallest size: the job and what it is measured against say the same, and a line is printed."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.engine.workspace import open_workspace
from lib.config import read_config
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import interleaved, report
from tests.benchmarks.memory import Peak
from tests.benchmarks.propagation import files_of, greatest_difference, prepare
from tests.benchmarks.propagation_alone import propagate_alone
from tests.support.platform import SPARK


def test_one_process_has_the_scores_of_the_job(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = read_config({"spark": SPARK, "graph": {"edges_per_block": 200}}, path=tmp_path / "winnow.toml")
    with ThreadPoolExecutor(1) as pool:
        workspace = Ground(tmp_path, open_workspace(config), pool)
        prepare(workspace, edges=2000)
        files = files_of(workspace)
        works = {
            "ours": lambda: workspace.run("propagate_labels"),
            "alone": lambda: workspace.alone(propagate_alone, files, config),
        }
        result = interleaved(works, runs=1, warm=False)
        assert greatest_difference(workspace, files) < 1e-6
        assert workspace.peak_of(lambda: None) > 0.01
    report("propagation", result["ours"], result["alone"], "2", peak_gb="0")
    assert capsys.readouterr().out.startswith("bench: propagation ratio=")


def test_what_a_child_took_stays_in_the_peak_when_it_has_ended() -> None:
    memory = Peak()
    memory.sample()
    before = memory.gigabytes
    held = [sys.executable, "-c", "held = b'x' * 500_000_000; print('held', flush=True); input()"]
    with subprocess.Popen(held, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        memory.sample()
        child.communicate("\n")
    memory.sample()
    assert 0.45 < memory.gigabytes - before < 0.55
