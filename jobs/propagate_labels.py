"""What is near to known spam and to known good, on the account-domain graph."""

from datetime import date

from pyspark.sql import DataFrame

from jobs.contract import Output, SkipJob
from lib.config import FeatureSettings, GraphSettings, SampleSettings
from lib.graph.graph_scoring import NoSeeds, graph_scores
from lib.labelling.precedence import resolved_labels


def propagate_labels(
    *,
    graph_blocks: DataFrame,
    labels: DataFrame,
    domain_scores: DataFrame,
    day: date,
    graph: GraphSettings,
    features: FeatureSettings,
    samples: SampleSettings,
) -> Output:
    """One row per account or domain that was active in the last days, by what seed mass reaches it."""
    try:
        rows, release = graph_scores(
            graph_blocks,
            resolved_labels(labels),
            domain_scores,
            day=day,
            settings=graph,
            samples=samples,
            active_days=features.active_days,
        )
    except NoSeeds as reason:
        raise SkipJob(f"{reason}: `winnow labels import` brings some") from None
    return Output({"graph_scores": rows}, releases=(release,))
