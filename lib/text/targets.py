"""Targets of links as Spark columns: the kernel of lib.text.domains on Arrow arrays."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column
from pyspark.sql.functions import arrow_udf

from lib.config import TargetSettings
from lib.text.domains import targets_of

OnColumn = Callable[..., Column]


def target_column(settings: TargetSettings) -> OnColumn:
    """A function of a column of links: the target of each; null where there is none."""
    shared = frozenset(settings.shared_hosts)

    def registered_domain(urls: pa.Array) -> pa.Array:
        return targets_of(urls, shared)

    made: OnColumn = arrow_udf(registered_domain, "string")
    return made


def targets_column(settings: TargetSettings) -> OnColumn:
    """A function of a column of arrays of links: their targets in the same order; null for null."""
    shared = frozenset(settings.shared_hosts)

    def registered_domains(links: pa.Array) -> pa.Array:
        return by_list(links, shared)

    made: OnColumn = arrow_udf(registered_domains, "array<string>")
    return made


def by_list(lists: Any, shared: frozenset[str]) -> Any:
    """targets_of within an Arrow array of arrays, all of its links in one call."""
    sizes = pc.list_value_length(lists).fill_null(0)
    ends = pc.cumulative_sum(sizes).cast(pa.int32())
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
    return pa.ListArray.from_arrays(offsets, targets_of(lists.flatten(), shared), mask=lists.is_null())
