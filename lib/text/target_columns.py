"""Targets of links as Spark columns: the kernel of lib.text.targets on Arrow arrays."""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import ArrayType, StringType, StructField, StructType

from lib.config import TargetSettings
from lib.text.targets import ArrowArray, targets_of

OnColumn = Callable[..., Column]
PAIR = StructType([StructField("url", StringType()), StructField("domain", StringType())])


def target_column(settings: TargetSettings) -> OnColumn:
    """A function of a column of links: the target of each; null where there is none."""
    shared = frozenset(settings.shared_hosts)

    def registered_domain(urls: ArrowArray) -> ArrowArray:
        return targets_of(urls, shared)

    column: OnColumn = arrow_udf(registered_domain, StringType())  # type: ignore[call-overload]
    return column


def targets_column(settings: TargetSettings) -> OnColumn:
    """A function of a column of arrays of links: each link with its target, in order. No nulls, no blank links.

    An empty array for null: Spark would take as long to put the pairs together, in every row, as this does in all.
    """
    shared = frozenset(settings.shared_hosts)

    def targets(links: ArrowArray) -> ArrowArray:
        return by_list(links, shared)

    column: OnColumn = arrow_udf(targets, ArrayType(PAIR))  # type: ignore[call-overload]
    return column


def by_list(lists: ArrowArray, shared: frozenset[str]) -> ArrowArray:
    """Pairs of url and domain within an Arrow array of arrays, all of its links in one call."""
    links = lists.flatten()
    is_link = pc.fill_null(pc.match_substring_regex(links, r"\S"), False)
    before = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(is_link.cast(pa.int64()))])
    sizes = pc.fill_null(pc.list_value_length(lists), 0).cast(pa.int64())
    ends = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(sizes)])
    kept = links.filter(is_link)
    pairs = pa.StructArray.from_arrays([kept, targets_of(kept, shared)], names=["url", "domain"])
    return pa.ListArray.from_arrays(before.take(ends).cast(pa.int32()), pairs)
