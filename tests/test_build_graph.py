import math

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession

from jobs.build_graph import build_graph
from lib.config import GraphSettings
from schemas.scores import GRAPH_EDGES
from schemas.tiles import ACCOUNT_DOMAIN_DAYS
from tests.builders import DAY, ago, rows


def test_old_interactions_count_less_and_the_window_ends_on_the_day(spark: SparkSession) -> None:
    edges = build_graph(
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
    expected = rows(
        GRAPH_EDGES,
        {"account_id": "a", "domain": "x.example", "weight": 1.3862944, "last_day": ago(0)},  # ln(1 + 3)
        {"account_id": "b", "domain": "x.example", "weight": 0.2332437, "last_day": ago(27)},  # ln(1 + 2^(-27/14))
    )
    rounded = edges.selectExpr("day", "account_id", "domain", "round(weight, 7) AS weight", "last_day")
    assert_df_equality(rounded, expected, ignore_row_order=True, ignore_nullable=True, ignore_metadata=True)


def test_links_to_hubs_may_count_less(spark: SparkSession) -> None:
    edges = build_graph(
        account_domain_days=rows(
            ACCOUNT_DOMAIN_DAYS,
            *({"account_id": a, "domain": "hub.example", "day": DAY, "interactions": 1} for a in "abcd"),
            {"account_id": "a", "domain": "own.example", "day": DAY, "interactions": 1},
        ),
        day=DAY,
        graph=GraphSettings(hub_damping=0.5),
    )
    weight = {row["domain"]: row["weight"] for row in edges.collect()}
    assert weight == pytest.approx({"hub.example": math.log(2) / 2, "own.example": math.log(2)})  # 4 accounts, and one
