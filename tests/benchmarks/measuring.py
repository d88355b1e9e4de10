"""How benchmarks measure and tell: interleaved runs, their medians, and one line per measure."""

import os
import statistics
import time
from collections.abc import Callable, Mapping

RUNS = int(os.environ.get("BENCH_RUNS", "3"))

SHOWN = ("ratio", "target", "seconds", "beside", "peak_gb")

Work = Callable[[], object]
reported: dict[str, dict[str, str]] = {}  # name -> figures, in the order that they were printed


def seconds(work: Work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def interleaved(works: Mapping[str, Work], *, runs: int = RUNS, warm: bool = True) -> dict[str, float]:
    """The median seconds of each, after a run that does not count, unless all is warm as it is."""
    if warm:
        for work in works.values():
            work()
    taken = [{name: seconds(work) for name, work in works.items()} for _ in range(runs)]
    return {name: statistics.median(run[name] for run in taken) for name in works}


def report(name: str, ours: float, theirs: float, target: str, **more: str) -> None:
    told = {"ratio": f"{ours / theirs:.2f}", "target": target, "seconds": f"{ours:.2f}", "beside": f"{theirs:.2f}"}
    reported[name] = told | more
    print(f"bench: {name}", *(f"{key}={value}" for key, value in reported[name].items()), flush=True)


def print_table() -> None:
    """What was reported so far, a row each."""
    print(f"\n{'':<20}", *(f"{head:>10}" for head in SHOWN))
    for name, told in reported.items():
        print(f"{name:<20}", *(f"{told.get(head, '-'):>10}" for head in SHOWN))
