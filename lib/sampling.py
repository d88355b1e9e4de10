"""Hash samples and folds: the same choice on every run, on every machine, for every detector."""

from pyspark.sql import Column
from pyspark.sql import functions as F


def sample_hash(value: Column, salt: str) -> Column:
    """A 64-bit hash of `value`; the rows with the smallest ones are a random sample that merges over days."""
    return F.xxhash64(value, F.lit(salt))


def fold(kind: Column, entity_id: Column, *, salt: str, folds: int) -> Column:
    """The fold of an entity, 0 to folds - 1. Every detector leaves out the same ones."""
    return F.pmod(F.xxhash64(kind, entity_id, F.lit(salt)), F.lit(folds)).cast("int")
