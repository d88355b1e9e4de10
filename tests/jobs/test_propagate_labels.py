"""The job against dense sweeps. One graph has all cases: a spam corner, a benign corner, nodes between, an island."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from jobs.contract import SkipJob
from jobs.propagate_labels import propagate_labels
from lib.calibration import UNCALIBRATED, fit_lines
from lib.config import FeatureSettings, GraphSettings, SampleSettings
from lib.conform import conform
from lib.graph.blocks import graph_blocks
from lib.sampling import fold
from schemas.labelling import LABELS
from schemas.scores import DOMAIN_SCORES, GRAPH_EDGES, GRAPH_SCORES
from tests.support.builders import DAY, ago, rows
from tests.support.graph_oracle import Edges, Reached, Seeds, oracle

SAMPLES = SampleSettings(folds=2, salt="f")  # both folds have accounts and domains
EXACT = GraphSettings(tolerance=1e-9, min_calibration_labels=1000)
BLOCKS = 3
Scored = dict[tuple[str, str], Row]

EDGES: Edges = {
    ("s0", "bad0"): 2.0, ("s1", "bad0"): 1.0, ("s2", "bad0"): 1.5, ("s1", "bad1"): 1.0, ("s3", "bad1"): 0.3,
    ("s2", "hub"): 0.7, ("g0", "hub"): 1.0, ("g1", "hub"): 2.0, ("g2", "hub"): 0.4,
    ("g0", "good"): 1.0, ("g2", "good"): 3.0, ("twin0", "good"): 0.5, ("twin1", "good"): 0.5,
    ("island", "atoll"): 1.0, ("model", "guessed"): 1.0,
}  # fmt: skip
ASLEEP = {"s3"}  # accounts whose last day is before the week
LABELLED: Seeds = {
    ("account", "s0"): (True, 1.0), ("account", "s3"): (True, 2.0), ("account", "g1"): (False, 1.0),
    ("domain", "bad1"): (True, 0.5), ("domain", "good"): (False, 1.0), ("account", "stranger"): (True, 9.0),
    ("account", "good"): (True, 1.0),  # no account of that name
}  # fmt: skip
# Of all labels, without those of fold 0, and of fold 1.
MODEL: Mapping[str, tuple[float, float, float]] = {
    "bad0": (0.8, 0.7, 0.9), "bad1": (1.0, 0.4, 0.6), "good": (0.0, 0.3, 0.2), "guessed": (0.9, 0.8, 0.7),
    "unlinked": (0.9, 0.9, 0.9),
}  # fmt: skip


def block_rows(edges: Edges, blocks: int) -> DataFrame:
    links = rows(
        GRAPH_EDGES,
        *(
            {"account_id": a, "domain": d, "weight": weight, "last_day": ago(7 if a in ASLEEP else 6)}
            for (a, d), weight in edges.items()
        ),
    )
    return graph_blocks(links, blocks)


def label_rows(seeds: Seeds) -> DataFrame:
    return rows(
        LABELS,
        *(
            {"entity_kind": kind, "entity_id": name, "is_spam": is_spam, "weight": weight, "source": "hand"}
            for (kind, name), (is_spam, weight) in seeds.items()
        ),
    )


def model_rows(model: Mapping[str, tuple[float, ...]]) -> DataFrame:
    scored = ({"domain": d, "score": p[0], "fold_scores": list(p[1:])} for d, p in model.items())
    return rows(DOMAIN_SCORES, *scored)


def propagated(
    edges: Edges, seeds: Seeds, model: Mapping[str, Any], graph: GraphSettings, *, blocks: int = BLOCKS
) -> Scored:
    result = propagate_labels(
        graph_blocks=block_rows(edges, blocks),
        labels=label_rows(seeds),
        domain_scores=model_rows(model),
        day=DAY,
        graph=graph,
        features=FeatureSettings(),
        samples=SAMPLES,
    )
    scores = conform(result.tables["graph_scores"], GRAPH_SCORES).collect()
    result.release()
    return {(row["entity_kind"], row["entity_id"]): row for row in scores}


def folds_of(spark: SparkSession, seeds: Seeds) -> dict[tuple[str, str], int]:
    entities = spark.createDataFrame(list(seeds), "kind string, id string")
    numbered = entities.select("kind", "id", fold(F.col("kind"), F.col("id"), salt=SAMPLES.salt, folds=2).alias("fold"))
    return {(row["kind"], row["id"]): row["fold"] for row in numbered.collect()}


def without_fold(
    spark: SparkSession, edges: Edges, seeds: Seeds, model: Mapping[str, tuple[float, ...]]
) -> dict[tuple[str, str], Reached]:
    """For each labelled entity of the graph, what reaches it when its fold's labels are taken away for good."""
    folds = folds_of(spark, seeds)
    result: dict[tuple[str, str], Reached] = {}
    for number in range(2):
        others = {key: seed for key, seed in seeds.items() if folds[key] != number}
        reached = oracle(edges, others, {domain: p[1 + number] for domain, p in model.items()})
        result |= {key: reached[key] for key in seeds if folds[key] == number and key in reached}
    return result


