"""`winnow evaluate graph`: the passes over one block against dense sweeps, and planted camps from files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array
from typer.testing import CliRunner

from jobs.cli.main import app
from lib.arrays import Floats
from lib.config import GraphSettings
from lib.evaluation.graph_evaluation import FEW_SEEDS, NothingToJudge, balanced, draws, evaluate_graph, propagated
from lib.evaluation.labelled_files import BadTable
from lib.evaluation.network_files import Network, read_network
from lib.graph.blocks import Block
from lib.graph.seeds import BENIGN, SPAM, UNKNOWN, Labels
from tests.support.graph_oracle import normalised, swept

sizes = st.tuples(st.integers(1, 7), st.integers(1, 6))
weights = arrays(np.float64, sizes, elements=st.sampled_from([0.0, 0.0, 0.5, 1.0, 3.0])).filter(
    lambda w: bool(w.any(axis=0).all() and w.any(axis=1).all())  # a node is there by its edges
)
classes = st.sampled_from([SPAM, BENIGN, UNKNOWN])


def network(w: Floats, accounts: Any, domains: Any) -> Network:
    return Network(
        Block(0, csr_array(w)), {"account": np.array(accounts, np.int8), "domain": np.array(domains, np.int8)}, 0, 0
    )


def plain(known: Any) -> Labels:
    label = np.array(known, np.int8)
    return Labels(label, np.ones(len(label)), np.zeros(len(label), np.int32))


@given(weights, st.data())
@hypothesis_settings(deadline=None, max_examples=40)
def test_both_kinds_have_the_mass_of_five_hundred_plain_sweeps(w: Floats, data: Any) -> None:
    labels = {
        kind: plain(data.draw(st.lists(classes, min_size=n, max_size=n)))
        for kind, n in zip(("account", "domain"), w.shape, strict=True)
    }
    result = propagated(network(w, [UNKNOWN], [UNKNOWN]), labels, GraphSettings(tolerance=1e-8))
    y_u, y_d = (
        np.stack([labels[kind].label == SPAM, labels[kind].label == BENIGN], axis=1).astype(float)
        for kind in ("account", "domain")
    )
    u, d = swept(normalised(w), y_u, y_d, 0.85, sweeps=500)
    np.testing.assert_allclose(result["account"], u, atol=1e-5)
    np.testing.assert_allclose(result["domain"], d, atol=1e-5)


def test_a_complete_block_has_one_score_a_kind() -> None:
    """K(4,3) with one seed of each class: nothing swings, and all that are no seeds are alike."""
    labels = {"account": plain([SPAM, BENIGN, UNKNOWN, UNKNOWN]), "domain": plain([UNKNOWN] * 3)}
    result = propagated(network(np.ones((4, 3)), [UNKNOWN], [UNKNOWN]), labels, GraphSettings())
    np.testing.assert_allclose(result["domain"], result["domain"][0, 0], rtol=1e-6)
    np.testing.assert_allclose(result["account"][2:], result["account"][2, 0], rtol=1e-6)


def test_seeds_are_drawn_by_kind_and_class_and_weigh_the_same_by_class() -> None:
    known = network(np.ones((40, 1)), [SPAM] * 30 + [BENIGN] * 10, [BENIGN])
    first, second = draws(known, share=0.2, repeats=2)
    for seeds in (first, second):
        assert (seeds["account"][:30].sum(), seeds["account"][30:].sum(), seeds["domain"].sum()) == (6, 2, 1)
    assert (first["account"] != second["account"]).any()
    labels = balanced(known.known, first)
    assert labels["account"].weight[first["account"]].tolist() == [0.5] * 6 + [1.0] * 2
    assert labels["domain"].weight.tolist() == [1.0]
    assert not labels["account"].weight[~first["account"]].any()


def camps(folder: Path, *, labelled: str = "both") -> tuple[Path, Path]:
    """600 accounts, 80 domains; a quarter of either is spam, and one link in eight goes to the other camp."""
    random = np.random.default_rng(4)
    spam = {"account": np.arange(600) < 150, "domain": np.arange(80) < 20}
    account = np.repeat(np.arange(600), random.integers(2, 6, 600))
    side = spam["account"][account] ^ (random.random(len(account)) < 0.125)
    domain = np.where(side, random.integers(0, 20, len(account)), random.integers(20, 80, len(account)))
    pd.DataFrame({"account": account, "domain": domain, "weight": 1.5}).to_csv(folder / "edges.csv", index=False)
    labels = [
        pd.DataFrame({"kind": kind, "id": np.arange(len(is_spam)), "label": np.where(is_spam, "spam", "benign")})
        for kind, is_spam in spam.items()
        if labelled in ("both", kind)
    ]
    pd.concat(labels).sample(frac=1, random_state=0).to_parquet(folder / "labels.parquet")
    return folder / "edges.csv", folder / "labels.parquet"


def asked(edges: Path, labels: Path, *more: str) -> str:
    command = ["evaluate", "graph", "--edges", str(edges), "--labels", str(labels), *more]
    return CliRunner().invoke(app, command, catch_exceptions=False).stdout


def test_camps_are_told_apart(tmp_path: Path) -> None:
    files = camps(tmp_path)
    result = json.loads(asked(*files, "--seeds", "0.1", "--repeats", "3", "--json"))
    assert list(result) == ["account", "domain"]
    assert list(result["account"]) == ["auc", "ap", "reached"]
    assert result["account"]["auc"] > 0.93
    assert result["domain"]["auc"] > 0.99
    assert result["account"]["reached"] == 1.0
    assert "means of 5 draws of 10% of the labels" in asked(*files)


def test_labels_of_one_kind_judge_that_kind_alone(tmp_path: Path) -> None:
    result = json.loads(asked(*camps(tmp_path, labelled="domain"), "--json"))
    assert result["account"] == {"auc": None, "ap": None, "reached": None}
    assert result["domain"]["auc"] > 0.95


def test_rows_of_a_pair_add_up_and_rows_that_say_nothing_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "edges.csv").write_text(
        "account,domain,weight\n1,x,2\n1,x,3\n1,y,1\n2,y,1\n,y,1\n2,,1\n2,y,-4\n2,y,?\n"
    )
    (tmp_path / "labels.csv").write_text(
        "kind,id,label\naccount,1,0\naccount,1,1\nDomain,y,ham\ndomain,z,1\ndomain,x,\n"
    )
    result = read_network(tmp_path / "edges.csv", tmp_path / "labels.csv", hub_damping=1.0)
    np.testing.assert_allclose(result.block.weights.toarray(), [[np.log1p(5), np.log1p(1) / 2], [0, np.log1p(1) / 2]])
    assert {kind: known.tolist() for kind, known in result.known.items()} == {
        "account": [SPAM, UNKNOWN],  # the last of its labels
        "domain": [UNKNOWN, BENIGN],
    }
    assert (result.edges_left_out, result.labels_left_out) == (4, 1)


def test_without_weights_a_row_counts_one(tmp_path: Path) -> None:
    (tmp_path / "edges.csv").write_text("account,domain\n1,x\n1,x\n2,x\n")
    (tmp_path / "labels.csv").write_text("kind,id,label\naccount,1,1\n")
    result = read_network(tmp_path / "edges.csv", tmp_path / "labels.csv", hub_damping=0.0)
    np.testing.assert_allclose(result.block.weights.toarray(), np.log1p([[2.0], [1.0]]))


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path) -> None:
    edges, _ = camps(tmp_path)
    (tmp_path / "bad.csv").write_text("kind,id,label\nuser,1,spam\n")
    with pytest.raises(BadTable, match="kind is account or domain, and not 'user'"):
        read_network(edges, tmp_path / "bad.csv", hub_damping=0.0)
    with pytest.raises(BadTable, match="has no column 'kind'"):
        read_network(edges, edges, hub_damping=0.0)
    (tmp_path / "few.csv").write_text("kind,id,label\naccount,1,spam\naccount,300,benign\n")
    few = read_network(edges, tmp_path / "few.csv", hub_damping=0.0)
    with pytest.raises(NothingToJudge, match="1 spam accounts, 1 benign accounts, 0 spam domains, 0 benign domains"):
        evaluate_graph(few, share=0.1, repeats=1, settings=FEW_SEEDS)


def test_settings_that_are_asked_for_must_be_there(tmp_path: Path) -> None:
    files = [f"--{name}={tmp_path / name}.csv" for name in ("edges", "labels")]
    done = CliRunner().invoke(app, ["evaluate", "graph", *files, "--config", str(tmp_path / "typo.toml")])
    assert "typo.toml" in str(done.exception)
