"""simulate: a platform to try things on."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.console import as_day, say
from lib.config import Config
from lib.session import build_session
from lib.simulation.plan import KINDS, Plan
from lib.simulation.platform import settings_of, simulate

app = typer.Typer()
FIRST_DAY = date(2026, 1, 1)


@app.command("simulate")
def simulate_command(
    accounts: Annotated[int, typer.Option("--accounts", min=1000, help="Accounts of the platform.")],
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="Days of events.")],
    out: Annotated[Path, typer.Option("--out", help="A folder, which is made.")],
    seed: Annotated[int, typer.Option("--seed", help="Another one makes another platform.")] = 0,
    acts: Annotated[
        float, typer.Option("--acts", min=0.1, help="Interactions of an ordinary account per day, on average.")
    ] = 10.0,
    first_day: Annotated[
        date | None, typer.Option("--first-day", parser=as_day, metavar="YYYY-MM-DD", help="2026-01-01 if left out.")
    ] = None,
) -> None:
    """Writes a made-up platform with planted spam: events, settings to run on it, and the truth."""
    plan = Plan(accounts, days, seed, first_day or FIRST_DAY, acts)
    spark = Config.model_validate(tomllib.loads(settings_of(plan))).spark
    simulate(build_session(spark), plan, out)
    last = plan.all_days[-1]
    say(f"{plan.campaigns} campaigns of {len(KINDS)} kinds, of {plan.members} accounts, in {days} days up to {last}")
    say(f"next: winnow run --config {out / 'winnow.toml'} --day {plan.first_day} --to {last}")
    say(f"then: winnow evaluate day --config {out / 'winnow.toml'} --day {last} --truth {out / 'truth.parquet'}")
