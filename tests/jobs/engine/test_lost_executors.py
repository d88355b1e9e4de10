"""What a cluster computes while its machines go down is what an undisturbed session computes."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from tests.support.lost_executors import KILLS, scores
from tests.support.standalone import standalone

REPOSITORY = Path(__file__).parents[3]


def test_executors_killed_during_the_passes_and_after_them_change_no_score(spark: SparkSession, tmp_path: Path) -> None:
    target = tmp_path / "scores.parquet"
    with standalone(tmp_path / "cluster") as master:
        command = [sys.executable, "-m", "tests.support.lost_executors", master, str(target)]
        run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
    assert len(set(run.stdout.split())) > len(KILLS)  # by their pids
    result, expected = pq.read_table(target).to_pandas(), scores().to_pandas()
    assert len(result) > 100
    pd.testing.assert_frame_equal(result, expected, rtol=0, atol=1e-9)
