"""The regression on the spelling of links: TF-IDF of character n-grams, solved to the optimum.

The weights go into the network (see layers.NgramRegression). Gradient descent would take many more passes over
the examples to find them, and its result depends on when it is stopped.
"""

import numpy as np
from scipy.sparse import csr_matrix

from lib.arrays import Bools, Floats, Floats32, Ints
from lib.models.inputs import RaggedIds
from lib.sampling import grouped_stratified_folds

LEAST = 2  # examples that an n-gram must be in
INNER = 3  # folds, from which a member learns how far to trust its regression


def fit_ngram_regression(
    ids: RaggedIds,
    spam: Bools,
    weight: Floats,
    entity: Ints,
    fold: Ints,
    *,
    buckets: int,
    members: int,
    strength: float,
    seed: int,
) -> Floats32:
    """(buckets + 1, members + 1): each member's coefficients times the n-grams' weights; last, these weights squared.

    Member f sees no example of fold f. `entity` and `weight` are of each example.
    """
    rows, rarity = weighted(indicators(ids, buckets))
    table = np.zeros((buckets + 1, members + 1))
    table[:, -1] = rarity**2
    some = np.bincount(ids.row, minlength=len(ids)) > 0
    for member in range(members):
        seen = (fold != member) & some
        if len(np.unique(spam[seen])) == 2:
            trust = trusted(rows[seen], spam[seen], weight[seen], entity[seen], strength=strength, seed=seed)
            table[:, member] = trust * coefficients(rows[seen], spam[seen], weight[seen], strength) * rarity
    return table.astype(np.float32)


def indicators(ids: RaggedIds, buckets: int) -> csr_matrix:
    """(n, buckets + 1): 1 where an example has an n-gram."""
    ends = np.searchsorted(ids.row, np.arange(len(ids) + 1))
    return csr_matrix((np.ones(len(ids.ids)), ids.ids, ends), shape=(len(ids), buckets + 1))


def weighted(counts: csr_matrix) -> tuple[csr_matrix, Floats]:
    """Rows of length 1, whose n-grams weigh by their inverse document frequency; and these frequencies, smoothed, 0 for
    what is too rare to be learned from."""
    from sklearn.feature_extraction.text import TfidfTransformer  # noqa: PLC0415

    transformer = TfidfTransformer().fit(counts)
    owners = np.bincount(counts.indices, minlength=counts.shape[1])
    transformer.idf_ = np.where(owners >= LEAST, transformer.idf_, 0)
    return transformer.transform(counts), transformer.idf_


def coefficients(rows: csr_matrix, spam: Bools, weight: Floats, strength: float) -> Floats:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - takes seconds, and scoring does without

    # liblinear has one thread and a seed: the same examples give the same bits.
    model = LogisticRegression(C=strength, solver="liblinear", fit_intercept=False, random_state=0, max_iter=200)
    return np.asarray(model.fit(rows, spam, sample_weight=weight / weight.mean()).coef_[0])


def trusted(rows: csr_matrix, spam: Bools, weight: Floats, entity: Ints, *, strength: float, seed: int) -> float:
    """The slope, 0 to 1, that makes logits of examples that the regression has not seen probabilities (Platt 1999)."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    part = grouped_stratified_folds(spam, entity, INNER, seed)
    unseen = np.zeros(len(spam))
    for number in range(INNER):
        kept = part != number
        if len(np.unique(spam[kept])) == 2:
            unseen[~kept] = rows[~kept] @ coefficients(rows[kept], spam[kept], weight[kept], strength)
    line = LogisticRegression(C=1e4, solver="liblinear", random_state=0).fit(
        unseen[:, None], spam, sample_weight=weight
    )
    return float(np.clip(line.coef_[0, 0], 0.0, 1.0))
