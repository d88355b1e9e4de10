"""Who shows what, as arrays. Accounts and values are numbered, so that one number of 64 bits holds two of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.arrays import Bools, Ints
from lib.config import ClusterSettings

HALF = 32  # bits of a number


@dataclass(frozen=True)
class Shown:
    """Who shows what, sorted by account, then value; no row twice.

    Accounts and values are places among `account_ids` and `value_ids`, which ascend. `df` is how many accounts show
    each value.
    """

    account: Ints
    value: Ints
    account_ids: Ints
    value_ids: Ints
    df: Ints
    accounts: int  # N: all accounts, also those that show nothing which links

    def only(self, chosen: Bools) -> "Shown":
        """The rows that are chosen; all else stays as it is."""
        rows = self.account[chosen], self.value[chosen]
        return Shown(*rows, self.account_ids, self.value_ids, self.df, self.accounts)


def shown_rows(account: Ints, value: Ints) -> Shown:
    """Of rows of ids in any order, some of them twice."""
    account_ids, account = numbered(account)
    value_ids, value = numbered(value)
    both = np.sort(packed(account, value))
    first = np.ones(len(both), np.bool_)
    first[1:] = both[1:] != both[:-1]
    account, value = unpacked(both[first])
    df = np.bincount(value, minlength=len(value_ids)).astype(np.int64)
    return Shown(account, value, account_ids, value_ids, df, len(account_ids))


def numbered(ids: Ints) -> tuple[Ints, Ints]:
    """The distinct ids, ascending, and each as a place among them. (A third of the time of np.unique.)"""
    seen, distinct = pd.factorize(ids)
    order = np.argsort(distinct)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return distinct[order], place[seen]


def packed(one: Ints, other: Ints) -> Ints:
    """Two places as one number; these order as the pairs do."""
    return (one << HALF) | other


def unpacked(both: Ints) -> tuple[Ints, Ints]:
    return both >> HALF, both & ((1 << HALF) - 1)


def per_holder(accounts: int, settings: ClusterSettings) -> float:
    """The product that each holder of a key allows: N by the least lift."""
    return max(settings.rare_share / 2 * accounts, min(settings.small_hub, settings.small_share * accounts))


def hub(accounts: int, settings: ClusterSettings) -> float:
    """A value that more accounts show never links."""
    return max(2.0, per_holder(accounts, settings))


def linkable(shown: Shown, settings: ClusterSettings) -> Shown:
    """Without values of one account, without hubs, and of each account the rarest values only."""
    shown = shown.only(((shown.df > 1) & (shown.df <= hub(shown.accounts, settings)))[shown.value])
    most = settings.values_per_account
    many = (np.bincount(shown.account, minlength=1) > most)[shown.account]
    kept = ~many
    kept[many] = rank_in_account(shown.only(many)) < most
    return shown.only(kept)


def rank_in_account(shown: Shown) -> Ints:
    """The place of each row among those of its account, by rarity; ties break on the value."""
    order = np.lexsort((shown.value, shown.df[shown.value], shown.account))
    start = starts(shown.account)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(start[:-1], np.diff(start))
    return rank


def starts(sorted_: Ints) -> Ints:
    """Where each run of equals begins, and the end."""
    if not len(sorted_):
        return np.zeros(1, np.int64)
    return np.concatenate([[0], np.flatnonzero(sorted_[1:] != sorted_[:-1]) + 1, [len(sorted_)]])
