"""Trains a version of the account model on past days' features: first on synthetic labels, then on the hand labels."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.engine.active_models import load_active_model
from jobs.engine.runner import build_rows
from jobs.engine.workspace import Workspace
from jobs.manifest import JOBS
from jobs.score_domains import score_domains
from jobs.training.versions import Place, TooFewLabels, Trained, save
from lib.config import AccountModelSettings, SampleSettings
from lib.conform import spark_schema
from lib.labelling.precedence import resolved_labels
from lib.labelling.synthetic import synthetic_views
from lib.models.account.account_encoder import COLUMNS
from lib.sampling import fold, sample_hash
from schemas.labelling import LABELS
from schemas.scores import DOMAIN_SCORES

KNOWN = ("account_id", "day", "is_spam", "weight", "fold", "synthetic")


def past_account_features(workspace: Workspace, days: list[date], day: date) -> DataFrame:
    """account_features of `days` as build_account_features makes them, each from what was known by then.

    Their domain scores are those of the model that becomes active after `day`, with which the account model will work.
    Labelled domains have the score of the member that never saw their label.
    """
    scores = past_domain_scores(workspace, days, day)
    return build_rows(workspace, JOBS["build_account_features"], days, domain_scores=scores)


def past_domain_scores(workspace: Workspace, days: list[date], day: date) -> DataFrame:
    """domain_scores of `days` by the domain model that was trained by the end of `day`; none without one."""
    config = workspace.config
    model = load_active_model(workspace.activations("domain"), day + timedelta(days=1), config)
    if model is None:
        return workspace.spark.createDataFrame([], spark_schema(DOMAIN_SCORES))
    return score_domains(
        domain_features=build_rows(workspace, JOBS["build_domain_features"], days),
        labels=workspace.lake.read_days(LABELS, last=day),
        day=day,
        scoring=config.scoring.model_copy(update={"reasons_from": 1.0}),  # nobody reads reasons of past days
        samples=config.samples,
        model=model,
    )


def synthetic_labels(workspace: Workspace, account_features: DataFrame, day: date) -> DataFrame | None:
    """What the labelling functions make of these accounts: account_id, day, synthetic; None without functions."""
    config = workspace.config
    if not config.labelling.active:
        return None
    labels = workspace.lake.read_days(LABELS, last=day)
    return synthetic_views(account_features, labels, labelling=config.labelling, samples=config.samples)


def train_account_model(
    *,
    account_features: DataFrame,
    labels: DataFrame,
    synthetic: DataFrame | None,
    day: date,
    account_model: AccountModelSettings,
    samples: SampleSettings,
    version: str,
    place: Place,
    earlier: Sequence[Mapping[str, float]] = (),
) -> Trained:
    """`account_features` of the snapshot days and `labels` known as of `day` make and save `version`.

    `synthetic` has account_id, day and the array `synthetic` of probabilities: element 0 with all hand labels, element
    f + 1 without those of fold f. Raises TooFewLabels where neither hand labels nor labelling functions give enough
    accounts of each class.
    """
    rows = examples(account_features, labels, synthetic, account_model, samples)
    check_labels(rows, account_model, day)
    from lib.models.account.account_fitting import fit_account_model  # noqa: PLC0415 - TensorFlow takes seconds to load

    fitted = fit_account_model(
        rows, day=day, version=version, settings=account_model, folds=samples.folds, salt=samples.salt
    )
    return save(
        account_features.sparkSession,
        fitted,
        rows,
        key="account_id",
        columns=COLUMNS,
        day=day,
        settings=account_model,
        samples=samples,
        place=place,
        earlier=earlier,
    )


def examples(
    account_features: DataFrame,
    labels: DataFrame,
    synthetic: DataFrame | None,
    settings: AccountModelSettings,
    samples: SampleSettings,
) -> pa.Table:
    """One row per account with a label of either kind and snapshot day, by account and day: KNOWN and its features."""
    hand = (
        resolved_labels(labels)
        .where("entity_kind = 'account'")
        .select(F.col("entity_id").alias("account_id"), "is_spam", "weight")
    )
    result = account_features.join(hand, "account_id", "left")
    if synthetic is None:
        result = result.withColumn("synthetic", F.lit(None).cast("array<double>"))
    else:
        result = result.join(synthetic.select("account_id", "day", "synthetic"), ["account_id", "day"], "left")
    result = result.where("is_spam IS NOT NULL OR synthetic IS NOT NULL").withColumns(
        {"weight": F.coalesce("weight", F.lit(1.0)), "fold": own_fold(samples)}
    )
    return sampled(result, settings, samples).select(*KNOWN, *COLUMNS).orderBy("account_id", "day").toArrow()


def own_fold(samples: SampleSettings) -> Column:
    return fold(F.lit("account"), F.col("account_id"), salt=samples.salt, folds=samples.folds)


def sampled(result: DataFrame, settings: AccountModelSettings, samples: SampleSettings) -> DataFrame:
    """All accounts with a hand label, and a hash sample of the others: all of their days or none."""
    others = result.where("is_spam IS NULL").select("account_id").distinct()
    chosen = others.orderBy(sample_hash(F.col("account_id"), samples.salt), "account_id").limit(
        settings.synthetic_accounts
    )
    kept = result.join(chosen.withColumn("is_drawn", F.lit(True)), "account_id", "left")
    return kept.where("is_spam IS NOT NULL OR is_drawn")


def check_labels(rows: pa.Table, settings: AccountModelSettings, day: date) -> None:
    synthetic = pa.array([views[0] if views else None for views in rows["synthetic"].to_pylist()], pa.float64())
    hand = of_each_class(rows, pc.equal(rows["is_spam"], True))
    functions = of_each_class(rows, pc.greater_equal(synthetic, 0.5))
    if max(min(hand), min(functions)) < settings.min_labels:
        raise TooFewLabels(
            f"as of {day} there are {hand[1]} spam and {hand[0]} benign accounts with a hand label, and {functions[1]} "
            f"and {functions[0]} that labelling functions take for spam and benign, among those active in the "
            f"{settings.history_days} days before; [account_model] min_labels asks for {settings.min_labels} of each, "
            "of one kind or the other: `winnow labels import FILE` brings hand labels, and `winnow labels ledger` "
            "shows what the labelling functions do"
        )


def of_each_class(rows: pa.Table, is_spam: pa.Array) -> tuple[int, int]:
    """How many accounts are benign and spam; a null is neither."""
    benign, spam = (len(rows.filter(chosen)["account_id"].unique()) for chosen in (pc.invert(is_spam), is_spam))
    return benign, spam
