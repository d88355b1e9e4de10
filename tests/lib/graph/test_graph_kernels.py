"""The numeric parts of the graph, without Spark."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array

from lib.arrays import Floats
from lib.graph.propagation import NoConvergence, settled_mass, spam_share
from lib.graph.seeds import BENIGN, SPAM, UNKNOWN, Labels, seed_masses
from lib.graph.strongest_neighbours import strongest
from tests.support.graph_oracle import normalised, swept

SIDES = 2
sizes = st.tuples(st.integers(1, 6), st.integers(1, 5))
weights = arrays(np.float64, sizes, elements=st.sampled_from([0.0, 0.5, 1.0, 3.0]))
masses = st.sampled_from([0.0, 0.0, 1.0, 0.3, 50.0])


def settle(s: Floats, right: Floats, *, tolerance: float = 1e-10, passes: int = 100) -> Floats:
    return settled_mass(
        lambda x: np.asarray(s.T @ (s @ x)), right, damping=0.85, tolerance=tolerance, max_passes=passes
    )


@given(weights, st.data())
@settings(deadline=None)
def test_conjugate_gradients_agree_with_plain_sweeps_and_with_a_dense_solve(w: Floats, data: Any) -> None:
    s = normalised(w)
    y_u, y_d = (data.draw(arrays(np.float64, (n, SIDES), elements=masses)) for n in w.shape)
    right = 0.15 * (y_d + 0.85 * s.T @ y_u)
    result = settle(s, right)
    np.testing.assert_allclose(result, swept(s, y_u, y_d, 0.85)[1], atol=1e-7)
    np.testing.assert_allclose(result, np.linalg.solve(np.eye(w.shape[1]) - 0.85**2 * s.T @ s, right), atol=1e-7)


def test_a_complete_bipartite_block_settles_at_once() -> None:
    s = normalised(np.ones((30, 20)))
    right = np.zeros((20, 2))
    right[0, 0] = right[1, 1] = 1.0
    result = settle(s, right, passes=4)
    np.testing.assert_allclose(result[0, 0], 1 + 0.85**2 / (1 - 0.85**2) / 20)
    np.testing.assert_allclose(result[2:, 0], result[2:, 1])


def test_each_side_is_as_exact_as_if_it_were_alone() -> None:
    s = normalised(np.triu(np.ones((8, 8))))
    right = np.eye(8)[:, :2] * [1e-6, 1e6]
    result = settle(s, right, tolerance=1e-6)
    exact = np.linalg.solve(np.eye(8) - 0.85**2 * s.T @ s, right)
    assert (np.linalg.norm(result - exact, axis=0) < 1e-5 * np.linalg.norm(exact, axis=0)).all()


def test_what_no_mass_reaches_is_exactly_nothing() -> None:
    s = normalised(np.eye(3))
    result = settle(s, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]))
    assert (result > 0).tolist() == [[True, False, False], [False, True, False], [False, False, False]]


def test_too_few_passes_are_an_error() -> None:
    with pytest.raises(NoConvergence, match=r"after 2 passes over 9 domains: raise graph\.max_passes"):
        settle(normalised(np.triu(np.ones((9, 9)))), np.eye(9)[:, :1], passes=2)


def test_the_share_of_spam_is_drawn_to_the_prior() -> None:
    spam, benign = np.array([0.0, 1.0, 0.001, 0.0]), np.array([0.0, 1.0, 0.0, 5.0])
    result = spam_share(spam, benign, prior=0.2, epsilon=1e-3)
    np.testing.assert_allclose(result, [0.2, 0.5, 0.6, 0.0], atol=4e-4)
    assert result[0] == 0.2


def labels(*known: tuple[int, float, int]) -> Labels:
    label, weight, fold = zip(*known, strict=True)
    return Labels(np.array(label, np.int8), np.array(weight, np.float64), np.array(fold, np.int32))


def test_seeds_and_priors_of_each_view() -> None:
    nan = np.nan
    y_u, y_d = seed_masses(
        labels((SPAM, 3.0, 0), (BENIGN, 99.0, 1), (UNKNOWN, 0.0, UNKNOWN)),  # 99 is capped to 10
        labels((SPAM, 2.0, 1), (UNKNOWN, 0.0, UNKNOWN), (UNKNOWN, 0.0, UNKNOWN), (UNKNOWN, 0.0, UNKNOWN)),
        np.array([[0.9, 0.9, 0.75], [0.5, nan, nan], [0.1, 0.25, 0.5], [nan, nan, nan]]),
        folds=2,
        prior_mass=0.3,
        max_weight=10.0,
    )
    # View 0: three seeds of mean weight 5; the priors of the domains without a label are within 0.3 * 3.
    np.testing.assert_allclose(y_u[:, :2], np.array([[0.6, 0.0], [0.0, 2.0], [0.0, 0.0]]))
    np.testing.assert_allclose(y_d[:, :2], np.array([[0.4, 0.0], [0.0, 0.0], [0.08, 0.72], [0.0, 0.0]]))
    # View 1, without fold 0: seeds of weight 10 and 2; the prior of 0.25 has mass 0.5.
    np.testing.assert_allclose(y_u[:, 2:4], np.array([[0.0, 0.0], [0.0, 10 / 6.0], [0.0, 0.0]]))
    np.testing.assert_allclose(y_d[:, 2:4], np.array([[2 / 6.0, 0.0], [0.0, 0.0], [0.125, 0.375], [0.0, 0.0]]))
    # View 2, without fold 1: one seed; its own labelled domain has a prior, of mass 0.5 lowered to 0.3.
    np.testing.assert_allclose(y_u[:, 4:], np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]))
    np.testing.assert_allclose(y_d[:, 4:], np.array([[0.225, 0.075], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]))


entries = arrays(np.float64, sizes, elements=st.sampled_from([0.0, -1e-9, 0.25, 0.25 + 1e-14, 0.5, 2.0]))


@given(entries, st.integers(1, 4))
def test_the_strongest_are_those_of_a_plain_sort(given_: Floats, keep: int) -> None:
    matrix = csr_array(given_)
    scale = np.maximum(given_.sum(axis=1), 1)
    result = strongest(matrix, scale, keep=keep)
    expected = [
        (row, giver)
        for row in range(len(given_))
        for giver in sorted(
            (g for g in range(given_.shape[1]) if given_[row, g] > 0),
            key=lambda g: (-round(given_[row, g] / scale[row], 9), g),
        )[:keep]
    ]
    assert list(zip(result.receiver.tolist(), result.giver.tolist(), strict=True)) == expected
    assert [given_[row, giver] for row, giver in expected] == matrix.data[result.edge].tolist()
