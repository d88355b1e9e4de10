"""How much memory this process and its descendants take, the JVM and Python's workers among them."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY = 0.25  # seconds
GROWN = 1.01  # times what was resident before: worth a look
PROC = Path("/proc")


class Peak:
    """The greatest proportional set size (what is shared counts once) of the tree of processes, in GB.

    Of a process of 8 GB the kernel needs a tenth of a second to say it, in which the process gets no new memory. So it
    is only asked when more is resident, shared or not, than ever before.
    """

    def __init__(self, *, without: frozenset[int] = frozenset()) -> None:
        self.without = without  # processes that do not count, nor what descends from them
        self.gigabytes = 0.0
        self.resident = 0

    def sample(self) -> None:
        processes = tree(os.getpid(), self.without)
        now = sum(map(resident, processes))
        if now > self.resident * GROWN:
            self.resident = now
            self.gigabytes = max(self.gigabytes, sum(map(proportional, processes)) / 1e6)


@contextmanager
def peak(*, without: frozenset[int] = frozenset()) -> Iterator[Peak]:
    result, ended = Peak(without=without), threading.Event()

    def watch() -> None:
        result.sample()
        while not ended.wait(EVERY):
            result.sample()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield result
    finally:
        ended.set()
        watcher.join()


def tree(root: int, without: frozenset[int]) -> list[int]:
    children: dict[int, list[int]] = {}
    for process in PROC.iterdir():
        if process.name.isdigit() and (parent := parent_of(process)) is not None:
            children.setdefault(parent, []).append(int(process.name))
    result, waiting = [], [root]
    while waiting:
        result.append(one := waiting.pop())
        waiting += [child for child in children.get(one, []) if child not in without]
    return result


def parent_of(process: Path) -> int | None:
    """None of a process that has ended meanwhile."""
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def resident(process: int) -> int:
    """In pages."""
    try:
        return int((PROC / str(process) / "statm").read_text().split()[1])
    except OSError:
        return 0


def proportional(process: int) -> int:
    """In kB."""
    try:
        lines = (PROC / str(process) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
