"""train: models from what was known by the end of a day."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.console import DEFAULT_PATH, AsJson, ConfigPath, Day, grid, say, say_json, workspace_of
from jobs.cli.lazy import lazy_imports

with lazy_imports():
    from jobs.training import train

if TYPE_CHECKING:
    from jobs.training.train import TrainingResult

app = typer.Typer(help="Trains a model on what was known by the end of a day.", no_args_is_help=True)
MayGoStale = Annotated[bool, typer.Option("--stale", help="Even if later days are scored already; they go stale.")]
AsChallenger = Annotated[
    bool,
    typer.Option(
        "--challenger", help="Keep the version, but leave the active version as it is: see winnow models diff."
    ),
]


@app.command("domain")
def train_domain(
    day: Day,
    stale: MayGoStale = False,
    challenger: AsChallenger = False,
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """Trains the domain model; if it passes the promotion gate, it is active from the day after."""
    result = train.train_domain(workspace_of(config), day=day, stale=stale, challenger=challenger)
    show_trained(result, day, as_json=as_json)


@app.command("account")
def train_account(
    day: Day,
    stale: MayGoStale = False,
    challenger: AsChallenger = False,
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """Trains the account model; if it passes the promotion gate, it is active from the day after."""
    result = train.train_account(workspace_of(config), day=day, stale=stale, challenger=challenger)
    show_trained(result, day, as_json=as_json)


def show_trained(result: "TrainingResult", day: date, *, as_json: bool) -> None:
    trained, gate = result.trained, result.gate
    if as_json:
        version = {"version": trained.version, "metrics": trained.metrics, "active": result.active}
        say_json({**version, "misses": gate.misses, "remarks": gate.remarks})
        return
    title = f"{trained.version}: unseen {trained.kind}s of later days"
    grid(title, ("figure", "value"), sorted(trained.metrics.items()))
    if trained.calibrated_on == "synthetic":
        say("there are too few hand labels to calibrate on: its scores are calibrated on the labelling functions")
    for remark in gate.remarks:
        say(remark)
    for miss in gate.misses:
        say(f"promotion gate not passed: {miss}")
    if result.active:
        say(f"{trained.version} is active from the day after {day}")
    else:
        say(f"{trained.version} is kept, not active: winnow models promote {trained.version} --day {day}")
