"""Linking in one process, or spread over Spark's where there are more rows than one should hold.

Spread, each partition of accounts makes its candidates twice: for the sketch of their counts, which the driver adds up,
and to hand on those that the sketch does not rule out, by their key. Each partition of keys then keeps the common ones,
and reduces their links to a spanning forest. The driver holds the sketch, the forests, and the keys of the components
that are large enough.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.core.broadcast import Broadcast
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lib.arrays import Floats, Hashes, Ints, numbered, unpacked
from lib.clusters.count_sketch import Sketch, key_hash
from lib.clusters.incidence import Shown, linkable
from lib.clusters.linking import Found, clusters_of, find_among
from lib.clusters.pairs import ALWAYS, Keys, candidates, keys_of_pairs, needed
from lib.clusters.significance import candidate_pairs, p_values, q_values
from lib.clusters.window import linking_rows, on_driver, whole_columns
from lib.components.forest import forest, star_links
from lib.components.merging import LINKS, joined
from lib.config import ClusterSettings

CANDIDATES = "hash bigint, lower bigint, upper bigint, account bigint, product bigint"
KEYS = "lower bigint, upper bigint, product bigint, holders array<bigint>"
Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class Linked:
    """The clusters, among `accounts` that show anything. Not all that an account shows takes part in linking:
    `took_part` gives, for the hashes of values, the hashes (key_hash) of accounts and values that did."""

    found: Found
    accounts: int
    took_part: Callable[[Ints], Hashes]


def find_linked(shown: DataFrame, most: int, settings: ClusterSettings) -> Linked:
    """Of the rows of window_values, of which there are `most` or fewer."""
    rows = shown.select("account", "key")
    if most > settings.driver_rows:
        rows = rows.distinct().localCheckpoint()
        if rows.count() > settings.driver_rows:
            return linked_spread(rows, settings)
    linking = linkable(on_driver(rows), settings)
    return Linked(find_among(linking, settings), linking.accounts, lambda keys: took_part_here(linking, keys))


def linked_spread(rows: DataFrame, settings: ClusterSettings) -> Linked:
    """`rows` are of an account and a value, none twice."""
    accounts = rows.select("account").distinct().count()
    capped = linking_rows(rows, accounts, settings).localCheckpoint()
    return Linked(found_spread(capped, accounts, settings), accounts, lambda keys: took_part(capped, keys))


def took_part_here(linking: Shown, keys: Ints) -> Hashes:
    chosen = np.isin(linking.value_ids, keys)[linking.value]
    account, value = linking.account[chosen], linking.value[chosen]
    return key_hash(linking.account_ids[account], linking.value_ids[value])


def took_part(capped: DataFrame, keys: Ints) -> Hashes:
    values = capped.sparkSession.createDataFrame(pa.table({"key": keys}))
    table = capped.join(F.broadcast(values), "key").select("account", "key").toArrow()
    return key_hash(*whole_columns(table, "account", "key"))


def found_spread(capped: DataFrame, accounts: int, settings: ClusterSettings) -> Found:
    by_account = capped.repartition("account").sortWithinPartitions("account", "key").localCheckpoint()
    sketch = by_account.sparkSession.sparkContext.broadcast(sketched(by_account, accounts, settings))
    common = common_spread(by_account, sketch, accounts, settings).localCheckpoint()
    chance = chances(common, capped, accounts, settings)
    sure = common.join(F.broadcast(chance.where(f"q <= {settings.max_q} OR product <= {ALWAYS}")), ["product", "count"])
    large = joined(forest_links(sure), least=settings.min_size, where=settings.components)
    keys, q = collected(sure, large)
    return clusters_of(keys, q, accounts, settings)


def shown_in(batches: Batches, accounts: int) -> Shown:
    """A partition of capped rows, which are sorted."""
    account, key, df = columns_in(batches, "account", "key", "df")
    account_ids, account = numbered(account)
    value_ids, value = numbered(key)
    of_value = np.zeros(len(value_ids), np.int64)
    of_value[value] = df
    return Shown(account, value, account_ids, value_ids, of_value, accounts)


def columns_in(batches: Batches, *names: str) -> list[Ints]:
    """Whole columns of a partition."""
    parts = list(batches)
    return [np.concatenate([np.empty(0, np.int64), *(part[name].to_numpy() for part in parts)]) for name in names]


def sketched(rows: DataFrame, accounts: int, settings: ClusterSettings) -> Sketch:
    """How often each key is there at most, over all partitions."""
    size = rows.groupBy("account").count().agg(F.sum(F.col("count") * (F.col("count") - 1) / 2)).collect()[0][0]
    expected = int(size or 0)

    def count(batches: Batches) -> Batches:
        sketch, shown = Sketch(expected), shown_in(batches, accounts)
        for _, pair in candidates(shown):
            left, right = unpacked(pair)
            sketch.add(key_hash(shown.value_ids[left], shown.value_ids[right]))
        yield pa.RecordBatch.from_pydict({"counts": pa.array([sketch.counts.tobytes()], pa.binary())})

    whole = Sketch(expected)
    for row in rows.mapInArrow(count, "counts binary").toLocalIterator():
        whole.merge(np.frombuffer(row["counts"], whole.counts.dtype))
    return whole


def common_spread(rows: DataFrame, sketch: "Broadcast[Sketch]", accounts: int, settings: ClusterSettings) -> DataFrame:
    """Rows of KEYS and `count`: the keys that have enough holders."""

    def likely(batches: Batches) -> Batches:
        shown = shown_in(batches, accounts)
        for account, pair in candidates(shown):
            left, right = unpacked(pair)
            lower, upper, product = shown.value_ids[left], shown.value_ids[right], shown.df[left] * shown.df[right]
            key = key_hash(lower, upper)
            enough = sketch.value.at_most(key) >= needed(product, accounts, settings)
            columns = [key.view(np.int64), lower, upper, shown.account_ids[account], product]
            yield pa.RecordBatch.from_arrays(
                [pa.array(column[enough]) for column in columns], names=["hash", "lower", "upper", "account", "product"]
            )

    def common(batches: Batches) -> Batches:
        keys = keys_of_pairs(*columns_in(batches, "lower", "upper", "account", "product"))
        keys = keys.only(keys.count >= needed(keys.product, accounts, settings))
        holders = pa.ListArray.from_arrays(pa.array(keys.start.astype(np.int32)), pa.array(keys.holder))
        columns = [pa.array(keys.left), pa.array(keys.right), pa.array(keys.product), holders]
        yield pa.RecordBatch.from_arrays(columns, names=["lower", "upper", "product", "holders"])

    keys = rows.mapInArrow(likely, CANDIDATES).repartition("hash").mapInArrow(common, KEYS)
    return keys.withColumn("count", F.size("holders").cast("bigint"))


def chances(common: DataFrame, capped: DataFrame, accounts: int, settings: ClusterSettings) -> DataFrame:
    """product, count and their q-value: a key's depends on nothing else."""
    told = common.groupBy("product", "count").agg(F.count("*").alias("times")).orderBy("product", "count").toArrow()
    product, count, times = whole_columns(told, "product", "count", "times")
    values = (
        capped.select("key", "df").distinct().groupBy("df").agg(F.count("*").alias("times")).orderBy("df").toArrow()
    )
    df, number = whole_columns(values, "df", "times")
    tests = candidate_pairs(df, number, accounts, settings)
    q = q_values(p_values(count, product, accounts), times, tests)
    return common.sparkSession.createDataFrame(pa.table({"product": product, "count": count, "q": q}))


