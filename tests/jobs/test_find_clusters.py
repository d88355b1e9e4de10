"""The job, over a small platform with planted rings."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from jobs.find_clusters import find_clusters
from lib.clusters.incidence import linkable_rows
from lib.config import ATTRIBUTES, ClusterSettings, SampleSettings
from lib.conform import conform
from schemas.catalog import TABLES
from schemas.features import ACCOUNT_FEATURES
from schemas.labelling import LABELS
from schemas.scores import ACCOUNT_CLUSTERS, ACCOUNT_SCORES
from schemas.tiles import ATTRIBUTE_DAYS
from tests.support.builders import DAY, ago, rows

CROWD = 120  # accounts that share nothing but a hub
Tile = dict[str, Any]


def tiles_of(account: str, *, day: date = DAY, minutes: Sequence[int] = (), **values: str) -> list[Tile]:
    tile = {"account_id": account, "day": day, "interactions": 1, "minutes": list(minutes)}
    return [{**tile, "attribute": attribute, "value": value} for attribute, value in values.items()]


def ring(name: str, first: int, last: int, *, day: date = DAY, **values: str) -> list[Tile]:
    """Accounts that share a network and a text, and act in the same minutes."""
    shared = values or {"network": f"net {name}", "text_template": f"buy {name}"}
    return [
        tile for n in range(first, last) for tile in tiles_of(f"{name}{n:02}", day=day, minutes=[600 + n % 2], **shared)
    ]


def crowd(day: date = DAY) -> list[Tile]:
    return [
        tile
        for n in range(CROWD)
        for tile in tiles_of(
            f"user{n:03}", day=day, minutes=[7 * n], network="hub", client="hub", text_template=f"own {n}"
        )
    ]


def clustered(
    tiles: Sequence[Tile],
    *,
    features: Sequence[dict[str, Any]] = (),
    scores: Sequence[dict[str, Any]] = (),
    labels: Sequence[tuple[str, bool]] = (),
    before: dict[str, DataFrame] | None = None,
    day: date = DAY,
    **settings: Any,
) -> dict[str, DataFrame]:
    known = [{"entity_kind": "account", "entity_id": who, "is_spam": spam, "weight": 1.0} for who, spam in labels]
    tables = find_clusters(
        attribute_days=rows(ATTRIBUTE_DAYS, *tiles),
        account_features=rows(ACCOUNT_FEATURES, *features),
        account_scores=rows(ACCOUNT_SCORES, *scores),
        labels=rows(LABELS, *({**label, "source": "hand"} for label in known)),
        account_clusters=before["account_clusters"] if before else rows(ACCOUNT_CLUSTERS),
        day=day,
        clusters=ClusterSettings(**settings),
        attributes=ATTRIBUTES,
        samples=SampleSettings(),
    )
    return {name: conform(table, TABLES[name]).localCheckpoint() for name, table in tables.items()}


def members(tables: dict[str, DataFrame]) -> dict[str, set[str]]:
    by_cluster: dict[str, set[str]] = {}
    for row in tables["account_clusters"].collect():
        by_cluster.setdefault(row["cluster_id"], set()).add(row["account_id"])
    return by_cluster


def reports(tables: dict[str, DataFrame]) -> list[Row]:
    return tables["cluster_reports"].orderBy(F.desc("accounts"), "cluster_id").collect()


def names(ring_name: str, first: int, last: int) -> set[str]:
    return {f"{ring_name}{n:02}" for n in range(first, last)}


HOSTILE = "'; DROP TABLE winnow.labels; --\n<script>alert(1)</script> \\ \" ` %s {x} \u202e" + "y" * 100


@pytest.fixture(scope="module")
def tables(spark: SparkSession) -> dict[str, DataFrame]:
    """A ring of ten whose values are hostile, and one of six that a second pair of values joins to two more."""
    ten = ring("a", 0, 10, network=HOSTILE, text_template="it's \\' OR 1=1")
    eight = ring("b", 0, 6) + ring("b", 4, 8, client="rare client", link_path_template="win/0")
    features = [{"account_id": f"user{n:03}", "age_days": 90.0, "hours": [1] * 24} for n in range(CROWD)]
    features += [{"account_id": f"a{n:02}", "age_days": 2.0, "hours": [0] * 24} for n in range(10)]
    strangers = tiles_of("user000", network=HOSTILE) + tiles_of("user001", text_template="it's \\' OR 1=1")
    return clustered([*crowd(), *ten, *eight, *strangers], features=features)


def test_rings_are_clusters_and_the_crowd_is_none(tables: dict[str, DataFrame]) -> None:
    assert sorted(map(sorted, members(tables).values())) == [sorted(names("a", 0, 10)), sorted(names("b", 0, 8))]
    assert [(row["accounts"], row["state"], row["since"]) for row in reports(tables)] == [
        (10, "new", DAY),
        (8, "new", DAY),
    ]


JOINED = """
    SELECT r.cluster_id, one.account_id FROM (SELECT day, cluster_id, explode({keys}) AS pair FROM reports) r
    JOIN values_ one ON one.day = r.day AND one.attribute = r.pair.left_attribute AND one.value = r.pair.left_value
    JOIN values_ other ON other.day = r.day AND other.account_id = one.account_id
     AND other.attribute = r.pair.right_attribute AND other.value = r.pair.right_value
