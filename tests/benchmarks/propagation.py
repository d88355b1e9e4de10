"""Propagation on a graph with power-law degrees and two camps, compared with scipy in one process.

Both read the stored blocks, labels and domain scores, solve for all labels and without those of each fold, read out
scores with their strongest neighbours, calibrate, and write. Also reported: what building edges and blocks took,
which is another job, and the first run of a process, from its start on.
"""

import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lib.sampling import fold
from schemas.labelling import LABELS
from schemas.scores import DOMAIN_SCORES, GRAPH_BLOCKS, GRAPH_SCORES
from schemas.tiles import ACCOUNT_DOMAIN_DAYS
from tests.benchmarks.ground import DAY, FIRST, Ground, ground
from tests.benchmarks.measuring import interleaved, report, seconds
from tests.benchmarks.propagation_alone import Files, propagate_alone

EDGES_AN_ACCOUNT, EDGES_A_DOMAIN = 10, 40
SPAM_SHARE = 0.05  # of the accounts, and of the domains: the last ones
ACROSS = 0.1  # of the links of spam accounts go to other domains
LABELLED = {"account": 0.01, "domain": 0.05}


def bench(folder: Path, edges: int, runs: int) -> None:
    with ground(folder, rows=edges) as workspace:
        build = prepare(workspace, edges)
        files = files_of(workspace)
        works = {
            "clear": lambda: workspace.clear("propagate_labels"),
            "ours": lambda: workspace.run("propagate_labels"),
            "alone": lambda: workspace.alone(propagate_alone, files, workspace.workspace.config),
        }
        result = interleaved(works, runs=runs)
        gap = greatest_difference(workspace, files)
        workspace.clear("propagate_labels")
        memory = workspace.peak_of(lambda: workspace.run("propagate_labels"))
    details = {"peak_gb": f"{memory:.1f}", "build_graph": f"{build:.1f}", "difference": f"{gap:.0e}"}
    report("propagation", result["ours"], result["alone"], "2", edges=f"{edges}", **details)
    cold = cold_start(folder)
    report("propagation_cold", cold, result["alone"], "-", edges=f"{edges}")


def prepare(workspace: Ground, edges: int) -> float:
    """Seconds that building edges and blocks took."""
    lay_tiles(workspace, edges)
    lay_labels_and_scores(workspace, edges)
    return seconds(lambda: workspace.run("build_graph"))


def numbers(edges: int, seed: int = 1) -> pa.Table:
    """Distinct pairs of an account and a domain, `edges` of them or a few fewer, with interactions and a day."""
    random = np.random.default_rng(seed)
    accounts, domains = edges // EDGES_AN_ACCOUNT, edges // EDGES_A_DOMAIN
    drawn = int(edges * 1.2)
    account = (accounts * random.random(drawn) ** 1.5).astype(np.int64)
    popular = random.random(drawn) ** 3
    spam = account >= accounts * (1 - SPAM_SHARE)
    within = spam & (random.random(drawn) > ACROSS)
    border = int(domains * (1 - SPAM_SHARE))
    domain = np.where(within, border + popular * (domains - border), popular * border).astype(np.int64)
    pairs = random.permutation(np.unique(account * domains + domain))[:edges]
    return pa.table(
        {
            "account": pairs // domains,
            "domain": pairs % domains,
            "interactions": random.geometric(0.5, len(pairs)),
            "age": random.integers(0, 28, len(pairs)),
        }
    )


def lay_tiles(workspace: Ground, edges: int) -> None:
    path = workspace.folder / "pairs.parquet"
    pq.write_table(numbers(edges), path, row_group_size=1_000_000)
    rows = workspace.workspace.spark.read.parquet(str(path)).select(
        F.date_sub(F.lit(DAY), F.col("age").cast("int")).alias("day"),
        account_name(F.col("account")).alias("account_id"),
        domain_name(F.col("domain")).alias("domain"),
        "interactions",
        F.col("interactions").alias("links"),
    )
    workspace.lay(ACCOUNT_DOMAIN_DAYS, rows.repartition("day"))
    path.unlink()


def account_name(number: Column) -> Column:
    return F.lower(F.hex(F.xxhash64(F.lit("account"), number)))


