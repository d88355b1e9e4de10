"""evaluate: how good the results are, on truth that no job has read."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from jobs.commands.context import HERE, AsJson, ConfigPath, Day, grid, quiet_tensorflow, say, say_json
from jobs.commands.context import workspace as open_here
from jobs.evaluate_accounts import AccountFigures, evaluate_accounts
from jobs.evaluate_day import DayFigures, evaluate_day
from jobs.workspace import Workspace
from lib.config import Config, load_config
from lib.models.accounts.tables import read_labelled
from schemas.decisions import ENTITY_SCORES, REVIEW_QUEUE
from schemas.tiles import ACCOUNT_DAYS, DOMAIN_DAYS

app = typer.Typer(help="Judges the results against truth that no job reads.", no_args_is_help=True)
Truth = Annotated[Path, typer.Option("--truth", help="CSV or Parquet with entity_kind, entity_id, is_spam.")]


class BadTruth(ValueError):
    """The file of the truth cannot be used."""


@app.command("day")
def day_command(day: Day, truth: Truth, as_json: AsJson = False, config: ConfigPath = HERE) -> None:
    """AUC of the day's scores over the entities of the week, and the precision of the week's queues."""
    found = judge(open_here(config), day=day, truth=read_truth(truth))
    if as_json:
        say_json(asdict(found))
    else:
        show(found)


@app.command("accounts")
def accounts_command(
    train: Annotated[Path, typer.Option("--train", help="CSV or Parquet: a row an account, columns of any kind.")],
    test: Annotated[Path, typer.Option("--test", help="The same of other accounts, on which it is judged.")],
    label_column: Annotated[str, typer.Option("--label-column", help="1, true or spam; 0, false or benign.")] = "spam",
    as_json: AsJson = False,
    config: ConfigPath = HERE,
) -> None:
    """The account model on your own tables, beside scikit-learn's gradient-boosted trees on the same rows."""
    quiet_tensorflow()
    given = Config() if config == HERE and not config.exists() else load_config(config)
    found = evaluate_accounts(
        read_labelled(train, label_column),
        read_labelled(test, label_column),
        settings=given.account_model,
        folds=given.samples.folds,
    )
    if as_json:
        say_json(asdict(found))
    else:
        show_accounts(found)


def show_accounts(found: AccountFigures) -> None:
    kinds = ", ".join(f"{number} {name}" for name, number in found.fields.items() if number)
    say(f"trained on {found.train_rows} accounts, judged on {found.test_rows} others; columns: {kinds or 'none'}")
    if found.left_out:
        say(f"{found.left_out} rows without a label are left out")
    rows = [(name, getattr(found, name), trees) for name, trees in found.baseline.items()]
    grid("", ("figure", "winnow", "HistGradientBoosting"), rows)


def judge(here: Workspace, *, day: date, truth: pd.DataFrame) -> DayFigures:
    lake = here.lake
    return evaluate_day(
        truth=truth,
        entity_scores=lake.read_days(ENTITY_SCORES, first=day, last=day),
        account_days=lake.read(ACCOUNT_DAYS),
        domain_days=lake.read(DOMAIN_DAYS),
        review_queue=lake.read(REVIEW_QUEUE),
        day=day,
        prior=here.config.fusion.prior,
    )


def show(found: DayFigures) -> None:
    for kind, auc, precision, number in (
        ("domains", found.domain_auc, found.domain_ap, found.domains),
        ("accounts", found.account_auc, found.account_ap, found.accounts),
    ):
        say(f"{kind}: AUC {auc:.3f}, average precision {precision:.3f}, of {number} in the truth")
    say(f"entities that no detector reaches: {found.unreached}; they take the prior and count")
    judged = f"{found.queue_judged} of {found.queue_items} harm items of the week are in the truth"
    say(f"queue: precision {found.queue_precision:.3f}; {judged}")


def read_truth(path: Path) -> pd.DataFrame:
    if not path.exists():
        raise BadTruth(f"{path} is not there")
    rows = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype={"entity_id": str})
    if missing := {"entity_kind", "entity_id", "is_spam"} - set(rows.columns):
        raise BadTruth(f"{path} has no column {', '.join(sorted(missing))}; it has {', '.join(rows.columns)}")
    return rows[["entity_kind", "entity_id", "is_spam"]]
