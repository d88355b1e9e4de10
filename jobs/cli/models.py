"""models: which versions there are, which is active, and how two of them differ."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.cli.console import DEFAULT_PATH, AsJson, ConfigPath, Day, as_day, grid, say, say_json, workspace_of
from jobs.cli.lazy import lazy_imports
from jobs.manifest import MODELS
from lib.wording.phrases import many

with lazy_imports():
    from jobs.engine import active_models
    from jobs.training import compare, promotion

if TYPE_CHECKING:
    from pyspark.sql import Row

    from jobs.engine.workspace import Workspace
    from jobs.training.promotion import Version
    from lib.models.score_changes import ScoreChanges

app = typer.Typer(help="Model versions: list, show, promote, roll back, compare.", no_args_is_help=True)
FIGURES = ("auc", "ap", "recall_at_fpr_001", "recall_at_fpr_01", "calibration_error")
Name = Annotated[str, typer.Argument(help="A version, such as domain-2026-03-10-1.", metavar="VERSION")]
After = Annotated[
    date | None,
    typer.Option(
        "--day", parser=as_day, metavar="YYYY-MM-DD", help="Active from the day after; else the newest of the lake."
    ),
]
MayGoStale = Annotated[bool, typer.Option("--stale", help="Even if later days are scored already; they go stale.")]
Force = Annotated[bool, typer.Option("--force", help="Even if it does not pass the promotion gate.")]


@app.command("list")
def list_models(as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH) -> None:
    """Every version, and the active one."""
    workspace = workspace_of(config)
    rows = {kind: described(workspace, kind) for kind in MODELS}
    if as_json:
        say_json([row for kind in MODELS for row in rows[kind]])
        return
    for kind in MODELS:
        if not rows[kind]:
            say(f"no {kind} model yet: winnow train {kind} --day D makes one")
            continue
        table = [(r["version"], r["state"], *(r["metrics"].get(name) for name in FIGURES)) for r in rows[kind]]
        grid(f"{kind.capitalize()} models", ("version", "", *FIGURES), table)


def described(workspace: "Workspace", kind: str) -> list[dict[str, Any]]:
    """The versions of a kind, each with its `state` in words and the days from which it has been active."""
    activations = workspace.activations(kind)
    newest = active_models.active_version(activations, None)
    return [
        {**version, "state": state(version, activations, newest), "active_from": since(version, activations)}
        for version in promotion.versions_of(workspace, kind)
    ]


def since(version: "Version", activations: "Sequence[Row]") -> list[date]:
    return [row.active_from for row in activations if row.version == version["version"]]


def state(version: "Version", activations: "Sequence[Row]", newest: "Row | None") -> str:
    begun = since(version, activations)
    if newest and newest.version == version["version"]:
        return f"active from {newest.active_from}"
    return f"was active from {begun[-1]}" if begun else "never active"


@app.command("show")
def show_model(name: Name, as_json: AsJson = False, config: ConfigPath = DEFAULT_PATH) -> None:
    """When a version was trained, its figures and settings, and when it was active."""
    workspace = workspace_of(config)
    version = promotion.find_version(workspace, name)
    activations = [row for row in workspace.activations(version["kind"]) if row.version == name]
    about = promotion.load(workspace, version).description
    details = {name: about[name] for name in ("settings", "thresholds", "folds", "salt", "calibration")}
    if as_json:
        say_json({**version, **details, "activations": [row.asDict() for row in activations]})
        return
    say(f"{name}, trained on {version['trained_on']}, kept in {version['uri']}")
    for row in activations:
        say(f"active from {row.active_from}: {row.note}")
    if not activations:
        say("never active")
    for remark in (*version["misses"], *version["remarks"]):
        say(f"when it was trained: {remark}")
    show_pairs("Figures", version["metrics"])
    show_pairs("Scores at false-positive rates", details["thresholds"])
    show_pairs("Settings", details["settings"])


def show_pairs(title: str, values: Mapping[str, Any]) -> None:
    grid(title, ("", "value"), sorted(values.items()))


@app.command("promote")
def promote_model(
    name: Name, day: After = None, stale: MayGoStale = False, force: Force = False, config: ConfigPath = DEFAULT_PATH
) -> None:
    """Makes a version active, if it passes the promotion gate, which compares it with the active version."""
    version, after = promotion.promote(workspace_of(config), name, day=day, stale=stale, force=force)
    say(f"{version['version']} is active from the day after {after}")


@app.command("rollback")
def rollback_model(
    kind: Annotated[str, typer.Argument(help="domain or account")],
    to: Annotated[str, typer.Option("--to", help="The version to go back to; else the one before.")] = "",
    day: After = None,
    stale: MayGoStale = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """Makes the version active again that was active before the present one."""
    if kind not in MODELS:
        raise typer.BadParameter(f"{kind!r} is neither domain nor account")
    version, after = promotion.roll_back(workspace_of(config), kind, to=to, day=day, stale=stale)
    say(f"{version['version']} is active again from the day after {after}")


@app.command("diff")
def diff_models(
    first: Name,
    second: Name,
    day: Day,
    movers: Annotated[int, typer.Option("--movers", min=0, help="How many of the largest changes are shown.")] = 10,
    as_json: AsJson = False,
    config: ConfigPath = DEFAULT_PATH,
) -> None:
    """Both versions on one day's features: what would change. Nothing is stored."""
    workspace = workspace_of(config)
    result = compare.compare_versions(workspace, first, second, day=day, at_most=movers)
    later = [name for name in (first, second) if promotion.find_version(workspace, name)["trained_on"] > day]
    if as_json:
        say_json({**asdict(result), "trained_later": later})
        return
    for name in later:
        say(f"{name} was trained on what became known after {day}: it may know these labels")
    show_changes(result, first, second)


def show_changes(result: "ScoreChanges", first: str, second: str) -> None:
    same = "" if result.rank_correlation is None else f", rank correlation {result.rank_correlation:.3f}"
    say(f"{many(result.entities, 'score')}, mean change {result.mean_change:.3f}{same}")
    crossed = [(c.threshold, c.both, c.only_first, c.only_second) for c in result.crossings]
    grid("At or above", ("threshold", "both", f"only {first}", f"only {second}"), crossed)
    moved = [(m.entity_id, m.first, m.second) for m in result.movers]
    grid("Largest changes", ("", first, second), moved)
