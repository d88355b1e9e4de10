"""evaluate: how good the results are, on truth that no job has read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.cli import evaluate_labelling, evaluate_models, evaluate_networks
from jobs.cli.console import DEFAULT_PATH, AsJson, ConfigPath, Day, grid, say, say_json, workspace_of
from jobs.cli.lazy import lazy_imports
from schemas.catalog import TABLES
from schemas.decisions import DECISIONS, ENTITY_SCORES, REVIEW_QUEUE
from schemas.labelling import LABELS
from schemas.scores import ACCOUNT_CLUSTERS
from schemas.tiles import ACCOUNT_DAYS, DOMAIN_DAYS

with lazy_imports():
    from lib.decisions import fusion
    from lib.evaluation import day_evaluation
    from lib.labelling import precedence

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame

    from jobs.engine.workspace import Workspace
    from lib.evaluation.day_evaluation import DayFigures

app = typer.Typer(help="Measures the results, or one detector, against truth that no job reads.", no_args_is_help=True)
Truth = Annotated[Path, typer.Option("--truth", help="CSV or Parquet with entity_kind, entity_id, is_spam.")]
LeaveOut = Annotated[bool, typer.Option("--ablation", help="Also without each detector in the fusion, in turn.")]


class BadTruth(ValueError):
    """The file of the truth cannot be used."""


@app.command("day")
def evaluate_day(
    day: Day, truth: Truth, leave_out: LeaveOut = False, as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH
) -> None:
    """AUC of the day's scores over the entities of the week, and the precision of the week's queues."""
    workspace, known = workspace_of(config), read_truth(truth)
    result = judge(workspace, day=day, truth=known)
    parts = left_out(workspace, day=day, truth=known).to_dict("records") if leave_out else []
    kinds = by_kind(workspace, day=day, truth=known)
    if as_json:
        say_json(asdict(result) | ({"ablation": parts} if parts else {}) | ({"kinds": kinds} if kinds else {}))
        return
    show(result)
    for entity_kind in sorted({row["entity_kind"] for row in kinds}):
        show_kinds(entity_kind, [row for row in kinds if row["entity_kind"] == entity_kind])
    if parts:
        grid("AUC without a detector", ("left out", "domains", "accounts"), [tuple(part.values()) for part in parts])


def by_kind(workspace: "Workspace", *, day: date, truth: "pd.DataFrame") -> list[dict[str, Any]]:
    """Figures by kind of campaign; nothing where the truth does not name campaigns."""
    if not set(day_evaluation.CAMPAIGN_COLUMNS) <= set(truth.columns):
        return []
    decisions, clusters, scores = (
        workspace.lake.read_days(table, first=day, last=day) for table in (DECISIONS, ACCOUNT_CLUSTERS, ENTITY_SCORES)
    )
    active = day_evaluation.active_entities(workspace.lake.read(ACCOUNT_DAYS), workspace.lake.read(DOMAIN_DAYS), day)
    judged = day_evaluation.judged_entities(truth, scores, active, prior=workspace.config.fusion.prior)
    standing = decisions.select("entity_kind", "entity_id", "action", "state").toPandas()
    in_clusters = clusters.select("account_id", "cluster_id").toPandas()
    return day_evaluation.records(day_evaluation.figures_by_campaign(judged, standing, in_clusters))


def show_kinds(entity_kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """The figures of one kind of entity, a row per kind of campaign: in 80 columns no word is broken."""
    known = {name for row in rows for name, value in row.items() if value is not None}
    figures = [name for name in rows[0] if name in known - {"kind", "entity_kind"}]
    table = [(row["kind"].replace("_", " "), *(row[name] for name in figures)) for row in rows]
    heads = ("kind", *(name.replace("_", " ") for name in figures))
    grid(f"By kind of campaign: {entity_kind}s", heads, table)


def left_out(workspace: "Workspace", *, day: date, truth: "pd.DataFrame") -> "pd.DataFrame":
    def of_day(name: str) -> "DataFrame":
        return workspace.lake.read_days(TABLES[name], first=day, last=day)

    entities = of_day("entity_scores").select("entity_kind", "entity_id")
    labels = precedence.resolved_labels(workspace.lake.read_days(LABELS, last=day))
    return day_evaluation.ablation(
        truth=truth,
        scored=fusion.with_scores(
            entities, {d.table: of_day(d.table) for d in fusion.DETECTORS}, labels
        ).localCheckpoint(),
        active=day_evaluation.active_entities(workspace.lake.read(ACCOUNT_DAYS), workspace.lake.read(DOMAIN_DAYS), day),
        fusion=workspace.config.fusion,
        samples=workspace.config.samples,
    )


def judge(workspace: "Workspace", *, day: date, truth: "pd.DataFrame") -> "DayFigures":
    lake = workspace.lake
    return day_evaluation.evaluate_day(
        truth=truth,
        entity_scores=lake.read_days(ENTITY_SCORES, first=day, last=day),
        account_days=lake.read(ACCOUNT_DAYS),
        domain_days=lake.read(DOMAIN_DAYS),
        review_queue=lake.read(REVIEW_QUEUE),
        day=day,
        prior=workspace.config.fusion.prior,
    )


def show(result: "DayFigures") -> None:
    for kind, auc, precision, number in (
        ("domains", result.domain_auc, result.domain_ap, result.domains),
        ("accounts", result.account_auc, result.account_ap, result.accounts),
    ):
        say(f"{kind}: AUC {auc:.3f}, average precision {precision:.3f}, of {number} in the truth")
    say(f"entities that no detector reaches: {result.unreached}; they take the prior and count")
    judged = f"{result.queue_judged} of {result.queue_items} harm items of the week are in the truth"
    say(f"queue: precision {result.queue_precision:.3f}; {judged}")


def read_truth(path: Path) -> "pd.DataFrame":
    if not path.exists():
        raise BadTruth(f"there is no file {path}")
    import pandas as pd  # noqa: PLC0415 - it takes half a second to load

    rows = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype={"entity_id": str})
    if missing := {"entity_kind", "entity_id", "is_spam"} - set(rows.columns):
        raise BadTruth(f"{path} has no column {', '.join(sorted(missing))}; it has {', '.join(rows.columns)}")
    return rows[
        ["entity_kind", "entity_id", "is_spam", *(name for name in day_evaluation.CAMPAIGN_COLUMNS if name in rows)]
    ]


app.command("accounts")(evaluate_models.evaluate_accounts)
app.command("links")(evaluate_models.evaluate_links)
app.command("graph")(evaluate_networks.evaluate_graph)
app.command("clusters")(evaluate_networks.evaluate_clusters)
app.command("labelling")(evaluate_labelling.evaluate_labelling)
