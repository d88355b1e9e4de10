"""train, models: making models, and which are in force."""

from datetime import date
from typing import Annotated

import typer

from jobs.commands.context import HERE, AsJson, ConfigPath, Day, grid, say, say_json
from jobs.commands.context import workspace as open_here
from jobs.in_force import in_force
from jobs.training import train_account, train_domain
from jobs.versions import Trained

train = typer.Typer(help="Trains a model on what was known by the end of a day.", no_args_is_help=True)
models = typer.Typer(help="Model versions and which are in force.", no_args_is_help=True)
MayGoStale = Annotated[bool, typer.Option("--stale", help="Even if later days are scored already; they go stale.")]
KINDS = ("domain", "account")
SHOWN = ("auc", "ap", "recall_at_fpr_001", "recall_at_fpr_01", "calibration_error")


@train.command("domain")
def train_domain_command(
    day: Day, stale: MayGoStale = False, as_json: AsJson = False, config: ConfigPath = HERE
) -> None:
    """Trains the domain model; it is in force from the day after."""
    show_trained(train_domain(open_here(config), day=day, stale=stale), day, as_json=as_json)


@train.command("account")
def train_account_command(
    day: Day, stale: MayGoStale = False, as_json: AsJson = False, config: ConfigPath = HERE
) -> None:
    """Trains the account model; it is in force from the day after."""
    show_trained(train_account(open_here(config), day=day, stale=stale), day, as_json=as_json)


def show_trained(trained: Trained, day: date, *, as_json: bool) -> None:
    if as_json:
        say_json({"version": trained.version, "metrics": trained.metrics})
        return
    title = f"{trained.version}: unseen {trained.kind}s of later days"
    grid(title, ("figure", "value"), sorted(trained.metrics.items()))
    if trained.calibrated_on == "synthetic":
        say("there are too few hand labels to calibrate on: its scores are calibrated on the labelling functions")
    say(f"{trained.version} is in force from the day after {day}")


@models.callback()
def models_callback() -> None:
    """Keeps `list` a command of its own while it is the only one."""


@models.command("list")
def list_models(as_json: AsJson = False, config: ConfigPath = HERE) -> None:
    """Every version that was put in force, and the one that is now."""
    here = open_here(config)
    rows = {kind: here.activations(kind) for kind in KINDS}
    if as_json:
        say_json([row.asDict() for kind in KINDS for row in rows[kind]])
        return
    for kind in KINDS:
        if not rows[kind]:
            say(f"no {kind} model yet: winnow train {kind} --day D makes one")
            continue
        newest = in_force(rows[kind], None)
        shown = [
            (r.version, r.active_from, "in force" if r is newest else "", *(r.metrics.get(name) for name in SHOWN))
            for r in rows[kind]
        ]
        grid(f"{kind.capitalize()} models", ("version", "from", "", *SHOWN), shown)
