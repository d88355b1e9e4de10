"""Features of domains on past days, for training."""

from datetime import date, timedelta

from pyspark.sql import DataFrame

from jobs.engine.runner import span_of
from jobs.engine.workspace import Workspace
from lib.features.domain_features import FOUR_WEEKS, WEEK, domain_features
from schemas.raw import PAGES
from schemas.table import Table
from schemas.tiles import ACCOUNT_DAYS, ACCOUNT_DOMAIN_DAYS, DOMAIN_DAYS, DOMAIN_LINKS, FIRST_SEEN


def domain_features_of_past(workspace: Workspace, days: list[date]) -> DataFrame:
    """domain_features of `days`, each from what was known by then, in one pass; the very code of the daily job."""
    return domain_features(
        domain_days=window(workspace, DOMAIN_DAYS, days, FOUR_WEEKS),
        account_domain_days=window(workspace, ACCOUNT_DOMAIN_DAYS, days, FOUR_WEEKS),
        account_days=window(workspace, ACCOUNT_DAYS, days, WEEK),
        domain_links=window(workspace, DOMAIN_LINKS, days, FOUR_WEEKS),
        first_seen=workspace.lake.read_days(FIRST_SEEN, last=days[-1]),
        pages=workspace.lake.read_days(PAGES, last=days[-1]),
        impressions=span_of(workspace, "impressions", (days[-1] - days[0]).days + 1, [days[-1]]),
        days=days,
        active_days=workspace.config.features.active_days,
        sketch_size=workspace.config.samples.sketch_size,
        links_per_domain=workspace.config.samples.links_per_domain,
        salt=workspace.config.samples.salt,
    )


def window(workspace: Workspace, table: Table, days: list[date], length: int) -> DataFrame:
    """The rows of the windows of `length` days that end on any of `days`, which ascend."""
    return workspace.lake.read_days(table, first=days[0] - timedelta(days=length - 1), last=days[-1])
