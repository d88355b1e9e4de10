"""The regression on n-grams, against scikit-learn's own way to the same logits."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

from lib.models.domain.ngram_regression import fit_ngram_regression, indicators
from lib.models.inputs import RaggedIds, no_ids, ragged

BUCKETS, MEMBERS = 30, 3
RANDOM = np.random.default_rng(5)
SPAM = np.arange(120) % 2 == 0
DRAWN = np.where(RANDOM.random((120, 8)) < 0.8, RANDOM.integers(1, BUCKETS // 2, (120, 8)) * 2 - SPAM[:, None], 0)
IDS = ragged([np.unique(row[row > 0]).astype(np.int32) for row in DRAWN])
FOLD, ENTITY = np.arange(120) // 2 % MEMBERS, np.arange(120)


def learned(ids: RaggedIds, spam: np.ndarray) -> np.ndarray:
    return fit_ngram_regression(
        ids, spam, np.ones(120), ENTITY, FOLD, buckets=BUCKETS, members=MEMBERS, strength=1.0, seed=2
    )


def test_members_are_the_regressions_without_their_folds() -> None:
    """Up to the factor by which a member trusts its regression."""
    table = learned(IDS, SPAM)
    total = np.stack([table[IDS.of(row)].sum(axis=0) for row in range(len(IDS))])
    logits = total[:, :-1] / np.sqrt(np.maximum(total[:, -1:], 1e-6))
    rows = TfidfTransformer().fit_transform(indicators(IDS, BUCKETS))
    for member in range(MEMBERS):
        seen = member != FOLD
        model = LogisticRegression(solver="liblinear", fit_intercept=False, tol=1e-6).fit(rows[seen], SPAM[seen])
        expected = model.decision_function(rows)
        assert np.corrcoef(logits[:, member], expected)[0, 1] == pytest.approx(1, abs=1e-3)
        assert (logits[~seen, member] > 0).tolist() == SPAM[~seen].tolist()


def test_a_member_does_not_see_its_fold() -> None:
    turned = np.where(FOLD == 1, ~SPAM, SPAM)
    change = np.abs(learned(IDS, SPAM) - learned(IDS, turned)).max(axis=0)
    assert change[1] == 0
    assert change[0] > 1e-3
    assert change[2] > 1e-3


def test_a_regression_that_tells_nothing_is_not_trusted() -> None:
    chance = np.random.default_rng(0).random(120) < 0.5
    sure, unsure = (np.abs(learned(IDS, labels)[:, :-1]).mean() for labels in (SPAM, chance))
    assert unsure < sure / 3


def test_without_ngrams_or_without_a_class_there_are_no_coefficients() -> None:
    assert not learned(no_ids(120), SPAM)[:, :-1].any()
    assert not learned(IDS, np.ones(120, bool))[:, :-1].any()
