"""Champion and challenger: what the registry says of them, and what promoting and rolling back appends."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, logit

from jobs.cli import console as context
from jobs.cli.models import diff_models, list_models, promote_model, rollback_model, show_model
from jobs.engine.workspace import Workspace
from jobs.training.compare import NotComparable
from jobs.training.promotion import LaterScores, NoSuchVersion, NotPromoted, load, versions_of
from jobs.training.train import keep_version
from lib.models.artefacts import DESCRIPTION, Artefact
from schemas.scores import DOMAIN_SCORES
from tests.support.builders import DAY
from tests.support.lakes import Stage
from tests.support.platform import TRAINED

CHAMPION, CHALLENGER, ACCOUNTS = (f"{name}-{TRAINED}-{n}" for name, n in (("domain", 1), ("domain", 2), ("account", 1)))
SURER = 2.0  # the challenger's logits are so much higher


@pytest.fixture(scope="module")
def workspace(built: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A lake whose domain model has a challenger: the same, but surer of spam."""
    opened = built.copy(tmp_path_factory.mktemp("registry") / "platform").open()
    [champion] = versions_of(opened, "domain")
    keep_version(opened, {**champion, **surer(opened, champion), "misses": ["it is made up"], "remarks": []})
    context.opened[Path("registry.toml").absolute()] = opened
    yield opened
    context.opened.pop(Path("registry.toml").absolute())


SETTINGS = Path("registry.toml")


def surer(workspace: Workspace, champion: dict[str, Any]) -> dict[str, Any]:
    model = load(workspace, champion)
    knots = model.description["calibration"]
    shifted = {"knots": knots["knots"], "values": [value + SURER for value in knots["values"]]}
    description = {**model.description, "version": CHALLENGER, "calibration": shifted}
    artefact = Artefact({**model.files, DESCRIPTION: json.dumps(description).encode()})
    folder = Path(workspace.lake.root) / "challenger"
    artefact.write(folder)
    return {"version": CHALLENGER, "uri": str(folder), "sha256": artefact.sha256}


@pytest.mark.usefixtures("workspace")
def test_a_challenger_is_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    list_models(as_json=True, config=SETTINGS)
    states = {row["version"]: row["state"] for row in json.loads(capsys.readouterr().out)}
    first = TRAINED + timedelta(days=1)
    assert states[CHALLENGER] == "never active"
    assert states[CHAMPION] == states[ACCOUNTS] == f"active from {first}"
    show_model(CHALLENGER, config=SETTINGS)
    assert "when it was trained: it is made up" in (said := capsys.readouterr().out)
    assert "never active" in said


def test_shadow_scores_stand_beside_those_of_the_day(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    diff_models(CHAMPION, CHALLENGER, day=DAY, movers=3, as_json=True, config=SETTINGS)
    result = json.loads(capsys.readouterr().out)
    stored = {row.domain: row.score for row in workspace.lake.read_days(DOMAIN_SCORES, first=DAY, last=DAY).collect()}
    assert result["entities"] == len(stored)
    assert result["rank_correlation"] == pytest.approx(1)
    scores = np.array(list(stored.values()))
    raised = expit(logit(scores) + SURER)
    assert [crossed["only_second"] for crossed in result["crossings"]] == [
        int(((scores < threshold) & (raised >= threshold)).sum()) for threshold in (0.5, 0.9)
    ]
    for mover in result["movers"]:
        assert mover["first"] == pytest.approx(stored[mover["entity_id"]], abs=1e-6)
        assert logit(mover["second"]) - logit(mover["first"]) == pytest.approx(SURER, abs=1e-4)
    with pytest.raises(NotComparable, match="scores accounts"):
        diff_models(CHAMPION, ACCOUNTS, day=DAY, config=SETTINGS)


def test_promotion_and_rollback_append_and_go_over_no_scores_unasked(workspace: Workspace) -> None:
    with pytest.raises(LaterScores, match=r"2 day\(s\) after .* --stale"):
        promote_model(CHALLENGER, day=TRAINED, config=SETTINGS)
    with pytest.raises(NotPromoted, match="was trained on"):
        promote_model(CHALLENGER, day=TRAINED - timedelta(days=1), stale=True, config=SETTINGS)
    with pytest.raises(NotPromoted, match="active already"):
        promote_model(CHAMPION, day=DAY, config=SETTINGS)
    with pytest.raises(NoSuchVersion, match="there was none"):
        rollback_model("domain", day=DAY, config=SETTINGS)
    promote_model(CHALLENGER, config=SETTINGS)  # after the newest day
    rollback_model("domain", config=SETTINGS)
    with pytest.raises(NotPromoted, match=f"is active from {DAY + timedelta(days=1)} on"):
        promote_model(CHALLENGER, day=TRAINED, stale=True, config=SETTINGS)
    after = DAY + timedelta(days=1)
    assert [(row.version, row.active_from, row.note) for row in workspace.activations("domain")] == [
        (CHAMPION, TRAINED + timedelta(days=1), "trained"),
        (CHALLENGER, after, "promoted"),
        (CHAMPION, after, f"rolled back from {CHALLENGER}"),
    ]
