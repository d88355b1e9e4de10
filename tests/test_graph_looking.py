"""What analysts see of the graph."""

import sys

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from lib.graph import frames
from lib.graph.looking import Component, components_of, neighbours
from schemas.scores import GRAPH_EDGES, GRAPH_SCORES
from tests.builders import ago, rows


def test_components_are_told_largest_first() -> None:
    edges = pa.table({"account_id": ["a", "b", "c", "d", "b"], "domain": ["x", "x", "y", "c", "z"]})
    assert components_of(edges, members=3) == [
        Component(2, 2, 3, ["a", "b", "x"]),
        Component(1, 1, 1, ["c", "d"]),  # the domain c is not the account c
        Component(1, 1, 1, ["c", "y"]),
    ]
    assert components_of(edges.slice(0, 0), members=3) == []


def test_neighbours_are_told_heaviest_first(spark: SparkSession) -> None:
    edges = rows(
        GRAPH_EDGES,
        {"account_id": "a", "domain": "x.example", "weight": 1.0, "last_day": ago(1)},
        {"account_id": "b", "domain": "x.example", "weight": 2.0, "last_day": ago(0)},
        {"account_id": "b", "domain": "y.example", "weight": 9.0, "last_day": ago(0)},
    )
    scores = rows(
        GRAPH_SCORES,
        {"entity_kind": "account", "entity_id": "b", "score": 0.75, "seed": "spam"},
        {"entity_kind": "domain", "entity_id": "a", "score": 0.1},  # a domain of the account's name
    )
    found = neighbours(edges, scores, kind="domain", entity_id="x.example").collect()
    assert [tuple(row) for row in found] == [
        ("account", "b", 2.0, ago(0), 0.75, "spam"),
        ("account", "a", 1.0, ago(1), None, None),
    ]


def test_where_graphframes_is_missing_it_is_said_what_to_add(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "graphframes", None)
    with pytest.raises(
        frames.NoGraphFrames, match=r"install graphframes-py .* io\.graphframes:graphframes-spark4_2\.13"
    ):
        frames.motifs(rows(GRAPH_EDGES, {"account_id": "a", "domain": "x"}), "(a)-[]->(d)")
