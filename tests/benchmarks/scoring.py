"""How fast TensorFlow scores in Spark, compared with the same work without Spark or without a model.

    make bench-scoring

One line per measure, `bench: NAME ratio=X target=Y seconds=Z`, medians of interleaved runs, Spark with one core. Links
and cold start are measured in seconds of processor time, of all processes together, so that a busy machine says the
same as a quiet one; accounts by the clock.

- scoring_links: link_score over different links from a Parquet file, compared with the same function over the same file
  in this process, from text to score. links_per_second is per second of a busy core, Spark's own work included.
- scoring_accounts: account_score over rows of 64 numbers, compared with a function that returns its argument.
- scoring_cold_start: a new process, from the import of Spark or of the model on, until one link has a score; compared
  with the same without Spark. Its target is the project's own.
- scoring_cold_worker: seconds by the clock until the first link has a score in a worker that has loaded nothing,
  compared with 8 seconds.

Variables: BENCH_LINKS and BENCH_ACCOUNTS (a million each), BENCH_RUNS (3), BENCH_LIST (a CSV file with the columns url
and status to take the links from, instead of the mail sample).
"""

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql.pandas.functions import arrow_udf

from lib.config import AccountModelSettings, DomainModelSettings, SampleSettings, SparkSettings
from lib.evaluation.link_lists import Links, distinct_links, link_samples, read_links
from lib.models.account.account_encoder import Fields
from lib.models.artefacts import Artefact, read_files
from lib.session import build_session
from tests.benchmarks.measuring import RUNS, Work, interleaved, processor_seconds, processor_time, report, seconds
from udfs import functions

LINKS, ACCOUNTS = (int(os.environ.get(name, "1000000")) for name in ("BENCH_LINKS", "BENCH_ACCOUNTS"))
NUMBERS, GROUP = 64, 65_536
LEAST_LINKS, COLD = 30_000, 8  # links per second and core, and seconds until a worker has a score, that are aimed at
MAIL = Path(__file__).parents[2] / "examples/mail"
SAMPLES = SampleSettings()


def listed() -> Links:
    if path := os.environ.get("BENCH_LIST"):
        return read_links([Path(path)], url_column="url", label_column="status")
    urls = pd.read_parquet(MAIL / "mail_interactions.parquet")["urls"].explode().dropna().astype(str)
    return distinct_links(urls, (urls.str.len() % 2 == 0).to_numpy())  # any labels will do


def link_model(links: Links) -> Artefact:
    """Of full size; what it has learned does not change its speed, so it learns for a short while."""
    from lib.models.domain.domain_fitting import fit_domains  # noqa: PLC0415

    settings = DomainModelSettings(epochs=1)
    bags = link_samples(links, at_most=SAMPLES.links_per_domain, folds=SAMPLES.folds, seed=settings.seed)
    return fit_domains(bags, settings, folds=SAMPLES.folds).artefact(version="benchmark")


