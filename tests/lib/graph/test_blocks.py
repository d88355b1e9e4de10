"""However the accounts are cut into blocks, the solution is that of plain sweeps; without Spark."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.arrays import Floats, Positions
from lib.graph.blocks import Block, numbers, pieces, put_together, read_block, stored_blocks
from lib.graph.passes import account_mass, account_part, domain_selector, gram_part
from lib.graph.propagation import settled_mass
from tests.support.graph_oracle import normalised, swept

DAMPING = 0.85
pairs = st.tuples(st.integers(0, 11), st.integers(0, 9))
graphs = st.dictionaries(pairs, st.sampled_from([0.25, 1.0, 3.0]), min_size=1, max_size=40)


@dataclass(frozen=True)
class Part:
    """A block, and where its nodes are by their numbers."""

    block: Block
    accounts: Positions
    domains: Positions


def cut(edges: dict[tuple[int, int], float], blocks: int) -> list[Part]:
    """Accounts in turn; each block comes in two pieces. The key of a node is 10 times its number, less 50."""
    (account, domain), weight = np.array(list(edges)).T, np.array(list(edges.values()))
    rows = pa.RecordBatch.from_pydict(
        {
            "block": pa.array(account % blocks, pa.int32()),
            "account_id": [f"u{n:02d}" for n in account],
            "domain": [f"d{n:02d}" for n in domain],
            "account_key": account * 10 - 50,
            "domain_key": domain * 10 - 50,
            "weight": weight,
            "last_day": pa.array([0] * len(weight), pa.date32()),
        }
    )
    half = len(weight) // 2
    cut_in_two = pa.Table.from_batches([*pieces(iter([rows.slice(0, half)])), *pieces(iter([rows.slice(half)]))])
    parts = []
    for number in np.unique(account % blocks):
        (row,) = put_together(cut_in_two.filter(pc.field("block") == number)).to_batches()
        ((_, stored),) = stored_blocks(iter([row]))
        accounts, domains = ((numbers(stored[f"{kind}_keys"], np.int64) + 50) // 10 for kind in ("account", "domain"))
        parts.append(Part(read_block(stored, len(domains)), accounts, domains))
    return parts


def solved(parts: list[Part], y_u: Floats, y_d: Floats) -> tuple[Floats, Floats]:
    """Mass of all accounts and domains, by number; 0 for those without an edge, which no mass can leave."""
    degrees = summed(parts, len(y_d), lambda p: np.asarray(p.block.weights.sum(axis=0), np.float64)[:, None])
    root = np.sqrt(np.where(degrees > 0, degrees, 1))

    def gram(x: Floats) -> Floats:
        return summed(parts, len(y_d), lambda p: gram_part(p.block, (x / root)[p.domains])) / root

    handed = summed(parts, len(y_d), lambda p: account_part(p.block, y_u[p.accounts])) / root
    x = settled_mass(gram, (1 - DAMPING) * (y_d + DAMPING * handed), damping=DAMPING, tolerance=1e-8, max_passes=100)
    u = np.zeros_like(y_u)
    for part in parts:
        seeds = y_u[part.accounts]
        u[part.accounts] = account_mass(part.block, (x / root)[part.domains], seeds, damping=DAMPING)
    return u, x


def summed(parts: list[Part], domains: int, of: Callable[[Part], Floats]) -> Floats:
    return np.asarray(np.sum([domain_selector(part.domains, domains) @ of(part) for part in parts], axis=0))


@given(graphs, st.data())
@settings(deadline=None, max_examples=40)
def test_one_three_or_eight_blocks_and_five_hundred_sweeps(edges: dict[tuple[int, int], float], data: Any) -> None:
    w = np.zeros((12, 10))
    w[tuple(np.array(list(edges)).T)] = list(edges.values())
    linked: tuple[np.ndarray, ...] = (w.sum(axis=1) > 0, w.sum(axis=0) > 0)  # seeds without an edge are none
    seeds = [
        np.array(data.draw(st.lists(st.sampled_from([0.0, 0.0, 1.0]), min_size=2 * n, max_size=2 * n))) for n in w.shape
    ]
    y_u, y_d = (y.reshape(-1, 2) * there[:, None] for y, there in zip(seeds, linked, strict=True))
    exact = swept(normalised(w), y_u, y_d, DAMPING, sweeps=500)
    one, *others = (solved(cut(edges, blocks), y_u, y_d) for blocks in (1, 3, 8))
    for kind in (0, 1):
        np.testing.assert_allclose(one[kind], exact[kind], atol=1e-5)
        for other in others:
            np.testing.assert_allclose(other[kind], one[kind], atol=1e-6)


@pytest.mark.parametrize(("accounts", "domains"), [(1, 1), (5, 2), (2, 7)])
def test_a_complete_graph_does_not_swing(accounts: int, domains: int) -> None:
    """K(n, m), seeded on one account: the closed form of the mass that its domains share."""
    edges = {(u, d): 1.0 for u in range(accounts) for d in range(domains)}
    y_u = np.zeros((accounts, 1))
    y_u[0] = 1
    _, x = solved(cut(edges, 3), y_u, np.zeros((domains, 1)))
    share = (1 - DAMPING) * DAMPING / np.sqrt(accounts * domains) / (1 - DAMPING**2)
    np.testing.assert_allclose(x, share, rtol=1e-6)


def test_each_pass_logs_its_residual(caplog: pytest.LogCaptureFixture) -> None:
    edges = {(n, n + step): 1.0 for n in range(8) for step in (0, 1)}
    y_u = np.zeros((12, 1))
    y_u[0] = 1
    with caplog.at_level(logging.INFO, logger="lib.graph.propagation"):
        solved(cut(edges, 2), y_u, np.zeros((10, 1)))
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split(",")[0] for line in lines] == [f"pass {n}" for n in range(1, len(lines) + 1)]
    residuals = [float(line.rsplit(" ", 1)[1]) for line in lines]
    assert residuals[0] == 1.0
    assert residuals[-1] < 1e-3
    assert len(lines) > 3
