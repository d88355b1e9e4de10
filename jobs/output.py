"""What a job hands back where rows alone do not say it all."""

from dataclasses import dataclass, field
from datetime import date

from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Output:
    """The rows of each table that the job writes, what it counted, by day, and the frames to let go once written."""

    tables: dict[str, DataFrame]
    counts: dict[date, dict[str, int]] = field(default_factory=dict)
    held: tuple[DataFrame, ...] = ()

    def release(self) -> None:
        """Frees the memory of the held frames."""
        for rows in self.held:
            rows.unpersist()
