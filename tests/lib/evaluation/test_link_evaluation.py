"""`winnow evaluate links` on lists as people have them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from jobs.cli.evaluate_models import show_links
from jobs.cli.main import app
from lib.evaluation.labelled_files import BadTable
from lib.evaluation.link_evaluation import LinkFigures, Trial, evaluate_links
from tests.support.links import TOML, link_rows, links
from tests.support.models import SAMPLES, TINY

TRIAL = Trial(TINY, SAMPLES)


def command(folder: Path, *options: str) -> list[str]:
    (folder / "winnow.toml").write_text(TOML, encoding="utf-8")
    fixed = ["--label-column", "label", "--config", str(folder / "winnow.toml"), "--json"]
    return ["evaluate", "links", *options, *fixed]


def run(folder: Path, *options: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, command(folder, *options))
    assert done.exception is None, done.output
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_lists_are_judged_beside_a_baseline_without_what_was_seen(tmp_path: Path) -> None:
    """Two training files of one class each; the test has a domain of theirs, a duplicate and broken links."""
    train = link_rows(120, seed=1)
    for label, rows in train.groupby("label"):
        rows.to_csv(tmp_path / f"{label}.csv.gz", index=False)
    test = link_rows(90, seed=2)
    extra = [train["url"][0], test["url"][1].replace("http://www.", "HTTPS://"), "http://localhost/x", None]
    test = pd.concat([test, pd.DataFrame({"url": extra, "label": ["spam", "ham", "bad", "good"]})])
    test.to_parquet(tmp_path / "test.parquet", index=False)
    files = [f"--train={tmp_path / name}.csv.gz" for name in ("phishing", "legitimate")]
    result = run(tmp_path, *files, f"--test={tmp_path / 'test.parquet'}", f"--plot={tmp_path / 'roc.svg'}")
    assert {"auc", "ap", "recall_at_fpr_001", "recall_at_fpr_01", "calibration_error"} <= result.keys()
    assert set(result["baseline"]) == {"auc", "ap", "recall_at_fpr_001", "recall_at_fpr_01"}
    assert result["auc"] > 0.95
    assert (result["train_links"], result["test_links"], result["seen"]) == (120, 90, 1)
    assert result["left_out"] == {"unlabelled": 1, "unparsed": 1, "duplicates": 1, "contradicted": 0}
    assert (tmp_path / "roc.svg").read_text(encoding="utf-8").count("</svg>") == 1


def test_splits_of_one_list_share_no_domain_and_an_attack_is_measured(tmp_path: Path) -> None:
    link_rows(150, seed=3).to_csv(tmp_path / "links.csv", index=False)
    result = run(tmp_path, f"--train={tmp_path / 'links.csv'}", "--splits=2", "--attack=rotate")
    assert (result["splits"], result["train_links"], result["test_links"], result["seen"]) == (
        2,
        74,
        74,
        0,
    )
    attack = result["attack"]
    assert attack["before"] == pytest.approx(result["recall_at_fpr_01"])
    assert attack["loss"] == pytest.approx(attack["before"] - attack["after"])
    assert {"baseline_before", "baseline_after", "baseline_loss"} <= attack.keys()


def test_a_test_or_splits_must_be_given(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, command(tmp_path, "--train=links.csv"))
    assert done.exit_code == 2
    assert "--splits" in done.output


def test_known_domains_count_where_they_are_asked_for() -> None:
    train = links(60, seed=4)
    with pytest.raises(BadTable, match="0 test links"):
        evaluate_links(train, train, TRIAL)
    result, judged = evaluate_links(train, train, Trial(TINY, SAMPLES, keep_seen=True))
    assert (result.seen, result.test_links) == (60, 60)
    assert np.all((judged[0].ours > 0) & (judged[0].ours < 1))


def test_the_same_lists_give_the_same_figures() -> None:
    first, again = (evaluate_links(links(60, seed=5), links(60, seed=6), TRIAL)[0] for _ in range(2))
    assert first == again


def test_figures_are_shown_with_their_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("auc", "ap", "recall_at_fpr_001", "recall_at_fpr_01")
    intervals = dict.fromkeys((*names, "calibration_error"), (0.5, 0.9))
    show_links(
        LinkFigures(
            **dict.fromkeys((*names, "calibration_error"), 0.75),
            intervals=intervals,
            baseline=dict.fromkeys(names, 0.7),
            baseline_intervals=intervals,
            splits=1,
            train_links=60,
            train_domains=30,
            test_links=40,
            test_spam_links=20,
            test_domains=25,
            seen=7,
            seen_kept=False,
            left_out={"unlabelled": 0, "unparsed": 3, "duplicates": 0, "contradicted": 0},
            attack={"before": 0.8, "after": 0.6, "loss": 0.2}
            | {"baseline_before": 0.7, "baseline_after": 0.4, "baseline_loss": 0.3},
        ),
        "pad",
    )
    told = capsys.readouterr().out
    assert "trained on 60 links of 30 domains, judged on 40 (20 spam) of 25" in told
    assert "7 test links of domains trained on are left out" in told
    assert "3 rows left out: no registered domain in the link" in told
    assert all(figure in told for figure in ("0.750", "0.500 to 0.900", "under pad: 0.800 -> 0.600"))
