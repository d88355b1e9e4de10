"""Compares two lakes table by table, by key, without Spark: python -m tests.support.compare_lakes OLD NEW.

Used when code changes and results must not. Run history, model files and times of training are not compared. Prints a
line per table with up to five examples of what differs; the exit code is 1 if anything does.
"""

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from lib.compare import TOLERANCE
from schemas import decisions, models, scores
from schemas.catalog import TABLES
from schemas.table import Table

EXAMPLES = 5
NOT_COMPARED = {"runs"}  # run history: wall clock, durations, hashes of code
MODEL_FILES = {"uri", "sha256"}  # where a version's files are, and their hash: an archive holds times
SCORE_TABLES = {
    table.name for module in (models, scores, decisions) for table in vars(module).values() if isinstance(table, Table)
}
SHORT = 80  # characters of a value in an example


@dataclass(frozen=True)
class Rules:
    """What counts as equal."""

    scores_tolerance: float = TOLERANCE
    ignored: frozenset[str] = frozenset()  # column, or table.column
    tables: dict[str, str] = field(default_factory=dict)  # old name -> new name
    columns: dict[tuple[str, str], str] = field(default_factory=dict)  # (new table, old column) -> new column

    def is_ignored(self, table: str, column: str) -> bool:
        return bool({column, f"{table}.{column}"} & self.ignored) or (
            column in MODEL_FILES and table in ("model_versions", "model_activations")
        )

    def tolerance(self, table: str, column: str) -> float:
        """Scores, and what follows from them: floats of tables after scoring, and columns named after a score."""
        return self.scores_tolerance if table in SCORE_TABLES or "score" in column else TOLERANCE


def compare_lakes(old: Path, new: Path, rules: Rules) -> Iterator[tuple[str, list[str], int]]:
    """For each table of either lake: its name, up to EXAMPLES differences, and how many rows were compared."""
    sides = [{path.parent.name: path.parent for path in lake.glob("*/_delta_log")} for lake in (old, new)]
    olds = {rules.tables.get(name, name): path for name, path in sides[0].items()}
    for name in sorted((olds.keys() | sides[1].keys()) - NOT_COMPARED):
        if name not in olds or name not in sides[1]:
            yield name, [f"is only in the {'new' if name in sides[1] else 'old'} lake"], 0
            continue
        before = DeltaTable(olds[name]).to_pyarrow_table()
        before = before.rename_columns([rules.columns.get((name, column), column) for column in before.column_names])
        after = DeltaTable(sides[1][name]).to_pyarrow_table()
        yield name, differences(before, after, name, rules), after.num_rows


def differences(old: pa.Table, new: pa.Table, name: str, rules: Rules) -> list[str]:
    """Columns, then keys, then values: what is missing is reported before what cannot be compared without it."""
    if name not in TABLES:
        return ["is not in schemas.catalog"]
    if columns := columns_that_differ(old, new):
        return columns
    key = [column for column in unique_columns(TABLES[name]) if not rules.is_ignored(name, column)]
    keys = [table.select(key).append_column("row", pa.array(range(table.num_rows), pa.int64())) for table in (old, new)]
    if repeated := keys_that_repeat(keys, key):
        return repeated
    rows = keys[0].join(keys[1], key, right_suffix=" new", join_type="inner").sort_by("row")
    pairs = old.take(rows["row"]), new.take(rows["row new"])
    return keys_on_one_side(keys, key) + values_that_differ(*pairs, name, key, rules)


def unique_columns(table: Table) -> list[str]:
    return [column for column in dict.fromkeys((table.day, *table.key)) if column]


def columns_that_differ(old: pa.Table, new: pa.Table) -> list[str]:
    types = [{column.name: str(column.type) for column in table.schema} for table in (old, new)]
    return [
        f"column {column}: {types[0].get(column, 'absent')} in the old, {types[1].get(column, 'absent')} in the new"
        for column in sorted(types[0].keys() | types[1].keys())
        if types[0].get(column) != types[1].get(column)
    ]


def keys_that_repeat(keys: list[pa.Table], key: list[str]) -> list[str]:
    return [
        f"two rows of the {side} lake have the same {', '.join(key)}"
        for side, rows in zip(("old", "new"), keys, strict=True)
        if rows.num_rows != rows.group_by(key).aggregate([]).num_rows
    ]


