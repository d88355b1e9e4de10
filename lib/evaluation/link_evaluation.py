"""How well the link branch of the domain model does on the user's own lists of links, compared with a baseline."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from lib.arrays import Floats
from lib.config import DomainModelSettings, SampleSettings
from lib.evaluation.labelled_files import BadTable
from lib.evaluation.link_attacks import attacked
from lib.evaluation.link_baseline import Scores, fit_baseline
from lib.evaluation.link_lists import Links, link_samples, single_link_samples
from lib.sampling import grouped_stratified_folds

COMPARED = ("auc", "ap", "recall_at_fpr_001", "recall_at_fpr_01")


@dataclass(frozen=True)
class LinkFigures:
    """Each link counts once. Of several splits, the means."""

    auc: float
    ap: float
    recall_at_fpr_001: float
    recall_at_fpr_01: float
    calibration_error: float
    intervals: dict[str, tuple[float, float]]  # of these, 95%, by a bootstrap of registered domains
    baseline: dict[str, float]
    baseline_intervals: dict[str, tuple[float, float]]
    splits: int
    train_links: int  # of several splits, the mean; so are the next ones
    train_domains: int
    test_links: int
    test_spam_links: int
    test_domains: int
    seen: int  # links of the test set whose registered domain is in the training set
    seen_kept: bool
    left_out: dict[str, int]  # rows of all files, by reason
    attack: dict[str, float] = field(default_factory=dict)  # recall at 1% false positives when spam changes so


@dataclass(frozen=True)
class Judged:
    """Links that neither model has seen, and the scores of both."""

    train: Links
    test: Links
    seen: int
    ours: Floats  # probabilities
    baseline: Floats  # logits
    attacked: tuple[Floats, Floats] | None  # the same two, after the attack


@dataclass(frozen=True)
class Trial:
    """How the models are trained and tried."""

    settings: DomainModelSettings
    samples: SampleSettings
    keep_seen: bool = False
    attack: str = ""

    def judge(self, train: Links, test: Links) -> Judged:
        """Raises BadTable where too little is left to be judged."""
        seen = np.isin(test.domain, np.unique(train.domain))
        test = test if self.keep_seen else test.of(~seen)
        if not test.spam.any() or test.spam.all():
            raise BadTable(f"{len(test)} test links are of domains that the training links lack, not of both classes")
        ours, baseline = fit_links(train, self.settings, self.samples), fit_baseline(train)
        changed = attacked(test, self.attack, seed=self.settings.seed) if self.attack else None
        after = None if changed is None else (ours(changed), baseline(changed))
        return Judged(train, test, int(seen.sum()), ours(test), baseline(test), after)


def evaluate_links(train: Links, test: Links, trial: Trial) -> tuple[LinkFigures, list[Judged]]:
    """Trained on one list, judged on the other."""
    judged = [trial.judge(train, test)]
    left_out = {name: number + test.left_out[name] for name, number in train.left_out.items()}
    return summed_up(judged, trial, left_out), judged


def evaluate_splits(links: Links, trial: Trial, *, splits: int) -> tuple[LinkFigures, list[Judged]]:
    """Trained on all but one of `splits` parts of the list, judged on that one, in turn; no domain is in two parts."""
    part = grouped_stratified_folds(links.spam, links.domain_number, splits, trial.settings.seed)
    judged = [trial.judge(links.of(part != number), links.of(part == number)) for number in range(splits)]
    return summed_up(judged, trial, links.left_out), judged


def fit_links(train: Links, settings: DomainModelSettings, samples: SampleSettings) -> Scores:
    """The model of `winnow train domain`, given links alone, stored and read back as a version is."""
    from lib.models.domain.domain_fitting import fit_domains  # noqa: PLC0415 - TensorFlow takes seconds to load
    from lib.models.domain.domain_scoring import DomainScorer  # noqa: PLC0415

    rows = link_samples(train, at_most=samples.links_per_domain, folds=samples.folds, seed=settings.seed)
    scorer = DomainScorer(fit_domains(rows, settings, folds=samples.folds).artefact(version="evaluated"))
    return lambda links: scorer.link_sample_scores(single_link_samples(links))


def summed_up(judged: Sequence[Judged], trial: Trial, left_out: dict[str, int]) -> LinkFigures:
    seed = trial.settings.seed
    tests = [one.test for one in judged]
    ours, intervals = mean_figures(tests, [one.ours for one in judged], seed=seed)
    baseline, baseline_intervals = mean_figures(tests, [one.baseline for one in judged], seed=seed)
    return LinkFigures(
        **ours,
        intervals=intervals,
        baseline={name: baseline[name] for name in COMPARED},
        baseline_intervals={name: baseline_intervals[name] for name in COMPARED},
        splits=len(judged),
        train_links=mean_count(len(one.train) for one in judged),
        train_domains=mean_count(len(np.unique(one.train.domain)) for one in judged),
        test_links=mean_count(len(test) for test in tests),
        test_spam_links=mean_count(test.spam.sum() for test in tests),
        test_domains=mean_count(len(np.unique(test.domain)) for test in tests),
        seen=sum(one.seen for one in judged),
        seen_kept=trial.keep_seen,
        left_out=left_out,
        attack=recall_under_attack(judged),
    )


def mean_figures(
    tests: Sequence[Links], scores: Sequence[Floats], *, seed: int
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """The mean of each figure over the tests, and its interval."""
    from lib.metrics import bootstrapped, figures  # noqa: PLC0415 - takes seconds

    result = mean_of(figures(score, test.spam, np.ones(len(test))) for test, score in zip(tests, scores, strict=True))
    draws = [
        bootstrapped(score, test.spam, np.ones(len(test)), test.domain_number, seed=seed + place)
        for place, (test, score) in enumerate(zip(tests, scores, strict=True))
    ]
    drawn = [mean_of(draw) for draw in zip(*draws, strict=False)]  # a draw without one of the classes is left out
    return result, {name: interval([draw[name] for draw in drawn] or [value]) for name, value in result.items()}


def mean_of(several: Iterator[dict[str, float]] | Sequence[dict[str, float]]) -> dict[str, float]:
    each = list(several)
    return {name: float(np.mean([one[name] for one in each])) for name in each[0]}


def interval(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def mean_count(counts: Iterator[int]) -> int:
    return round(float(np.mean(list(counts))))


def recall_under_attack(judged: Sequence[Judged]) -> dict[str, float]:
    """Mean recall at 1% false positives before and after, of both models; empty without an attack."""
    from lib.metrics import figures  # noqa: PLC0415 - takes seconds

    def recall(one: Judged, score: Floats) -> float:
        return figures(score, one.test.spam, np.ones(len(one.test)))["recall_at_fpr_01"]

    pairs = [
        {
            "before": recall(one, one.ours),
            "after": recall(one, one.attacked[0]),
            "baseline_before": recall(one, one.baseline),
            "baseline_after": recall(one, one.attacked[1]),
        }
        for one in judged
        if one.attacked is not None
    ]
    if not pairs:
        return {}
    result = mean_of(pairs)
    return result | {
        "loss": result["before"] - result["after"],
        "baseline_loss": result["baseline_before"] - result["baseline_after"],
    }