@pytest.fixture(scope="module")
def scored(spark: SparkSession) -> Scored:
    return propagated(EDGES, LABELLED, MODEL, EXACT)


@pytest.fixture(scope="module")
def expected(spark: SparkSession) -> dict[tuple[str, str], Reached]:
    return oracle(EDGES, LABELLED, {domain: p[0] for domain, p in MODEL.items()})


def test_scores_are_those_of_plain_sweeps(scored: Scored, expected: Mapping[tuple[str, str], Reached]) -> None:
    awake = {key for key in expected if key[1] not in ASLEEP}
    assert scored.keys() == awake
    for key in awake:
        assert scored[key]["raw_score"] == pytest.approx(expected[key].raw, abs=1e-7), key
        assert scored[key]["support"] == pytest.approx(expected[key].support, abs=1e-7), key
        assert scored[key]["score"] == scored[key]["raw_score"]  # too few labels to calibrate


def test_what_no_mass_reaches_takes_the_prior(scored: Scored) -> None:
    for key in (("account", "island"), ("domain", "atoll")):
        assert (scored[key]["score"], scored[key]["support"], scored[key]["neighbours"]) == (0.5, 0.0, [])
    assert scored["account", "model"]["raw_score"] > 0.85  # only the domain model speaks of its only domain


def test_degrees_and_seeds(scored: Scored) -> None:
    assert scored["domain", "hub"]["degree"] == pytest.approx(4.1)
    assert scored["account", "s1"]["degree"] == pytest.approx(2.0)
    seeds = {key: row["seed"] for key, row in scored.items() if row["seed"]}
    assert seeds == {
        ("account", "s0"): "spam",
        ("account", "g1"): "benign",
        ("domain", "bad1"): "spam",
        ("domain", "good"): "benign",
    }


def test_out_of_fold_scores_are_those_without_the_labels_of_the_fold(spark: SparkSession, scored: Scored) -> None:
    taken_away = {
        key: reached.raw for key, reached in without_fold(spark, EDGES, LABELLED, MODEL).items() if key in scored
    }
    assert len(set(folds_of(spark, {key: LABELLED[key] for key in taken_away}).values())) == 2
    result = {key: row["oof_score"] for key, row in scored.items() if row["oof_score"] is not None}
    assert result == pytest.approx(taken_away, abs=1e-7)


def test_neighbours_are_those_that_hand_over_most_spam(
    scored: Scored, expected: Mapping[tuple[str, str], Reached]
) -> None:
    degree = {"hub": 4.1, "s2": 2.2, "g0": 2.0, "g1": 2.0, "g2": 3.4}
    handed = {
        account: EDGES[account, "hub"] / np.sqrt(degree[account]) * expected["account", account].spam
        for account in ("s2", "g0", "g1", "g2")
    }
    order = sorted(handed, key=lambda account: -handed[account])
    result = scored["domain", "hub"]["neighbours"]
    assert [n["entity_id"] for n in result] == order
    assert order[0] == "s2"
    assert [n["spam_share"] for n in result] == pytest.approx(
        [handed[a] / sum(handed.values()) for a in order], abs=1e-6
    )
    assert [n["weight"] for n in result] == [EDGES[account, "hub"] for account in order]
    assert [n["label"] for n in result] == ["benign" if account == "g1" else "" for account in order]
    assert [n["score"] for n in result] == [scored["account", account]["raw_score"] for account in order]
    twins = [n["entity_id"] for n in scored["domain", "good"]["neighbours"]]
    assert twins.index("twin1") == twins.index("twin0") + 1  # a tie, which breaks on the name


@pytest.mark.parametrize("suspect", [("domain", "bad0"), ("domain", "hub"), ("account", "s1"), ("account", "s2")])
def test_the_score_falls_without_the_strongest_neighbour(scored: Scored, suspect: tuple[str, str]) -> None:
    near = scored[suspect]["neighbours"][0]["entity_id"]
    gone = (near, suspect[1]) if suspect[0] == "domain" else (suspect[1], near)
    rest = {edge: weight for edge, weight in EDGES.items() if edge != gone}
    without = oracle(rest, LABELLED, {domain: p[0] for domain, p in MODEL.items()})
    assert without[suspect].raw < scored[suspect]["raw_score"] - 0.001


