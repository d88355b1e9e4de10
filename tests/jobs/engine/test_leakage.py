"""No detector may hear what it is asked: with labels that are coin tosses, its out-of-fold scores must know nothing.

Twenty copies of one platform, each with tosses of its own, go through the whole cascade in one lake: both models are
trained, the graph is solved, clusters are calibrated and the fusion is fitted on these labels. Only pairs of one copy
and one fold are compared: of both, no label was there when their scores were made, so their order is a coin toss. (Over
folds it would not be: the label of the one is there in the other's score.)

Within a fold the copies' AUCs are independent, as the tosses are. The folds' means are not: a model that was taught one
fold is judged on the other, and the other way round. Their mean's standard error is at most the mean of theirs.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from scipy.stats import t

from jobs.engine.runner import run_days
from jobs.engine.workspace import Workspace, open_workspace
from jobs.training.train import train_account, train_domain
from lib.arrays import Array
from lib.sampling import fold
from schemas.catalog import TABLES
from tests.support.builders import DAY
from tests.support.lakes import HISTORY, SCORING
from tests.support.platform import settings, write_events, write_labels

COPIES, COMMUNITIES, MEMBERS, DAYS = 20, 3, 40, 6
FOLDS = 2  # as few as there may be: half of all pairs are of one fold
TRAINED = DAY - timedelta(days=1)
NARROW = 0.06  # half the width of an interval that would still show a leak
ENTITY = ["entity_kind", "entity_id"]


def posts(day: date) -> Iterator[dict[str, Any]]:
    """Each account posts once a day, mostly links to its community; three of a community share network and words."""
    for copy in range(COPIES):
        chance = random.Random(f"{day} {copy}")  # noqa: S311
        for member in range(COMMUNITIES * MEMBERS):
            community, place = divmod(member, MEMBERS)
            group = f"{copy}-{community}-{place // 3}"
            home = community if chance.random() < 0.8 else chance.randrange(COMMUNITIES)
            domain = domain_of(copy, home * MEMBERS + chance.randrange(MEMBERS))
            yield {
                "ts": f"{day}T{chance.randrange(24):02}:{chance.randrange(60):02}:00Z",
                "who": account_of(copy, member),
                "links": [f"http://www.{domain}/{chance.choice(['buy', 'read', 'see'])}/{chance.randrange(9)}"],
                "net": f"net {group}",
                "words": f"words of {''.join(chr(97 + int(c)) for c in group if c.isdigit())}",
            }


def domain_of(copy: int, number: int) -> str:
    return f"site{number}-of{copy}.example"


def account_of(copy: int, number: int) -> str:
    return f"user{number}-of{copy}"


def tosses() -> list[dict[str, Any]]:
    """A label for every account and domain of every copy, each by a toss of its own."""
    chance = random.Random(5)  # noqa: S311
    named = {"domain": domain_of, "account": account_of}
    return [
        {"entity_kind": kind, "entity_id": name(copy, number), "is_spam": chance.random() < 0.5,
         "known_at": DAY - timedelta(days=DAYS - 1)}
        for kind, name in named.items() for copy in range(COPIES) for number in range(COMMUNITIES * MEMBERS)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def tossed(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A lake of such a platform, whose DAY has run."""
    folder: Path = tmp_path_factory.mktemp("tossed")
    days = [DAY - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    for day in days:
        write_events(folder, day, [{"id": f"{day}-{n}", **post} for n, post in enumerate(posts(day))])
    write_labels(folder, tosses())
    workspace = open_workspace(tossing_settings(folder))
    run_days(workspace, days, jobs=HISTORY)
    train_domain(workspace, day=TRAINED)
    train_account(workspace, day=TRAINED)
    run_days(workspace, [DAY], jobs=SCORING)
    return workspace


def tossing_settings(folder: Path) -> Any:
    plain = settings(folder)
    events = plain.sources["events"].model_dump()
    select = {**events["select"], "text": "words"}
    sources = {"events": {**events, "select": select}, "labels": plain.sources["labels"].model_dump()}
    return settings(
        folder,
        sources=sources,
        labelling={"enabled": False},
        samples={"folds": FOLDS},
        domain_model=plain.domain_model.model_dump() | {"epochs": 30},  # enough to learn tosses by heart
        account_model=plain.account_model.model_dump() | {"least_steps": 1500, "hidden": 16},
    )


def scores_of(workspace: Workspace, detector: str, score: str) -> pd.DataFrame:
    """Entities with an out-of-fold score: entity_kind, entity_id, score (the column `score`), is_spam, fold, copy."""
    result = workspace.lake.read_days(TABLES[detector], first=DAY, last=DAY).where("oof_score IS NOT NULL")
    for key, kind in (("domain", "domain"), ("account_id", "account")):
        if key in result.columns:
            result = result.withColumns({"entity_kind": F.lit(kind), "entity_id": F.col(key)})
    labelled = result.join(labels_of(workspace), ENTITY)
    samples = workspace.config.samples
    own = fold(F.col("entity_kind"), F.col("entity_id"), salt=samples.salt, folds=samples.folds)
    copy = F.regexp_extract("entity_id", r"-of(\d+)", 1).cast("int")
    rows = labelled.select(*ENTITY, F.col(score).alias("score"), "is_spam", own.alias("fold"), copy.alias("copy"))
    return rows.toPandas()


def labels_of(workspace: Workspace) -> DataFrame:
    return workspace.lake.read(TABLES["labels"]).select(*ENTITY, "is_spam")


def aucs(scores: pd.DataFrame) -> Array:
    """(folds, copies): the share of pairs of a spam and a benign entity that are in order; ties are half."""
    return np.array([[auc(alike) for _, alike in of_fold.groupby("copy")] for _, of_fold in scores.groupby("fold")])


def auc(scores: pd.DataFrame) -> float:
    spam, benign = (scores.score[scores.is_spam == side].to_numpy() for side in (True, False))
    above = np.sign((spam[:, None] - benign[None, :]).round(12))
    return float(((above + 1) / 2).mean())


@pytest.mark.parametrize(
    ("detector", "kind"),
    [
        ("domain_scores", "domain"),
        ("account_scores", "account"),
        ("account_clusters", "account"),
        ("graph_scores", "account"),
        ("graph_scores", "domain"),
        ("entity_scores", "account"),
        ("entity_scores", "domain"),
    ],
)
def test_coin_tosses_cannot_be_told(tossed: Workspace, detector: str, kind: str) -> None:
    mean, half = interval(tossed, detector, kind, "oof_score")
    assert half < NARROW
    assert abs(mean - 0.5) < half, f"mean AUC {mean:.3f} of {COPIES} shuffles, +- {half:.3f}"
    heard, half = interval(tossed, detector, kind, "score")
    assert heard - half > 0.5, f"mean AUC {heard:.3f} of scores that heard the labels: a leak would not be seen"


def interval(workspace: Workspace, detector: str, kind: str, score: str) -> tuple[float, float]:
    """The mean AUC, and half the width of its 99% interval."""
    scores = scores_of(workspace, detector, score)
    result = aucs(scores[scores.entity_kind == kind])
    assert result.shape == (FOLDS, COPIES)
    errors = result.std(axis=1, ddof=1) / COPIES**0.5
    return float(result.mean()), float(t.ppf(0.995, COPIES - 1) * errors.mean())
