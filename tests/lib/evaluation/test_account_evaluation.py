"""`winnow evaluate accounts` on tables as people have them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from jobs.cli.evaluate_models import show_accounts
from jobs.cli.main import app
from lib.evaluation.account_evaluation import AccountFigures, evaluate_accounts
from lib.evaluation.account_tables import PREFIX, Labelled
from lib.sampling import stratified_folds
from tests.support.accounts import TINY

SETTINGS = TINY.model_copy(update={"min_labels": 2})
TOML = "[account_model]\n" + "\n".join(
    f"{name} = {getattr(SETTINGS, name)}"
    for name in ("epochs", "least_steps", "batch", "bins", "replicas", "hidden", "embedding", "learning_rate")
)


def table(rows: int, *, seed: int) -> pd.DataFrame:
    """Spam posts more, from other clients; the rest is what makes tables hard."""
    random = np.random.default_rng(seed)
    spam = np.arange(rows) % 3 == 0
    posts = np.floor(random.pareto(1.0, rows) * np.where(spam, 60, 6)).astype(float)
    client = np.where(spam & (random.random(rows) < 0.8), "bot", "web").astype(object)
    return pd.DataFrame(
        {
            "id": [f"{seed}-{number}" for number in range(rows)],
            "posts": np.where(random.random(rows) < 0.1, np.nan, posts),
            "client": [who if chance >= 0.2 else None for who, chance in zip(client, random.random(rows), strict=True)],
            "verified": np.where(spam, "false", "true"),
            "always": 7,
            "never": None,
            "joined": "2019-05-06 10:00:00",
            "label": np.where(spam, "spam", "ham"),
        }
    )


def written(folder: Path, train: pd.DataFrame, test: pd.DataFrame) -> list[str]:
    train.to_csv(folder / "train.csv", index=False)
    test.to_parquet(folder / "test.parquet", index=False)
    (folder / "winnow.toml").write_text(TOML, encoding="utf-8")
    files = ["--train", str(folder / "train.csv"), "--test", str(folder / "test.parquet")]
    return ["evaluate", "accounts", *files, "--label-column", "label", "--config", str(folder / "winnow.toml")]


def test_broken_tables_are_judged_beside_trees(tmp_path: Path) -> None:
    """The test file has clients that were never seen, lacks a column, and has one of its own."""
    test = table(90, seed=2).drop(columns="joined").assign(extra=1.0)
    test.loc[test.index % 10 == 0, "client"] = "unheard"
    test.loc[5, "label"] = None
    command = written(tmp_path, table(150, seed=1), test)
    done = CliRunner().invoke(app, [*command, "--json"])
    assert done.exception is None
    result = json.loads(done.stdout)
    assert {"auc", "ap", "recall_at_fpr_001", "recall_at_fpr_01", "baseline"} <= result.keys()
    assert {"auc", "ap"} <= result["baseline"].keys()
    assert result["auc"] > 0.95  # `verified` tells all
    assert (result["train_rows"], result["test_rows"], result["left_out"]) == (150, 89, 1)
    assert result["fields"] == {"numbers": 4, "dates": 1, "categories": 1, "bags": 0, "texts": 1}


def test_figures_are_shown_beside_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    trees = {"auc": 0.7, "ap": 0.6, "recall_at_fpr_001": 0.1, "recall_at_fpr_01": 0.2}
    show_accounts(AccountFigures(0.8, 0.7, 0.2, 0.3, 0.05, trees, 150, 89, 1, {"numbers": 4, "bags": 0}))
    told = capsys.readouterr().out
    assert "trained on 150 accounts, judged on 89 others; columns: 4 numbers" in told
    assert "1 rows without a label are left out" in told
    assert all(figure in told for figure in ("0.800", "0.700", "recall_at_fpr_01"))


def test_labels_by_chance_are_not_learnt() -> None:
    """Over some tables whose labels say nothing, the mean AUC is near one half."""
    result = []
    for seed in range(3):
        random = np.random.default_rng(seed)
        columns = [table(240, seed=2 * seed + side).drop(columns="label").add_prefix(PREFIX) for side in (0, 1)]
        tables = [Labelled(part, random.random(240) < 0.5, 0) for part in columns]
        result.append(evaluate_accounts(*tables, settings=SETTINGS, folds=5).auc)
    assert np.mean(result) == pytest.approx(0.5, abs=3 * 0.037 / np.sqrt(3))  # the error of an AUC of 240 rows


def test_a_row_of_a_table_without_any_column_has_no_score_of_its_own() -> None:
    nothing = Labelled(pd.DataFrame(index=range(20)), np.arange(20) % 2 == 0, 0)
    with pytest.raises(ValueError, match="every account the same score"):
        evaluate_accounts(nothing, nothing, settings=SETTINGS, folds=5)


def test_folds_are_dealt_evenly_within_each_class() -> None:
    spam = np.arange(43) % 4 == 0
    fold = stratified_folds(spam, 5, seed=3)
    for chosen in (spam, ~spam):
        counts = np.bincount(fold[chosen], minlength=5)
        assert counts.max() - counts.min() <= 1
