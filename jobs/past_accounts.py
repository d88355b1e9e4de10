"""Features of accounts on past days, as the account model will meet them on the days that it scores."""

from datetime import date, timedelta

from pyspark.sql import DataFrame

from jobs.in_force import load_in_force
from jobs.past_domains import domain_features_of_past, window
from jobs.score_domains import domain_verdicts
from jobs.workspace import Workspace
from lib.conform import spark_schema
from lib.features.accounts import account_features
from lib.features.domains import FOUR_WEEKS
from schemas.labelling import LABELS
from schemas.raw import ACCOUNTS
from schemas.scores import DOMAIN_SCORES
from schemas.tiles import ACCOUNT_DAYS, ACCOUNT_DOMAIN_DAYS, ATTRIBUTE_DAYS, FIRST_SEEN


def account_features_of_past(here: Workspace, days: list[date], day: date) -> DataFrame:
    """account_features of `days`, each from what was known by then, in one pass; the very code of the daily job.

    Their domain scores are those of the model that comes into force after `day`: the one that the account model will
    work with. Labelled domains have the score of the member that never saw their label.
    """
    lake = here.lake
    return account_features(
        account_days=window(here, ACCOUNT_DAYS, days, FOUR_WEEKS),
        account_domain_days=window(here, ACCOUNT_DOMAIN_DAYS, days, FOUR_WEEKS),
        attribute_days=window(here, ATTRIBUTE_DAYS, days, FOUR_WEEKS),
        first_seen=lake.read_days(FIRST_SEEN, last=days[-1]),
        accounts=lake.read_days(ACCOUNTS, last=days[-1]),
        domain_scores=domain_scores_of_past(here, days, day),
        days=days,
        active_days=here.config.features.active_days,
        sketch_size=here.config.samples.sketch_size,
    )


def domain_scores_of_past(here: Workspace, days: list[date], day: date) -> DataFrame:
    """domain_scores of `days` by the domain model that was trained by the end of `day`; none without one."""
    model = load_in_force(here.activations("domain"), day + timedelta(days=1), here.config)
    if model is None:
        return here.spark.createDataFrame([], spark_schema(DOMAIN_SCORES))
    return domain_verdicts(
        domain_features_of_past(here, days),
        here.lake.read_days(LABELS, last=day),
        model,
        scoring=here.config.scoring.model_copy(update={"reasons_from": 1.0}),  # reasons are of no use here
        samples=here.config.samples,
    )
