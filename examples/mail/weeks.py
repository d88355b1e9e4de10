"""Winnow on later weeks of the mail sample: models trained before each week, judged on its last day.

`make evaluate-weeks` judges the nine weeks from 2002-08-11 on; two days in ARGS judge the weeks between them instead.
A week counts for a kind of entity of whose classes it has at least ten each.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
from pyspark.sql import functions as F

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is loaded: it greets by the page

from jobs.cli.evaluate import read_truth
from jobs.engine.runner import run_days
from jobs.engine.workspace import Workspace, open_workspace
from jobs.manifest import DAILY
from jobs.training.train import train_account, train_domain
from lib.config import LakeSettings, load_config
from lib.evaluation.day_evaluation import active_entities, figures
from lib.metrics import Reliability, reliability
from schemas.decisions import ENTITY_SCORES
from schemas.tiles import ACCOUNT_DAYS, DOMAIN_DAYS

HERE = Path(__file__).parent
FIRST_MAIL = date(2001, 6, 25)
FIRST, LAST = date(2002, 8, 11), date(2002, 10, 12)
HISTORY = ("ingest", "build_tiles", "track_first_seen", "collect_labels")
NOT_JUDGED = ("select_label_candidates", "fill_queue")
LEAST = 10  # entities of each class
KINDS = ("domain", "account")
KEY = ["entity_kind", "entity_id"]


def main() -> None:
    first, last = [date.fromisoformat(day) for day in sys.argv[1:3]] or (FIRST, LAST)
    folder = HERE / "weeks"
    shutil.rmtree(folder, ignore_errors=True)
    config = load_config(HERE / "winnow.toml").model_copy(update={"lake": LakeSettings(path=str(folder))})
    workspace, truth = open_workspace(config), read_truth(HERE / "truth.csv")
    run_days(workspace, days(FIRST_MAIL, last), jobs=[job for job in DAILY if job.name in HISTORY])
    judged = pd.concat([judged_week(workspace, truth, start) for start in weeks(first, last)])
    judged.to_csv(folder / "judged.csv", index=False)
    for kind in KINDS:
        print_mean(judged, kind)
    for kind in KINDS:
        for name, column in (("fused score", "score"), (f"{kind} model", f"{kind}_model")):
            print_reliability(judged, kind, name, column)


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def weeks(first: date, last: date) -> Iterator[date]:
    yield from days(first, last - timedelta(days=6))[::7]


def judged_week(workspace: Workspace, truth: pd.DataFrame, start: date) -> pd.DataFrame:
    """One row an active entity of the truth, of kinds that count: is_spam, its fused score and its model's."""
    end, before = start + timedelta(days=6), start - timedelta(days=1)
    active = truth.merge(
        active_entities(workspace.lake.read(ACCOUNT_DAYS), workspace.lake.read(DOMAIN_DAYS), end), on=KEY
    )
    counted = [kind for kind in KINDS if counts(active, kind)]
    if not counted:
        print(f"{start} to {end}: left out, fewer than {LEAST} of a class", flush=True)
        return pd.DataFrame()
    launched = [train(workspace, day=before) for train in (train_domain, train_account)]
    run_days(workspace, [end], jobs=[job for job in DAILY if job.name not in (*HISTORY, *NOT_JUDGED)])
    judged = active.merge(scores(workspace, end), on=KEY, how="left").assign(week=start)
    judged["score"] = judged["score"].fillna(workspace.config.fusion.prior)  # what no detector reaches
    print_week(judged, counted, f"{start} to {end}", [one.trained.version for one in launched if not one.active])
    return judged[judged["entity_kind"].isin(counted)]


def counts(active: pd.DataFrame, kind: str) -> bool:
    spam = active[active["entity_kind"] == kind]["is_spam"]
    return min(int(spam.sum()), int((~spam).sum())) >= LEAST


def scores(workspace: Workspace, day: date) -> pd.DataFrame:
    models = [F.col("detectors")[f"{kind}_model"].alias(f"{kind}_model") for kind in KINDS]
    return workspace.lake.read_days(ENTITY_SCORES, first=day, last=day).select(*KEY, "score", *models).toPandas()


def print_week(judged: pd.DataFrame, counted: list[str], week: str, kept_out: list[str]) -> None:
    figures_text = [f"{kind}s AUC {auc:.3f} of {number}" for kind, auc, number in aucs(judged, counted)]
    held = f"; not active: {', '.join(kept_out)}" if kept_out else ""
    print(f"{week}: {', '.join(figures_text)}{held}", flush=True)


def aucs(judged: pd.DataFrame, kinds: list[str]) -> Iterator[tuple[str, float, int]]:
    for kind in kinds:
        auc, _, number = figures(judged[judged["entity_kind"] == kind], kind)
        yield kind, auc, number


def print_mean(judged: pd.DataFrame, kind: str) -> None:
    each = [figures(week, kind) for _, week in judged[judged["entity_kind"] == kind].groupby("week")]
    auc, precision = (sum(result[place] for result in each) / len(each) for place in (0, 1))
    print(f"mean of {len(each)} weeks: {kind}s AUC {auc:.3f}, average precision {precision:.3f}")


def print_reliability(judged: pd.DataFrame, kind: str, name: str, column: str) -> None:
    rows = judged[(judged["entity_kind"] == kind) & judged[column].notna()]
    spam, entity = rows["is_spam"].to_numpy(bool), pd.factorize(rows["entity_id"])[0]
    text = reliability_text(reliability(rows[column].to_numpy(float), spam, entity, seed=17))
    print(f"calibration, {name} of {kind}s: {text}")


def reliability_text(result: Reliability) -> str:
    return (
        f"error {result.error:.3f}, by chance up to {result.error_by_chance:.3f}; slope {result.slope:.2f} "
        f"({result.slope_low:.2f} to {result.slope_high:.2f}), bias {result.bias:+.2f}; {result.examples} scores, "
        f"{result.spam} spam: {'holds' if result.holds else 'does not hold'}"
    )


if __name__ == "__main__":
    main()