"""


def joined(spark: SparkSession, tables: dict[str, DataFrame]) -> dict[str, set[str]]:
    tables["cluster_reports"].createOrReplaceTempView("reports")
    tables["cluster_values"].createOrReplaceTempView("values_")
    by_cluster: dict[str, set[str]] = {}
    query = f"{JOINED.format(keys='keys')} EXCEPT {JOINED.format(keys='except_keys')}"
    for row in spark.sql(query).collect():
        by_cluster.setdefault(row["cluster_id"], set()).add(row["account_id"])
    return by_cluster


def test_a_join_on_the_keys_returns_exactly_the_members(spark: SparkSession, tables: dict[str, DataFrame]) -> None:
    assert joined(spark, tables) == members(tables)


def test_the_rule_runs_and_does_as_it_says(spark: SparkSession, tables: dict[str, DataFrame]) -> None:
    tables["cluster_values"].createOrReplaceTempView("values_")
    for row in reports(tables):
        met = spark.sql(f"SELECT account_id FROM values_ GROUP BY account_id HAVING {row['rule']}").collect()
        caught, own = {r["account_id"] for r in met}, members(tables)[row["cluster_id"]]
        assert len(caught & own) / len(caught) == row["rule_precision"]
        assert len(caught & own) / len(own) == row["rule_recall"]
        assert row["rule_recall"] == row["rule_precision"] == 1


def test_a_report_has_the_values_that_members_share(tables: dict[str, DataFrame]) -> None:
    ten, eight = reports(tables)
    assert [tuple(value) for value in ten["shared"]] == [
        ("network", HOSTILE, 10),
        ("text_template", "it's \\' OR 1=1", 10),
    ]
    assert [value["accounts"] for value in eight["shared"]] == [6, 6, 4, 4]
    assert [pair["accounts"] for pair in eight["keys"]] == [6, 4]
    assert (ten["except_keys"], ten["last_day"], ten["emerging"]) == ([], DAY, True)
    member = tables["account_clusters"].where("account_id = 'b00'").collect()[0]
    assert [value["value"] for value in member["shared"]] == ["net b", "buy b"]


def test_lift_is_against_accounts_with_a_long_history(tables: dict[str, DataFrame]) -> None:
    """One of 120 trusted accounts shows either value of the ten, so 1.5 / 121 of all would by chance."""
    ten = reports(tables)[0]
    assert ten["lift"] == pytest.approx(10 / ((1.5 / 121) ** 2 * 138))
    assert ten["q_value"] < 1e-6
    assert ten["trusted_share"] == 0


def test_members_that_act_in_the_same_minutes_score_higher(tables: dict[str, DataFrame], spark: SparkSession) -> None:
    apart_tiles = [{**tile, "minutes": [97 * n % 1440]} for n, tile in enumerate(ring("a", 0, 10))]
    apart, close = (reports(clustered([*crowd(), *tiles]))[0] for tiles in (apart_tiles, ring("a", 0, 10)))
    assert close["synchrony"] > 0.9
    assert apart["synchrony"] < 0.3
    assert close["score"] > apart["score"]


def test_ids_are_inherited_from_the_previous_day_and_a_backfill_is_repaired(spark: SparkSession) -> None:
    """Day 3 is built after day 1, then day 2 arrives, on which the ring was another, and day 3 is repaired."""
    days = {n: [*crowd(ago(3 - n)), *ring("a", 0, size, day=ago(3 - n))] for n, size in ((1, 5), (2, 8), (3, 6))}

    def run(number: int, before: dict[str, DataFrame] | None) -> dict[str, DataFrame]:
        return clustered(days[number], before=before, day=ago(3 - number))

    first = run(1, None)
    second = run(2, first)
    early, third = run(3, first), run(3, second)
    runs = (first, second, early, third)
    states = [[(r["state"], r["since"], r["accounts_before"]) for r in reports(one)] for one in runs]
    assert states == [[("new", ago(2), 0)], [("grown", ago(2), 5)], [("grown", ago(2), 5)], [("kept", ago(2), 8)]]
    assert len({r["cluster_id"] for one in runs for r in reports(one)}) == 1


def test_a_cluster_that_falls_silent_has_ended_and_its_rule_expired(spark: SparkSession) -> None:
    tiles = [*crowd(), *ring("a", 0, 5, day=ago(7))]
    before = clustered([*crowd(ago(1)), *ring("a", 0, 5, day=ago(7))], day=ago(1))
    tables = clustered(tiles, before=before)
    assert [r["state"] for r in reports(before)] == ["new"]
    (row,) = reports(tables)
    assert (row["state"], row["accounts"], row["accounts_before"], row["rule"], row["score"]) == (
        "ended",
        0,
        5,
        None,
        None,
    )
    assert (tables["account_clusters"].count(), tables["cluster_values"].count()) == (0, 0)
    assert reports(clustered(tiles, before=tables)) == []  # it is reported once


def test_labels_and_models_are_counted_and_calibrate(spark: SparkSession) -> None:
    """Of two rings one is labelled spam and the other benign, but for one member each."""
    tiles = [*crowd(), *ring("a", 0, 9), *ring("b", 0, 9)]
    labels = [(f"a{n:02}", True) for n in range(8)] + [(f"b{n:02}", False) for n in range(8)]
    scores = [{"account_id": f"a{n:02}", "score": 0.9} for n in range(9)] + [{"account_id": "b00", "score": 0.1}]
    features = [{"account_id": f"b{n:02}", "domain_score_mean": 0.25, "age_days": 3.0} for n in range(9)]
    tables = clustered(tiles, labels=labels, scores=scores, features=features, min_calibration_labels=10)
    spam, good = sorted(reports(tables), key=lambda row: -row["score"])
    assert (spam["labelled_spam"], spam["labelled_benign"], spam["known_share"], spam["emerging"]) == (8, 0, 1.0, False)
    assert (good["labelled_spam"], good["labelled_benign"], good["known_share"], good["emerging"]) == (0, 8, 0.0, True)
    assert (spam["account_score_mean"], spam["domain_score_mean"]) == (pytest.approx(0.9), None)
    assert (good["account_score_mean"], good["domain_score_mean"]) == (pytest.approx(0.1), 0.25)
    rows_ = {row["account_id"]: row for row in tables["account_clusters"].collect()}
    assert {who for who, row in rows_.items() if row["oof_score"] is None} == {"a08", "b08"}
    assert min(rows_[who]["oof_score"] for who, is_spam in labels if is_spam) > max(
        rows_[who]["oof_score"] for who, is_spam in labels if not is_spam
    )
    assert rows_["a08"]["score"] == spam["score"] > 0.8
    assert good["score"] < 0.2


def test_distributed_linking_finds_the_same(spark: SparkSession) -> None:
    eight = ring("b", 0, 6) + ring("b", 4, 8, client="rare client", link_path_template="win/0")
    tiles = [*crowd(), *ring("a", 0, 10), *eight]
    alone, distributed = clustered(tiles), clustered(tiles, driver_rows=1)
    for name, table in alone.items():
        assert sorted(map(str, table.collect())) == sorted(map(str, distributed[name].collect()))
    assert alone["account_clusters"].count() == 18


def test_a_value_that_a_million_accounts_show_does_not_link(spark: SparkSession) -> None:
    """All show one value, one half another; each two share a third, and a ring of three shares two."""
    n = 1_000_000
    hubs = spark.range(n).select(F.col("id").alias("account"), F.lit(-1).cast("bigint").alias("key"))
    half = spark.range(n // 2).select(F.col("id").alias("account"), F.lit(-2).cast("bigint").alias("key"))
    small = spark.createDataFrame([(a, k) for a in (5, 6, 7) for k in (-3, -4)], "account bigint, key bigint")
    twos = spark.range(n).select(F.col("id").alias("account"), F.floor(F.col("id") / 2).alias("key"))
    tables = linkable_rows(hubs.union(half).union(small).union(twos.limit(1000)), n, ClusterSettings())
    kept = tables.where("key < 0").orderBy("account", "key").collect()
    assert [tuple(row) for row in kept] == [(a, k, 3) for a in (5, 6, 7) for k in (-4, -3)]
    assert tables.count() == 1006


@pytest.fixture
def seven_partitions(spark: SparkSession) -> Iterator[None]:
    spark.conf.set("spark.sql.shuffle.partitions", "7")
    yield
    spark.conf.set("spark.sql.shuffle.partitions", "2")


@pytest.mark.usefixtures("seven_partitions")
def test_neither_order_nor_partitions_matter(spark: SparkSession) -> None:
    tiles = [*crowd(), *ring("a", 0, 10), *ring("b", 0, 6)]
    first, again = clustered(tiles), clustered(list(reversed(tiles)))
    for name, table in first.items():
        assert sorted(map(str, table.collect())) == sorted(map(str, again[name].collect()))
