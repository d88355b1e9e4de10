"""How benchmarks measure and tell: interleaved runs, their medians, and one line a measure."""

import os
import statistics
import time
from collections.abc import Callable, Mapping

RUNS = int(os.environ.get("BENCH_RUNS", "3"))

Work = Callable[[], object]


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
    further = "".join(f" {key}={value}" for key, value in more.items())
    print(
        f"bench: {name} ratio={ours / theirs:.2f} target={target} seconds={ours:.2f} beside={theirs:.2f}{further}",
        flush=True,
    )
