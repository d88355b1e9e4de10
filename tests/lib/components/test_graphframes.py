"""GraphFrames, where the session has it (WINNOW_GRAPHFRAMES_JAR names its jars), and what is said where it has not."""

import numpy as np
import pytest
from pyspark.sql import SparkSession

from jobs.find_clusters import find_clusters
from lib.components import graphframes as frames
from lib.components.merging import LINKS, Where, joined
from lib.config import ClusterSettings, SampleSettings
from lib.graph.graph_components import Component, largest_components
from schemas.scores import GRAPH_EDGES
from tests.support.builders import DAY, rows

EDGES = [("a", "x"), ("b", "x"), ("b", "z"), ("c", "y"), ("d", "c"), ("e", "c"), ("f", "only")]


@pytest.fixture
def where(request: pytest.FixtureRequest, spark: SparkSession) -> Where:
    """Of the parameter; skips GraphFrames where it is not."""
    chosen: Where = request.param
    if chosen == "graphframes":
        only_with_graphframes(spark)
    return chosen


def only_with_graphframes(spark: SparkSession) -> None:
    try:
        frames.check_graphframes(spark)
    except frames.NoGraphFrames:
        pytest.skip("GraphFrames is not in the session: WINNOW_GRAPHFRAMES_JAR names its jars")


both = pytest.mark.parametrize("where", ["driver", "graphframes"], indirect=True)


@both
def test_parts_of_the_graph_are_told_largest_first(spark: SparkSession, where: Where) -> None:
    edges = rows(GRAPH_EDGES, *({"account_id": a, "domain": d} for a, d in EDGES)).repartition(3)
    assert largest_components(edges, members=3, limit=9, where=where) == (
        4,
        [
            Component(2, 2, 3, ["a", "b", "x"]),
            Component(2, 1, 2, ["c", "d", "e"]),  # the domain c is not the account c
            Component(1, 1, 1, ["c", "y"]),
            Component(1, 1, 1, ["f", "only"]),
        ],
    )
    assert largest_components(edges, members=1, limit=1, where=where) == (4, [Component(2, 2, 3, ["a"])])
    assert largest_components(edges.limit(0), members=3, limit=9, where=where) == (0, [])


@both
def test_accounts_of_large_components_are_gathered_from_all_links(spark: SparkSession, where: Where) -> None:
    far = 1 << 40
    links = [(far, -far), (-far, 0), (0, far), (7, 8), (9, 9), (10, 11), (11, 12), (12, 13)]
    result = joined(spark.createDataFrame(links, LINKS).repartition(3), least=3, where=where)
    np.testing.assert_array_equal(result, [-far, 0, 10, 11, 12, 13, far])
    np.testing.assert_array_equal(joined(spark.createDataFrame([], LINKS), least=3, where=where), [])


def test_motifs_are_rows_of_what_matches(spark: SparkSession) -> None:
    only_with_graphframes(spark)
    edges = rows(GRAPH_EDGES, *({"account_id": a, "domain": d} for a, d in EDGES))
    result = (
        frames.motifs(edges, "(a)-[]->(d); (b)-[]->(d)").where("a.id < b.id").select("a.id", "b.id", "d.id", "d.kind")
    )
    assert sorted(map(tuple, result.collect())) == [
        ("account:a", "account:b", "domain:x", "domain"),
        ("account:d", "account:e", "domain:c", "domain"),
    ]


def test_where_graphframes_is_missing_it_is_said_what_to_add_before_any_work(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "CLASS", "org.graphframes.Nowhere")
    nothing = spark.createDataFrame([], "nothing int")
    lacking = (
        r"lacks org\.graphframes\.Nowhere: name io\.graphframes:graphframes-spark4_2\.13 with its version in "
        r'spark\.options\."spark\.jars\.packages" .* WINNOW_GRAPHFRAMES_JAR'
    )
    with pytest.raises(frames.NoGraphFrames, match=lacking):
        frames.motifs(rows(GRAPH_EDGES, {"account_id": "a", "domain": "x"}), "(a)-[]->(d)")
    with pytest.raises(frames.NoGraphFrames, match=lacking):
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
