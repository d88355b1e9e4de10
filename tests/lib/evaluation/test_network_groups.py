"""Groups in a plain network: bridges are cut, communities are found, whatever the order of the links."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score
from typer.testing import CliRunner

from jobs.cli.main import app
from lib.components.spanning_forests import components
from lib.config import ClusterSettings
from lib.evaluation.network_groups import ALONE, bridges, by_closeness, divided, groups_of, linked

Links = list[tuple[int, int]]


def rings_and_exchange(rings: int = 8, size: int = 9) -> Links:
    """Rings with a chord from each to the one after the next, and an exchange that two of each ring deal with."""
    links = [(r * size + n, r * size + (n + step) % size) for r in range(rings) for n in range(size) for step in (1, 2)]
    return links + [(rings * size, r * size + n) for r in range(rings) for n in (0, 4)]


def grouped(links: Links, entities: int) -> np.ndarray:
    left, right = np.array(links, np.int64).reshape(-1, 2).T
    return groups_of(left, right, entities, ClusterSettings())


def test_an_exchange_is_cut_and_the_rings_remain() -> None:
    links = rings_and_exchange()
    left, right = np.array(links).T
    graph = linked(left, right, 73)
    assert np.flatnonzero(bridges(graph, divided(graph, resolution=1.0), ClusterSettings())).tolist() == [72]
    assert grouped(links, 73).tolist() == [n // 9 for n in range(72)] + [ALONE]


def test_an_entity_that_pays_all_members_of_one_group_is_no_bridge() -> None:
    assert grouped([(0, n) for n in range(1, 30)], 31).tolist() == [0] * 30 + [ALONE]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=30))
@settings(deadline=None, max_examples=60)
def test_groups_are_connected_and_depend_on_no_order_or_direction(links: Links) -> None:
    result = grouped(links, 13)
    turned = grouped([(b, a) for a, b in reversed(links)] + links[:3], 13)
    assert turned.tolist() == result.tolist()
    for group in range(result.max(initial=ALONE) + 1):
        members = np.flatnonzero(result == group)
        inside = np.array([(a, b) for a, b in links if a != b and result[a] == result[b] == group]).reshape(-1, 2)
        nodes, root = components(*inside.T)
        assert nodes.tolist() == members.tolist()
        assert len(set(root.tolist())) == 1


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=30))
@settings(deadline=None, max_examples=60)
def test_a_link_weighs_one_and_what_its_ends_share(links: Links) -> None:
    left, right = np.array(links, np.int64).reshape(-1, 2).T
    graph = linked(left, right, 9)
    plain = graph.toarray()
    assert by_closeness(graph).toarray().tolist() == (plain + plain @ plain * plain).tolist()


def test_the_command_judges_links(tmp_path: Path) -> None:
    links, names = rings_and_exchange(), [f"0x{n:02d}" for n in range(73)]
    rows = pd.DataFrame([(names[a], names[b], 1.5) for a, b in links], columns=["a", "b", "value"])
    rows.to_csv(tmp_path / "edges.csv", index=False)
    truth = pd.DataFrame({"entity": names[:72], "group": [f"g{n // 9}" for n in range(72)]})
    truth.to_parquet(tmp_path / "truth.parquet")
    asked = ["evaluate", "clusters", "--edges", str(tmp_path / "edges.csv"), "--truth", str(tmp_path / "truth.parquet")]
    result = json.loads(CliRunner().invoke(app, [*asked, "--json"], catch_exceptions=False).stdout)
    assert result == {"recall": 1.0, "precision": 1.0, "pair_recall": 1.0, "pair_precision": 1.0, "ari": 1.0}
    assert "72 of 73 entities in 8 clusters, the largest of 9; 72 have a group" in CliRunner().invoke(app, asked).stdout
    both = CliRunner().invoke(app, [*asked, "--attributes", str(tmp_path / "edges.csv")])
    assert both.exit_code == 2


def test_planted_groups_with_hubs_are_found_better_than_by_components() -> None:
    random = np.random.default_rng(3)
    sizes = random.integers(6, 40, 60)
    group = np.repeat(np.arange(60), sizes)
    links = [(n, random.choice(np.flatnonzero(group == group[n]))) for n in range(len(group)) for _ in range(3)]
    hubs = len(group) + random.integers(0, 3, 400)
    links += list(zip(hubs.tolist(), random.integers(0, len(group), 400).tolist(), strict=True))
    result = grouped(links, len(group) + 3)[: len(group)]
    assert (result != ALONE).mean() > 0.95
    assert adjusted_rand_score(group, result) == pytest.approx(1.0, abs=0.1)
