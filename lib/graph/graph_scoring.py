"""The graph's score of each account and domain: labels, propagation, calibration and score rows, put together."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lib.arrays import Floats
from lib.calibration import UNCALIBRATED, Calibration, fit_lines
from lib.config import GraphSettings, SampleSettings
from lib.graph.block_reader import score_rows
from lib.graph.node_scores import Solution
from lib.graph.passes import Graph, graph_of, sent
from lib.graph.propagation import settled_mass, spam_share
from lib.graph.seeds import SPAM, LabelledKeys, Labels, labels_by_kind, model_scores, out_of_fold, seed_masses

KINDS = ("account", "domain")
EPOCH = date(1970, 1, 1)
log = logging.getLogger(__name__)


class NoSeeds(LookupError):
    """Nothing can be propagated: no label is known of any account or domain of the graph."""


def graph_scores(
    blocks: DataFrame,
    resolved: DataFrame,
    domain_scores: DataFrame,
    *,
    day: date,
    settings: GraphSettings,
    samples: SampleSettings,
    active_days: int,
) -> tuple[DataFrame, Callable[[], object]]:
    """One row of `graph_scores` per account or domain that was active in the last `active_days`; and a function
    to call once they are written: until then, executors hold what they are made from.

    `blocks` are graph_blocks of the day. All edges take part, and all labels of their nodes. A node that no mass
    reaches takes the prior, with support 0, and is not calibrated. Raises NoSeeds.
    """
    labelled = labels_by_kind(resolved, samples)
    if not any(len(labelled[kind].keys) for kind in KINDS):
        raise NoSeeds(f"no labels of accounts or domains are known on {day}")
    with ExitStack() as resources:
        graph = resources.enter_context(graph_of(blocks))
        with graph.in_memory():
            solution = solve(
                graph, labelled, domain_scores, day=day, settings=settings, folds=samples.folds, active_days=active_days
            )
        rows = score_rows(graph, resources.enter_context(sent(blocks.sparkSession, solution)))
        return rows.select(F.lit(day).alias("day"), "*"), resources.pop_all().close


def solve(
    graph: Graph,
    labelled: dict[str, LabelledKeys],
    domain_scores: DataFrame,
    *,
    day: date,
    settings: GraphSettings,
    folds: int,
    active_days: int,
) -> Solution:
    """Propagates all views at once; raises NoSeeds where no label is of a node of the graph."""
    accounts = labelled["account"].only(graph.has_accounts(labelled["account"].keys))
    domains = labelled["domain"].of(graph.keys)
    check_seeds(accounts, labelled["domain"].only(np.isin(labelled["domain"].keys, graph.keys)), len(graph.keys), day)
    scores = model_scores(domain_scores, graph.keys, folds)
    y_u, y_d = seed_masses(
        accounts.labels,
        domains,
        scores,
        folds=folds,
        prior_mass=settings.prior_mass,
        max_weight=settings.max_label_weight,
    )
    a = settings.damping
    right = (1 - a) * (y_d + a * graph.from_accounts(accounts.keys, y_u))
    mass = settled_mass(graph.gram, right, damping=a, tolerance=settings.tolerance, max_passes=settings.max_passes)
    unseen = {
        "account": out_of_fold(graph.account_mass(accounts.keys, y_u, mass, damping=a), accounts.labels),
        "domain": out_of_fold(mass, domains),
    }
    labels = {"account": accounts.labels, "domain": domains}
    first_active_day = (day - EPOCH).days - active_days + 1
    return Solution(
        mass=np.ascontiguousarray(mass[:, :2]),
        unseen=unseen["domain"],
        degrees=graph.degrees,
        labels=domains,
        active=graph.last_days >= first_active_day,
        account_keys=accounts.keys,
        account_seeds=y_u[:, :2],
        account_unseen=unseen["account"],
        account_labels=accounts.labels,
        calibrations={kind: fits(kind, unseen[kind], labels[kind], settings=settings, folds=folds) for kind in KINDS},
        first_active_day=first_active_day,
        damping=a,
        prior=settings.prior,
        epsilon=settings.epsilon,
        keep=settings.neighbours,
    )


def check_seeds(accounts: LabelledKeys, domains: LabelledKeys, nodes: int, day: date) -> None:
    """Raises NoSeeds."""
    seeds = np.concatenate([accounts.labels.label, domains.labels.label])
    if not seeds.size:
        raise NoSeeds(f"none of the accounts and domains with a label on {day} is in the graph of the day")
    log.info("%d accounts and %d of %d domains are seeds", len(accounts.keys), len(domains.keys), nodes)
    if len(set(seeds)) == 1:
        log.warning(
            "all seeds are %s: the scores only show how near a node is to them",
            "spam" if seeds[0] == SPAM else "benign",
        )


def fits(kind: str, unseen: Floats, labels: Labels, *, settings: GraphSettings, folds: int) -> list[Calibration]:
    """The calibrations of one kind of entity from all labels but those of each fold, then that from all.

    `unseen` is what out_of_fold gives. Labelled entities that other labels reach are used, active or not; those that
    none reaches are not.
    """
    spam, benign = unseen.T
    reached = spam + benign > 0  # false of nan
    raw = spam_share(spam, benign, prior=settings.prior, epsilon=settings.epsilon)[reached]
    is_spam, fold = (labels.label == SPAM)[reached], labels.fold[reached]
    lines = fit_lines(raw, is_spam, fold, folds=folds, least=settings.min_calibration_labels)
    log.info("%s scores: %scalibrated, %d labels", kind, "not " if lines[-1] == UNCALIBRATED else "", len(raw))
    return lines
