"""The clusters of a file, against known groups."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from lib.arrays import Ints
from lib.clusters.incidence import shown_rows
from lib.clusters.linking import Found, find_for_each
from lib.config import ClusterSettings
from lib.evaluation.network_groups import ALONE, groups_of

BLOCK = 1 << 26  # bytes of a CSV file that are read together: no row may be longer


class BadFile(ValueError):
    """A file cannot be judged."""


@dataclass(frozen=True)
class ClusterFigures:
    """Clusters against groups of two entities or more; entities are those of both files.

    recall: share of entities with a group that are in a cluster. precision: share of entities in a cluster that have a
    group. pair_recall: share of the pairs of one group that are in one cluster. pair_precision: share of the pairs of
    one cluster that are of one group. ari: adjusted Rand index (Hubert and Arabie 1985), where each entity without a
    group, or without a cluster, is by itself. A share of nothing is nan.
    """

    recall: float
    precision: float
    pair_recall: float
    pair_precision: float
    ari: float


@dataclass(frozen=True)
class Judged:
    """What was found; `figures` where groups are known. `keys` are the pairs of values that link, and `q_value` is the
    greatest of theirs: the share of them that chance may have made. A network has neither."""

    figures: ClusterFigures | None
    entities: int
    grouped: int
    clustered: int
    clusters: int
    largest: int
    keys: int | None = None
    q_value: float | None = None


NO_GROUPS = pa.table({"entity": pa.array([], pa.string()), "group": pa.array([], pa.string())})


def evaluate_clusters(attributes: Path, truth: Path | None, settings: Sequence[ClusterSettings]) -> list[Judged]:
    """Of long rows (entity, attribute, value) and known groups (entity, group), if any, by each of the settings, which
    differ in rare_share alone. Raises BadFile."""
    shown = columns_of(attributes, ("entity", "attribute", "value"))
    known = groups_in(truth)
    entity, (own, told) = coded([shown["entity"], known["entity"]])
    group = groups(known, told, len(entity)) if truth else None
    every = find_for_each(shown_rows(own, value_codes(shown)), settings)
    return [with_keys(judged(labels_of(result, len(entity)), group), result) for result in every]


def evaluate_network(edges: Path, truth: Path | None, settings: ClusterSettings) -> Judged:
    """Of links between entities (a, b) and known groups (entity, group), if any. Raises BadFile."""
    links = columns_of(edges, ("a", "b"))
    known = groups_in(truth)
    entity, (a, b, told) = coded([links["a"], links["b"], known["entity"]])
    cluster = groups_of(a, b, len(entity), settings)
    return judged(cluster, groups(known, told, len(entity)) if truth else None)


def groups_in(truth: Path | None) -> pa.Table:
    return columns_of(truth, ("entity", "group")) if truth else NO_GROUPS


def groups(known: pa.Table, told: Ints, entities: int) -> Ints:
    """The number of each entity's known group, or ALONE; `told` are the places of the rows' entities."""
    group = np.full(entities, ALONE, np.int64)
    group[told] = coded([known["group"]])[1][0]
    return without_loners(group)


def judged(cluster: Ints, group: Ints | None) -> Judged:
    sizes = np.bincount(cluster[cluster >= 0])
    told = None if group is None else figures(cluster, group)
    grouped = 0 if group is None else int(np.count_nonzero(group >= 0))
    return Judged(told, len(cluster), grouped, int(sizes.sum()), len(sizes), int(sizes.max(initial=0)))


def with_keys(one: Judged, result: Found) -> Judged:
    return replace(one, keys=len(result.q), q_value=float(result.q.max(initial=0.0)))


def columns_of(path: Path, names: tuple[str, ...]) -> pa.Table:
    """These columns as text, of the rows that have all of them."""
    if not path.exists():
        raise BadFile(f"{path} is not there")
    try:
        table = pa.parquet.read_table(path) if path.suffix == ".parquet" else read_csv(path, names)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadFile(f"{path} is not readable: {error}") from None
    if missing := [name for name in names if name not in table.column_names]:
        raise BadFile(f"{path} has no column {', '.join(missing)}; it has {', '.join(table.column_names)}")
    table = pa.table({name: table[name].cast(pa.string()) for name in names})
    there = pc.and_(pc.is_valid(table[names[-1]]), pc.is_valid(table[names[0]]))
    blank = pc.equal(pc.utf8_trim_whitespace(table[names[-1]]), "")
    return table.filter(pc.and_(there, pc.invert(blank)))


def read_csv(path: Path, names: tuple[str, ...]) -> pa.Table:
    as_text = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True)
    parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
    blocks = pyarrow.csv.ReadOptions(block_size=BLOCK)
    return pyarrow.csv.read_csv(path, read_options=blocks, parse_options=parsing, convert_options=as_text)


def coded(columns: list[Any]) -> tuple[Any, list[Ints]]:
    """The distinct values, sorted, and each column as places among them."""
    values = pc.unique(pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.string()))
    values = values.take(pc.array_sort_indices(values))
    return values, [pc.index_in(column, values).to_numpy().astype(np.int64) for column in columns]


def value_codes(shown: pa.Table) -> Ints:
    """A number for each value of each attribute."""
    _, (attribute,) = coded([pc.fill_null(shown["attribute"], "")])
    values, (value,) = coded([shown["value"]])
    return attribute * max(len(values), 1) + value


def labels_of(result: Found, entities: int) -> Ints:
    """The number of each entity's cluster, or ALONE."""
    cluster = np.full(entities, ALONE, np.int64)
    for number, one in enumerate(result.clusters):
        cluster[one.accounts] = number
    return cluster


def without_loners(group: Ints) -> Ints:
    """A group of one is none."""
    size = np.bincount(group[group >= 0], minlength=1)
    return np.where((group >= 0) & (size[group] > 1), group, ALONE)


def figures(cluster: Ints, group: Ints) -> ClusterFigures:
    both = (cluster >= 0) & (group >= 0)
    together = sum_of_pairs(cluster[both] * (int(group.max(initial=0)) + 1) + group[both])
    in_clusters, in_groups = sum_of_pairs(cluster[cluster >= 0]), sum_of_pairs(group[group >= 0])
    return ClusterFigures(
        recall=share(int(both.sum()), int((group >= 0).sum())),
        precision=share(int(both.sum()), int((cluster >= 0).sum())),
        pair_recall=share(together, in_groups),
        pair_precision=share(together, in_clusters),
        ari=adjusted_rand(together, in_clusters, in_groups, len(cluster)),
    )


def sum_of_pairs(label: Ints) -> int:
    """How many two entities have the same label."""
    _, size = np.unique(label, return_counts=True)
    return int((size * (size - 1) // 2).sum())


def share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def adjusted_rand(together: int, in_clusters: int, in_groups: int, entities: int) -> float:
    every = entities * (entities - 1) // 2
    expected = in_clusters * in_groups / every if every else 0.0
    most = (in_clusters + in_groups) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)
