"""Links reduced a few at a time, compared with all of them at once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lib.components.spanning_forests import components, reduced

links = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), max_size=30)


@given(links, st.lists(st.integers(0, 30), max_size=4), st.integers(1, 9))
def test_a_forest_made_bit_by_bit_joins_what_the_links_join(
    result: list[tuple[int, int]], cuts: list[int], at_once: int
) -> None:
    left, right = np.array(result, np.int64).reshape(-1, 2).T
    parts = zip(np.split(left, sorted(cuts)), np.split(right, sorted(cuts)), strict=True)
    forest = reduced(parts, at_once=at_once)
    nodes, root = components(left, right)
    linked = np.isin(nodes, np.concatenate([left[left != right], right[left != right]]))
    for one, expected in zip(components(*forest), (nodes[linked], root[linked]), strict=True):
        np.testing.assert_array_equal(one, expected)
    assert len(forest[0]) == np.count_nonzero(nodes != root)
