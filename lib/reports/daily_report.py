"""The day's report: one HTML page that needs nothing else, with every text escaped and defanged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pyspark.sql import DataFrame, Row

from lib.charts import bars, histogram, trend
from lib.reports.report_data import (
    Decided,
    Quality,
    Scores,
    Table,
    Trend,
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
from lib.text.sanitize import defang
from lib.wording.phrases import ACTION_NAMES, score_text, shortened_text


@dataclass(frozen=True)
class Day:
    """What the page shows."""

    day: date
    decided: Decided
    scores: Scores
    trend: Trend
    queue: Table
    queue_size: Mapping[str, Any]
    clusters: Table
    weights: Table
    tokens: Table
    quality: Quality
    runs: list[Row]


def page(facts: Day) -> str:
    """The page as HTML. Whatever the template shows passes `defang`, then Jinja's escaping."""
    environment = Environment(
        loader=PackageLoader("lib.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: value if isinstance(value, Markup) else defang(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "score": score,
        "short": shortened_text,
    }
    return environment.get_template("daily.html.j2").render(
        facts=facts, charts=charts(facts), words=ACTION_NAMES, models=active_models(facts.runs)
    )


def charts(facts: Day) -> dict[str, Markup]:
    """Made of numbers and of the project's own names only, so they need no escaping."""
    seconds = {run["job"]: run["seconds"] for run in facts.runs}
    enforced = {ACTION_NAMES[action]: facts.trend.new[action] for action in ("limit_distribution", "suspend", "review")}
    drawn = {
        "domains": histogram("Domains by score", facts.scores.histograms["domain"]),
        "accounts": histogram("Accounts by score", facts.scores.histograms["account"]),
        "decisions": trend("New decisions a day", facts.trend.days, enforced),
        "interactions": trend("Interactions a day", facts.trend.days, {"interactions": facts.trend.interactions}),
        "seconds": bars("Seconds of each job", seconds, " s"),
    }
    return {name: Markup(svg) for name, svg in drawn.items()}  # noqa: S704


def active_models(runs: list[Row]) -> list[str]:
    scored = ("score_domains", "score_accounts")
    return [run["model_version"] for run in runs if run["job"] in scored and run["model_version"]]


def number(value: float) -> str:
    return f"{value:,.0f}"


def score(value: float | None) -> str:
    return "–" if value is None else score_text(value)  # noqa: RUF001


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
