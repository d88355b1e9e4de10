"""What Spark itself can prove of cached rows: that no two have the same key, as an aggregation or a join made them."""

from collections.abc import Iterator, Sequence
from typing import Any

from pyspark.sql import DataFrame

PLAIN = ("Project", "Filter")  # steps that leave distinct rows distinct


def proven_unique(rows: DataFrame, key: Sequence[str]) -> bool:
    """Whether the plan of `rows` says that no two have the same `key`; False where it does not, or they are not cached.

    It goes by the plan that the cached rows were made with. A duplicate that this overlooks would be Spark's own error.
    """
    plan: Any = rows._jdf.queryExecution().withCachedData()
    of_key = {identity(column) for column in each(plan.output()) if column.name() in key}
    while plan.nodeName() in PLAIN:
        plan = plan.child()
    if plan.nodeName() != "InMemoryRelation":
        return False
    distinct = each(plan.cacheBuilder().logicalPlan().distinctKeys())
    return any(of_key.issuperset(map(identity, each(columns))) for columns in distinct)


def identity(expression: Any) -> int | None:
    """Of a column; None of anything else."""
    return int(expression.exprId().id()) if expression.nodeName() == "AttributeReference" else None


def each(collection: Any) -> Iterator[Any]:
    """The elements of a collection of Scala's."""
    iterator = collection.iterator()
    while iterator.hasNext():
        yield iterator.next()
