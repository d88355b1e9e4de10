"""`winnow evaluate clusters`: the definitions by hand, and planted groups from files."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from jobs.cli.main import app
from lib.config import ClusterSettings
from lib.evaluation.cluster_evaluation import BadFile, evaluate_clusters, figures, without_loners
from tests.support.planted import planted

labels = st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), min_size=2, max_size=14)


def test_figures_by_hand() -> None:
    """Entities 0 to 3 are a group, 4 and 5 another, the rest none; clusters are 0 1 2, and 3 6 7."""
    group = np.array([0, 0, 0, 0, 1, 1, -1, -1, -1])
    cluster = np.array([0, 0, 0, 1, -1, -1, 1, 1, -1])
    result = figures(cluster, group)
    assert (result.recall, result.precision) == (4 / 6, 4 / 6)
    assert (result.pair_recall, result.pair_precision) == (3 / 7, 3 / 6)


@given(labels)
@settings(deadline=None)
def test_figures_are_those_of_every_two_entities(drawn: list[tuple[int, int]]) -> None:
    """Entities that are alone are in no pair; the adjusted Rand index by its definition."""
    cluster, group = np.array(drawn, np.int64).T
    every = list(combinations(drawn, 2))
    in_cluster, in_group = (np.array([a[of] == b[of] >= 0 for a, b in every]) for of in (0, 1))
    result, together = figures(cluster, group), (in_cluster & in_group).sum()
    assert result.pair_recall == pytest.approx(together / in_group.sum() if in_group.any() else np.nan, nan_ok=True)
    assert result.pair_precision == pytest.approx(
        together / in_cluster.sum() if in_cluster.any() else np.nan, nan_ok=True
    )
    expected, most = in_cluster.sum() * in_group.sum() / len(every), (in_cluster.sum() + in_group.sum()) / 2
    assert result.ari == pytest.approx(1.0 if most == expected else (together - expected) / (most - expected))


def test_a_group_of_one_is_none() -> None:
    assert without_loners(np.array([3, 3, 1, -1])).tolist() == [3, 3, -1, -1]
    assert without_loners(np.array([-1])).tolist() == [-1]


def write_planted(folder: Path, *, accounts: int, groups: int) -> tuple[Path, Path]:
    account, attribute, value, group = planted(accounts=accounts, groups=groups)
    rows = pd.DataFrame({"entity": account, "attribute": attribute, "value": value}).astype(str)
    known = pd.DataFrame({"entity": np.arange(len(group)).astype(str), "group": group})[group >= 0]
    rows.sample(frac=1, random_state=0).to_parquet(folder / "rows.parquet")
    known.to_csv(folder / "groups.csv", index=False)
    return folder / "rows.parquet", folder / "groups.csv"


@pytest.mark.parametrize("accounts", [500, 10_000])
def test_planted_groups_are_found(tmp_path: Path, accounts: int) -> None:
    rows, groups = write_planted(tmp_path, accounts=accounts, groups=max(6, accounts // 250))
    arguments = ["evaluate", "clusters", "--attributes", str(rows), "--truth", str(groups), "--json"]
    answer = CliRunner().invoke(app, arguments, catch_exceptions=False)
    result = json.loads(answer.stdout)
    assert list(result) == ["recall", "precision", "pair_recall", "pair_precision", "ari"]
    assert result["recall"] >= 0.85
    assert result["precision"] >= 0.92
    assert result["ari"] >= 0.85


def test_thresholds_are_compared(tmp_path: Path) -> None:
    rows, groups = write_planted(tmp_path, accounts=500, groups=6)
    arguments = ["evaluate", "clusters", "--attributes", str(rows), "--truth", str(groups)]
    shares = ["--rare-share", "0.0001", "--rare-share", "0.02"]
    strict, usual = json.loads(CliRunner().invoke(app, [*arguments, *shares, "--json"], catch_exceptions=False).stdout)
    statistics = ["rare_share", "keys", "q_value", "clusters", "clustered", "largest"]
    assert list(usual)[:7] == [*statistics, "recall"]
    assert (strict["rare_share"], usual["rare_share"]) == (0.0001, 0.02)
    assert strict["clustered"] <= usual["clustered"]
    assert "rare_share" in CliRunner().invoke(app, [*arguments, *shares]).stdout
    blind = json.loads(CliRunner().invoke(app, [*arguments[:4], *shares, "--json"], catch_exceptions=False).stdout)
    assert blind == [{name: row[name] for name in statistics} for row in (strict, usual)]
    assert "pairs of values link them" in CliRunner().invoke(app, arguments[:4]).stdout


def test_csv_of_hostile_values_and_holes(tmp_path: Path) -> None:
    """Empty values are not shared; quotes, line breaks and a long value are values like others."""
    hostile, long = '\';\nDROP "TABLE"', "x" * 1_000_000
    rows = [(f"e{n}", "a", hostile) for n in range(3)] + [(f"e{n}", "b", long) for n in range(3)]
    rows += [(f"e{n}", attribute, empty) for n in range(9) for attribute, empty in (("c", ""), ("d", " "))]
    rows += [(f"x{n}", "a", f"own{n}") for n in range(60)]
    pd.DataFrame(rows, columns=["entity", "attribute", "value"]).to_csv(tmp_path / "rows.csv", index=False)
    truth = pd.DataFrame([("e0", "g"), ("e1", "g"), ("e2", "g"), ("never seen", "h"), ("e5", None)])
    truth.to_csv(tmp_path / "truth.csv", index=False, header=["entity", "group"])
    (result,) = evaluate_clusters(tmp_path / "rows.csv", tmp_path / "truth.csv", [ClusterSettings()])
    assert (result.clusters, result.clustered, result.grouped) == (1, 3, 3)
    assert result.figures
    assert result.figures.ari == 1.0


def test_a_value_is_one_of_its_attribute(tmp_path: Path) -> None:
    """The same text in two attributes is two values."""
    rows = [("e0", "a", "1"), ("e1", "b", "1"), ("e0", "a", "2"), ("e1", "b", "2"), ("e2", "a", "1"), ("e2", "b", "2")]
    pd.DataFrame(rows, columns=["entity", "attribute", "value"]).to_csv(tmp_path / "rows.csv", index=False)
    pd.DataFrame({"entity": ["e0", "e1"], "group": ["g", "g"]}).to_csv(tmp_path / "truth.csv", index=False)
    (result,) = evaluate_clusters(tmp_path / "rows.csv", tmp_path / "truth.csv", [ClusterSettings(min_size=2)])
    assert result.clusters == 0


def test_the_error_names_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("account,value\na,1\n")
    with pytest.raises(BadFile, match=r"rows\.csv has no column entity, attribute; it has account, value"):
        evaluate_clusters(tmp_path / "rows.csv", tmp_path / "rows.csv", [ClusterSettings()])
    with pytest.raises(BadFile, match="is not there"):
        evaluate_clusters(tmp_path / "none.csv", tmp_path / "rows.csv", [ClusterSettings()])
    (tmp_path / "bad.parquet").write_text("no parquet")
    with pytest.raises(BadFile, match="not readable"):
        evaluate_clusters(tmp_path / "bad.parquet", tmp_path / "rows.csv", [ClusterSettings()])