def keys_on_one_side(keys: list[pa.Table], key: list[str]) -> list[str]:
    alone = {
        side: rows.join(others.select(key), key, join_type="left anti")
        for side, rows, others in (("old", *keys), ("new", *reversed(keys)))
    }
    return [
        f"{rows.num_rows} rows are only in the {side} lake, such as {named(rows, 0, key)}"
        for side, rows in alone.items()
        if rows.num_rows
    ]


def values_that_differ(old: pa.Table, new: pa.Table, name: str, key: list[str], rules: Rules) -> list[str]:
    """A line per column with how many rows differ; the first EXAMPLES of the table with both values."""
    lines: list[str] = []
    left = EXAMPLES
    for column in new.column_names:
        if rules.is_ignored(name, column):
            continue
        if rows := unequal_rows(old[column], new[column], rules.tolerance(name, column)):
            lines.append(f"{column}: {len(rows)} of {new.num_rows} rows differ")
        for row in rows[:left]:
            values = f"{short(old[column][row].as_py())} is now {short(new[column][row].as_py())}"
            lines.append(f"  {named(new, row, key)}: {values}")
        left = max(0, left - len(rows))
    return lines


def unequal_rows(old: pa.ChunkedArray, new: pa.ChunkedArray, tolerance: float) -> list[int]:
    if old.equals(new):
        return []
    if pa.types.is_floating(old.type):
        a, b = (values.to_numpy().astype(float) for values in (old, new))  # null is NaN
        same = np.isclose(b, a, rtol=tolerance, atol=tolerance, equal_nan=True)
        same &= np.asarray(pc.is_null(old)) == np.asarray(pc.is_null(new))
        return [int(row) for row in np.flatnonzero(~same)]
    pairs = zip(old.to_pylist(maps_as_pydicts="strict"), new.to_pylist(maps_as_pydicts="strict"), strict=True)
    return [row for row, (a, b) in enumerate(pairs) if not is_equal(a, b, tolerance)]


def is_equal(old: Any, new: Any, tolerance: float) -> bool:
    """Lists, structs and maps member by member; texts of JSON as what they hold; floats within the tolerance."""
    match old, new:
        case float(), float():
            return math.isclose(old, new, rel_tol=tolerance, abs_tol=tolerance) or (math.isnan(old) and math.isnan(new))
        case list(), list():
            return len(old) == len(new) and all(is_equal(a, b, tolerance) for a, b in zip(old, new, strict=True))
        case dict(), dict():
            return old.keys() == new.keys() and all(is_equal(old[name], new[name], tolerance) for name in old)
        case str(), str() if old != new and old[:1] in "{[" and new[:1] in "{[":
            return is_equal_json(old, new, tolerance)
    return bool(old == new)


def is_equal_json(old: str, new: str, tolerance: float) -> bool:
    try:
        return is_equal(json.loads(old), json.loads(new), tolerance)
    except ValueError:
        return False


def named(rows: pa.Table, row: int, key: Sequence[str]) -> str:
    return " ".join(str(rows[column][row].as_py()) for column in key)


def short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHORT else f"{text[:SHORT]}..."


def rules_of(arguments: argparse.Namespace) -> Rules:
    """`--renamed old=new` renames a table, `--renamed table.old=new` a column, named by the table's new name."""
    pairs = [pair.split("=") for pair in arguments.renamed]
    return Rules(
        scores_tolerance=arguments.scores_tolerance,
        ignored=frozenset(arguments.ignore_columns),
        tables={old: new for old, new in pairs if "." not in old},
        columns={(old.split(".")[0], old.split(".")[1]): new for old, new in pairs if "." in old},
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--scores-tolerance", type=float, default=TOLERANCE)
    parser.add_argument("--renamed", nargs="*", default=[], metavar="OLD=NEW", help="tables, or TABLE.OLD=NEW")
    parser.add_argument("--ignore-columns", nargs="*", default=[], metavar="COLUMN", help="or TABLE.COLUMN")
    chosen = parser.parse_args(arguments)
    failed = passed = 0
    for name, differing, rows in compare_lakes(chosen.old, chosen.new, rules_of(chosen)):
        failed, passed = failed + bool(differing), passed + (not differing)
        print(f"{'differs' if differing else 'equal  '} {name} ({rows} rows)", *differing, sep="\n    ")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    raise SystemExit(main())
