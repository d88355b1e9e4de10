"""What a job returns to the runner, and how it is skipped."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Output:
    """The rows of each table that the job writes, what it counted, by day, and what frees all that they are made from.

    `releases` are called when all is written. The rows of the tables `in_memory` are cached, or made of cached ones by
    little work.
    """

    tables: dict[str, DataFrame]
    counts: dict[date, dict[str, int]] = field(default_factory=dict)
    releases: tuple[Callable[[], object], ...] = ()
    in_memory: frozenset[str] = frozenset()

    def release(self) -> None:
        for free in self.releases:
            free()


class SkipJob(Exception):
    """What the job needs is not there, such as a model or labels; the message says how to get it.

    Its tables then have no rows for the day, and the run goes on.
    """
