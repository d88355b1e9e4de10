"""What the graph says of each account and domain: known labels, propagation, read-out and calibration, put together."""

import logging
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lib.config import GraphSettings, SampleSettings
from lib.graph.calibration import Platt, calibrated, cross_fitted, fitted
from lib.graph.evidence import merged, neighbours
from lib.graph.known import Known, known_labels, model_scores
from lib.graph.passes import Graph, blocked
from lib.graph.propagation import settled_mass
from lib.graph.readout import Solution, reached
from lib.graph.seeds import SPAM, seed_masses

KINDS = ("account", "domain")
EPOCH = date(1970, 1, 1)
log = logging.getLogger(__name__)


class NoSeeds(LookupError):
    """Nothing can be propagated: no label is known of any account or domain of the graph."""


def graph_scores(
    edges: DataFrame,
    resolved: DataFrame,
    domain_scores: DataFrame,
    *,
    day: date,
    settings: GraphSettings,
    samples: SampleSettings,
    active_days: int,
) -> DataFrame:
    """One row of `graph_scores` an account or domain that was active in the last `active_days`.

    All edges take part, and all labels of their nodes. A node that no mass reaches takes the prior, with support 0, and
    is not calibrated. Raises NoSeeds. The rows do not depend on the cached blocks, which are gone by then: they are
    checkpointed where they were made, until the frame is garbage.
    """
    known = known_labels(resolved, samples)
    if not any(len(known[kind].keys) for kind in KINDS):
        raise NoSeeds(f"no labels of accounts or domains are known on {day}")
    with blocked(edges, settings.blocks) as graph:
        solution = solve(
            graph, known, domain_scores, day=day, settings=settings, folds=samples.folds, active_days=active_days
        )
        shared = edges.sparkSession.sparkContext.broadcast(solution)
        rows = reached(graph.blocks, shared).localCheckpoint()
        shared.destroy()
    whole = one_row_an_entity(rows, keep=settings.neighbours)
    return calibrated_rows(whole, day=day, settings=settings, folds=samples.folds)


def solve(
    graph: Graph,
    known: dict[str, Known],
    domain_scores: DataFrame,
    *,
    day: date,
    settings: GraphSettings,
    folds: int,
    active_days: int,
) -> Solution:
    """Propagates all views at once; raises NoSeeds where no label is of a node of the graph."""
    accounts = known["account"].only(graph.has_accounts(known["account"].keys))
    domains = known["domain"].of(graph.keys)
    tell(accounts, known["domain"].only(np.isin(known["domain"].keys, graph.keys)), len(graph.keys), day)
    scores = model_scores(domain_scores, graph.keys, folds)
    y_u, y_d = seed_masses(accounts.labels, domains, scores, folds=folds, prior_mass=settings.prior_mass)
    a = settings.damping
    right = (1 - a) * (y_d + a * graph.from_accounts(accounts.keys, y_u))
    mass = settled_mass(graph.gram, right, damping=a, tolerance=settings.tolerance, max_passes=settings.max_passes)
    first_active_day = (day - EPOCH).days - active_days + 1
    return Solution(
        keys=graph.keys,
        mass=mass,
        degrees=graph.degrees,
        labels=domains,
        active=graph.last_days >= first_active_day,
        account_keys=accounts.keys,
        account_seeds=y_u,
        account_labels=accounts.labels,
        first_active_day=first_active_day,
        damping=a,
        prior=settings.prior,
        epsilon=settings.epsilon,
        keep=settings.neighbours,
    )


def tell(accounts: Known, domains: Known, nodes: int, day: date) -> None:
    seeds = np.concatenate([accounts.labels.label, domains.labels.label])
    if not seeds.size:
        raise NoSeeds(f"none of the accounts and domains with a label on {day} is in the graph of the day")
    log.info("%d accounts and %d of %d domains are seeds", len(accounts.keys), len(domains.keys), nodes)
    if len(set(seeds)) == 1:
        log.warning("all seeds are %s: the scores only tell near from far", "spam" if seeds[0] == SPAM else "benign")


def one_row_an_entity(rows: DataFrame, *, keep: int) -> DataFrame:
    """Joins what the blocks say of a domain; an account is in one block."""
    handed, near = F.sum("handed").alias("handed"), merged(F.col("neighbours"), keep=keep).alias("neighbours")
    same = [name for name in rows.columns if name not in ("entity_id", "handed", "neighbours")]
    domains = rows.where("entity_kind = 'domain'").groupBy("entity_id")
    joined = domains.agg(*(F.first(name).alias(name) for name in same), handed, near)
    return rows.where("entity_kind = 'account'").unionByName(joined)


def calibrated_rows(rows: DataFrame, *, day: date, settings: GraphSettings, folds: int) -> DataFrame:
    labelled = rows.where("seed IS NOT NULL AND oof_support > 0")
    table = labelled.select("entity_kind", "entity_id", "seed", "fold", "oof_raw").toArrow()
    score, oof_score = F.col("raw_score"), F.col("oof_raw")
    for kind in KINDS:
        platt, by_fold = fits(table, kind, folds=folds, least=settings.min_calibration_labels)
        of_kind = F.col("entity_kind") == kind
        score = F.when(of_kind & (F.col("support") > 0), calibrated(F.col("raw_score"), platt)).otherwise(score)
        for fold, other_folds in enumerate(by_fold):
            here = of_kind & (F.col("fold") == fold) & (F.col("oof_support") > 0)
            oof_score = F.when(here, calibrated(F.col("oof_raw"), other_folds)).otherwise(oof_score)
    return rows.where("active").select(
        F.lit(day).alias("day"),
        "entity_kind",
        "entity_id",
        score.alias("score"),
        oof_score.alias("oof_score"),
        "raw_score",
        "support",
        "degree",
        "seed",
        neighbours(F.col("neighbours"), F.col("handed")).alias("neighbours"),
    )


def fits(table: pa.Table, kind: str, *, folds: int, least: int) -> tuple[Platt, list[Platt]]:
    """The calibration of one kind of entity from all its labels, and those from all but each fold's.

    The labelled entities that other labels reach serve, active or not; those that none reaches say nothing.
    """
    rows = table.filter(pc.equal(table["entity_kind"], pa.scalar(kind))).sort_by("entity_id")
    raw, fold = rows["oof_raw"].to_numpy(), rows["fold"].to_numpy()
    is_spam = np.array(rows["seed"].to_pylist(), dtype=object) == "spam"
    platt = fitted(raw, is_spam, least=least)
    log.info("%s scores: %s from %d labels", kind, platt, len(raw))
    return platt, cross_fitted(raw, is_spam, fold, folds=folds, least=least)
