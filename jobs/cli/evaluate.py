"""evaluate: how good the results are, on truth that no job has read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import typer
from pyspark.sql import DataFrame

from jobs.cli.console import (
    DEFAULT_PATH,
    AsJson,
    ConfigPath,
    Day,
    given_settings,
    grid,
    quiet_tensorflow,
    say,
    say_json,
    workspace_of,
)
from jobs.cli.evaluate_labelling import labelling
from jobs.cli.evaluate_networks import app as networks
from jobs.engine.workspace import Workspace
from lib.charts import Comparison, comparison_chart
from lib.decisions.fusion import DETECTORS, with_scores
from lib.evaluation.account_evaluation import AccountFigures, evaluate_accounts
from lib.evaluation.account_tables import read_labelled
from lib.evaluation.day_evaluation import (
    CAMPAIGN_COLUMNS,
    DayFigures,
    ablation,
    active_entities,
    evaluate_day,
    figures_by_campaign,
    judged_entities,
    records,
)
from lib.evaluation.labelled_files import BadTable
from lib.evaluation.link_evaluation import LinkFigures, Trial, evaluate_links, evaluate_splits
from lib.evaluation.link_lists import read_links
from lib.labelling.precedence import resolved_labels
from schemas.catalog import TABLES
from schemas.decisions import DECISIONS, ENTITY_SCORES, REVIEW_QUEUE
from schemas.labelling import LABELS
from schemas.scores import ACCOUNT_CLUSTERS
from schemas.tiles import ACCOUNT_DAYS, DOMAIN_DAYS

app = typer.Typer(help="Measures the results, or one detector, against truth that no job reads.", no_args_is_help=True)
app.command("labelling")(labelling)
app.registered_commands += networks.registered_commands
Truth = Annotated[Path, typer.Option("--truth", help="CSV or Parquet with entity_kind, entity_id, is_spam.")]


class BadTruth(ValueError):
    """The file of the truth cannot be used."""


Attack = Literal["tokens", "rotate", "pad"]
LEFT_OUT = {
    "unlabelled": "no link or no label",
    "unparsed": "no registered domain in the link",
    "duplicates": "the same link once more",
    "contradicted": "as often spam as not",
}
LeaveOut = Annotated[bool, typer.Option("--ablation", help="Also without each detector in the fusion, in turn.")]


@app.command("day")
def day_command(
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


def by_kind(workspace: Workspace, *, day: date, truth: pd.DataFrame) -> list[dict[str, Any]]:
    """Nothing, where the truth does not tell campaigns."""
    if not set(CAMPAIGN_COLUMNS) <= set(truth.columns):
        return []
    decisions, clusters, scores = (
        workspace.lake.read_days(table, first=day, last=day) for table in (DECISIONS, ACCOUNT_CLUSTERS, ENTITY_SCORES)
    )
    active = active_entities(workspace.lake.read(ACCOUNT_DAYS), workspace.lake.read(DOMAIN_DAYS), day)
    judged = judged_entities(truth, scores, active, prior=workspace.config.fusion.prior)
    standing = decisions.select("entity_kind", "entity_id", "action", "state").toPandas()
    result = figures_by_campaign(judged, standing, clusters.select("account_id", "cluster_id").toPandas())
    return records(result)


def show_kinds(entity_kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """What there is to say of one kind of entity, a row per kind of campaign: in 80 columns no word is broken."""
    known = {name for row in rows for name, value in row.items() if value is not None}
    told = [name for name in rows[0] if name in known - {"kind", "entity_kind"}]
    shown = [(row["kind"].replace("_", " "), *(row[name] for name in told)) for row in rows]
    heads = ("kind", *(name.replace("_", " ") for name in told))
    grid(f"By kind of campaign: {entity_kind}s", heads, shown)


def left_out(workspace: Workspace, *, day: date, truth: pd.DataFrame) -> pd.DataFrame:
    def of_day(name: str) -> DataFrame:
        return workspace.lake.read_days(TABLES[name], first=day, last=day)

    entities = of_day("entity_scores").select("entity_kind", "entity_id")
    labels = resolved_labels(workspace.lake.read_days(LABELS, last=day))
    return ablation(
        truth=truth,
        scored=with_scores(entities, {d.table: of_day(d.table) for d in DETECTORS}, labels).localCheckpoint(),
        active=active_entities(workspace.lake.read(ACCOUNT_DAYS), workspace.lake.read(DOMAIN_DAYS), day),
        fusion=workspace.config.fusion,
        samples=workspace.config.samples,
    )


@app.command("accounts")
def accounts_command(
    train: Annotated[Path, typer.Option("--train", help="CSV or Parquet: a row per account, columns of any kind.")],
    test: Annotated[Path, typer.Option("--test", help="The same of other accounts, on which it is judged.")],
    label_column: Annotated[str, typer.Option("--label-column", help="1, true or spam; 0, false or benign.")] = "spam",
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """The account model on your own tables, beside scikit-learn's gradient-boosted trees on the same rows."""
    quiet_tensorflow()
    given = given_settings(config)
    result = evaluate_accounts(
        read_labelled(train, label_column),
        read_labelled(test, label_column),
        settings=given.account_model,
        folds=given.samples.folds,
    )
    if as_json:
        say_json(asdict(result))
    else:
        show_accounts(result)


