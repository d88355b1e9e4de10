"""simulate: a platform to try things on."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.console import as_day, say
from jobs.cli.lazy import lazy_imports

with lazy_imports():
    from lib import config, session
    from lib.simulation import plan as plans
    from lib.simulation import platform

FIRST_DAY = date(2026, 1, 1)


def simulate(
    accounts: Annotated[int, typer.Option("--accounts", min=1000, help="Accounts of the platform.")],
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="Days of events.")],
    out: Annotated[Path, typer.Option("--out", help="A folder, which is made.")],
    seed: Annotated[int, typer.Option("--seed", help="Another one makes another platform.")] = 0,
    per_day: Annotated[
        float, typer.Option("--acts", min=0.1, help="Interactions of an ordinary account per day, on average.")
    ] = 10.0,
    first_day: Annotated[
        date | None, typer.Option("--first-day", parser=as_day, metavar="YYYY-MM-DD", help="2026-01-01 if left out.")
    ] = None,
) -> None:
    """Writes a made-up platform with planted spam: events, settings to run on it, and the truth."""
    plan = plans.Plan(accounts, days, seed, first_day or FIRST_DAY, per_day)
    spark = config.Config.model_validate(tomllib.loads(platform.settings_of(plan))).spark
    platform.simulate(session.build_session(spark), plan, out)
    last = plan.all_days[-1]
    kinds = len(plans.KINDS)
    say(f"{plan.campaigns} campaigns of {kinds} kinds, of {plan.members} accounts, in {days} days up to {last}")
    say(f"next: winnow run --config {out / 'winnow.toml'} --day {plan.first_day} --to {last}")
    say(f"then: winnow evaluate day --config {out / 'winnow.toml'} --day {last} --truth {out / 'truth.parquet'}")