def domain_name(number: Column) -> Column:
    return F.concat(F.lower(F.hex(F.xxhash64(F.lit("domain"), number) % (1 << 40))), F.lit(".example"))


def lay_labels_and_scores(workspace: Ground, edges: int) -> None:
    """Labels and the model's scores, and the folds of the labels, which one process has no hash for."""
    spark = workspace.workspace.spark
    accounts, domains = (spark.range(edges // each) for each in (EDGES_AN_ACCOUNT, EDGES_A_DOMAIN))
    labels = known("account", accounts, edges // EDGES_AN_ACCOUNT).unionByName(
        known("domain", domains, edges // EDGES_A_DOMAIN)
    )
    workspace.lay(LABELS, labels)
    samples = workspace.workspace.config.samples
    folds = fold(F.col("entity_kind"), F.col("entity_id"), salt=samples.salt, folds=samples.folds)
    stored = workspace.workspace.lake.read(LABELS).withColumn("fold", folds).coalesce(1)
    stored.write.parquet(str(workspace.folder / "labels"))
    camp = is_spam(edges // EDGES_A_DOMAIN).cast("double")
    scores = [F.round(0.8 * camp + 0.2 * share(f"view {n}"), 3) for n in range(samples.folds + 1)]
    scored = domains.select(
        F.lit(DAY).alias("day"),
        domain_name(F.col("id")).alias("domain"),
        scores[0].alias("score"),
        F.lit(None).cast("double").alias("oof_score"),
        F.array(*scores[1:]).alias("fold_scores"),
        F.array().cast("array<struct<kind: string, what: string, contribution: double>>").alias("reasons"),
        F.lit("benchmark").alias("model_version"),
    )
    workspace.lay(DOMAIN_SCORES, scored)


def known(kind: str, nodes: DataFrame, number: int) -> DataFrame:
    name = {"account": account_name, "domain": domain_name}[kind]
    chosen = nodes.where(share(f"{kind} labelled") < LABELLED[kind])
    return chosen.select(
        F.lit(FIRST).alias("day"),
        F.lit(kind).alias("entity_kind"),
        name(F.col("id")).alias("entity_id"),
        is_spam(number).alias("is_spam"),
        F.lit("hand").alias("source"),
        F.lit(datetime(FIRST.year, FIRST.month, FIRST.day)).alias("known_at"),  # noqa: DTZ001 - the session's is UTC
        F.lit(1.0).alias("weight"),
    )


def is_spam(number: int) -> Column:
    return F.col("id") >= int(number * (1 - SPAM_SHARE))


def share(about: str) -> Column:
    return F.pmod(F.xxhash64(F.lit(about), "id"), F.lit(1 << 30)) / F.lit(float(1 << 30))


def files_of(workspace: Ground) -> Files:
    labels = sorted(map(str, (workspace.folder / "labels").glob("*.parquet")))
    return Files(
        workspace.files(GRAPH_BLOCKS), labels, workspace.files(DOMAIN_SCORES), str(workspace.folder / "alone.parquet")
    )


def greatest_difference(workspace: Ground, files: Files) -> float:
    """Between the scores of both; infinite where one has a row that the other has not."""
    ours = workspace.workspace.lake.read(GRAPH_SCORES).alias("ours")
    theirs = workspace.workspace.spark.read.parquet(files.out).alias("theirs")
    gaps = ours.join(theirs, ["entity_kind", "entity_id"], "full").select(
        *(F.abs(F.col(f"ours.{name}") - F.col(f"theirs.{name}")).alias(name) for name in ("score", "support"))
    )
    greatest = F.max(F.coalesce(F.greatest("score", "support"), F.lit(float("inf"))))
    return float(gaps.agg(greatest).collect()[0][0])


def cold_start(folder: Path) -> float:
    """Seconds of a process that runs the job once, from its start to its end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "tests.benchmarks", "cold", str(folder)], check=True, capture_output=True)
    return time.perf_counter() - start


def run_cold(folder: Path, edges: int) -> None:
    with ground(folder, rows=edges) as workspace:
        workspace.clear("propagate_labels")
        workspace.run("propagate_labels")