def show_accounts(result: AccountFigures) -> None:
    kinds = ", ".join(f"{number} {name}" for name, number in result.fields.items() if number)
    say(f"trained on {result.train_rows} accounts, judged on {result.test_rows} others; columns: {kinds or 'none'}")
    if result.left_out:
        say(f"{result.left_out} rows without a label are left out")
    rows = [(name, getattr(result, name), trees) for name, trees in result.baseline.items()]
    grid("", ("figure", "winnow", "HistGradientBoosting"), rows)


@app.command("links")
def links_command(
    train: Annotated[list[Path], typer.Option("--train", help="CSV or Parquet, a row per link; may be repeated.")],
    test: Annotated[Path | None, typer.Option("--test", help="The same of other links, on which it is judged.")] = None,
    url_column: Annotated[str, typer.Option("--url-column")] = "url",
    label_column: Annotated[str, typer.Option("--label-column", help="1, spam, phishing; 0, ham, good.")] = "spam",
    splits: Annotated[int, typer.Option("--splits", min=0, help="Instead of --test: parts by domain, in turn.")] = 0,
    keep_seen: Annotated[bool, typer.Option("--keep-seen", help="Also test links of domains trained on.")] = False,
    attack: Annotated[Attack | None, typer.Option("--attack", help="How the spam of the test changes.")] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="An SVG to write: ROC and reliability.")] = None,
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """The link branch of the domain model on your own lists, compared with a scikit-learn baseline on the same links.

    Scheme and www. are ignored. Test links whose registered domain is in the training lists are left out.
    """
    if (test is None) == (splits < 2):
        raise typer.BadParameter("give either --test, or --splits of 2 or more")
    if plot and plot.suffix != ".svg":
        raise BadTable(f"{plot}: --plot writes SVG, so its name must end in .svg")
    quiet_tensorflow()
    given = given_settings(config)
    trial = Trial(given.domain_model, given.samples, keep_seen, attack or "")
    links = read_links(train, url_column=url_column, label_column=label_column)
    if test is None:
        result, judged = evaluate_splits(links, trial, splits=splits)
    else:
        others = read_links([test], url_column=url_column, label_column=label_column)
        result, judged = evaluate_links(links, others, trial)
    if plot:
        tests = [Comparison(one.test.spam, one.ours, one.baseline) for one in judged]
        plot.write_text(comparison_chart(tests), encoding="utf-8")
    if as_json:
        say_json(asdict(result))
    else:
        show_links(result, attack or "")


def show_links(result: LinkFigures, attack: str) -> None:
    times = f"in each of {result.splits} splits " if result.splits > 1 else ""
    say(
        f"{times}trained on {result.train_links} links of {result.train_domains} domains, judged on "
        f"{result.test_links} ({result.test_spam_links} spam) of {result.test_domains}"
    )
    say(f"{result.seen} test links of domains trained on are {'kept' if result.seen_kept else 'left out'}")
    for reason, number in result.left_out.items():
        if number:
            say(f"{number} rows left out: {LEFT_OUT[reason]}")
    rows = [
        (name, *with_interval(getattr(result, name), result.intervals[name]), *with_interval(value, interval))
        for name, (value, interval) in paired(result.baseline, result.baseline_intervals).items()
    ]
    own = with_interval(result.calibration_error, result.intervals["calibration_error"])
    grid("", ("figure", "winnow", "95%", "baseline", "95%"), [*rows, ("calibration_error", *own, "", "")])
    if result.attack:
        rates = result.attack
        say(f"recall at 1% false positives under {attack}: {rates['before']:.3f} -> {rates['after']:.3f}, a loss of "
            f"{rates['loss']:.3f}; baseline {rates['baseline_before']:.3f} -> {rates['baseline_after']:.3f}, "
            f"{rates['baseline_loss']:.3f}")  # fmt: skip


def paired(
    values: dict[str, float], intervals: dict[str, tuple[float, float]]
) -> dict[str, tuple[float, tuple[float, float]]]:
    return {name: (value, intervals[name]) for name, value in values.items()}


def with_interval(value: float, interval: tuple[float, float]) -> tuple[float, str]:
    low, high = interval
    return value, f"{low:.3f} to {high:.3f}"


def judge(workspace: Workspace, *, day: date, truth: pd.DataFrame) -> DayFigures:
    lake = workspace.lake
    return evaluate_day(
        truth=truth,
        entity_scores=lake.read_days(ENTITY_SCORES, first=day, last=day),
        account_days=lake.read(ACCOUNT_DAYS),
        domain_days=lake.read(DOMAIN_DAYS),
        review_queue=lake.read(REVIEW_QUEUE),
        day=day,
        prior=workspace.config.fusion.prior,
    )


def show(result: DayFigures) -> None:
    for kind, auc, precision, number in (
        ("domains", result.domain_auc, result.domain_ap, result.domains),
        ("accounts", result.account_auc, result.account_ap, result.accounts),
    ):
        say(f"{kind}: AUC {auc:.3f}, average precision {precision:.3f}, of {number} in the truth")
    say(f"entities that no detector reaches: {result.unreached}; they take the prior and count")
    judged = f"{result.queue_judged} of {result.queue_items} harm items of the week are in the truth"
    say(f"queue: precision {result.queue_precision:.3f}; {judged}")


def read_truth(path: Path) -> pd.DataFrame:
    if not path.exists():
        raise BadTruth(f"{path} is not there")
    rows = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype={"entity_id": str})
    if missing := {"entity_kind", "entity_id", "is_spam"} - set(rows.columns):
        raise BadTruth(f"{path} has no column {', '.join(sorted(missing))}; it has {', '.join(rows.columns)}")
    return rows[["entity_kind", "entity_id", "is_spam", *(name for name in CAMPAIGN_COLUMNS if name in rows)]]
