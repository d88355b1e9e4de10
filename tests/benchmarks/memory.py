"""How much memory this process and its descendants take, the JVM and Python's workers among them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

EVERY = 0.25  # seconds
GROWN = 1.01  # times what was resident before: worth a look


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
        processes = tree(psutil.Process(), self.without)
        now = sum(map(resident, processes))
        if now > self.resident * GROWN:
            self.resident = now
            self.gigabytes = max(self.gigabytes, sum(map(proportional, processes)) / 1e9)


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


def tree(process: psutil.Process, without: frozenset[int]) -> list[psutil.Process]:
    """`process` and what descends from it. One that has ended meanwhile has no children."""
    result, waiting = [], [process]
    while waiting:
        result.append(one := waiting.pop())
        with suppress(psutil.NoSuchProcess):
            waiting += [child for child in one.children() if child.pid not in without]
    return result


def resident(process: psutil.Process) -> int:
    """In bytes; 0 for a process that has ended meanwhile."""
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def proportional(process: psutil.Process) -> int:
    """In bytes; 0 for a process that has ended meanwhile, or is of another user."""
    try:
        return int(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