def account_model() -> Artefact:
    from lib.models.account.account_fitting import fit_table  # noqa: PLC0415

    random, number = np.random.default_rng(1), 2000
    spam = np.arange(number) % 2 == 0
    rows = {name: random.normal(size=number) + spam for name in FIELDS.numbers}
    known = {"account_id": [str(n) for n in range(number)], "is_spam": spam, "weight": np.ones(number)}
    table = pa.table({**known, "fold": np.arange(number) // 2 % SAMPLES.folds, **rows})
    settings = AccountModelSettings(epochs=1, least_steps=10, lengths=1)
    return fit_table(table, FIELDS, settings, folds=SAMPLES.folds).artefact(version="benchmark")


FIELDS = Fields(tuple(f"number_{place}" for place in range(NUMBERS)))


def write_links(links: Links, path: Path) -> None:
    texts = [f"http://{links.url[place % len(links)]}{place // len(links)}" for place in range(LINKS)]
    pq.write_table(pa.table({"url": texts}), path, row_group_size=GROUP)


def write_accounts(path: Path) -> None:
    random = np.random.default_rng(2)
    columns = {name: random.normal(size=ACCOUNTS) for name in FIELDS.numbers}
    pq.write_table(pa.table(columns), path, row_group_size=GROUP)


def bench_links(spark: SparkSession, folder: Path) -> None:
    links = listed()
    model, path = link_model(links), folder / "links.parquet"
    write_links(links, path)
    functions.register_domain_functions(spark, model)
    from lib.models.domain.domain_scoring import DomainScorer  # noqa: PLC0415

    scorer = DomainScorer(model)

    def alone() -> None:
        for batch in pq.ParquetFile(path).iter_batches(10_000):  # as many as Spark puts into a batch
            urls = batch.column(0)
            scorer.link_sample_scores(pa.ListArray.from_arrays(np.arange(len(urls) + 1, dtype=np.int32), urls))

    works = {"spark": lambda: finished(spark, path, "link_score(url)"), "alone": alone}
    result = interleaved(works, measure=processor_seconds)
    rate = {"links_per_second": f"{LINKS / result['spark']:.0f}", "alone": f"{LINKS / result['alone']:.0f}"}
    report("scoring_links", result["spark"], result["alone"], "1.25", **rate, least=str(LEAST_LINKS))
    model.write(folder / "model")


def bench_accounts(spark: SparkSession, folder: Path) -> None:
    path = folder / "accounts.parquet"
    write_accounts(path)
    functions.register_account_functions(spark, account_model())
    struct = "struct<" + ",".join(f"{name}: double" for name in FIELDS.numbers) + ">"
    spark.udf.register("same", arrow_udf(same, struct))  # type: ignore[call-overload]
    works = {name: partial(finished, spark, path, f"{name}(struct(*))") for name in ("account_score", "same")}
    result = interleaved(works)
    report("scoring_accounts", result["account_score"], result["same"], "1.2")


def same(values: pa.Array) -> pa.Array:
    return values


def finished(spark: SparkSession, path: Path, call: str) -> None:
    spark.read.parquet(str(path)).selectExpr(call).write.format("noop").mode("overwrite").save()


def bench_cold(folder: Path) -> None:
    """Of each process its own figures, which leave out the start of Python and of the JVM."""
    taken = [[cold_start(how, folder) for how in ("spark", "alone")] for _ in range(RUNS)]
    spark, alone = (np.median([run[place] for run in taken], axis=0) for place in range(2))
    report("scoring_cold_start", spark[1], alone[1], "2")
    report("scoring_cold_worker", spark[0], COLD, "1")


def cold_start(how: str, folder: Path) -> tuple[float, float]:
    """Seconds by the clock, and of processor time."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.scoring", how, str(folder)], check=True, capture_output=True, text=True
    )
    clock, processor = done.stdout.split()[-2:]
    return float(clock), float(processor)


def cold_with_spark(model: Artefact) -> Work:
    spark = one_core()
    spark.range(1).selectExpr("id + 1").collect()  # the JVM is warm, Python's workers are not
    functions.register_domain_functions(spark, model)
    return lambda: spark.sql("SELECT link_score('http://a.example/')").collect()


def cold_alone(model: Artefact) -> Work:
    def first() -> None:
        from lib.models.domain.domain_scoring import DomainScorer  # noqa: PLC0415 - what is measured

        DomainScorer(model).link_sample_scores(pa.array([["http://a.example/"]]))

    return first


def one_core() -> SparkSession:
    return build_session(SparkSettings(master="local[1]"))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        spark = one_core()
        bench_links(spark, Path(folder))
        bench_accounts(spark, Path(folder))
        spark.stop()
        bench_cold(Path(folder))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        stored = Artefact(read_files(Path(sys.argv[2]) / "model", "domain"))
        work, before = {"spark": cold_with_spark, "alone": cold_alone}[sys.argv[1]](stored), processor_time()
        print(seconds(work), processor_time() - before)
    else:
        main()
