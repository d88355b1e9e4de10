"""What chosen batches of labels are worth against random ones, on domains whose labels are known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.arrays import Floats, Ints
from lib.config import CandidateSettings, DomainModelSettings
from lib.evaluation.labelling_rounds import CHOSEN, RANDOM, Pool, Teach, play
from lib.evaluation.link_examples import bags_of
from lib.evaluation.link_lists import Links
from lib.sampling import grouped_stratified_folds, stratified_folds

FIGURES = ("recall_at_fpr_01", "auc", "ap")
WAYS = (CHOSEN, RANDOM)
TEST_PARTS = 3  # of one file, one part of so many is the test
Told = Callable[[str], None]


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
    """How the rounds are played."""

    rounds: int
    start: int
    seeds: int
    candidates: CandidateSettings
    model: DomainModelSettings
    folds: int


def evaluate_labelling(pool: pa.Table, test: pa.Table, trial: Trial, *, say: Told = lambda _: None) -> LabellingFigures:
    """`pool` and `test` are rows as fit_domains takes them: one a domain, nothing known but links and label."""
    from lib.metrics import figures  # noqa: PLC0415 - scikit-learn takes seconds to load

    domains = Pool(np.asarray(pool["is_spam"]).astype(bool), pool["links"].to_pylist())
    truth = np.asarray(test["is_spam"]).astype(bool)
    outcome = []
    for seed in range(trial.seeds):
        for how in WAYS:
            teach = teacher(pool, test, trial, seed=seed)
            rounds = play(domains, teach, how=how, start=trial.start, rounds=trial.rounds, settings=trial.candidates,
                          seed=seed)  # fmt: skip
            for number, done in enumerate(rounds):
                told = figures(done.test_score, truth, np.ones(len(truth)))
                outcome.append({"seed": seed, "how": how, "round": number, "labels": done.labels, **told})
                say(f"seed {seed + 1}, {how}, {done.labels} labels ({done.spam_labels} spam): "
                    f"recall at 1% {told['recall_at_fpr_01']:.3f}, AUC {told['auc']:.3f}")  # fmt: skip
    return LabellingFigures(
        pool_domains=len(domains),
        pool_spam_domains=int(domains.spam.sum()),
        test_domains=len(truth),
        test_spam_domains=int(truth.sum()),
        seeds=trial.seeds,
        steps=steps(pd.DataFrame(outcome)),
    )


def teacher(pool: pa.Table, test: pa.Table, trial: Trial, *, seed: int) -> Teach:
    """Trains the domain model as `winnow train domain` does, on the links of the labelled domains."""
    from lib.models.domain.domain_fitting import fit_domains  # noqa: PLC0415 - TensorFlow takes seconds to load
    from lib.models.domain.domain_scoring import DomainScorer  # noqa: PLC0415

    def teach(labelled: Ints) -> tuple[Floats, Floats]:
        rows = pool.take(np.sort(labelled))
        fold = pa.array(stratified_folds(np.asarray(rows["is_spam"]).astype(bool), trial.folds, seed))
        rows = rows.drop_columns(["fold"]).append_column("fold", fold)
        scorer = DomainScorer(fit_domains(rows, trial.model, folds=trial.folds).artefact(version="simulated"))
        pool_score, test_score = (scorer.link_sample_scores(side["links"].combine_chunks()) for side in (pool, test))
        return pool_score, test_score

    return teach


def domains_of(links: Links, *, at_most: int, folds: int, seed: int) -> pa.Table:
    """One row per domain, labelled as most of its links are; where they are as often spam as not, it is left out."""
    share = pd.Series(links.spam).groupby(links.domain_number).transform("mean").to_numpy()
    return bags_of(links.of((share != 0.5) & (links.spam == (share > 0.5))), at_most=at_most, folds=folds, seed=seed)


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
    """One a round: means over seeds, and the gain of the chosen batches over the random ones of the same seed."""
    result = []
    for _, played in outcome.groupby("round"):
        by_way = {how: played[played["how"] == how].set_index("seed").sort_index() for how in WAYS}
        told = {how: {name: interval(rows[name]) for name in FIGURES} for how, rows in by_way.items()}
        gain = {name: interval(by_way[CHOSEN][name] - by_way[RANDOM][name]) for name in FIGURES}
        result.append(Step(int(played["labels"].mean()), told, gain))
    return result


def interval(values: pd.Series) -> tuple[float, float, float]:
    """Mean, and the ends of its 95% interval by Student's t; of one value, the value alone."""
    from scipy.stats import t  # noqa: PLC0415 - takes a second

    number, mean = len(values), float(np.mean(values))
    if number < 2:
        return mean, mean, mean
    reach = float(t.ppf(0.975, number - 1) * np.std(values, ddof=1) / np.sqrt(number))
    return mean, mean - reach, mean + reach
