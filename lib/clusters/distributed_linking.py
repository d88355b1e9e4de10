"""Linking in one process, or distributed over Spark's where there are more rows than one should hold.

Distributed, each partition of accounts makes its candidates twice: for a count sketch, which the driver adds up, and to
send those that the sketch does not rule out to the partition of their key. Each partition of keys then keeps those with
enough holders, and reduces their links to a spanning forest. The driver holds the sketch, the forests, and the keys of
the components that are large enough.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.core.broadcast import Broadcast
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lib.arrays import Floats, Hashes, Ints, Ints16, Positions, numbered, pair_hash, unpacked
from lib.clusters.incidence import Incidence, incidence_of, int_columns, linkable, linkable_rows
from lib.clusters.linking import Clustering, cluster_linkable, clusters_from_keys
from lib.clusters.rare_pairs import ALWAYS, Keys, candidates, holders_needed, keys_from_rows
from lib.clusters.significance import candidate_pairs, p_values, q_values
from lib.components.spanning_forests import LINKS, forest, joined_nodes
from lib.config import ClusterSettings

CANDIDATES = "hash bigint, lower bigint, upper bigint, account bigint, product bigint"
KEYS = "lower bigint, upper bigint, product bigint, holders array<bigint>"
MOST_COUNTERS = 1 << 26  # of a sketch, of 2 bytes
Batches = Iterator[pa.RecordBatch]


class CountSketch:
    """An upper bound of how often each key occurs, without holding the keys: most occur too seldom to link."""

    def __init__(self, expected: int) -> None:
        size = 1 << max(16, int(4 * expected).bit_length())
        self.counts = np.zeros(min(size, MOST_COUNTERS), np.uint16)

    def add(self, key: Hashes) -> None:
        np.add.at(self.counts, self.slot(key), np.uint16(1))

    def merge(self, counts: Ints16) -> None:
        """Adds the counts of another sketch of this size; a count stops at the greatest number that fits."""
        greatest = np.iinfo(np.uint16).max
        self.counts += np.minimum(counts, greatest - self.counts)

    def at_most(self, key: Hashes) -> Ints16:
        return self.counts[self.slot(key)]

    def slot(self, key: Hashes) -> Positions:
        return (key & np.uint64(len(self.counts) - 1)).astype(np.intp)


@dataclass(frozen=True)
class LinkedAccounts:
    """The clusters, among `accounts` that have any value. Not all values of an account take part in linking:
    `participants` gives, for the hashes of values, pair_hash of each account and value that did."""

    clustering: Clustering
    accounts: int
    participants: Callable[[Ints], Hashes]


def link_accounts(rows: DataFrame, most: int, settings: ClusterSettings) -> LinkedAccounts:
    """Of attribute_rows, of which there are `most` or fewer."""
    rows = rows.select("account", "key")
    if most > settings.driver_rows:
        rows = rows.distinct().localCheckpoint()
        if rows.count() > settings.driver_rows:
            return link_distributed(rows, settings)
    incidence = linkable(incidence_of(*int_columns(rows.toArrow(), "account", "key")), settings)
    clustering = cluster_linkable(incidence, settings)
    return LinkedAccounts(clustering, incidence.accounts, lambda keys: participants_in(incidence, keys))


def link_distributed(rows: DataFrame, settings: ClusterSettings) -> LinkedAccounts:
    """`rows` are of an account and a value, none twice."""
    accounts = rows.select("account").distinct().count()
    linking = linkable_rows(rows, accounts, settings).localCheckpoint()
    clustering = cluster_distributed(linking, accounts, settings)
    return LinkedAccounts(clustering, accounts, lambda keys: participants_among(linking, keys))


def participants_in(incidence: Incidence, keys: Ints) -> Hashes:
    chosen = np.isin(incidence.value_ids, keys)[incidence.value]
    account, value = incidence.account[chosen], incidence.value[chosen]
    return pair_hash(incidence.account_ids[account], incidence.value_ids[value])


def participants_among(linking: DataFrame, keys: Ints) -> Hashes:
    values = linking.sparkSession.createDataFrame(pa.table({"key": keys}))
    table = linking.join(F.broadcast(values), "key").select("account", "key").toArrow()
    return pair_hash(*int_columns(table, "account", "key"))


def cluster_distributed(linking: DataFrame, accounts: int, settings: ClusterSettings) -> Clustering:
    """`linking` are of linkable_rows."""
    by_account = linking.repartition("account").sortWithinPartitions("account", "key").localCheckpoint()
    sketch = by_account.sparkSession.sparkContext.broadcast(count_sketch(by_account, accounts))
    keys = linking_keys(by_account, sketch, accounts, settings).localCheckpoint()
    q = key_significance(keys, linking, accounts, settings)
    chosen = keys.join(F.broadcast(q.where(f"q <= {settings.max_q} OR product <= {ALWAYS}")), ["product", "count"])
    large = joined_nodes(forest_links(chosen), least=settings.min_size, merger=settings.components)
    return clusters_from_keys(*keys_on_driver(chosen, large), accounts, settings)


def partition_incidence(batches: Batches, accounts: int) -> Incidence:
    """A partition of linkable_rows, which are sorted."""
    account, key, df = partition_columns(batches, "account", "key", "df")
    account_ids, account = numbered(account)
    value_ids, value = numbered(key)
    df_of_value = np.zeros(len(value_ids), np.int64)
    df_of_value[value] = df
    return Incidence(account, value, account_ids, value_ids, df_of_value, accounts)


def partition_columns(batches: Batches, *names: str) -> list[Ints]:
    parts = list(batches)
    return [np.concatenate([np.empty(0, np.int64), *(part[name].to_numpy() for part in parts)]) for name in names]


def count_sketch(rows: DataFrame, accounts: int) -> CountSketch:
    """How often each key occurs at most, over all partitions."""
    size = rows.groupBy("account").count().agg(F.sum(F.col("count") * (F.col("count") - 1) / 2)).collect()[0][0]
    expected = int(size or 0)

    def count(batches: Batches) -> Batches:
        sketch, incidence = CountSketch(expected), partition_incidence(batches, accounts)
        for _, pair in candidates(incidence):
            left, right = unpacked(pair)
            sketch.add(pair_hash(incidence.value_ids[left], incidence.value_ids[right]))
        yield pa.RecordBatch.from_pydict({"counts": pa.array([sketch.counts.tobytes()], pa.binary())})

    whole = CountSketch(expected)
    for row in rows.mapInArrow(count, "counts binary").toLocalIterator():
        whole.merge(np.frombuffer(row["counts"], whole.counts.dtype))
    return whole


def linking_keys(
    rows: DataFrame, sketch: "Broadcast[CountSketch]", accounts: int, settings: ClusterSettings
) -> DataFrame:
    """Rows of KEYS and `count`: the keys that have enough holders."""

    def likely(batches: Batches) -> Batches:
        incidence = partition_incidence(batches, accounts)
        for account, pair in candidates(incidence):
            left, right = unpacked(pair)
            lower, upper = incidence.value_ids[left], incidence.value_ids[right]
            product = incidence.df[left] * incidence.df[right]
            key = pair_hash(lower, upper)
            enough = sketch.value.at_most(key) >= holders_needed(product, accounts, settings)
            columns = [key.view(np.int64), lower, upper, incidence.account_ids[account], product]
            yield pa.RecordBatch.from_arrays(
                [pa.array(column[enough]) for column in columns], names=["hash", "lower", "upper", "account", "product"]
            )

    def exact(batches: Batches) -> Batches:
        keys = keys_from_rows(*partition_columns(batches, "lower", "upper", "account", "product"))
        keys = keys.only(keys.count >= holders_needed(keys.product, accounts, settings))
        holders = pa.ListArray.from_arrays(pa.array(keys.start.astype(np.int32)), pa.array(keys.holder))
        columns = [pa.array(keys.left), pa.array(keys.right), pa.array(keys.product), holders]
        yield pa.RecordBatch.from_arrays(columns, names=["lower", "upper", "product", "holders"])

    keys = rows.mapInArrow(likely, CANDIDATES).repartition("hash").mapInArrow(exact, KEYS)
    return keys.withColumn("count", F.size("holders").cast("bigint"))


def key_significance(keys: DataFrame, linking: DataFrame, accounts: int, settings: ClusterSettings) -> DataFrame:
    """product, count and their q-value: that of a key depends on nothing else."""
    of_keys = keys.groupBy("product", "count").agg(F.count("*").alias("times")).orderBy("product", "count")
    product, count, times = int_columns(of_keys.toArrow(), "product", "count", "times")
    values = linking.select("key", "df").distinct().groupBy("df").agg(F.count("*").alias("times")).orderBy("df")
    df, values_of_df = int_columns(values.toArrow(), "df", "times")
    tests = candidate_pairs(df, values_of_df, accounts, settings)
    q = q_values(p_values(count, product, accounts), times, tests)
    return keys.sparkSession.createDataFrame(pa.table({"product": product, "count": count, "q": q}))


def forest_links(keys: DataFrame) -> DataFrame:
    """The links of all partitions' spanning forests, in columns left and right."""

    def reduce_links(batches: Batches) -> Batches:
        for part in map(keys_in, batches):
            left, right = forest(*part.star_links())
            yield pa.RecordBatch.from_arrays([pa.array(left), pa.array(right)], names=["left", "right"])

    return keys.select("lower", "upper", "product", "holders").mapInArrow(reduce_links, LINKS)


def keys_on_driver(keys: DataFrame, accounts: Ints) -> tuple[Keys, Floats]:
    """The keys whose holders are among `accounts`, ordered by their values, and their q-values."""
    among = keys.sparkSession.createDataFrame(pa.table({"first": accounts}))
    kept = keys.withColumn("first", F.get("holders", F.lit(0))).join(F.broadcast(among), "first", "left_semi")
    table = kept.select("lower", "upper", "product", "holders", "q").toArrow()
    table = table.sort_by([("lower", "ascending"), ("upper", "ascending")])
    batches = table.combine_chunks().to_batches()
    if not batches:
        return keys_from_rows(*[np.empty(0, np.int64)] * 4), np.empty(0)
    return keys_in(batches[0]), table["q"].to_numpy()


def keys_in(batch: pa.RecordBatch) -> Keys:
    left, right, product = (batch[name].to_numpy().astype(np.int64) for name in ("lower", "upper", "product"))
    count = batch["holders"].value_lengths().to_numpy()
    start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return Keys(left, right, product, start, batch["holders"].flatten().to_numpy().astype(np.int64))
