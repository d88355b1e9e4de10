"""How well propagation does on the user's own network: a share of the labels are seeds, the others judge it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from lib.arrays import Bools, Floats, Ints8
from lib.config import GraphSettings
from lib.evaluation.network_files import KINDS, Network
from lib.graph.passes import account_mass, account_part, gram_part
from lib.graph.propagation import settled_mass, spam_share
from lib.graph.seeds import BENIGN, SPAM, UNKNOWN, Labels, seed_masses

# What the settings do not say. Where a tenth of the labels are seeds and no model helps, mass is thin: it is to go
# further, to be trusted later, and to spread less by hubs. Figures: lib/graph/README.md.
FEW_SEEDS = GraphSettings(damping=0.9, epsilon=0.1, hub_damping=0.25)


class NothingToJudge(ValueError):
    """There are too few labels to seed with some and to judge by the others."""


@dataclass(frozen=True)
class KindFigures:
    """Of the labelled nodes of one kind that are no seeds; None where these are not of both classes.

    `reached` is the share of them that seed mass reaches. The others take the prior, and count in `auc` and `ap`.
    """

    auc: float | None
    ap: float | None
    reached: float | None


@dataclass(frozen=True)
class GraphFigures:
    """Means over all draws of seeds."""

    account: KindFigures
    domain: KindFigures


def evaluate_graph(network: Network, *, share: float, repeats: int, settings: GraphSettings) -> GraphFigures:
    """Seeds are drawn by kind and class, at least one of each. Raises NothingToJudge."""
    drawn = [figures_of(network, seeds, settings) for seeds in draws(network, share=share, repeats=repeats)]
    result = GraphFigures(**{kind: mean([figures[kind] for figures in drawn]) for kind in KINDS})
    if result.account.auc is None and result.domain.auc is None:
        counts = [f"{(network.known[kind] == label).sum()} {word} {kind}s" for kind in KINDS for word, label in WORDS]
        raise NothingToJudge(f"neither kind has two labels of each class in the network: {', '.join(counts)}")
    return result


WORDS = (("spam", SPAM), ("benign", BENIGN))


def draws(network: Network, *, share: float, repeats: int) -> Iterator[dict[str, Bools]]:
    """Which nodes of each kind are seeds, draw by draw."""
    for number in range(repeats):
        random = np.random.default_rng(number)
        yield {kind: drawn(network.known[kind], share, random) for kind in KINDS}


def drawn(known: Ints8, share: float, random: np.random.Generator) -> Bools:
    chosen = np.zeros(len(known), np.bool_)
    for label in (SPAM, BENIGN):
        nodes = random.permutation(np.flatnonzero(known == label))
        chosen[nodes[: max(1, round(share * len(nodes)))]] = True
    return chosen


def figures_of(network: Network, seeds: dict[str, Bools], settings: GraphSettings) -> dict[str, KindFigures]:
    mass = propagated(network, balanced(network.known, seeds), settings)
    return {
        kind: judged(mass[kind], network.known[kind], (network.known[kind] != UNKNOWN) & ~seeds[kind], settings)
        for kind in KINDS
    }


def balanced(known: dict[str, Ints8], seeds: dict[str, Bools]) -> dict[str, Labels]:
    """The seeds' labels, those of both classes together of the same weight.

    As the seeds are drawn, their shares of the classes say what the labels' file holds, and nothing of the nodes that
    no mass reaches: the prior of one half is to be the level of mass that is as much spam as it is benign.
    """
    counts = {
        label: sum(np.count_nonzero(seeds[kind] & (known[kind] == label)) for kind in KINDS) for _, label in WORDS
    }
    rarer = min(counts.values())
    result = {}
    for kind in KINDS:
        label = np.where(seeds[kind], known[kind], UNKNOWN).astype(np.int8)
        weight = np.select([label == one for one in counts], [rarer / max(n, 1) or 1.0 for n in counts.values()], 0.0)
        result[kind] = Labels(label, weight, np.zeros(len(label), np.int32))
    return result


def propagated(network: Network, labels: dict[str, Labels], settings: GraphSettings) -> dict[str, Floats]:
    """Spam and benign mass of the nodes of each kind: the passes of the job, over one block."""
    block, a = network.block, settings.damping
    root = np.sqrt(np.asarray(block.weights.sum(axis=0), dtype=np.float64))[:, None]
    no_model = np.full((len(root), 1), np.nan)
    y_u, y_d = seed_masses(
        labels["account"],
        labels["domain"],
        no_model,
        folds=0,
        prior_mass=settings.prior_mass,
        max_weight=settings.max_label_weight,
    )

    def gram(x: Floats) -> Floats:
        return np.asarray(gram_part(block, x / root) / root)

    right = (1 - a) * (y_d + a * account_part(block, y_u) / root)
    x = settled_mass(gram, right, damping=a, tolerance=settings.tolerance, max_passes=settings.max_passes)
    return {"account": np.maximum(account_mass(block, x / root, y_u, damping=a), 0), "domain": x}


def judged(mass: Floats, known: Ints8, chosen: Bools, settings: GraphSettings) -> KindFigures:
    is_spam = known[chosen] == SPAM
    if is_spam.all() or not is_spam.any():
        return KindFigures(None, None, None)
    spam, benign = mass[chosen].T
    score = spam_share(spam, benign, prior=settings.prior, epsilon=settings.epsilon)
    return KindFigures(
        float(roc_auc_score(is_spam, score)),
        float(average_precision_score(is_spam, score)),
        float(np.mean(spam + benign > 0)),
    )


def mean(figures: list[KindFigures]) -> KindFigures:
    if not figures or figures[0].auc is None:
        return KindFigures(None, None, None)
    return KindFigures(*(float(np.mean([getattr(one, name) for one in figures])) for name in ("auc", "ap", "reached")))
