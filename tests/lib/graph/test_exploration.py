"""What analysts ask of the graph."""

from pyspark.sql import SparkSession

from lib.graph.exploration import neighbours
from schemas.scores import GRAPH_EDGES, GRAPH_SCORES
from tests.support.builders import ago, rows


def test_neighbours_come_heaviest_first(spark: SparkSession) -> None:
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
    result = neighbours(edges, scores, kind="domain", entity_id="x.example").collect()
    assert [tuple(row) for row in result] == [
        ("account", "b", 2.0, ago(0), 0.75, "spam"),
        ("account", "a", 1.0, ago(1), None, None),
    ]
