"""Scores of clusters, and their sentences: no label counts for its own fold, and words stay harmless."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from lib.clusters.cluster_members import cluster_statistics, is_emerging, is_known
from lib.clusters.cluster_scoring import cluster_scores
from lib.clusters.cluster_summary import ClusterSummary
from lib.clusters.sql_rules import Rule
from lib.clusters.synchrony import Activity
from lib.config import ClusterSettings, SampleSettings
from lib.wording.cluster_wording import cluster_sentences, member_sentence
from tests.support.builders import DAY

SAMPLES = SampleSettings(folds=5)
RULE = Rule(((("network", "10.0.0.0"),),), 1.0, 1.0)


def clusters(number: int, size: int) -> list[ClusterSummary]:
    return [
        ClusterSummary(frozenset(f"c{n:02}u{m:02}" for m in range(size)), [], [], [], RULE, 1000.0, 0.001, DAY)
        for n in range(number)
    ]


def members(summaries: list[ClusterSummary], spam: np.ndarray, fold: np.ndarray) -> pd.DataFrame:
    names = sorted(member for one in summaries for member in one.members)
    unknown = {"is_trusted": False, "domain_score": np.nan, "account_score": np.nan, "weight": 1.0}
    return pd.DataFrame({**unknown, "is_spam": spam, "fold": fold}, index=names)


def scores_of(summaries: list[ClusterSummary], members: pd.DataFrame) -> np.ndarray:
    settings = ClusterSettings()
    statistics = cluster_statistics(summaries, members, settings)
    return cluster_scores(summaries, [Activity(0, 0, 0.0)] * len(summaries), statistics, members, settings, SAMPLES)


def test_labels_of_members_score_the_others() -> None:
    """Whole clusters of either kind: a member's score without its fold's labels is right all the same."""
    summaries, rng = clusters(20, 10), np.random.default_rng(1)
    spam = np.repeat(np.arange(20) % 2 == 0, 10)
    fold = rng.integers(0, 5, 200)
    result = scores_of(summaries, members(summaries, spam, fold))
    place = np.repeat(np.arange(20), 10)
    assert roc_auc_score(spam, result[place, fold]) > 0.99
    assert result[0, -1] > 0.9
    assert result[1, -1] < 0.1


def test_shuffled_labels_do_not_leak_into_their_own_fold() -> None:
    """Over 40 shuffles: what a label is scored by, without its fold, is a coin; what its fold leaks into is not."""
    summaries = clusters(20, 10)
    place = np.repeat(np.arange(20), 10)
    blind, leaking = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        spam, fold = rng.random(200) < 0.5, rng.integers(0, 5, 200)
        result = scores_of(summaries, members(summaries, spam, fold))
        blind.append(roc_auc_score(spam, result[place, fold]))
        leaking.append(roc_auc_score(spam, result[place, -1]))
    assert abs(np.mean(blind) - 0.5) < 2.5 * np.std(blind) / np.sqrt(40) + 0.01
    assert np.mean(leaking) > 0.58


def test_members_that_other_detectors_score_high_are_known() -> None:
    rows = pd.DataFrame(
        {
            "account_score": [0.9, 0.1, np.nan, np.nan, np.nan],
            "domain_score": [np.nan, 0.2, 0.5, np.nan, np.nan],
            "is_spam": [None, None, None, True, False],
        },
    )
    assert is_known(rows, ClusterSettings()).tolist() == [True, False, True, True, False]


def test_clusters_that_are_new_or_grow_and_are_unknown_emerge() -> None:
    config = ClusterSettings()
    assert is_emerging("new", 5, 0, 0.2, config)
    assert is_emerging("grown", 6, 5, 0.2, config)
    assert not is_emerging("new", 5, 0, 0.5, config)
    assert not is_emerging("kept", 5, 5, 0.0, config)
    assert not is_emerging("split", 5, 0, 0.0, config)


REPORT: dict[str, Any] = {
    "state": "grown", "since": DAY, "accounts": 35, "accounts_before": 30, "parents": [], "merged_into": None,
    "shared": [
        {"attribute": "network", "value": "10.1.2.0", "accounts": 35},
        {"attribute": "text_template", "value": "buy " * 40, "accounts": 30},
    ],
    "synchrony": 0.7, "lift": 41.3, "known_share": 0.25, "labelled_spam": 2, "labelled_benign": 1, "emerging": True,
}  # fmt: skip


def test_the_sentence_of_a_member_names_what_it_shares() -> None:
    assert member_sentence(REPORT["shared"], REPORT) == (
        "it acts as one with 34 other accounts: same network '10.1.2.0' and same text template "
        f"'{('buy ' * 40)[:59]}…', often within minutes of each other; 41 times more than chance"
    )


def test_the_sentences_of_a_cluster_have_its_lineage() -> None:
    sentences = cluster_sentences({**REPORT, "synchrony": None, "lift": 123456.0})
    assert sentences[0].startswith("35 accounts act as one: same network")
    assert sentences[0].endswith("; 120,000 times more than chance")
    assert sentences[1] == f"it has grown from 30 accounts; it is known since {DAY}"
    assert sentences[2] == (
        "of its members 25% are known for spam (2 labelled spam, 1 labelled benign); "
        "labels and models do not know it yet"
    )
    ended = {**REPORT, "state": "ended", "merged_into": "20260301-abc"}
    assert cluster_sentences(ended)[0].endswith("most of them are in 20260301-abc now")
