from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.models.domain.domain_encoder import BEHAVIOUR, LEXICAL, PAGE, SEQUENCES, Encoder, features_hash, learn_encoder
from lib.models.vocabulary import distinct_ids, learn_scaling, log_compressed, sampled_ids
from tests.support.models import feature_table, training_rows

Pairs = list[tuple[int, int]]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return learn_encoder(
        training_rows(), vocabulary=150, token_min_count=3, tokens_per_domain=8, ngrams_per_domain=16, ngram_buckets=64
    )


def slowly_distinct(pairs: Pairs, rows: int, at_most: int) -> list[list[int]]:
    kept: list[list[int]] = [[] for _ in range(rows)]
    for row, number in pairs:
        if number not in kept[row] and len(kept[row]) < at_most:
            kept[row].append(number)
    width = max(1, *map(len, kept)) if kept else 1
    return [ids + [0] * (width - len(ids)) for ids in kept]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6)), max_size=30).map(lambda p: sorted(p, key=lambda x: x[0]))
)
def test_the_first_distinct_ids_of_each_row_are_kept_in_their_order(pairs: Pairs) -> None:
    row, ids = (np.array([pair[i] for pair in pairs], np.int64) for i in (0, 1))
    assert distinct_ids(row, ids, rows=4, at_most=3).padded().tolist() == slowly_distinct(pairs, 4, 3)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6)), max_size=30))
def test_the_lowest_distinct_ids_of_each_row_are_a_sample(pairs: Pairs) -> None:
    row, ids = (np.array([pair[i] for pair in pairs], np.int64) for i in (0, 1))
    assert sampled_ids(row, ids, rows=4, at_most=3).padded().tolist() == slowly_distinct(sorted(pairs), 4, 3)


def test_a_token_is_known_that_stands_in_enough_domains_however_many_days_they_have() -> None:
    rows = training_rows(domains=6, days=4)
    links = [["http://www.shared.example/lonely" if domain == rows["domain"][0].as_py() else "http://www.shared.example/"]
             for domain in rows["domain"].to_pylist()]  # fmt: skip
    rows = rows.set_column(rows.schema.get_field_index("links"), "links", pa.array(links))
    sizes = {"vocabulary": 150, "tokens_per_domain": 8, "ngrams_per_domain": 8, "ngram_buckets": 8}
    known = learn_encoder(rows, token_min_count=3, **sizes)
    texts = [known.token_text(token) for token in range(2, known.sizes["tokens"])]
    assert any(text.startswith("host:") for text in texts)
    assert not any(text.startswith("path:") for text in texts)  # it stands in four examples, but of one domain


def test_empty_and_missing_things_are_zeros_and_nan(encoder: Encoder) -> None:
    inputs = encoder.encode(feature_table({}, {"links": []}, {"links": [None], "page_text": ""}))
    for name in SEQUENCES:
        assert (len(inputs.ids[name]), inputs.ids[name].ids.tolist()) == (3, [])
    for name, features in (("lexical", LEXICAL), ("behaviour", BEHAVIOUR), ("page", PAGE)):
        assert inputs.numbers[name].shape == (3, len(features))
        assert np.isnan(inputs.numbers[name]).all()


def test_numbers_that_are_not_finite_are_missing_and_huge_ones_are_bounded(encoder: Encoder) -> None:
    rows = feature_table({"accounts_7d": float("inf")}, {"accounts_7d": float("nan")}, {"accounts_7d": 1e300})
    result = encoder.encode(rows).numbers["behaviour"][:, BEHAVIOUR.index("accounts_7d")]
    assert np.isnan(result).tolist() == [True, True, False]
    assert abs(result[2]) <= 5


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.one_of(st.none(), st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=3)), min_size=1, max_size=4
    )
)
def test_a_row_is_encoded_alike_whatever_stands_beside_it(
    encoder: Encoder, bags: list[list[str | None] | None]
) -> None:
    bags = [*bags, ["http://www.cheap-pills1.example/" + "buy/" * 3000]]
    rows = feature_table(*({"links": bag, "page_text": " ".join(filter(None, bag or []))} for bag in bags))
    together = encoder.encode(rows)
    for place in range(len(bags)):
        alone = encoder.encode(rows.slice(place, 1)).row(0)
        for name, values in together.row(place).items():
            np.testing.assert_array_equal(values, alone[name])


def test_caps_are_kept(encoder: Encoder) -> None:
    links = [f"http://www.{a}-{b}.example/offer/buy" for a in ("cheap", "garden") for b in ("pills", "museum", "loans")]
    inputs = encoder.encode(feature_table({"links": links}))
    assert [len(inputs.ids[name].ids) for name in ("tokens", "ngrams")] == [8, 16]


def test_scaling_uses_only_what_is_there() -> None:
    scaling = learn_scaling(np.array([[1.0, 5.0], [3.0, 5.0], [np.nan, np.inf]]))
    assert (scaling.mean, scaling.deviation) == ((2.0, 5.0), (1.0, 1.0))
    np.testing.assert_array_equal(scaling.standardise(np.array([[4.0, np.nan]])), [[2.0, np.nan]])


def test_counts_are_compressed_with_their_sign() -> None:
    np.testing.assert_allclose(log_compressed(np.array([0.0, np.e - 1, 1 - np.e])), [0, 1, -1])


def test_the_hash_of_the_features_follows_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    before = features_hash()
    monkeypatch.setattr("lib.models.domain.domain_encoder.LEXICAL", (*LEXICAL, "new_feature_mean"))
    assert features_hash() != before


def test_words_of_pages_have_ids_of_their_own(encoder: Encoder) -> None:
    known = replace(encoder, words=("casino", "garden"))
    inputs = known.encode(feature_table({"page_text": "Garden? never-heard CASINO garden"}))
    assert inputs.ids["words"].ids.tolist() == [3, 1, 2]  # unknown words are one
