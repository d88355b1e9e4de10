"""What chosen batches of labels are worth against random ones, on domains whose labels are known."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.arrays import Bools, Floats, Ints
from lib.config import CandidateSettings, DomainModelSettings
from lib.evaluation.link_lists import Links, link_samples
from lib.labelling.candidates import Candidates, choose_batch
from lib.sampling import grouped_stratified_folds, stratified_folds

CHOSEN, RANDOM = "chosen", "random"
LEAST = 5  # of each class among the first labels, so that there is something to learn
FIGURES = ("recall_at_fpr_01", "auc", "ap")
WAYS = (CHOSEN, RANDOM)
TEST_PARTS = 3  # of one file, one part of so many is the test
Train = Callable[[Ints], tuple[Floats, Floats]]  # places that are labelled -> scores of the pool, and of the test


@dataclass(frozen=True)
class Pool:
    """Domains that may be chosen for labelling: the truth, and their links."""

    spam: Bools
    links: Sequence[Sequence[str]]

    def __len__(self) -> int:
        return len(self.spam)

    def links_at(self, places: Ints) -> list[Sequence[str]]:
        return [self.links[place] for place in places]


@dataclass(frozen=True)
class Round:
    """The labels after a round, and the scores of the test by the model that was trained on them."""

    labels: int
    spam_labels: int
    test_score: Floats


@dataclass(frozen=True)
class Step:
    """A round as the mean over seeds; each figure and each gain with its 95% interval."""

    labels: int
    figures: dict[str, dict[str, tuple[float, float, float]]]  # way -> figure -> mean, low, high
    gain: dict[str, tuple[float, float, float]]  # of the chosen batches, by pairs of the same seed


@dataclass(frozen=True)
class LabellingFigures:
    pool_domains: int
    pool_spam_domains: int
    test_domains: int
    test_spam_domains: int
    seeds: int
    steps: list[Step]


@dataclass(frozen=True)
class Trial:
    """How the rounds are simulated."""

    rounds: int
    start: int
    seeds: int
    candidates: CandidateSettings
    model: DomainModelSettings
    folds: int


def evaluate_labelling(
    pool: pa.Table, test: pa.Table, trial: Trial, *, report: Callable[[str], None] = lambda _: None
) -> LabellingFigures:
    """`pool` and `test` are rows as fit_domains takes them: one per domain, links and label alone."""
    from lib.metrics import figures  # noqa: PLC0415 - scikit-learn takes seconds to load

    domains = Pool(np.asarray(pool["is_spam"]).astype(bool), pool["links"].to_pylist())
    truth = np.asarray(test["is_spam"]).astype(bool)
    outcome = []
    for seed in range(trial.seeds):
        for how in WAYS:
            train = trainer(pool, test, trial, seed=seed)
            rounds = label_in_rounds(
                domains, train, how=how, start=trial.start, rounds=trial.rounds, settings=trial.candidates, seed=seed
            )
            for number, done in enumerate(rounds):
                result = figures(done.test_score, truth, np.ones(len(truth)))
                outcome.append({"seed": seed, "how": how, "round": number, "labels": done.labels, **result})
                report(f"seed {seed + 1}, {how}, {done.labels} labels ({done.spam_labels} spam): "
                    f"recall at 1% {result['recall_at_fpr_01']:.3f}, AUC {result['auc']:.3f}")  # fmt: skip
    return LabellingFigures(
        pool_domains=len(domains),
        pool_spam_domains=int(domains.spam.sum()),
        test_domains=len(truth),
        test_spam_domains=int(truth.sum()),
        seeds=trial.seeds,
        steps=steps(pd.DataFrame(outcome)),
    )


def trainer(pool: pa.Table, test: pa.Table, trial: Trial, *, seed: int) -> Train:
    """Trains the domain model as `winnow train domain` does, on the links of the labelled domains."""
    from lib.models.domain.domain_fitting import fit_domains  # noqa: PLC0415 - TensorFlow takes seconds to load
    from lib.models.domain.domain_scoring import DomainScorer  # noqa: PLC0415

    def train(labelled: Ints) -> tuple[Floats, Floats]:
        rows = pool.take(np.sort(labelled))
        fold = pa.array(stratified_folds(np.asarray(rows["is_spam"]).astype(bool), trial.folds, seed))
        rows = rows.drop_columns(["fold"]).append_column("fold", fold)
        scorer = DomainScorer(fit_domains(rows, trial.model, folds=trial.folds).artefact(version="simulated"))
        pool_score, test_score = (scorer.link_sample_scores(side["links"].combine_chunks()) for side in (pool, test))
        return pool_score, test_score

    return train


def domains_of(links: Links, *, at_most: int, folds: int, seed: int) -> pa.Table:
    """One row per domain, labelled as most of its links are; where they are as often spam as not, it is left out."""
    share = pd.Series(links.spam).groupby(links.domain_number).transform("mean").to_numpy()
    return link_samples(
        links.of((share != 0.5) & (links.spam == (share > 0.5))), at_most=at_most, folds=folds, seed=seed
    )


def split(links: Links, *, seed: int) -> tuple[Links, Links]:
    """Of one list: the pool, and the test. No domain is in both."""
    is_test = grouped_stratified_folds(links.spam, links.domain_number, TEST_PARTS, seed) == 0
    return links.of(~is_test), links.of(is_test)


def thinned(pool: pa.Table, spam_share: float, *, seed: int) -> pa.Table:
    """`pool` with so many of its spam domains, drawn at random, that they are `spam_share` of it; all, if fewer."""
    spam = np.asarray(pool["is_spam"]).astype(bool)
    number = min(int(spam.sum()), round((~spam).sum() * spam_share / (1 - spam_share)))
    kept = np.random.default_rng(seed).choice(np.flatnonzero(spam), number, replace=False)
    return pool.take(np.sort(np.concatenate([np.flatnonzero(~spam), kept])))


def steps(outcome: pd.DataFrame) -> list[Step]:
    """One per round: means over seeds, and the gain of the chosen batches over the random ones of the same seed."""
    result = []
    for _, played in outcome.groupby("round"):
        by_way = {how: played[played["how"] == how].set_index("seed").sort_index() for how in WAYS}
        means = {how: {name: interval(rows[name]) for name in FIGURES} for how, rows in by_way.items()}
        gain = {name: interval(by_way[CHOSEN][name] - by_way[RANDOM][name]) for name in FIGURES}
        result.append(Step(int(played["labels"].mean()), means, gain))
    return result


def interval(values: pd.Series) -> tuple[float, float, float]:
    """Mean, and the ends of its 95% interval by Student's t; of one value, the value alone."""
    from scipy.stats import t  # noqa: PLC0415 - takes a second

    number, mean = len(values), float(np.mean(values))
    if number < 2:
        return mean, mean, mean
    margin = float(t.ppf(0.975, number - 1) * np.std(values, ddof=1) / np.sqrt(number))
    return mean, mean - margin, mean + margin


