import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.models.account.quantile_transform import QuantileTransform

values = st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=1, max_size=30)
knots = st.lists(st.floats(-100, 100).map(lambda x: round(x, 3)), min_size=2, max_size=64, unique=True).map(sorted)


@settings(deadline=None)
@given(knots, values)
@example([0.0, 1e-5, 2e-5, 3e-5, 1.0], [1e-5, 2.5e-5, 0.5])  # more than one knot in a cell
def test_quantiles_equal_plain_interpolation(known: list[float], asked: list[float]) -> None:
    several = np.array([*asked, *known, *np.add(known, 1e-6)])
    expected = np.interp(several, known, np.linspace(0, 1, len(known)))
    np.testing.assert_allclose(QuantileTransform(np.array(known)).of(several), expected, atol=1e-9)
