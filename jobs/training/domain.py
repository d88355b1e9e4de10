"""Trains a version of the domain model on the labelled domains' features of past days."""

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.training.versions import Place, TooFewLabels, Trained, save
from lib.config import DomainModelSettings, SampleSettings
from lib.labelling.precedence import resolved_labels
from lib.models.domain.domain_encoder import COLUMNS
from lib.sampling import fold

KNOWN = ("domain", "day", "is_spam", "weight", "fold", "sampling")


def train_domain_model(
    *,
    domain_features: DataFrame,
    labels: DataFrame,
    label_candidates: DataFrame | None = None,
    day: date,
    domain_model: DomainModelSettings,
    samples: SampleSettings,
    version: str,
    place: Place,
    earlier: Sequence[Mapping[str, float]] = (),
) -> Trained:
    """`domain_features` of the snapshot days, and what was labelled and asked about by `day`, make and save `version`.

    Raises TooFewLabels below `domain_model.min_labels` of either class.
    """
    rows = examples(domain_features, labels, samples, label_candidates)
    check_labels(rows, domain_model, day)
    from lib.models.domain.domain_fitting import fit_domain_model  # noqa: PLC0415 - TensorFlow takes seconds to load

    fitted = fit_domain_model(
        rows, day=day, version=version, settings=domain_model, folds=samples.folds, salt=samples.salt
    )
    return save(
        domain_features.sparkSession,
        fitted,
        rows,
        key="domain",
        columns=COLUMNS,
        day=day,
        settings=domain_model,
        samples=samples,
        place=place,
        earlier=earlier,
    )


def examples(
    domain_features: DataFrame, labels: DataFrame, samples: SampleSettings, label_candidates: DataFrame | None = None
) -> pa.Table:
    """One row per labelled domain and snapshot day, by domain and day: KNOWN and its features."""
    known = (
        resolved_labels(labels)
        .where("entity_kind = 'domain'")
        .select(F.col("entity_id").alias("domain"), "is_spam", "weight", "known_at")
    )
    if label_candidates is None:
        known = known.withColumn("sampling", F.lit(1.0))
    else:
        known = with_sampling(known, label_candidates)
    own = fold(F.lit("domain"), F.col("domain"), salt=samples.salt, folds=samples.folds)
    result = domain_features.join(known, "domain").withColumn("fold", own)
    return result.select(*KNOWN, *COLUMNS).orderBy("domain", "day").toArrow()


def with_sampling(known: DataFrame, label_candidates: DataFrame) -> DataFrame:
    """`sampling`: the inverse of the chance with which a domain was drawn last before its label was known; else 1."""
    drawn = label_candidates.where("sampling_probability IS NOT NULL").select(
        "domain", F.col("day").alias("asked"), "sampling_probability"
    )
    asked = drawn.join(known.select("domain", "known_at"), "domain").where(F.col("asked") <= F.to_date("known_at"))
    newest = asked.groupBy("domain").agg((1 / F.max_by("sampling_probability", "asked")).alias("sampling"))
    return known.join(newest, "domain", "left").fillna({"sampling": 1.0})


def check_labels(rows: pa.Table, settings: DomainModelSettings, day: date) -> None:
    spam = rows.filter(rows["is_spam"])["domain"]
    benign = rows.filter(pc.invert(rows["is_spam"]))["domain"]
    result = {"spam": len(spam.unique()), "benign": len(benign.unique())}
    if min(result.values()) < settings.min_labels:
        raise TooFewLabels(
            f"as of {day} there are {result['spam']} spam and {result['benign']} benign domains with a label that were "
            f"active in the {settings.history_days} days before; [domain_model] min_labels asks for "
            f"{settings.min_labels} of each: `winnow labels import FILE` brings more"
        )
