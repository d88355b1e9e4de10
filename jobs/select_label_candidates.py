"""The day's labelling batch: the domains that people are asked about."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lib.arrays import Ints, Objects
from lib.config import CandidateSettings, SampleSettings
from lib.conform import spark_schema
from lib.labelling.candidates import RANDOM, Batch, Candidates, choose_batch
from lib.labelling.precedence import resolved_labels
from lib.sampling import sample_hash
from schemas.labelling import LABEL_CANDIDATES


def select_label_candidates(
    *,
    domain_features: DataFrame,
    domain_scores: DataFrame,
    labels: DataFrame,
    label_candidates: DataFrame,
    day: date,
    candidates: CandidateSettings,
    samples: SampleSettings,
) -> DataFrame:
    """Rows of label_candidates. The driver holds some 100 bytes of each active domain."""
    asked = label_candidates.where(F.date_diff(F.lit(day), "day") <= candidates.repeat_days)
    active = in_random_order(with_status(domain_features, domain_scores, labels, asked), day, samples)
    names, known = active["domain"].to_numpy(zero_copy_only=False), status_of(active)
    links: dict[str, list[str]] = {}

    def links_of(places: Ints) -> Sequence[Sequence[str]]:
        links.update(links_by_domain(domain_features, names[places]))
        return [links[name] for name in names[places]]

    batch = choose_batch(known, links_of, candidates)
    rows = records(batch, names, known, links, day=day, most_links=candidates.links)
    return domain_features.sparkSession.createDataFrame(rows, spark_schema(LABEL_CANDIDATES))


def with_status(domain_features: DataFrame, domain_scores: DataFrame, labels: DataFrame, asked: DataFrame) -> DataFrame:
    """One row per active domain: domain, score, is_labelled, was_asked."""
    labelled = resolved_labels(labels).where("entity_kind = 'domain'").select(F.col("entity_id").alias("domain"))
    known = domain_features.select("domain").join(domain_scores.select("domain", "score"), "domain", "left")
    for name, rows in (("is_labelled", labelled), ("was_asked", asked.select("domain").distinct())):
        known = known.join(rows.withColumn(name, F.lit(True)), "domain", "left")
    return known.fillna({"is_labelled": False, "was_asked": False})


def in_random_order(known: DataFrame, day: date, samples: SampleSettings) -> pa.Table:
    """Another order each day, so that each day's first ones are a sample of their own."""
    drawn = sample_hash(F.concat_ws("|", "domain", F.lit(day.isoformat())), samples.salt)
    return known.withColumn("drawn", drawn).toArrow().sort_by([("drawn", "ascending"), ("domain", "ascending")])


def status_of(active: pa.Table) -> Candidates:
    score, is_labelled, was_asked = (
        active[name].to_numpy(zero_copy_only=False) for name in ("score", "is_labelled", "was_asked")
    )
    return Candidates(score.astype(np.float64), is_labelled.astype(bool), was_asked.astype(bool))


def links_by_domain(domain_features: DataFrame, names: Objects) -> dict[str, list[str]]:
    rows = domain_features.where(F.col("domain").isin(names.tolist())).select("domain", "links").collect()
    return {row.domain: row.links for row in rows}


def records(
    batch: Batch, names: Objects, known: Candidates, links: Mapping[str, Sequence[str]], *, day: date, most_links: int
) -> list[tuple[Any, ...]]:
    """Rows of label_candidates; their ranks follow a hash, whatever part they are of."""
    part_of = {int(place): part for part, places in batch.items() for place in places}
    probability = len(batch[RANDOM]) / max(int((~known.is_labelled).sum()), 1)
    result = []
    for rank, place in enumerate(sorted(part_of, key=lambda place: hash_order(str(names[place]), day)), start=1):
        name, score, part = names[place], known.score[place], part_of[place]
        drawn, known_score = probability if part == RANDOM else None, None if np.isnan(score) else float(score)
        result.append((day, name, rank, part, drawn, known_score, links[name][:most_links]))
    return result


def hash_order(domain: str, day: date) -> tuple[str, str]:
    return hashlib.sha256(f"{day}|{domain}".encode()).hexdigest(), domain
