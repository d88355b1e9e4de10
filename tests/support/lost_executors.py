"""Scores of a graph on a cluster whose executors are killed: each while it is being solved, and all once it is.

`python -m tests.support.lost_executors MASTER FILE` writes the scores to a Parquet file, and prints the pid of each
executor that it killed. It is a process of its own, as a process has one SparkSession.
"""

import os
import random
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lib.arrays import Floats
from lib.config import GraphSettings, SampleSettings, SparkSettings
from lib.graph import graph_scoring as scoring
from lib.graph.blocks import graph_blocks
from lib.graph.propagation import settled_mass
from lib.session import build_session
from schemas.labelling import LABELS
from schemas.scores import DOMAIN_SCORES, GRAPH_EDGES
from tests.support.builders import DAY, ago, rows
from tests.support.platform import SPARK
from tests.support.standalone import OPTIONS

KILLS = {2: 0, 4: 1}  # pass -> which of the first two executors: by then, no block is where it was cached
SETTINGS = GraphSettings(tolerance=1e-9, min_calibration_labels=10)
Product = Callable[[Floats], Floats]


def scores(once_solved: Callable[[], None] = lambda: None) -> pa.Table:
    """Of a made-up graph, by kind and id."""
    chance = random.Random(7)  # noqa: S311
    links = sorted({(chance.randrange(120), min(chance.randrange(40), chance.randrange(40))) for _ in range(400)})
    edges = [
        {"account_id": f"u{u}", "domain": f"d{d}", "weight": chance.random() + 0.1, "last_day": ago(u % 9)}
        for u, d in links
    ]
    labels = [("account", f"u{u}", u % 3 == 0) for u in range(0, 120, 4)] + [
        ("domain", f"d{d}", d % 4 == 0) for d in range(0, 40, 2)
    ]
    blocks = graph_blocks(rows(GRAPH_EDGES, *edges), 4).withColumn("day", F.lit(DAY))
    result, release = scoring.graph_scores(
        blocks,
        rows(LABELS, *({"entity_kind": k, "entity_id": i, "is_spam": s, "weight": 1.0} for k, i, s in labels)),
        rows(DOMAIN_SCORES, {"domain": "d1", "score": 0.9, "fold_scores": [0.8, 0.7]}),
        day=DAY,
        settings=SETTINGS,
        samples=SampleSettings(folds=2, salt="f"),
        active_days=7,
    )
    once_solved()
    table = result.toArrow().sort_by([("entity_kind", "ascending"), ("entity_id", "ascending")])
    release()
    return table


def executors(spark: SparkSession) -> list[int]:
    """Pids of the JVMs that run tasks."""
    result = spark.range(0, 16, 1, 16).selectExpr("java_method('java.lang.ProcessHandle', 'current') AS pid")
    return sorted({int(row["pid"]) for row in result.collect()})


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    print(pid, flush=True)


def kill_all(spark: SparkSession) -> None:
    for pid in executors(spark):
        kill(pid)


def with_kills(solve: Callable[..., Floats], first: list[int]) -> Callable[..., Floats]:
    """Kills an executor as a pass of KILLS begins."""

    def solved(product: Product, *arguments: Any, **options: Any) -> Floats:
        numbers = count(1)

        def one_pass(x: Floats) -> Floats:
            number = next(numbers)
            if number in KILLS:
                kill(first[KILLS[number]])
            return product(x)

        return solve(one_pass, *arguments, **options)

    return solved


def main() -> None:
    master, target = sys.argv[1:]
    spark = build_session(SparkSettings.model_validate(SPARK | {"master": master}), overrides=OPTIONS)
    with patch.object(scoring, "settled_mass", with_kills(settled_mass, executors(spark))):
        pq.write_table(scores(once_solved=lambda: kill_all(spark)), Path(target))
    spark.stop()


if __name__ == "__main__":
    main()
