"""Targets of links as Spark columns: the kernel of lib.text.domains on Arrow arrays."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import ArrayType, StringType

from lib.config import TargetSettings
from lib.text.domains import ArrowArray, targets_of

OnColumn = Callable[..., Column]


def target_column(settings: TargetSettings) -> OnColumn:
    """A function of a column of links: the target of each; null where there is none."""
    shared = frozenset(settings.shared_hosts)

    def registered_domain(urls: ArrowArray) -> ArrowArray:
        return targets_of(urls, shared)

    made: OnColumn = arrow_udf(registered_domain, StringType())  # type: ignore[call-overload]
    return made


def targets_column(settings: TargetSettings) -> OnColumn:
    """A function of a column of arrays of links: their targets in the same order; null for null."""
    shared = frozenset(settings.shared_hosts)

    def registered_domains(links: ArrowArray) -> ArrowArray:
        return by_list(links, shared)

    made: OnColumn = arrow_udf(registered_domains, ArrayType(StringType()))  # type: ignore[call-overload]
    return made


def by_list(lists: ArrowArray, shared: frozenset[str]) -> ArrowArray:
    """targets_of within an Arrow array of arrays, all of its links in one call."""
    sizes: Any = pc.list_value_length(lists)
    ends = pc.cumulative_sum(sizes.fill_null(0)).cast(pa.int32())
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
    return pa.ListArray.from_arrays(offsets, targets_of(lists.flatten(), shared), mask=lists.is_null())
