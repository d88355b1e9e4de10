"""Hash samples and folds: the same choice on every run, on every machine, for every detector."""

import numpy as np
from pyspark.sql import Column
from pyspark.sql import functions as F

from lib.arrays import Bools, Ints


def sample_hash(value: Column, salt: str) -> Column:
    """A 64-bit hash of `value`; the rows with the smallest ones are a random sample that merges over days."""
    return F.xxhash64(value, F.lit(salt))


def fold(kind: Column, entity_id: Column, *, salt: str, folds: int) -> Column:
    """The fold of an entity, 0 to folds - 1. Every detector leaves out the same ones."""
    return F.pmod(F.xxhash64(kind, entity_id, F.lit(salt)), F.lit(folds)).cast("int")


def stratified_folds(spam: Bools, folds: int, seed: int) -> Ints:
    """A fold for each row, 0 to folds - 1, drawn so that each has as many rows of each class as the others."""
    order = np.random.default_rng(seed).permutation(len(spam))
    order = order[np.argsort(spam[order], kind="stable")]
    fold = np.empty(len(spam), np.int64)
    fold[order] = np.arange(len(spam)) % folds
    return fold


def grouped_stratified_folds(spam: Bools, entity: Ints, folds: int, seed: int) -> Ints:
    """The same with all rows of an entity in one fold; an entity is spam where any row of it is."""
    entity = np.unique(entity, return_inverse=True)[1]
    any_spam = np.bincount(entity, weights=spam, minlength=1) > 0
    return stratified_folds(any_spam, folds, seed)[entity]
