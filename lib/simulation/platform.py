"""A made-up platform with planted campaigns, written as sources that `winnow run` takes in as they are."""

from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from lib.simulation.campaigns import members
from lib.simulation.events import events_of, impressions_of
from lib.simulation.plan import Plan
from lib.simulation.simulated_accounts import account_rows
from lib.simulation.truth import label_rows, truth_rows
from lib.simulation.words import Chance

TEMPLATE = Path(__file__).parent / "simulated.toml.template"
EVENTS_A_PARTITION = 500_000  # of a day's, when winnow shuffles them
LARGE = 300_000  # accounts, from which on a process needs more memory


class NotEmpty(ValueError):
    """There is something where the platform would be written."""


def simulate(spark: SparkSession, plan: Plan, folder: Path) -> None:
    """Writes events and impressions by day, accounts, labels, the truth, and winnow.toml. Raises NotEmpty."""
    if folder.exists() and any(folder.iterdir()):
        raise NotEmpty(f"{folder} is not empty")
    chance = Chance(plan.seed)
    for day in plan.all_days:
        write(events_of(spark, plan, chance, day), folder / "events" / f"{day}")
        written = spark.read.parquet(str(folder / "events" / f"{day}"))
        write(impressions_of(written, chance).coalesce(1), folder / "impressions" / f"{day}")
    write(account_rows(spark, plan, chance, members(spark, plan, chance)), folder / "accounts")
    write(truth_rows(spark, plan, chance), folder / "truth.parquet")
    write(label_rows(spark.read.parquet(str(folder / "truth.parquet")), plan, chance).coalesce(1), folder / "labels")
    (folder / "winnow.toml").write_text(settings_of(plan), encoding="utf-8")


def write(rows: DataFrame, path: Path) -> None:
    rows.write.parquet(str(path))


def settings_of(plan: Plan) -> str:
    partitions = min(64, max(4, round(plan.accounts * plan.acts / EVENTS_A_PARTITION)))
    memory = "6g" if plan.accounts >= LARGE else "4g"
    return TEMPLATE.read_text(encoding="utf-8").format(partitions=partitions, memory=memory)
