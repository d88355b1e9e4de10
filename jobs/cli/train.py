"""train: making models."""

from datetime import date
from typing import Annotated

import typer

from jobs.cli.console import DEFAULT_PATH, AsJson, ConfigPath, Day, grid, say, say_json, workspace_of
from jobs.training.train import Launched, train_account, train_domain

train = typer.Typer(help="Trains a model on what was known by the end of a day.", no_args_is_help=True)
MayGoStale = Annotated[bool, typer.Option("--stale", help="Even if later days are scored already; they go stale.")]
AsChallenger = Annotated[
    bool, typer.Option("--challenger", help="Keep the version, but leave in force what is: see winnow models diff.")
]


@train.command("domain")
def train_domain_command(
    day: Day,
    stale: MayGoStale = False,
    challenger: AsChallenger = False,
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """Trains the domain model; if it meets the launch criteria, it is in force from the day after."""
    launched = train_domain(workspace_of(config), day=day, stale=stale, challenger=challenger)
    show_trained(launched, day, as_json=as_json)


@train.command("account")
def train_account_command(
    day: Day,
    stale: MayGoStale = False,
    challenger: AsChallenger = False,
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """Trains the account model; if it meets the launch criteria, it is in force from the day after."""
    launched = train_account(workspace_of(config), day=day, stale=stale, challenger=challenger)
    show_trained(launched, day, as_json=as_json)


def show_trained(launched: Launched, day: date, *, as_json: bool) -> None:
    trained, verdict = launched.trained, launched.verdict
    if as_json:
        said = {"version": trained.version, "metrics": trained.metrics, "in_force": launched.in_force}
        say_json({**said, "misses": verdict.misses, "remarks": verdict.remarks})
        return
    title = f"{trained.version}: unseen {trained.kind}s of later days"
    grid(title, ("figure", "value"), sorted(trained.metrics.items()))
    if trained.calibrated_on == "synthetic":
        say("there are too few hand labels to calibrate on: its scores are calibrated on the labelling functions")
    for remark in verdict.remarks:
        say(remark)
    for miss in verdict.misses:
        say(f"launch criterion missed: {miss}")
    if launched.in_force:
        say(f"{trained.version} is in force from the day after {day}")
    else:
        say(f"{trained.version} is kept, not in force: winnow models promote {trained.version} --day {day}")
