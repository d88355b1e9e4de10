"""Linking, components, significance and splitting compared with the slow, obvious way."""

from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from lib.arrays import pair_hash
from lib.clusters import distributed_linking, rare_pairs
from lib.clusters.distributed_linking import CountSketch
from lib.clusters.incidence import Incidence, hub_limit, incidence_of, linkable, product_per_holder
from lib.clusters.linking import Clustering, cluster_for_each, cluster_linkable, clusters_from_keys
from lib.clusters.rare_pairs import ALWAYS, Keys, holders_needed, linking_keys
from lib.clusters.significance import candidate_pairs, df_counts, p_values, q_of_keys, q_values
from lib.components.spanning_forests import components, forest
from lib.config import ClusterSettings

Rows = list[tuple[int, int]]  # account, value
EXACT = ClusterSettings(rare_share=0.6, max_q=1.0, min_size=2)
tables = st.lists(st.tuples(st.integers(0, 14), st.integers(100, 115)), max_size=80)


def incidence(rows: Rows) -> Incidence:
    accounts, values = np.array(rows, np.int64).reshape(-1, 2).T
    return incidence_of(accounts, values)


def holders_of(rows: Rows) -> dict[int, set[int]]:
    result = defaultdict(set)
    for account, value in rows:
        result[value].add(account)
    return dict(result)


def cluster_incidence(rows: Incidence, config: ClusterSettings) -> Clustering:
    return cluster_linkable(linkable(rows, config), config)


def keys_by_hand(rows: Rows, config: ClusterSettings) -> dict[tuple[int, int], set[int]]:
    """Every two values, one by one."""
    holders, n = holders_of(rows), len({account for account, _ in rows})
    result = {}
    for one, other in combinations(sorted(holders), 2):
        both, product = holders[one] & holders[other], len(holders[one]) * len(holders[other])
        if len(both) < 2 or max(len(holders[one]), len(holders[other])) > hub_limit(n, config):
            continue
        if product <= ALWAYS or product <= product_per_holder(n, config) * len(both):
            result[one, other] = both
    return result


def as_sets(keys: Keys) -> dict[tuple[int, int], set[int]]:
    return {(int(keys.left[k]), int(keys.right[k])): set(keys.holders(k).tolist()) for k in range(len(keys.left))}


@given(tables)
def test_keys_are_those_of_every_two_values_tried(rows: Rows) -> None:
    assert as_sets(linking_keys(linkable(incidence(rows), EXACT), EXACT)) == keys_by_hand(rows, EXACT)


@given(tables)
def test_chunks_parts_and_the_filter_change_nothing(rows: Rows) -> None:
    with pytest.MonkeyPatch.context() as small:
        small.setattr(rare_pairs, "CHUNK", 7)
        small.setattr(rare_pairs, "TOGETHER", 5)
        small.setattr(rare_pairs, "MARKS", 2)  # so few that most pairs pass
        result = as_sets(linking_keys(linkable(incidence(rows), EXACT), EXACT))
    assert result == keys_by_hand(rows, EXACT)


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(0, 60))
def test_a_count_sketch_never_counts_too_few_nor_do_two_that_are_merged(values: list[int], cut: int) -> None:
    keys = pair_hash(np.array(values, np.int64), np.zeros(len(values), np.int64))
    with pytest.MonkeyPatch.context() as small:
        small.setattr(distributed_linking, "MOST_COUNTERS", 8)  # so small that keys share counters
        whole, part = CountSketch(60), CountSketch(60)
    whole.add(keys[:cut])
    part.add(keys[cut:])
    whole.merge(part.counts)
    assert all(whole.at_most(keys[[at]])[0] >= values.count(value) for at, value in enumerate(values))
    assert whole.counts.sum() == len(values)


def test_the_rule_for_two_accounts_is_a_product_of_a_fiftieth_of_all() -> None:
    config, n = ClusterSettings(), 1_000_000
    assert holders_needed(np.array([4, 20_000, 20_001, 30_000]), n, config).tolist() == [2, 2, 3, 3]
    assert holders_needed(np.array([4, 5]), 3, config).tolist()[0] == 2
    assert hub_limit(n, config) == 10_000


