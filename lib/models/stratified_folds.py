"""Rows stratified_folds into folds."""

import numpy as np

from lib.arrays import Bools, Ints


def stratified_folds(spam: Bools, folds: int, seed: int) -> Ints:
    """A fold for each row, with as many of each class in one as in another."""
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
