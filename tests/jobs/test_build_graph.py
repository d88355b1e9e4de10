import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from chispa import assert_df_equality
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from jobs.build_graph import build_graph
from lib.config import GraphSettings
from schemas.scores import GRAPH_EDGES
from schemas.tiles import ACCOUNT_DOMAIN_DAYS
from tests.support.builders import DAY, ago, rows

EPOCH = date(1970, 1, 1)


def test_old_interactions_count_less_and_the_window_ends_on_the_day(spark: SparkSession) -> None:
    result = build_graph(
        account_domain_days=rows(
            ACCOUNT_DOMAIN_DAYS,
            {"account_id": "a", "domain": "x.example", "day": ago(0), "interactions": 1},
            {"account_id": "a", "domain": "x.example", "day": ago(14), "interactions": 4},  # each counts half
            {"account_id": "a", "domain": "x.example", "day": ago(28), "interactions": 8},  # the first day outside
            {"account_id": "b", "domain": "x.example", "day": ago(27), "interactions": 1},  # the last day inside
            {"account_id": "b", "domain": "y.example", "day": ago(-1), "interactions": 1},  # not yet
            {"account_id": "c", "domain": "y.example", "day": ago(0), "interactions": 0},
        ),
        day=DAY,
        graph=GraphSettings(),
    )
    edges = result.tables["graph_edges"]
    expected = rows(
        GRAPH_EDGES,
        {"account_id": "a", "domain": "x.example", "weight": 1.3862944, "last_day": ago(0)},  # ln(1 + 3)
        {"account_id": "b", "domain": "x.example", "weight": 0.2332437, "last_day": ago(27)},  # ln(1 + 2^(-27/14))
    )
    rounded = edges.selectExpr("day", "account_id", "domain", "round(weight, 7) AS weight", "last_day")
    assert_df_equality(rounded, expected, ignore_row_order=True, ignore_nullable=True, ignore_metadata=True)


def test_links_to_hubs_may_count_less(spark: SparkSession) -> None:
    result = build_graph(
        account_domain_days=rows(
            ACCOUNT_DOMAIN_DAYS,
            *({"account_id": a, "domain": "hub.example", "day": DAY, "interactions": 1} for a in "abcd"),
            {"account_id": "a", "domain": "own.example", "day": DAY, "interactions": 1},
        ),
        day=DAY,
        graph=GraphSettings(hub_damping=0.5),
    )
    weight = {row["domain"]: row["weight"] for row in result.tables["graph_edges"].collect()}
    assert weight == pytest.approx({"hub.example": math.log(2) / 2, "own.example": math.log(2)})  # 4 accounts, and one


def test_the_blocks_are_the_edges_whatever_the_partitions(spark: SparkSession) -> None:
    links = [("a", "x", 0, 3), ("a", "y", 2, 1), ("b", "x", 1, 2), ("b", "x", 5, 2), ("c", "z", 9, 1), ("d", "y", 0, 7)]
    tiles = rows(
        ACCOUNT_DOMAIN_DAYS,
        *({"account_id": a, "domain": d, "day": ago(age), "interactions": n} for a, d, age, n in links),
    )
    made = []
    for partitions in (1, 4):
        graph = GraphSettings(edges_per_block=2)
        result = build_graph(account_domain_days=tiles.repartition(partitions), day=DAY, graph=graph)
        made.append([row.asDict() for row in result.tables["graph_blocks"].orderBy("block").collect()])
        edges = sorted(result.tables["graph_edges"].collect(), key=lambda row: (row["account_id"], row["domain"]))
        result.release()
    assert made[0] == made[1]
    assert len(made[0]) > 1
    assert sum(block["edges"] for block in made[0]) == len(edges) == 5
    blocks = [edges_in(block) for block in made[0]]
    assert sorted(edge for block in blocks for edge in block) == [edge_of(row) for row in edges]
    hashes = {row["name"]: row["key"] for row in keys_of(spark, "abcdxyz")}
    for block in made[0]:
        for kind in ("account", "domain"):
            names = block[f"{kind}s"]
            assert names == sorted(names)
            assert np.frombuffer(block[f"{kind}_keys"], np.int64).tolist() == [hashes[name] for name in names]
        assert block["domain_degrees"] == degrees(edges_in(block), block["domains"])


def keys_of(spark: SparkSession, letters: str) -> list[Row]:
    named = spark.createDataFrame([(letter,) for letter in letters], "name string")
    return named.select("name", F.xxhash64("name").alias("key")).collect()


def edge_of(row: Row) -> tuple[str, str, float]:
    return row["account_id"], row["domain"], row["weight"]


def edges_in(block: dict[str, Any]) -> list[tuple[str, str, float]]:
    indptr, indices = (np.frombuffer(block[name], np.int32) for name in ("indptr", "indices"))
    weights = np.frombuffer(block["weights"], np.float64)
    return [
        (account, block["domains"][indices[at]], weights[at])
        for n, account in enumerate(block["accounts"])
        for at in range(indptr[n], indptr[n + 1])
    ]


def degrees(edges: list[tuple[str, str, float]], domains: list[str]) -> bytes:
    sums = [sum(weight for _, domain, weight in edges if domain == name) for name in domains]
    return np.array(sums, np.float64).tobytes()


def test_the_newest_day_of_each_node_is_in_its_block(spark: SparkSession) -> None:
    tiles = rows(
        ACCOUNT_DOMAIN_DAYS,
        {"account_id": "a", "domain": "x", "day": ago(3), "interactions": 1},
        {"account_id": "a", "domain": "y", "day": ago(1), "interactions": 1},
        {"account_id": "b", "domain": "x", "day": ago(2), "interactions": 1},
    )
    result = build_graph(account_domain_days=tiles, day=DAY, graph=GraphSettings())
    (block,) = result.tables["graph_blocks"].collect()
    result.release()
    newest = {
        kind: [EPOCH + timedelta(days=int(n)) for n in np.frombuffer(block[f"{kind}_days"], np.int32)]
        for kind in ("account", "domain")
    }
    assert newest == {"account": [ago(1), ago(2)], "domain": [ago(2), ago(1)]}
