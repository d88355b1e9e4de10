"""The clusters of a file, compared with known groups."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.cluster import pair_confusion_matrix

from lib.arrays import Ints
from lib.clusters.incidence import incidence_of
from lib.clusters.linking import Clustering, cluster_for_each
from lib.config import ClusterSettings
from lib.evaluation.network_groups import ALONE, groups_of

BLOCK = 1 << 26  # bytes of a CSV file that are read together: no row may be longer


class BadFile(ValueError):
    """A file cannot be judged."""


@dataclass(frozen=True)
class ClusterFigures:
    """Clusters compared with groups of two entities or more; entities are those of both files.

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
class ClusterEvaluation:
    """`figures` where groups are known. `keys` are the pairs of values that link, and `q_value` is the greatest of
    theirs: the share of them that chance may have made. A network has neither."""

    figures: ClusterFigures | None
    entities: int
    grouped: int
    clustered: int
    clusters: int
    largest: int
    keys: int | None = None
    q_value: float | None = None


NO_GROUPS = pa.table({"entity": pa.array([], pa.string()), "group": pa.array([], pa.string())})


def evaluate_clusters(
    attributes: Path, truth: Path | None, settings: Sequence[ClusterSettings]
) -> list[ClusterEvaluation]:
    """Of long rows (entity, attribute, value) and known groups (entity, group), if any, by each of the settings, which
    differ in rare_share alone. Raises BadFile."""
    rows = columns_of(attributes, ("entity", "attribute", "value"))
    known = known_groups(truth)
    entities, (entity, grouped) = coded([rows["entity"], known["entity"]])
    group = group_labels(known, grouped, len(entities)) if truth else None
    clusterings = cluster_for_each(incidence_of(entity, value_codes(rows)), settings)
    return [
        replace(
            evaluation(cluster_labels(one, len(entities)), group),
            keys=len(one.q),
            q_value=float(one.q.max(initial=0.0)),
        )
        for one in clusterings
    ]


def evaluate_network(edges: Path, truth: Path | None, settings: ClusterSettings) -> ClusterEvaluation:
    """Of links between entities (a, b) and known groups (entity, group), if any. Raises BadFile."""
    links = columns_of(edges, ("a", "b"))
    known = known_groups(truth)
    entities, (a, b, grouped) = coded([links["a"], links["b"], known["entity"]])
    cluster = groups_of(a, b, len(entities), settings)
    return evaluation(cluster, group_labels(known, grouped, len(entities)) if truth else None)


def known_groups(truth: Path | None) -> pa.Table:
    return columns_of(truth, ("entity", "group")) if truth else NO_GROUPS


def group_labels(known: pa.Table, entity: Ints, entities: int) -> Ints:
    """The number of each entity's known group, or ALONE; `entity` is that of each row."""
    group = np.full(entities, ALONE, np.int64)
    group[entity] = coded([known["group"]])[1][0]
    return without_loners(group)


def evaluation(cluster: Ints, group: Ints | None) -> ClusterEvaluation:
    sizes = np.bincount(cluster[cluster >= 0])
    compared = None if group is None else figures(cluster, group)
    grouped = 0 if group is None else int(np.count_nonzero(group >= 0))
    return ClusterEvaluation(compared, len(cluster), grouped, int(sizes.sum()), len(sizes), int(sizes.max(initial=0)))


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
    complete = pc.and_(pc.is_valid(table[names[-1]]), pc.is_valid(table[names[0]]))
    blank = pc.equal(pc.utf8_trim_whitespace(table[names[-1]]), "")
    return table.filter(pc.and_(complete, pc.invert(blank)))


def read_csv(path: Path, names: tuple[str, ...]) -> pa.Table:
    as_text = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True)
    parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
    blocks = pyarrow.csv.ReadOptions(block_size=BLOCK)
    return pyarrow.csv.read_csv(path, read_options=blocks, parse_options=parsing, convert_options=as_text)


def coded(columns: list[Any]) -> tuple[Any, list[Ints]]:
    """The distinct values, sorted, and each column as positions among them."""
    values = pc.unique(pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.string()))
    values = values.take(pc.array_sort_indices(values))
    return values, [pc.index_in(column, values).to_numpy().astype(np.int64) for column in columns]


def value_codes(rows: pa.Table) -> Ints:
    """A number for each value of each attribute."""
    _, (attribute,) = coded([pc.fill_null(rows["attribute"], "")])
    values, (value,) = coded([rows["value"]])
    return attribute * max(len(values), 1) + value


def cluster_labels(clustering: Clustering, entities: int) -> Ints:
    """The number of each entity's cluster, or ALONE."""
    cluster = np.full(entities, ALONE, np.int64)
    for number, one in enumerate(clustering.clusters):
        cluster[one.accounts] = number
    return cluster


def without_loners(group: Ints) -> Ints:
    """A group of one is none."""
    size = np.bincount(group[group >= 0], minlength=1)
    return np.where((group >= 0) & (size[group] > 1), group, ALONE)


def figures(cluster: Ints, group: Ints) -> ClusterFigures:
    both = int(np.count_nonzero((cluster >= 0) & (group >= 0)))
    of_group, of_cluster = (with_singles(label) for label in (group, cluster))
    (_, cluster_only), (group_only, together) = pair_confusion_matrix(of_group, of_cluster).tolist()
    return ClusterFigures(
        recall=share(both, int(np.count_nonzero(group >= 0))),
        precision=share(both, int(np.count_nonzero(cluster >= 0))),
        pair_recall=share(together, together + group_only),
        pair_precision=share(together, together + cluster_only),
        ari=float(adjusted_rand_score(of_group, of_cluster)),
    )


def with_singles(label: Ints) -> Ints:
    """The labels, each that is ALONE with a number of its own."""
    return np.where(label < 0, label.max(initial=0) + 1 + np.arange(len(label)), label)


def share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
