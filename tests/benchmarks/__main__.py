"""How fast the distributed parts are, beside the best that one process can do.

    make bench

A line a measure, `bench: NAME ratio=X target=Y seconds=S beside=T peak_gb=G`, medians of interleaved runs on all cores:

- propagation: the job propagate_labels on the stored edges of a day, against scipy; then the same in a new process.
- clusters: the job find_clusters on a million accounts with ten attributes, against DuckDB; with recall and precision.
- features: a day's tiles and features over four weeks, against DuckDB that reads all events of the four weeks again.
- run_N: a whole day of N events in a new process, against 30 seconds a million; runs_marginal: what a million more of
  them cost, from the second size to the third against from the first to the second.

Variables: BENCH_ONLY (graph,clusters,features,runs), BENCH_EDGES (20 million), BENCH_ACCOUNTS (a million), BENCH_EVENTS
(10 million), BENCH_DAYS (1000000,3000000,10000000: events of whole days), BENCH_RUNS (3), BENCH_FOLDER (where to write,
else the folder of temporary files).
"""

import os
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.measuring import RUNS, print_table

PARTS = ("graph", "clusters", "features", "runs")
EDGES = int(os.environ.get("BENCH_EDGES", "20000000"))
ACCOUNTS = int(os.environ.get("BENCH_ACCOUNTS", "1000000"))
EVENTS = int(os.environ.get("BENCH_EVENTS", "10000000"))
DAYS = [int(events) for events in os.environ.get("BENCH_DAYS", "1000000,3000000,10000000").split(",")]


def main() -> None:
    chosen = [name for name in os.environ.get("BENCH_ONLY", ",".join(PARTS)).split(",") if name]
    if unknown := set(chosen) - set(PARTS):
        raise SystemExit(f"BENCH_ONLY names {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    for name in chosen:
        with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
            run_part(name, Path(folder))
    print_table()


def run_part(name: str, folder: Path) -> None:
    if name == "graph":
        from tests.benchmarks import propagation  # noqa: PLC0415 - a process beside imports this file, too

        propagation.bench(folder, EDGES, RUNS)
    elif name == "clusters":
        from tests.benchmarks import clustering  # noqa: PLC0415

        clustering.bench(folder, ACCOUNTS, RUNS)
    elif name == "features":
        from tests.benchmarks import features  # noqa: PLC0415

        features.bench(folder, EVENTS, RUNS)
    else:
        from tests.benchmarks import days  # noqa: PLC0415

        days.bench(folder, DAYS)


if __name__ == "__main__":
    if sys.argv[1:2] == ["cold"]:
        from tests.benchmarks.propagation import run_cold

        run_cold(Path(sys.argv[2]), EDGES)
    else:
        main()
