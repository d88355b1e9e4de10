"""What commands read from the lake: an entity, a day's queue, a day as a whole."""

from dataclasses import fields
from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from jobs.engine.active_models import load_active_model
from jobs.engine.history import daily_days
from jobs.engine.runner import span_of
from jobs.engine.workspace import Workspace
from jobs.manifest import JOBS
from lib.decisions.evidence import DetectorOutputs
from lib.decisions.explanation import Reasons, explain_entity
from lib.reports.daily_report import day_page
from lib.reports.report_data import TREND_DAYS
from lib.wording.explanation_wording import Explanation
from lib.wording.phrases import score_text, vote_sentence
from schemas.catalog import TABLES
from schemas.decisions import REVIEW_QUEUE

TABLES_OF = {  # features, scores and their key, by kind of model
    "domain": ("domain_features", "domain_scores", "domain"),
    "account": ("account_features", "account_scores", "account_id"),
}


class NoSuchDay(LookupError):
    """Nothing was run for the day."""


class NoSuchCluster(LookupError):
    """No cluster has that id on the day."""


def rows_of(workspace: Workspace, table: str, day: date, *, days: int = 1) -> DataFrame:
    """The rows of the last `days` days up to `day`."""
    return workspace.lake.read_days(TABLES[table], first=day - timedelta(days=days - 1), last=day)


def check_ran(workspace: Workspace, job: str, day: date) -> None:
    if day not in workspace.history.days(job):
        known = daily_days(workspace.history)
        span = f"the lake has {known[0]} to {known[-1]}" if known else "the lake is empty"
        raise NoSuchDay(f"{job} has not run for {day} ({span}): winnow run --day {day}")


def queue_items(workspace: Workspace, day: date) -> list[dict[str, Any]]:
    """The items of the day, best first."""
    check_ran(workspace, "fill_queue", day)
    return [row.asDict(recursive=True) for row in rows_of(workspace, REVIEW_QUEUE.name, day).orderBy("rank").collect()]


def function_report(workspace: Workspace, day: date) -> list[dict[str, Any]]:
    """The labelling functions of the day, by name."""
    check_ran(workspace, "vote_account_labels", day)
    return [row.asDict() for row in rows_of(workspace, "labelling_ledger", day).orderBy("function").collect()]


def label_candidates(workspace: Workspace, day: date) -> list[dict[str, Any]]:
    """The day's labelling batch, in the order in which it is to be asked."""
    check_ran(workspace, "select_label_candidates", day)
    return [row.asDict() for row in rows_of(workspace, "label_candidates", day).orderBy("rank").collect()]


def clusters(workspace: Workspace, day: date) -> list[dict[str, Any]]:
    """The day's rows of cluster_reports: the living by score, then those that have ended."""
    check_ran(workspace, "find_clusters", day)
    rows = [row.asDict(recursive=True) for row in rows_of(workspace, "cluster_reports", day).collect()]
    return sorted(rows, key=lambda row: (-(row["score"] or 0.0), -row["accounts"], row["cluster_id"]))


def cluster_members(workspace: Workspace, cluster_id: str, day: date) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A cluster's report and its rows of account_clusters. Raises NoSuchCluster."""
    result = [row for row in clusters(workspace, day) if row["cluster_id"] == cluster_id]
    if not result:
        raise NoSuchCluster(f"there is no cluster {cluster_id!r} on {day}: winnow clusters list --day {day}")
    members = rows_of(workspace, "account_clusters", day).where(F.col("cluster_id") == cluster_id).orderBy("account_id")
    return result[0], [row.asDict(recursive=True) for row in members.collect()]


def report_page(workspace: Workspace, day: date) -> str:
    """The day's report, as HTML."""
    check_ran(workspace, "decide", day)
    own = ("entity_scores", "evidence", "review_queue", "cluster_reports", "fusion_weights", "quarantine")
    return day_page(
        day=day,
        **{name: rows_of(workspace, name, day) for name in own},
        decisions=rows_of(workspace, "decisions", day, days=TREND_DAYS),
        account_days=rows_of(workspace, "account_days", day, days=TREND_DAYS),
        runs=workspace.lake.read(TABLES["runs"]).where(F.col("day") == F.lit(day)),
    )


