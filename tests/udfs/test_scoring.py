"""Scores in Spark's workers come from TensorFlow functions over the saved network."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from lib.models.artefacts import NETWORK, Artefact
from tests.support import accounts, models
from udfs.functions import register_domain_functions
from udfs.scoring import shipped

FUNCTIONS = {"domain": ("rest", "trees"), "account": ("bag", "dense")}


def executions(spark: SparkSession, model: Artefact) -> dict[str, tuple[bool, int]]:
    """Of each function of the worker's network, after the worker has scored: whether it is TensorFlow's, and how many
    graphs it has traced."""
    scorer_in_worker, names = shipped(spark, model), FUNCTIONS[model.kind]

    def inspect(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import tensorflow as tf  # noqa: PLC0415 - only in the worker

        for _ in batches:
            scorer: Any = scorer_in_worker()
            table = pa.table({"links": [["http://a.example/"]], "page_text": pa.nulls(1, pa.string())})
            if model.kind == "domain":
                scorer.link_sample_scores(table["links"].combine_chunks())
            else:
                scorer.row_scores(pa.table({"categories": [["client=web"]], "interactions_7d": [3.0]}))
            functions = [getattr(scorer.forward, name) for name in names]
            ours = [isinstance(function, tf.types.experimental.PolymorphicFunction) for function in functions]
            traced = [function.experimental_get_tracing_count() for function in functions]
            yield pa.RecordBatch.from_pydict({"name": list(names), "tensorflow": ours, "traced": traced})

    result = spark.range(1).coalesce(1).mapInArrow(inspect, "name string, tensorflow boolean, traced bigint").collect()
    return {row.name: (row.tensorflow, row.traced) for row in result}


@pytest.mark.parametrize("model", [models.tiny_model, accounts.tiny_model])
def test_a_worker_scores_with_tensorflow_functions_that_it_traces_once(spark: SparkSession, model: object) -> None:
    artefact: Artefact = model()  # type: ignore[operator]
    assert set(executions(spark, artefact).values()) == {(True, 1)}


def test_link_score_is_what_keras_computes(spark: SparkSession) -> None:
    from lib.calibration import probability  # noqa: PLC0415
    from lib.models.domain.domain_scoring import DomainScorer  # noqa: PLC0415 - TensorFlow
    from lib.models.scoring import load_network, tensors  # noqa: PLC0415

    model = models.tiny_model()
    links = [f"http://www.{name}-{place}.example/offer/{place}" for place, name in enumerate(models.SPAM + models.GOOD)]
    register_domain_functions(spark, model)
    rows = spark.createDataFrame([(link,) for link in links], "url string").coalesce(1)
    scores = [row.score for row in rows.selectExpr("link_score(url) AS score").collect()]
    inputs = DomainScorer(model).encoder.encode_link_samples(pa.array([[link] for link in links]))
    logits = load_network(model.files[NETWORK])(tensors(inputs)).numpy().astype(np.float64)
    np.testing.assert_allclose(scores, probability(model.calibration.logits(logits.mean(axis=1))), atol=1e-5)
    assert np.ptp(scores) > 1e-3
