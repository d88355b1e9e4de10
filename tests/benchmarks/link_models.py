"""What each part of the domain model makes of links alone, compared with the baseline; and its links per second.

    python -m tests.benchmarks.link_models LIST.csv [label column]

Means over five splits by registered domain. The parts of the network learn apart, so a part by itself is the network
without the inputs of the others. Speed is that of one thread, by processor time, from text to score, over 100,000
different links; set OMP_NUM_THREADS, TF_NUM_INTRAOP_THREADS and TF_NUM_INTEROP_THREADS to 1.
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.arrays import Floats
from lib.config import DomainModelSettings, SampleSettings
from lib.evaluation.link_baseline import fit_baseline, fit_ngrams, fit_trees
from lib.evaluation.link_lists import Links, link_samples, read_links, single_link_samples
from lib.metrics import figures
from lib.models.domain.domain_fitting import fit_domains
from lib.models.domain.domain_scoring import DomainScorer
from lib.models.inputs import Inputs, no_ids
from lib.sampling import grouped_stratified_folds

SPLITS, SPEED_LINKS = 5, 100_000
SHOWN = ("auc", "ap", "recall_at_fpr_001", "recall_at_fpr_01")
PARTS = {
    "spelling": ("ngrams",),
    "shape": ("lexical",),
    "tokens": ("tokens",),
    "shape and tokens": ("lexical", "tokens"),
    "spelling, shape and tokens": ("ngrams", "lexical", "tokens"),
}
BASELINES = {"n-gram regression": fit_ngrams, "boosted trees": fit_trees, "sum of both": fit_baseline}


def trained(links: Links) -> DomainScorer:
    settings, samples = DomainModelSettings(), SampleSettings()
    bags = link_samples(links, at_most=samples.links_per_domain, folds=samples.folds, seed=settings.seed)
    return DomainScorer(fit_domains(bags, settings, folds=samples.folds).artefact(version="benchmark"))


def only(inputs: Inputs, names: tuple[str, ...]) -> Inputs:
    """The others are absent: no id, all numbers NaN."""
    ids = {name: ragged if name in names else no_ids(len(inputs)) for name, ragged in inputs.ids.items()}
    numbers = {
        name: values if name in names else np.full_like(values, np.nan) for name, values in inputs.numbers.items()
    }
    return Inputs(ids, numbers)


def split_figures(links: Links) -> Iterator[dict[str, object]]:
    part = grouped_stratified_folds(links.spam, links.domain_number, SPLITS, seed=17)
    for number in range(SPLITS):
        train, test = links.of(part != number), links.of(part == number)

        def figures_of(name: str, score: Floats, test: Links = test) -> dict[str, object]:
            return {"model": name, **figures(score, test.spam, np.ones(len(test)))}

        scorer = trained(train)
        inputs = scorer.encoder.encode_link_samples(single_link_samples(test))
        yield from (figures_of(name, scorer.logits(only(inputs, seen)).mean(axis=1)) for name, seen in PARTS.items())
        yield from (figures_of(name, fit(train)(test)) for name, fit in BASELINES.items())


def links_per_second(scorer: DomainScorer, links: Links) -> tuple[float, float]:
    """All, and the encoding alone."""
    texts = [f"{links.url[place % len(links)]}{place // len(links)}" for place in range(SPEED_LINKS)]
    bags = pa.ListArray.from_arrays(np.arange(SPEED_LINKS + 1, dtype=np.int32), pa.array(texts))
    scorer.link_sample_scores(bags[:4096])  # what is compiled is compiled once
    blocks = [bags.slice(start, 2048) for start in range(0, SPEED_LINKS, 2048)]
    encoding = seconds(lambda: [scorer.encoder.encode_link_samples(block) for block in blocks])
    return SPEED_LINKS / seconds(lambda: scorer.link_sample_scores(bags)), SPEED_LINKS / encoding


def seconds(run: Callable[[], object], *, times: int = 3) -> float:
    """Of processor time, the least of some runs."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return min(taken)


def main() -> None:
    path, label_column = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "spam"
    links = read_links([path], url_column="url", label_column=label_column)
    table = pd.DataFrame(split_figures(links)).groupby("model", sort=False)[list(SHOWN)].mean()
    print(table.round(4).to_string())
    both, encoding = links_per_second(trained(links), links)
    print(f"{both:,.0f} links per second, encoding alone {encoding:,.0f}")


if __name__ == "__main__":
    main()