@pytest.fixture
def seven_partitions(spark: SparkSession) -> Iterator[None]:
    spark.conf.set("spark.sql.shuffle.partitions", "7")
    yield
    spark.conf.set("spark.sql.shuffle.partitions", "2")


@pytest.mark.parametrize("blocks", [1, 8])
@pytest.mark.usefixtures("seven_partitions")
def test_blocks_and_partitions_do_not_matter(scored: Scored, blocks: int) -> None:
    again = propagated(EDGES, LABELLED, MODEL, EXACT, blocks=blocks)
    assert again.keys() == scored.keys()
    for key, row in scored.items():
        other = again[key].asDict(recursive=True)
        same = row.asDict(recursive=True)
        near, near_again = same.pop("neighbours"), other.pop("neighbours")
        assert other == pytest.approx(same, abs=1e-6)
        assert near_again == [pytest.approx(n, abs=1e-6) for n in near]


def test_only_the_strongest_neighbours_are_kept_over_all_blocks(spark: SparkSession) -> None:
    edges: Edges = {(f"u{n}", "hub"): 1.0 + n % 5 for n in range(20)}
    seeds: Seeds = {("account", f"u{n}"): (n != 7, 1.0) for n in (3, 7, 11)}
    result = propagated(edges, seeds, {}, GraphSettings(neighbours=3))
    near = [(n["entity_id"], n["label"]) for n in result["domain", "hub"]["neighbours"]]
    assert near == [("u3", "spam"), ("u11", "spam"), ("u14", "")]  # u14, u19, u4 and u9 hand over the same


def campaign() -> tuple[Edges, Seeds]:
    """Two camps of 40 accounts and 10 domains, some links across, and a recluse. Every second account has a label."""
    rng = np.random.default_rng(11)
    edges = {
        (f"{camp}{n}", f"{target}{rng.integers(10)}"): float(rng.integers(1, 4))
        for camp, other in (("s", "g"), ("g", "s"))
        for n in range(40)
        for target in (camp, camp, other if n % 4 == 0 else camp)
    }
    edges |= {("recluse", "cave"): 1.0}
    return edges, {("account", f"{camp}{n}"): (camp == "s", 1.0) for camp in "sg" for n in range(0, 40, 2)}


def test_calibration_is_fitted_out_of_fold(spark: SparkSession) -> None:
    edges, seeds = campaign()
    result = propagated(edges, seeds, {}, GraphSettings(tolerance=1e-9, min_calibration_labels=15))
    taken_away, folds = without_fold(spark, edges, seeds, {}), folds_of(spark, seeds)
    keys = sorted(taken_away)
    raw = np.array([taken_away[key].raw for key in keys])
    is_spam = np.array([seeds[key][0] for key in keys])
    number = np.array([folds[key] for key in keys])
    *others, whole = fit_lines(raw, is_spam, number, folds=2, least=15)
    assert whole != UNCALIBRATED
    for key, share in zip(keys, raw, strict=True):
        assert result[key]["oof_score"] == pytest.approx(others[folds[key]].scores(share), abs=1e-5)
    for (kind, name), row in result.items():
        if kind == "domain":
            assert row["score"] == row["raw_score"]  # no domain has a label
        elif name == "recluse":
            assert row["score"] == 0.5  # not what calibration makes of one half
        else:
            assert row["score"] == pytest.approx(whole.scores(np.array([row["raw_score"]]))[0], abs=1e-9)


def test_seeds_of_one_class_still_tell_near_from_far(spark: SparkSession) -> None:
    seeds = {key: seed for key, seed in LABELLED.items() if seed[0]}
    result = propagated(EDGES, seeds, {}, EXACT)
    expected = oracle(EDGES, seeds, {})
    assert min(row["raw_score"] for row in result.values()) == 0.5
    assert result["domain", "bad0"]["raw_score"] == pytest.approx(expected["domain", "bad0"].raw, abs=1e-7)


def test_without_labels_it_stands_aside(spark: SparkSession) -> None:
    with pytest.raises(SkipJob, match="no labels of accounts or domains are known on 2026-03-10: `winnow labels im"):
        propagated(EDGES, {}, MODEL, EXACT)
    with pytest.raises(SkipJob, match="none of the accounts and domains with a label on 2026-03-10 is in the graph"):
        propagated(EDGES, {("account", "stranger"): (True, 1.0)}, MODEL, EXACT)
    with pytest.raises(SkipJob, match="none of the accounts"):
        propagated({}, LABELLED, {}, EXACT)
