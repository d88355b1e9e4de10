"""Which version of a model becomes active."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from jobs.engine.active_models import active_version, tracking_uri
from jobs.engine.history import daily_days
from jobs.engine.workspace import Workspace
from jobs.training.gate import gate_result
from lib.conform import spark_schema
from lib.models.artefacts import Artefact
from lib.models.registry import load_version
from schemas.models import MODEL_ACTIVATIONS, MODEL_VERSIONS
from schemas.scores import ACCOUNT_SCORES, DOMAIN_SCORES

SCORED_BY = {"domain": ("score_domains", DOMAIN_SCORES), "account": ("score_accounts", ACCOUNT_SCORES)}
Version = Mapping[str, Any]  # a row of model_versions


class LaterScores(ValueError):
    """Days that a version would be active on have scores of another already."""


class NoSuchVersion(LookupError):
    """No version has that name; or there is none to go back to."""


class NotPromoted(ValueError):
    """A version cannot become active on that day; the message says why."""


def versions_of(workspace: Workspace, kind: str) -> list[dict[str, Any]]:
    """All versions of a kind, by training day and name."""
    rows = [row.asDict() for row in workspace.lake.read(MODEL_VERSIONS).collect() if row.kind == kind]
    return sorted(rows, key=lambda row: (row["trained_on"], row["version"]))


def find_version(workspace: Workspace, name: str) -> dict[str, Any]:
    known = [row for kind in SCORED_BY for row in versions_of(workspace, kind)]
    for row in known:
        if row["version"] == name:
            return row
    there = ", ".join(row["version"] for row in known[-5:]) or "none yet"
    raise NoSuchVersion(f"there is no version {name!r}; the newest are {there}: `winnow models list` shows all")


def load(workspace: Workspace, version: Version) -> Artefact:
    return load_version(version, tracking_uri=tracking_uri(workspace.config))


def promote(workspace: Workspace, name: str, *, day: date | None, stale: bool, force: bool) -> tuple[Version, date]:
    """Makes a version active from the day after `day` (the newest of the lake) on, and returns both.

    Raises NotPromoted where it does not pass the promotion gate, unless by `force`.
    """
    version, day = find_version(workspace, name), day or newest_day(workspace)
    check_gate(workspace, version, day, stale=stale)
    current = active_version(workspace.activations(version["kind"]), day + timedelta(days=1))
    if current and current.version == name:
        raise NotPromoted(f"{name} is active already, from {current.active_from} on")
    misses = gate_result(workspace, version, day).misses
    if misses and not force:
        raise NotPromoted(
            f"{name} does not pass the promotion gate: {'; '.join(misses)}. --force makes it active all the same"
        )
    activate(workspace, version, day, note="promoted, though " + "; ".join(misses) if misses else "promoted")
    return version, day


def roll_back(workspace: Workspace, kind: str, *, to: str, day: date | None, stale: bool) -> tuple[Version, date]:
    """Puts the version `to` active again, or the version that was active before the present one."""
    day = day or newest_day(workspace)
    rows = sorted(workspace.activations(kind), key=lambda row: (row.active_from, row.sequence))
    current = active_version(rows, day + timedelta(days=1))
    if current is None:
        raise NoSuchVersion(f"no {kind} model is active after {day}: there is nothing to go back from")
    before = rows[: [row.version for row in rows].index(current.version)]
    chosen = [row for row in (before or rows) if row.version == to] if to else before[-1:]
    if not chosen or chosen[-1].version == current.version:
        known = ", ".join(dict.fromkeys(row.version for row in before)) or "none"
        raise NoSuchVersion(f"{current.version} is active; before it there was {known}: winnow models list shows all")
    version = {**chosen[-1].asDict(), "kind": kind}
    check_gate(workspace, version, day, stale=stale)
    activate(workspace, version, day, note=f"rolled back from {current.version}")
    return version, day


def check_gate(workspace: Workspace, version: Version, day: date, *, stale: bool) -> None:
    """Raises LaterScores or NotPromoted; or ModelUnusable, before what cannot be loaded is active."""
    refuse_later_scores(workspace, version["kind"], day, stale=stale)
    refuse_hidden(workspace, version, day)
    load(workspace, version)


def newest_day(workspace: Workspace) -> date:
    days = daily_days(workspace.history)
    if not days:
        raise NotPromoted("the lake has no day yet: --day says after which day the version is to be active")
    return days[-1]


def refuse_later_scores(workspace: Workspace, kind: str, day: date, *, stale: bool) -> None:
    """Raises LaterScores where days after `day` are scored already, unless they may go `stale`."""
    job, table = SCORED_BY[kind]
    later = [d for d in workspace.history.days(job) if d > day and workspace.history.content[table.name].get(d)]
    if later and not stale:
        raise LaterScores(
            f"{len(later)} day(s) after {day} are scored already ({later[0]} to {later[-1]}); a version that becomes "
            "active then would change them: --stale lets them go stale, and `winnow run --stale` repairs them"
        )


def refuse_hidden(workspace: Workspace, version: Version, day: date) -> None:
    """Raises NotPromoted where the version could not be active after `day`, or only until an older decision."""
    if version["trained_on"] > day:
        raise NotPromoted(f"{version['version']} was trained on {version['trained_on']}, which is after {day}")
    later = [row for row in workspace.activations(version["kind"]) if row.active_from > day + timedelta(days=1)]
    if later:
        newest = max(later, key=lambda row: (row.active_from, row.sequence))
        raise NotPromoted(
            f"{newest.version} is active from {newest.active_from} on, and would be again: "
            f"--day {newest.active_from - timedelta(days=1)} goes over it"
        )


def activate(workspace: Workspace, version: Version, day: date, *, note: str) -> None:
    """From the day after `day` on."""
    sequence = len(workspace.activations(version["kind"])) + 1
    row = {**version, "sequence": sequence, "active_from": day + timedelta(days=1), "note": note}
    record = [tuple(row[name] for name in MODEL_ACTIVATIONS.names)]
    workspace.lake.append(MODEL_ACTIVATIONS, workspace.spark.createDataFrame(record, spark_schema(MODEL_ACTIVATIONS)))
    workspace.activated.clear()
