from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from tests.support.compare_lakes import main

DAY = date(2026, 3, 10)
WEIGHT = {"day": DAY, "entity_kind": "domain", "detector": "graph", "weight": 0.5}  # of fusion_weights
NEIGHBOURS = [{"entity_id": "a", "weight": 1.0}]
SCORES: list[dict[str, Any]] = [
    {"day": DAY, "entity_kind": "domain", "entity_id": "a.example", "score": 0.25, "neighbours": NEIGHBOURS},
    {"day": DAY, "entity_kind": "domain", "entity_id": "b.example", "score": 0.75, "neighbours": NEIGHBOURS},
]
FIRST_SEEN = [{"first_day": DAY, "entity_kind": "domain", "entity_id": "a.example"}]
RUN = [{"run_id": "1", "seconds": 1.0}]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return lake(tmp_path / "old")


def lake(path: Path, **changed: list[dict[str, Any]]) -> Path:
    tables = {"fusion_weights": [WEIGHT], "graph_scores": SCORES, "first_seen": FIRST_SEEN, "runs": RUN} | changed
    for name, rows in tables.items():
        if rows:
            write_deltalake(str(path / name), pa.Table.from_pylist(rows))
    return path


def scores(**changed: Any) -> list[dict[str, Any]]:
    return [SCORES[0] | changed, SCORES[1]]


def test_rows_are_compared_by_key_and_run_history_is_not(old: Path, tmp_path: Path) -> None:
    same = lake(tmp_path / "new", graph_scores=SCORES[::-1], runs=[{"run_id": "2", "seconds": 9.0}])
    assert main([str(old), str(same)]) == 0


def test_a_changed_float_fails_and_is_shown(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = lake(tmp_path / "new", graph_scores=scores(score=0.25001))
    assert main([str(old), str(changed)]) == 1
    output = capsys.readouterr().out
    assert "score: 1 of 2 rows differ" in output
    assert "2026-03-10 domain a.example: 0.25 is now 0.25001" in output
    assert "2 passed, 1 failed" in output


@pytest.mark.parametrize(
    "tables",
    [
        {"graph_scores": scores(neighbours=[{"entity_id": "a", "weight": 1.1}])},  # a float inside a list
        {"graph_scores": scores(score=None)},
        {"graph_scores": scores(entity_id="c.example")},
        {"graph_scores": SCORES[:1]},
        {"graph_scores": [*SCORES, SCORES[0]]},  # a key twice
        {"graph_scores": [row | {"support": 1.0} for row in SCORES]},  # a column more
        {"first_seen": []},  # a table less
        {"fusion_weights": [WEIGHT | {"weight": 1}]},  # another type
    ],
)
def test_any_other_difference_fails(old: Path, tmp_path: Path, tables: dict[str, list[dict[str, Any]]]) -> None:
    assert main([str(old), str(lake(tmp_path / "new", **tables))]) == 1


def test_scores_have_a_tolerance_of_their_own_and_columns_may_be_ignored(old: Path, tmp_path: Path) -> None:
    close = lake(tmp_path / "close", graph_scores=scores(score=0.250004))
    far = lake(tmp_path / "far", graph_scores=scores(score=0.5))
    assert main([str(old), str(close)]) == 1
    assert main([str(old), str(close), "--scores-tolerance", "1e-5"]) == 0
    assert main([str(old), str(far), "--scores-tolerance", "1e-5"]) == 1
    assert main([str(old), str(far), "--ignore-columns", "graph_scores.score"]) == 0


def test_tables_and_columns_may_have_been_renamed(old: Path, tmp_path: Path) -> None:
    earlier = [{"first_day": DAY, "entity_kind": "domain", "who": "a.example"}]
    before = lake(tmp_path / "before", first_seen=[], known_entities=earlier)
    renamed = ["--renamed", "known_entities=first_seen", "first_seen.who=entity_id"]
    assert main([str(before), str(old)]) == 1
    assert main([str(before), str(old), *renamed]) == 0
