"""The made-up platform: what marks each kind of campaign, and that the truth and the labels fit the events."""

import re
import tomllib
from datetime import date
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lib.config import read_config
from lib.simulation.campaigns import members
from lib.simulation.events import events_of, impressions_of
from lib.simulation.plan import KINDS, Plan
from lib.simulation.platform import NotEmpty, settings_of, simulate
from lib.simulation.simulated_accounts import account_rows
from lib.simulation.simulated_domains import domain_name
from lib.simulation.truth import label_rows, truth_rows
from lib.simulation.words import Chance
from lib.text.targets import target_of

PLAN = Plan(accounts=1000, days=3, seed=7, first_day=date(2026, 1, 1), acts=0.8)
CHANCE = Chance(PLAN.seed)


@pytest.fixture(scope="module")
def truth(spark: SparkSession) -> pd.DataFrame:
    return truth_rows(spark, PLAN, CHANCE).toPandas()


@pytest.fixture(scope="module")
def events(spark: SparkSession, truth: pd.DataFrame) -> pd.DataFrame:
    """All days' events, with what is true of their accounts and of the domain of their first link."""
    days = [events_of(spark, PLAN, CHANCE, day).toPandas().assign(day=day) for day in PLAN.all_days]
    made = pd.concat(days, ignore_index=True)
    links = made["urls"].map(lambda urls: urls[0] if len(urls) else None)
    made = made.assign(domain=links.map(target_of, na_action="ignore"))
    result = {kind: part.set_index("entity_id") for kind, part in truth.groupby("entity_kind")}
    return made.assign(
        kind=made.account_id.map(result["account"].campaign_kind),
        campaign=made.account_id.map(result["account"].campaign),
        spam=made.domain.map(result["domain"].is_spam),
    )


def of(events: pd.DataFrame, kind: str) -> pd.DataFrame:
    return events[(events.kind == kind) & (events.spam == True)]  # noqa: E712 - a column of objects


def test_events_and_truth_fit(events: pd.DataFrame, truth: pd.DataFrame) -> None:
    assert events.interaction_id.is_unique
    assert not events.kind.isna().any()
    assert not events[events.domain.notna()].spam.isna().any()
    assert set(events[events.spam == True].kind) == set(KINDS)  # noqa: E712
    assert (events.event_time.dt.date == events.day).all()
    accounts, domains = (truth[truth.entity_kind == kind] for kind in ("account", "domain"))
    assert accounts.entity_id.is_unique
    assert domains.entity_id.is_unique
    assert (len(accounts), int(accounts.is_spam.sum())) == (1000, 96)
    ordinary = events[events.kind == ""].groupby("account_id").size()
    assert ordinary.max() > 20 * ordinary.median()  # few are very busy


def test_each_kind_has_its_mark(events: pd.DataFrame) -> None:
    assert of(events, "one_network").groupby("campaign").ip_prefix.nunique().max() == 1
    rotating = of(events, "rotating_networks")
    assert rotating.ip_prefix.nunique() > 0.5 * len(rotating)
    assert rotating.groupby("campaign").client.nunique().max() == 1
    template = of(events, "client_and_template")
    assert template.text.str.replace(r"\d+", "0", regex=True).groupby(template.campaign).nunique().max() == 1
    burst = of(events, "synchronous_bursts").groupby(["campaign", "day"]).event_time.agg(["min", "max"])
    assert ((burst["max"] - burst["min"]).dt.total_seconds() < 240).all()
    drip = of(events, "slow_drip").groupby(["account_id", "day"]).size()
    assert drip.max() == 1
    hijacked = events[events.kind == "hijacked_accounts"]
    assert {True, False} <= set(hijacked.spam.dropna())
    hidden = events[(events.kind == "camouflage") & events.spam.notna()]
    assert 0.5 < 1 - hidden.spam.astype(float).mean() < 0.9
    fresh = of(events, "fresh_domains").groupby("day").domain.agg(set)
    assert not any(one & other for one, other in pairwise(fresh))


def test_campaigns_of_one_shape_link_with_one_shape(events: pd.DataFrame) -> None:
    paths = of(events, "fresh_domains").urls.map(lambda urls: re.sub(r"https?://[^/]*", "", urls[0]))
    first = paths.map(lambda path: re.split(r"[/?]", path)[1]).groupby(events.campaign).nunique()
    assert first.max() == 1


def test_rows_depend_on_their_keys_alone(spark: SparkSession, events: pd.DataFrame) -> None:
    day = PLAN.all_days[1]
    again = events_of(spark, PLAN, CHANCE, day).repartition(5).toPandas().sort_values("interaction_id")
    columns = [name for name in again.columns if name != "urls"]
    first = events[events.day == day].sort_values("interaction_id")
    pd.testing.assert_frame_equal(again[columns].reset_index(drop=True), first[columns].reset_index(drop=True))
    other = events_of(spark, PLAN, Chance(8), day).select("account_id").distinct().toPandas()
    assert not set(other.account_id) & set(events.account_id)


def test_members_of_campaigns_are_registered_before_they_start(spark: SparkSession, truth: pd.DataFrame) -> None:
    accounts = account_rows(spark, PLAN, CHANCE, members(spark, PLAN, CHANCE)).toPandas()
    assert accounts.account_id.is_unique
    result = accounts.merge(truth[truth.entity_kind == "account"], left_on="account_id", right_on="entity_id")
    age = (pd.Timestamp(PLAN.first_day) - result.created_at).dt.days
    new = result.is_spam & (result.campaign_kind != "hijacked_accounts")
    assert (age[new] + result.start[new]).between(-2, 3).all()
    assert age[~new].median() > 100
    assert (result.day >= PLAN.first_day).all()


def test_labels_are_a_sample_of_the_truth(spark: SparkSession, truth: pd.DataFrame) -> None:
    labels = label_rows(spark.createDataFrame(truth), PLAN, CHANCE).toPandas()
    checked = labels.merge(truth, on=["entity_kind", "entity_id"])
    assert (checked.is_spam_x == checked.is_spam_y).all()
    assert 10 < len(labels) < 0.1 * len(truth)
    assert labels.known_at.min() == pd.Timestamp(2026, 1, 3)


def test_impressions_are_of_hosts(spark: SparkSession, events: pd.DataFrame) -> None:
    day = events_of(spark, PLAN, CHANCE, PLAN.first_day)
    seen = impressions_of(day, CHANCE).toPandas()
    linking = events[(events.day == PLAN.first_day) & events.domain.notna()]
    assert seen.url.map(target_of).nunique() == linking.domain.nunique()
    assert 10 < seen.impressions.sum() / len(linking) < 60


def test_no_two_domains_share_a_name(spark: SparkSession) -> None:
    names = spark.range(30_000).select(domain_name(F.col("id") * 100, PLAN, CHANCE).alias("name"))
    assert names.distinct().count() == 30_000


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    config = read_config(tomllib.loads(settings_of(PLAN)), path=tmp_path / "winnow.toml")
    assert {source.table for source in config.sources.values()} == {
        "interactions", "accounts", "impressions", "label_imports",
    }  # fmt: skip
    (tmp_path / "precious.txt").touch()
    with pytest.raises(NotEmpty, match="is not empty"):
        simulate(None, PLAN, tmp_path)  # type: ignore[arg-type]
