"""A stand-in for graphframes.GraphFrame where its jars are not there: same signatures, and pandas instead of a JVM."""

from unittest.mock import create_autospec

import numpy as np
from graphframes import GraphFrame
from pyspark.sql import DataFrame

from lib.components.spanning_forests import components


class LocalGraphFrame:
    """The methods that Winnow uses; arguments that the package itself does not know raise TypeError."""

    def __init__(self, vertices: DataFrame, edges: DataFrame) -> None:
        self.vertices, self.edges = vertices, edges
        self.signatures = create_autospec(GraphFrame, instance=True)

    def find(self, pattern: str) -> DataFrame:
        self.signatures.find(pattern)
        return self.vertices.limit(0)

    def connectedComponents(self, **options: object) -> DataFrame:  # noqa: N802 - the package's name
        self.signatures.connectedComponents(**options)
        assert options["useLabelsAsComponents"]
        node = self.vertices.toPandas()["id"].to_numpy(np.int64)
        links = self.edges.select("src", "dst").toPandas().to_numpy(np.int64).reshape(-1, 2)
        nodes, root = components(*np.concatenate([links, np.column_stack([node, node])]).T)
        rows = list(zip(nodes.tolist(), root.tolist(), strict=True))
        return self.vertices.sparkSession.createDataFrame(rows, "id bigint, component bigint")
