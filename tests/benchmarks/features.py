"""A day of features from tiles, beside DuckDB that reads the events of four weeks again.

What counts is a day's work: the tiles of the day, what is new in it, and the features of domains and accounts over 28
days, which the jobs write as `winnow run` has them write. The events are those of `winnow simulate`, BENCH_EVENTS of
them in the whole window.
"""

from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.build_tiles import build_tiles
from jobs.track_first_seen import track_first_seen
from lib.simulation.campaigns import members
from lib.simulation.events import events_of
from lib.simulation.plan import Plan
from lib.simulation.simulated_accounts import account_rows
from lib.simulation.words import Chance
from schemas.catalog import TABLES
from schemas.features import ACCOUNT_FEATURES, DOMAIN_FEATURES
from schemas.raw import ACCOUNTS, INTERACTIONS
from schemas.tiles import ACCOUNT_DAYS, DOMAIN_DAYS, FIRST_SEEN
from tests.benchmarks.features_alone import Files, features_alone
from tests.benchmarks.ground import DAY, FIRST, Ground, columns_of, ground
from tests.benchmarks.measuring import interleaved, report

DAYS = 28
ACTS = 3.0  # of an account a day, on average
JOBS = ("build_tiles", "track_first_seen", "build_domain_features", "build_account_features")
SAME = {  # what both count alike: the others are samples in tiles
    DOMAIN_FEATURES: ("interactions_1d", "interactions_28d", "accounts_7d", "top_account_share_28d",
                      "account_domains_7d", "linking_share_7d", "hour_entropy_28d", "burst_28d"),
    ACCOUNT_FEATURES: ("interactions_7d", "active_days_28d", "gap_mean_28d", "gap_variation_28d", "text_chars_28d",
                       "text_upper_share_28d", "domains_28d", "domain_accounts_7d", "name_digit_share", "name_entropy"),
}  # fmt: skip


def bench(folder: Path, events: int, runs: int) -> None:
    with ground(folder, rows=events) as workspace:
        prepare(workspace, events)
        files = Files(
            workspace.files(INTERACTIONS),
            workspace.files(FIRST_SEEN),
            workspace.files(ACCOUNTS),
            str(folder / "domains.parquet"),
            str(folder / "accounts.parquet"),
        )
        works = {
            "clear": lambda: workspace.clear(*JOBS),
            "ours": lambda: day_of_features(workspace),
            "alone": lambda: workspace.alone(
                features_alone, files, workspace.workspace.config.samples.links_per_domain
            ),
        }
        result = interleaved(works, runs=runs)
        gap = greatest_difference(workspace, files)
        workspace.clear(*JOBS)
        memory = workspace.peak_of(lambda: day_of_features(workspace))
    told = {"peak_gb": f"{memory:.1f}", "events": f"{events}", "difference": f"{gap:.0e}"}
    report("features", result["ours"], result["alone"], "1", **told)


def day_of_features(workspace: Ground) -> None:
    for name in JOBS:
        workspace.run(name)


def prepare(workspace: Ground, events: int) -> None:
    """Events of all days, and tiles of all but the last."""
    plan, chance = Plan(max(1000, round(events / DAYS / ACTS)), DAYS, 1, FIRST, ACTS), Chance(1)
    spark = workspace.workspace.spark
    for day in plan.all_days:
        workspace.lay(INTERACTIONS, stored(events_of(spark, plan, chance, day)))
    workspace.lay(ACCOUNTS, account_rows(spark, plan, chance, members(spark, plan, chance)))
    history = workspace.workspace.lake.read(INTERACTIONS).where(F.col("day") < F.lit(DAY))
    config = workspace.workspace.config
    tiles = build_tiles(interactions=history, days=[], samples=config.samples, attributes=config.attributes)
    for name, rows in tiles.items():
        workspace.lay(TABLES[name], rows.repartition("day"))
    read = {table.name: workspace.workspace.lake.read(table) for table in (ACCOUNT_DAYS, DOMAIN_DAYS, FIRST_SEEN)}
    workspace.lay(FIRST_SEEN, track_first_seen(**read, days=[]).repartition("first_day"))


def stored(events: DataFrame) -> DataFrame:
    """Events as ingest leaves them."""
    targets = F.transform(
        "urls",
        lambda url: F.struct(
            url.alias("url"), F.regexp_extract(url, r"^https?://(?:www\.)?([^/]+)", 1).alias("domain")
        ),
    )
    day = F.to_date("event_time")
    told = {name: F.col(name) for name in events.columns} | {"landing_day": day, "day": day, "targets": targets}
    return events.select(*columns_of(INTERACTIONS, told | {"source": F.lit("events")}))


def greatest_difference(workspace: Ground, files: Files) -> float:
    """Between the features that both count exactly; infinite where one has a row that the other has not."""
    return max(
        gap_of(
            workspace.workspace.lake.read(table).where(F.col("day") == F.lit(DAY)),
            workspace.workspace.spark.read.parquet(path),
            *names,
        )
        for (table, names), path in zip(SAME.items(), (files.domain_features, files.account_features), strict=True)
    )


def gap_of(ours: DataFrame, theirs: DataFrame, *names: str) -> float:
    key = "domain" if "domain" in ours.columns else "account_id"
    joined = ours.alias("ours").join(theirs.withColumn("there", F.lit(True)).alias("theirs"), key, "full")
    gaps = [F.abs(F.col(f"ours.{name}") - F.col(f"theirs.{name}")) for name in names]
    missing = F.when(F.col("ours.day").isNull() | F.col("there").isNull(), F.lit(float("inf")))
    return float(joined.agg(F.max(F.coalesce(missing, F.greatest(*gaps), F.lit(0.0)))).collect()[0][0])
