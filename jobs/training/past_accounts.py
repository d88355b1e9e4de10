"""Features of accounts on past days, as the account model will meet them on the days that it scores."""

from datetime import date, timedelta

from pyspark.sql import DataFrame

from jobs.engine.active_models import load_active_model
from jobs.engine.workspace import Workspace
from jobs.training.past_domains import domain_features_of_past, window
from lib.conform import spark_schema
from lib.features.account_features import account_features
from lib.features.domain_features import FOUR_WEEKS
from lib.labelling.synthetic import synthetic_views
from schemas.labelling import LABELS
from schemas.raw import ACCOUNTS
from schemas.scores import DOMAIN_SCORES
from schemas.tiles import ACCOUNT_DAYS, ACCOUNT_DOMAIN_DAYS, ATTRIBUTE_DAYS, FIRST_SEEN
from udfs.scoring import check_folds, score_rows, with_domain_scores


def account_features_of_past(workspace: Workspace, days: list[date], day: date) -> DataFrame:
    """account_features of `days`, each from what was known by then, in one pass; the very code of the daily job.

    Their domain scores are those of the model that becomes active after `day`: the one that the account model will
    work with. Labelled domains have the score of the member that never saw their label.
    """
    lake = workspace.lake
    return account_features(
        account_days=window(workspace, ACCOUNT_DAYS, days, FOUR_WEEKS),
        account_domain_days=window(workspace, ACCOUNT_DOMAIN_DAYS, days, FOUR_WEEKS),
        attribute_days=window(workspace, ATTRIBUTE_DAYS, days, FOUR_WEEKS),
        first_seen=lake.read_days(FIRST_SEEN, last=days[-1]),
        accounts=lake.read_days(ACCOUNTS, last=days[-1]),
        domain_scores=domain_scores_of_past(workspace, days, day),
        days=days,
        active_days=workspace.config.features.active_days,
        sketch_size=workspace.config.samples.sketch_size,
    )


def domain_scores_of_past(workspace: Workspace, days: list[date], day: date) -> DataFrame:
    """domain_scores of `days` by the domain model that was trained by the end of `day`; none without one."""
    model = load_active_model(workspace.activations("domain"), day + timedelta(days=1), workspace.config)
    if model is None:
        return workspace.spark.createDataFrame([], spark_schema(DOMAIN_SCORES))
    config = workspace.config
    check_folds(model, config.samples)
    without_reasons = config.scoring.model_copy(update={"reasons_from": 1.0})
    scores = with_domain_scores(domain_features_of_past(workspace, days), model, without_reasons)
    labels = workspace.lake.read_days(LABELS, last=day)
    return score_rows(scores, labels, key="domain", model=model, samples=config.samples)


def synthetic_of_past(workspace: Workspace, account_features: DataFrame, day: date) -> DataFrame | None:
    """What the labelling functions make of these accounts: account_id, day, synthetic; None without functions."""
    config = workspace.config
    if not config.labelling.active:
        return None
    labels = workspace.lake.read_days(LABELS, last=day)
    return synthetic_views(account_features, labels, labelling=config.labelling, samples=config.samples)