def test_neither_hubs_nor_values_of_one_account_link() -> None:
    """Of 1,000 accounts all have 1, 200 have 2 and 3, and 10 have 4 and 5."""
    everyone = [(account, 1) for account in range(1000)]
    crowd = [(account, value) for account in range(200) for value in (2, 3)]
    ring = [(account, value) for account in range(500, 510) for value in (4, 5)]
    alone = [(account, 1000 + account) for account in range(1000)]
    result = cluster_incidence(incidence(everyone + crowd + ring + alone), ClusterSettings())
    assert [cluster.accounts.tolist() for cluster in result.clusters] == [list(range(500, 510))]


def test_a_value_of_a_million_rows_costs_nothing_and_links_nobody() -> None:
    n = 1_000_000
    accounts = np.concatenate([np.arange(n), np.arange(n) // 2])
    values = np.concatenate([np.full(n, -1), n + np.arange(n)])  # the hub, and what each has alone
    rows = linkable(incidence_of(accounts, values), ClusterSettings())
    assert (rows.accounts, len(rows.account)) == (n, 0)


def test_of_an_account_with_many_values_the_rarest_count() -> None:
    config = EXACT.model_copy(update={"values_per_account": 2, "rare_share": 2.0})
    rows = [(0, value) for value in (1, 2, 3)] + [(1, value) for value in (1, 2)] + [(2, 2), (2, 3), (3, 2)]
    kept = linkable(incidence(rows), config)
    assert kept.value_ids[kept.value[kept.account == 0]].tolist() == [1, 3]


links = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda link: link[0] != link[1]), max_size=40)


def reached(start: int, near: dict[int, set[int]]) -> set[int]:
    """Breadth first."""
    seen, edge = {start}, [start]
    while edge:
        edge = [n for node in edge for n in near[node] if n not in seen and not seen.add(n)]  # type: ignore[func-returns-value]
    return seen


@given(links)
def test_components_are_what_a_walk_reaches_named_by_their_smallest(result: list[tuple[int, int]]) -> None:
    near = defaultdict(set)
    for a, b in result:
        near[a].add(b)
        near[b].add(a)
    left, right = np.array(result, np.int64).reshape(-1, 2).T
    nodes, root = components(left, right)
    expected = {node: min(reached(node, near)) for node in near}
    assert dict(zip(nodes.tolist(), root.tolist(), strict=True)) == expected


@given(links, st.integers(0, 40))
def test_forests_of_parts_make_the_components_of_the_whole(result: list[tuple[int, int]], cut: int) -> None:
    left, right = np.array(result, np.int64).reshape(-1, 2).T
    parts = [forest(left[at], right[at]) for at in (slice(cut), slice(cut, None))]
    merged = components(*(np.concatenate([part[side] for part in parts]) for side in (0, 1)))
    whole = components(left, right)
    assert [array.tolist() for array in merged] == [array.tolist() for array in whole]


p_of_tests = st.lists(st.sampled_from([0.001, 0.01, 0.02, 0.04, 0.5, 1.0]), min_size=1, max_size=12)


@given(p_of_tests, st.integers(0, 20))
def test_q_values_are_those_of_scipy_over_all_tests(p: list[float], others: int) -> None:
    """The other tests have p = 1; scipy wants an element for each."""
    expected = false_discovery_control([*p, *[1.0] * others])[: len(p)]
    distinct, times = np.unique(p, return_counts=True)
    result = dict(zip(distinct.tolist(), q_values(distinct, times, len(p) + others), strict=True))
    assert [result[one] for one in p] == pytest.approx(expected.tolist())


@given(tables)
def test_candidates_of_the_day_are_counted_without_making_them(rows: Rows) -> None:
    linking = linkable(incidence(rows), EXACT)
    df = {value: int(linking.df[value]) for value in np.unique(linking.value).tolist()}
    possible = sum(
        bool(holders_needed(np.array([df[a] * df[b]]), linking.accounts, EXACT)[0] <= min(df[a], df[b]))
        for a, b in combinations(df, 2)
    )
    assert candidate_pairs(*df_counts(linking), linking.accounts, EXACT) == possible


