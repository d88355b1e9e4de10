"""train, models: making models, and which are in force."""

from typing import Annotated

import typer

from jobs.commands.context import HERE, AsJson, ConfigPath, Day, grid, say, say_json
from jobs.commands.context import workspace as open_here
from jobs.in_force import in_force
from jobs.training import train_domain

train = typer.Typer(help="Trains a model on what was known by the end of a day.", no_args_is_help=True)
models = typer.Typer(help="Model versions and which are in force.", no_args_is_help=True)
MayGoStale = Annotated[bool, typer.Option("--stale", help="Even if later days are scored already; they go stale.")]
SHOWN = ("auc", "ap", "recall_at_fpr_001", "recall_at_fpr_01", "calibration_error")


@train.command("domain")
def train_domain_command(
    day: Day, stale: MayGoStale = False, as_json: AsJson = False, config: ConfigPath = HERE
) -> None:
    """Trains the domain model; it is in force from the day after."""
    trained = train_domain(open_here(config), day=day, stale=stale)
    if as_json:
        say_json({"version": trained.version, "metrics": trained.metrics})
        return
    grid(f"{trained.version}: unseen domains of later days", ("figure", "value"), sorted(trained.metrics.items()))
    say(f"{trained.version} is in force from the day after {day}")


@train.callback()
def train_callback() -> None:
    """Keeps `domain` a command of its own while it is the only one."""


@models.callback()
def models_callback() -> None:
    """Keeps `list` a command of its own while it is the only one."""


@models.command("list")
def list_models(as_json: AsJson = False, config: ConfigPath = HERE) -> None:
    """Every version that was put in force, and the one that is now."""
    rows = open_here(config).activations("domain")
    newest = in_force(rows, None)
    if as_json:
        say_json([row.asDict() for row in rows])
        return
    if not rows:
        say("no model yet: winnow train domain --day D makes one")
        return
    shown = [
        (r.version, r.active_from, "in force" if r is newest else "", *(r.metrics.get(name) for name in SHOWN))
        for r in rows
    ]
    grid("Models", ("version", "from", "", *SHOWN), shown)
