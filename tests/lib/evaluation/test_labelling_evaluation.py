"""`winnow evaluate labelling`: its pool, and its figures of the rounds."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from jobs.cli.main import app
from lib.evaluation import labelling_evaluation as module
from lib.evaluation.labelling_evaluation import domains_of, interval, split, thinned
from lib.evaluation.link_lists import distinct_links
from tests.support.links import link_rows, links


def test_a_domain_has_the_label_of_most_of_its_links() -> None:
    given = [
        ("http://a.com/1", True), ("http://a.com/2", True), ("http://a.com/3", False),
        ("http://b.com/1", True), ("http://b.com/2", False),  # as often one as the other
        ("http://c.com/1", False),
    ]  # fmt: skip
    urls, spam = zip(*given, strict=True)
    result = domains_of(distinct_links(urls, np.array(spam)), at_most=5, folds=2, seed=1)
    assert [(row["domain"], row["is_spam"], len(row["links"])) for row in result.to_pylist()] == [
        ("a.com", True, 2),
        ("c.com", False, 1),
    ]


def test_no_domain_is_in_both_the_pool_and_the_test() -> None:
    pool, test = split(links(120, seed=1), seed=1)
    assert len(pool) + len(test) == 120
    assert not set(pool.domain) & set(test.domain)
    assert 0.2 < len(test) / 120 < 0.5


@pytest.mark.parametrize(("share", "spam"), [(0.1, 2), (0.5, 18), (0.9, 20)])
def test_a_pool_is_thinned_to_a_share_of_spam(share: float, spam: int) -> None:
    pool = pa.table({"domain": [f"d{n}.com" for n in range(38)], "is_spam": [n < 20 for n in range(38)]})
    result = thinned(pool, share, seed=1)
    assert (sum(result["is_spam"].to_pylist()), len(result)) == (spam, 18 + spam)
    assert set(result["domain"].to_pylist()) >= {f"d{n}.com" for n in range(20, 38)}


def test_the_interval_is_students() -> None:
    mean, low, high = interval(pd.Series([1.0, 2.0, 3.0]))
    assert mean == 2.0
    assert high - mean == pytest.approx(4.302653 / np.sqrt(3))
    assert mean - low == pytest.approx(high - mean)
    assert interval(pd.Series([0.5])) == (0.5, 0.5, 0.5)


def knowing(pool: pa.Table, test: pa.Table, trial: Any, *, seed: int) -> Any:
    """A teacher whose model knows the truth the better the more labels it has."""

    def train(labelled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng(seed)
        pool_score, test_score = (
            1 / (1 + np.exp(-(np.asarray(side["is_spam"]) * len(labelled) / 10 + random.normal(size=len(side)))))
            for side in (pool, test)
        )
        return pool_score, test_score

    return train


def test_rounds_of_both_ways_are_told_with_intervals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "trainer", knowing)
    link_rows(300, seed=4).to_csv(tmp_path / "links.csv", index=False)
    files = [f"--train={tmp_path / 'links.csv'}", "--label-column=label", f"--plot={tmp_path / 'rounds.svg'}"]
    sizes = ["--rounds=2", "--batch=10", "--start=20", "--seeds=2", "--json", f"--config={tmp_path / 'winnow.toml'}"]
    (tmp_path / "winnow.toml").write_text("", encoding="utf-8")
    done = CliRunner().invoke(app, ["evaluate", "labelling", *files, *sizes])
    assert done.exception is None, done.output
    result = json.loads(done.stdout)
    labels = [step["labels"] for step in result["steps"]]
    assert [number - labels[0] for number in labels] == [0, 10, 20]
    assert result["seeds"] == 2
    first, last = result["steps"][0], result["steps"][-1]
    assert first["gain"]["auc"] == [0, 0, 0]  # both ways start from the same labels
    mean, low, high = last["figures"]["chosen"]["auc"]
    assert low <= mean <= high
    assert mean > first["figures"]["chosen"]["auc"][0]
    assert (tmp_path / "rounds.svg").read_text(encoding="utf-8").count("</svg>") == 1