def test_a_p_value_is_the_tail_of_poisson() -> None:
    rate = 30 * 40 / 1000
    upper = 1 - np.exp(-rate) * (1 + rate + rate**2 / 2)
    assert p_values(np.array([3]), np.array([1200]), 1000) == pytest.approx([upper])


def test_values_at_random_make_no_cluster() -> None:
    """Values at random, so that many two accounts share two: by the product alone a fifth of all would be linked."""
    rng = np.random.default_rng(5)
    n = 20_000
    rows = incidence_of(np.repeat(np.arange(n), 8), (rng.integers(0, 1200, (n, 8)) * 8 + np.arange(8)).ravel())
    keys = linking_keys(linkable(rows, ClusterSettings()), ClusterSettings())
    assert len(np.unique(keys.holder)) > n / 5
    assert (q_of_keys(keys, rows, ClusterSettings()) > 0.1).all()
    assert cluster_incidence(rows, ClusterSettings()).clusters == []


def members_by_join(result: Clustering, cover: np.ndarray, excepted: np.ndarray) -> set[int]:
    sets = list(as_sets(result.keys).values())
    having = set().union(*(sets[k] for k in cover.tolist()))
    return having - set().union(*(sets[k] for k in excepted.tolist()))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(100, 160)), min_size=20, max_size=200))
def test_the_keys_of_a_cluster_return_exactly_its_members(rows: Rows) -> None:
    loose = EXACT.model_copy(update={"split_size": 3, "min_density": 1.0, "min_modularity": 0.0})
    linking = linkable(incidence(rows), EXACT)
    keys = linking_keys(linking, EXACT)
    for config in (EXACT, loose):
        result = clusters_from_keys(keys, np.zeros(len(keys.left)), linking.accounts, config)
        accounts = [set(cluster.accounts.tolist()) for cluster in result.clusters]
        for cluster, members in zip(result.clusters, accounts, strict=True):
            assert members_by_join(result, cluster.cover, cluster.excepted) == members
            assert config is loose or not len(cluster.excepted)
        assert sum(map(len, accounts)) == len(set().union(*accounts))  # no account is in two


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(100, 130)), min_size=20, max_size=120))
def test_thresholds_tried_together_find_what_each_finds_alone(rows: Rows) -> None:
    """Also where an account has more values than count."""
    loose = EXACT.model_copy(update={"rare_share": 4.0, "values_per_account": 3})
    tried = [loose.model_copy(update={"rare_share": share}) for share in (0.3, 4.0, 1.0)]
    for together, config in zip(cluster_for_each(incidence(rows), tried), tried, strict=True):
        alone = cluster_incidence(incidence(rows), config)
        assert as_sets(together.keys) == as_sets(alone.keys)
        assert together.q.tolist() == alone.q.tolist()
        assert [c.accounts.tolist() for c in together.clusters] == [c.accounts.tolist() for c in alone.clusters]


def test_two_rings_joined_by_one_chance_link_are_split() -> None:
    config = ClusterSettings(split_size=20, min_size=3, max_q=1.0)
    rng = np.random.default_rng(2)
    rows: Rows = []
    for ring in range(2):
        for key in range(60):  # each key links three of its forty
            for account in rng.choice(40, 3, replace=False):
                rows += [(ring * 100 + int(account), 1000 * (ring + 1) + 2 * key + side) for side in (0, 1)]
    rows += [(account, value) for account in (5, 105) for value in (9000, 9001)]  # the bridge
    rows += [(10_000 + n, 20_000 + n) for n in range(2000)]  # the platform
    whole = cluster_incidence(incidence(rows), config.model_copy(update={"min_modularity": 1.0}))
    assert len(whole.clusters) == 1
    result = cluster_incidence(incidence(rows), config)
    assert {min(c.accounts) // 100 for c in result.clusters} == {0, 1}
    assert all(len({a // 100 for a in c.accounts.tolist()}) == 1 for c in result.clusters)