def forest_links(sure: DataFrame) -> DataFrame:
    """The links of all partitions' spanning forests, in columns left and right."""

    def reduce_links(batches: Batches) -> Batches:
        for keys in map(keys_in, batches):
            left, right = forest(*star_links(keys))
            yield pa.RecordBatch.from_arrays([pa.array(left), pa.array(right)], names=["left", "right"])

    return sure.select("lower", "upper", "product", "holders").mapInArrow(reduce_links, LINKS)


def collected(sure: DataFrame, accounts: Ints) -> tuple[Keys, Floats]:
    """The keys whose holders are among `accounts`, on the driver, ordered by their values; and their q-values."""
    among = sure.sparkSession.createDataFrame(pa.table({"first": accounts}))
    kept = sure.withColumn("first", F.get("holders", F.lit(0))).join(F.broadcast(among), "first", "left_semi")
    table = (
        kept.select("lower", "upper", "product", "holders", "q")
        .toArrow()
        .sort_by([("lower", "ascending"), ("upper", "ascending")])
    )
    batches = table.combine_chunks().to_batches()
    if not batches:
        return keys_of_pairs(*[np.empty(0, np.int64)] * 4), np.empty(0)
    return keys_in(batches[0]), table["q"].to_numpy()


def keys_in(batch: pa.RecordBatch) -> Keys:
    left, right, product = (batch[name].to_numpy().astype(np.int64) for name in ("lower", "upper", "product"))
    count = batch["holders"].value_lengths().to_numpy()
    start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return Keys(left, right, product, start, batch["holders"].flatten().to_numpy().astype(np.int64))
