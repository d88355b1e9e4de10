"""The tables of a day, put together as its page."""

from datetime import date

from pyspark.sql import DataFrame

from lib.reports.daily_report import Day, page
from lib.reports.report_data import (
    clusters_of,
    decided_on,
    newest_runs,
    quality_of,
    queue_of,
    queue_size,
    scores_of,
    tokens_of,
    trend_of,
    weights_of,
)


def day_page(
    *,
    day: date,
    entity_scores: DataFrame,
    decisions: DataFrame,
    evidence: DataFrame,
    review_queue: DataFrame,
    cluster_reports: DataFrame,
    fusion_weights: DataFrame,
    quarantine: DataFrame,
    account_days: DataFrame,
    runs: DataFrame,
) -> str:
    """The HTML. `decisions` and `account_days` hold the 28 days up to `day`, the other tables its own rows."""
    newest = newest_runs(runs)
    return page(
        Day(
            day=day,
            decided=decided_on(decisions, evidence, day),
            scores=scores_of(entity_scores),
            trend=trend_of(decisions, account_days, day),
            queue=queue_of(review_queue),
            queue_size=queue_size(review_queue),
            clusters=clusters_of(cluster_reports),
            weights=weights_of(fusion_weights),
            tokens=tokens_of(evidence),
            quality=quality_of(quarantine, newest),
            runs=newest,
        )
    )