def label_in_rounds(
    pool: Pool, train: Train, *, how: str, start: int, rounds: int, settings: CandidateSettings, seed: int
) -> Iterator[Round]:
    """The first labels, then `rounds` batches: chosen as select_label_candidates does, or drawn at random.

    Trials of one seed start from the same labels, however their batches are chosen.
    """
    order = np.random.default_rng(seed).permutation(len(pool))
    labelled = first_labels(pool.spam, order, start)
    for number in range(rounds + 1):
        pool_score, test_score = train(labelled)
        yield Round(len(labelled), int(pool.spam[labelled].sum()), test_score)
        if number < rounds:
            batch = next_batch(pool, labelled, pool_score, how=how, settings=settings, seed=seed * 1000 + number)
            labelled = np.concatenate([labelled, batch])


def first_labels(spam: Bools, order: Ints, start: int) -> Ints:
    """The first places of `order`: at least `start`, and LEAST of each class."""
    seen = np.stack([np.cumsum(spam[order]), np.cumsum(~spam[order])]).min(axis=0)
    enough = int(np.argmax(seen >= LEAST)) + 1 if (seen >= LEAST).any() else len(order)
    return np.asarray(order[: max(start, enough)])


def next_batch(pool: Pool, labelled: Ints, score: Floats, *, how: str, settings: CandidateSettings, seed: int) -> Ints:
    order = np.random.default_rng(seed).permutation(len(pool))
    is_labelled = np.isin(order, labelled)
    if how == RANDOM:
        return np.asarray(order[~is_labelled][: settings.batch])
    candidates = Candidates(score[order], is_labelled, np.zeros(len(pool), bool))
    batch = choose_batch(candidates, lambda places: pool.links_at(order[places]), settings)
    return np.asarray(order[np.concatenate(list(batch.values()))])