def explain(workspace: Workspace, *, kind: str, entity_id: str, day: date) -> Explanation:
    """What led to the score of an entity. Raises NoSuchDay, or UnknownEntity with the newest day it was seen on."""
    check_ran(workspace, "decide", day)
    own_rows = (F.col("entity_kind") == kind) & (F.col("entity_id") == entity_id)
    tables = ("entity_scores", "decisions", "evidence", "fusion_weights")
    return explain_entity(
        entity_kind=kind,
        entity_id=entity_id,
        day=day,
        **{name: rows_of(workspace, name, day) for name in tables},
        labels=workspace.lake.read_days(TABLES["labels"], last=day),
        first_seen=workspace.lake.read_days(TABLES["first_seen"], last=day),
        outputs=detector_outputs(workspace, day),
        fusion=workspace.config.fusion,
        reasons=model_reasons(workspace, kind, entity_id, day),
        votes=vote_sentences(workspace, entity_id, day) if kind == "account" else (),
        last_known=workspace.lake.read(TABLES["entity_scores"]).where(own_rows).agg(F.max("day")).collect()[0][0],
    )


def detector_outputs(workspace: Workspace, day: date) -> DetectorOutputs:
    """The tables that the job `decide` reads, over the same spans."""
    spans = JOBS["decide"].reads
    names = [field.name for field in fields(DetectorOutputs)]
    return DetectorOutputs(**{name: span_of(workspace, name, spans[name], [day]) for name in names})


def vote_sentences(workspace: Workspace, account_id: str, day: date) -> list[str]:
    """The vote of each labelling function on the account, and the probability that the label model makes of them."""
    own_rows = F.col("account_id") == account_id
    votes = rows_of(workspace, "label_votes", day).where(own_rows).orderBy("function").collect()
    together = rows_of(workspace, "synthetic_labels", day).where(own_rows).head()
    functions = workspace.config.labelling.active
    sentences = [vote_sentence(vote.function, vote.vote, functions) for vote in votes]
    return sentences + ([f"together they make {score_text(together.spam)}"] if sentences and together else [])


def model_reasons(workspace: Workspace, kind: str, entity_id: str, day: date) -> Reasons:
    """The model's reasons for an entity of any score, made in this process; none where it was not scored."""
    features, scores, key = TABLES_OF[kind]
    own_rows = F.col(key) == entity_id
    scored: Row | None = rows_of(workspace, scores, day).where(own_rows).head()
    if scored is None or scored.reasons:
        return ()
    model = load_active_model(workspace.activations(kind), day, workspace.config)
    if model is None or model.version != scored.model_version:
        return ()
    from lib.models.account import account_reasons as accounts  # noqa: PLC0415
    from lib.models.account.account_encoder import COLUMNS as ACCOUNT_COLUMNS  # noqa: PLC0415
    from lib.models.account.account_scoring import AccountScorer  # noqa: PLC0415
    from lib.models.domain import domain_reasons as domains  # noqa: PLC0415 - TensorFlow takes seconds to load
    from lib.models.domain.domain_encoder import COLUMNS as DOMAIN_COLUMNS  # noqa: PLC0415
    from lib.models.domain.domain_scoring import DomainScorer  # noqa: PLC0415

    rows = rows_of(workspace, features, day).where(own_rows)
    if kind == "domain":
        result = domains.explain(DomainScorer(model), rows.select(*DOMAIN_COLUMNS).toArrow())[0]
    else:
        result = accounts.explain(AccountScorer(model), rows.select(*ACCOUNT_COLUMNS).toArrow())[0]
    return [(reason.kind, reason.what, reason.contribution) for reason in result]
