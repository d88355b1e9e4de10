"""Who shows what, as arrays. Accounts and values are numbered, so that one number of 64 bits holds two of them."""

from dataclasses import dataclass

import numpy as np

from lib.arrays import Bools, Ints, is_first, numbered, packed, starts, unpacked
from lib.config import ClusterSettings


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
    account, value = unpacked(both[is_first(both)])
    df = np.bincount(value, minlength=len(value_ids)).astype(np.int64)
    return Shown(account, value, account_ids, value_ids, df, len(account_ids))


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
