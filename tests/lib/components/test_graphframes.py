"""GraphFrames through its own package: with its jars where the session has them (WINNOW_GRAPHFRAMES_JAR names them),
else with a stand-in of its interface; and the message where the jars are missing."""

from typing import Any

import numpy as np
import pytest
from graphframes.classic import graphframe as classic
from pyspark import SparkContext
from pyspark.sql import SparkSession

from jobs.find_clusters import find_clusters
from lib.components import graphframes
from lib.components.graphframes import NoGraphFrames, check_graphframes
from lib.components.spanning_forests import LINKS, Merger, joined_nodes
from lib.config import ClusterSettings, SampleSettings
from lib.graph.exploration import Component, largest_components, motifs
from schemas.scores import GRAPH_EDGES
from tests.support.builders import DAY, rows
from tests.support.local_graphframe import LocalGraphFrame

EDGES = [("a", "x"), ("b", "x"), ("b", "z"), ("c", "y"), ("d", "c"), ("e", "c"), ("f", "only")]


@pytest.fixture
def merger(request: pytest.FixtureRequest, spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Merger:
    """Of the parameter; GraphFrames with its jars is skipped where they are missing."""
    if request.param == "driver":
        return "driver"
    if request.param == "interface":
        monkeypatch.setattr(graphframes, "GraphFrame", LocalGraphFrame)
    else:
        only_with_jars(spark)
    return "graphframes"


def only_with_jars(spark: SparkSession) -> None:
    try:
        check_graphframes(spark)
    except NoGraphFrames:
        pytest.skip("the jars of GraphFrames are not in the session: WINNOW_GRAPHFRAMES_JAR names them")


each = pytest.mark.parametrize("merger", ["driver", "graphframes", "interface"], indirect=True)


@each
def test_components_of_the_graph_come_largest_first(spark: SparkSession, merger: Merger) -> None:
    edges = rows(GRAPH_EDGES, *({"account_id": a, "domain": d} for a, d in EDGES)).repartition(3)
    assert largest_components(edges, members=3, limit=9, merger=merger) == (
        4,
        [
            Component(2, 2, 3, ["a", "b", "x"]),
            Component(2, 1, 2, ["c", "d", "e"]),  # the domain c is not the account c
            Component(1, 1, 1, ["c", "y"]),
            Component(1, 1, 1, ["f", "only"]),
        ],
    )
    assert largest_components(edges, members=1, limit=1, merger=merger) == (4, [Component(2, 2, 3, ["a"])])
    assert largest_components(edges.limit(0), members=3, limit=9, merger=merger) == (0, [])


@each
def test_nodes_of_large_components_are_gathered_from_all_links(spark: SparkSession, merger: Merger) -> None:
    far = 1 << 40
    links = [(far, -far), (-far, 0), (0, far), (7, 8), (9, 9), (10, 11), (11, 12), (12, 13)]
    result = joined_nodes(spark.createDataFrame(links, LINKS).repartition(3), least=3, merger=merger)
    np.testing.assert_array_equal(result, [-far, 0, 10, 11, 12, 13, far])
    np.testing.assert_array_equal(joined_nodes(spark.createDataFrame([], LINKS), least=3, merger=merger), [])


def test_motifs_are_rows_of_matches(spark: SparkSession) -> None:
    only_with_jars(spark)
    edges = rows(GRAPH_EDGES, *({"account_id": a, "domain": d} for a, d in EDGES))
    result = motifs(edges, "(a)-[]->(d); (b)-[]->(d)").where("a.id < b.id").select("a.id", "b.id", "d.id", "d.kind")
    assert sorted(map(tuple, result.collect())) == [
        ("account:a", "account:b", "domain:x", "domain"),
        ("account:d", "account:e", "domain:c", "domain"),
    ]


def no_jars(context: SparkContext) -> Any:
    """What the package does with the class that it looks for, with one that is never there."""
    jvm: Any = context._jvm
    return jvm.Thread.currentThread().getContextClassLoader().loadClass("org.graphframes.Nowhere")


def test_where_the_jars_are_missing_the_error_names_them_before_any_work(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classic, "_java_api", no_jars)
    nothing = spark.createDataFrame([], "nothing int")
    lacking = (
        r"lacks org\.graphframes\.Nowhere: name io\.graphframes:graphframes-spark4_2\.13:\d[\d.]+ in "
        r'spark\.options\."spark\.jars\.packages" .* WINNOW_GRAPHFRAMES_JAR'
    )
    with pytest.raises(NoGraphFrames, match=lacking):
        motifs(rows(GRAPH_EDGES, {"account_id": "a", "domain": "x"}), "(a)-[]->(d)")
    with pytest.raises(NoGraphFrames, match=lacking):
        find_clusters(
            attribute_days=nothing,
            account_features=nothing,
            account_scores=nothing,
            labels=nothing,
            account_clusters=nothing,
            day=DAY,
            clusters=ClusterSettings(components="graphframes"),
            attributes={},
            samples=SampleSettings(),
        )
