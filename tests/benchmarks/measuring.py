"""How benchmarks measure and report: interleaved runs, their medians, and one line per measure."""

import os
import statistics
import time
from collections.abc import Callable, Mapping

import psutil

RUNS = int(os.environ.get("BENCH_RUNS", "3"))

SHOWN = ("ratio", "target", "seconds", "beside", "peak_gb")

Work = Callable[[], object]
reported: dict[str, dict[str, str]] = {}  # name -> figures, in the order that they were printed


def seconds(work: Work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def processor_seconds(work: Work) -> float:
    """Of this process and all that it has started, such as the JVM and its Python workers: on a shared machine these
    are steadier than the clock."""
    before = processor_time()
    work()
    return processor_time() - before


def processor_time() -> float:
    """Of processes that are still there."""
    own = psutil.Process()
    return sum(sum(process.cpu_times()[:2]) for process in (own, *own.children(recursive=True)))


def interleaved(
    works: Mapping[str, Work], *, runs: int = RUNS, warm: bool = True, measure: Callable[[Work], float] = seconds
) -> dict[str, float]:
    """The median seconds of each, after a run that does not count, unless all is warm as it is."""
    if warm:
        for work in works.values():
            work()
    taken = [{name: measure(work) for name, work in works.items()} for _ in range(runs)]
    return {name: statistics.median(run[name] for run in taken) for name in works}


def report(name: str, ours: float, theirs: float, target: str, **more: str) -> None:
    figures = {"ratio": f"{ours / theirs:.2f}", "target": target, "seconds": f"{ours:.2f}", "beside": f"{theirs:.2f}"}
    reported[name] = figures | more
    print(f"bench: {name}", *(f"{key}={value}" for key, value in reported[name].items()), flush=True)


def print_table() -> None:
    """What was reported so far, one row each."""
    print(f"\n{'':<20}", *(f"{head:>10}" for head in SHOWN))
    for name, figures in reported.items():
        print(f"{name:<20}", *(f"{figures.get(head, '-'):>10}" for head in SHOWN))
