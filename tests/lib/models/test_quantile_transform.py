from itertools import pairwise

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.models.account.quantile_transform import KNOTS, QuantileTransform, quantiles

values = st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=1, max_size=30)
knots = st.lists(st.floats(-100, 100).map(lambda x: round(x, 3)), min_size=2, max_size=64, unique=True).map(sorted)


@settings(deadline=None)
@given(knots, values)
@example([0.0, 1e-5, 2e-5, 3e-5, 1.0], [1e-5, 2.5e-5, 0.5])  # more than one knot in a cell
def test_quantiles_equal_plain_interpolation(known: list[float], asked: list[float]) -> None:
    several = np.array([*asked, *known, *np.add(known, 1e-6)])
    expected = np.interp(several, known, np.linspace(0, 1, len(known)))
    np.testing.assert_allclose(QuantileTransform(np.array(known)).of(several), expected, atol=1e-9)


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(-3, 200).map(float), st.floats(allow_nan=True)), max_size=300))
def test_knots_are_values_in_order_and_part_the_rest_evenly(drawn: list[float]) -> None:
    values = np.array(drawn, np.float64)
    cuts = np.array(quantiles(values))
    finite = values[np.isfinite(values)]
    assert set(cuts) <= set(finite)
    assert (np.diff(cuts) > 0).all()
    assert len(cuts) <= KNOTS
    distinct, counts = np.unique(finite, return_counts=True)
    if len(distinct) <= KNOTS:
        assert set(cuts) == set(distinct)
    for low, high in pairwise(cuts):
        inside = np.minimum(counts[(distinct > low) & (distinct < high)], len(finite) / KNOTS)
        assert inside.sum() <= 2 * len(finite) / KNOTS + 1


def test_many_zeros_do_not_use_up_the_knots() -> None:
    values = np.concatenate([np.zeros(9000), np.arange(1, 1001)])
    cuts = np.array(quantiles(values))
    assert len(cuts) == KNOTS
    assert np.diff(cuts).max() < 30
