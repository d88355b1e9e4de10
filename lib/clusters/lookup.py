"""Who shows the values that tell clusters: from rows of hashes, names and days to what can be looked up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.arrays import Hashes, Ints, starts
from lib.clusters.count_sketch import key_hash
from lib.clusters.sql_rules import Value
from lib.clusters.window import whole_columns

EPOCH = date(1970, 1, 1).toordinal()
NO_DAY = -1


@dataclass(frozen=True)
class Held:
    """Who shows the values of the clusters' keys, by both names and hashes."""

    names: Mapping[int, str]  # hash of an account -> its id
    values: Mapping[int, Value]  # hash of a value -> attribute and value
    showing: Mapping[Value, frozenset[str]]
    newest: Mapping[Value, Mapping[str, date]]  # the last day of each account that has one
    acts: pd.DataFrame  # account, key, day and minute: when accounts showed values


NOBODY = Held({}, {}, {}, {}, pd.DataFrame())


def held_of(rows: pa.Table, took_part: Hashes) -> Held:
    """`rows` are of window_values. `took_part` are hashes of account and value of what took part in linking: the rest,
    beyond the rarest values of an account, is left out."""
    rows = rows.filter(np.isin(key_hash(*whole_columns(rows, "account", "key")), took_part))
    account, key = whole_columns(rows, "account", "key")
    day = rows["day"].cast(pa.int32()).fill_null(NO_DAY).to_numpy().astype(np.int64)
    some, who = firsts(account, rows, "account_id")
    accounts = dict(zip(some, who[0], strict=True))
    some, what = firsts(key, rows, "attribute", "value")
    values = dict(zip(some, zip(*what, strict=True), strict=True))
    showing, newest = by_value(account, key, day, accounts, values)
    return Held(accounts, values, showing, newest, acts_of(rows, account, key, day))


def firsts(ids: Ints, rows: pa.Table, *names: str) -> tuple[list[int], list[list[str]]]:
    """The distinct ids, and for each name what the first row of each has."""
    distinct, first = np.unique(ids, return_index=True)
    return distinct.tolist(), [rows[name].take(pa.array(first)).to_pylist() for name in names]


def by_value(
    account: Ints, key: Ints, day: Ints, names: Mapping[int, str], values: Mapping[int, Value]
) -> tuple[Mapping[Value, frozenset[str]], Mapping[Value, Mapping[str, date]]]:
    """Who shows each value, and when last."""
    order = np.lexsort((day, account, key))
    account, key, day = account[order], key[order], day[order]
    last = np.ones(len(order), np.bool_)
    last[:-1] = (key[1:] != key[:-1]) | (account[1:] != account[:-1])
    account, key, day = account[last], key[last], day[last]
    who = [names[a] for a in account.tolist()]
    calendar = {number: date.fromordinal(EPOCH + number) for number in np.unique(day).tolist() if number >= 0}
    days = [calendar.get(number) for number in day.tolist()]
    showing, newest = {}, {}
    start = starts(key)
    for one, end in zip(start[:-1].tolist(), start[1:].tolist(), strict=True):
        value = values[int(key[one])]
        showing[value] = frozenset(who[one:end])
        newest[value] = {a: d for a, d in zip(who[one:end], days[one:end], strict=True) if d}
    return showing, newest


def acts_of(rows: pa.Table, account: Ints, key: Ints, day: Ints) -> pd.DataFrame:
    """One row a minute; `day` is since 1970."""
    minutes = rows["minutes"].combine_chunks()
    number = np.repeat(np.arange(len(rows)), minutes.value_lengths().fill_null(0).to_numpy())
    minute = minutes.flatten().to_numpy().astype(np.int64)
    return pd.DataFrame({"account": account[number], "key": key[number], "day": day[number], "minute": minute})
