"""The job and the views that the account model is trained on: whose label is known to what."""

from datetime import date

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from typer.testing import CliRunner

from jobs.cli import labels as commands
from jobs.cli.main import app
from jobs.contract import SkipJob
from jobs.engine import reads
from jobs.vote_account_labels import vote_account_labels
from lib.config import LabellingSettings, SampleSettings
from lib.conform import conform
from lib.labelling.synthetic import synthetic_views
from lib.sampling import fold
from schemas.catalog import TABLES
from schemas.features import ACCOUNT_FEATURES
from schemas.labelling import LABELLING_LEDGER, LABELS
from tests.support.builders import DAY, ago, rows

pytestmark = pytest.mark.usefixtures("spark")
SAMPLES = SampleSettings(folds=2, salt="f")
FUNCTIONS = LabellingSettings.model_validate(
    {
        "defaults": False,
        "spam_share": 0.4,
        "functions": {
            "links_to_spam": {"vote": "spam", "when": "spam_link_share >= 0.5"},
            "repeats": {"vote": "spam", "when": "repeated_text_share_28d >= 0.5"},
            "settled": {"vote": "benign", "when": "age_days > 100"},
        },
    }
)
BAD, BENIGN, ODD = (
    {"spam_link_share": 0.9, "repeated_text_share_28d": 0.9}, {"age_days": 300.0}, {"repeated_text_share_28d": 0.9},
)  # fmt: skip
KINDS = {f"bad{n}": BAD for n in range(6)} | {f"good{n}": BENIGN for n in range(8)} | {f"odd{n}": ODD for n in range(3)}
LABELLED = {"bad0": True, "bad1": True, "bad2": True, "good0": False, "good1": False, "odd0": False, "odd1": True}


Views = dict[tuple[str, date], list[float]]


def features(*days: int) -> DataFrame:
    told = ({"account_id": name, "day": ago(n)} | kind for n in days for name, kind in KINDS.items())
    return rows(ACCOUNT_FEATURES, *told)


def labels(known: dict[str, bool]) -> DataFrame:
    fields = {"entity_kind": "account", "source": "hand", "weight": 1.0}
    told = [fields | {"entity_id": name, "is_spam": is_spam} for name, is_spam in known.items()]
    domain = {"entity_kind": "domain", "entity_id": "good3", "is_spam": True, "source": "hand", "weight": 1.0}
    return rows(LABELS, *told, domain)


def voted(known: dict[str, bool]) -> dict[str, DataFrame]:
    result = vote_account_labels(
        account_features=features(0), labels=labels(known), day=DAY, labelling=FUNCTIONS, samples=SAMPLES
    )
    return {name: conform(made, TABLES[name]) for name, made in result.items()}


def views(known: dict[str, bool], *days: int) -> Views:
    result = synthetic_views(features(*days), labels(known), labelling=FUNCTIONS, samples=SAMPLES)
    return {(row["account_id"], row["day"]): row["synthetic"] for row in result.collect()}


def folds_of(spark: SparkSession, names: list[str]) -> dict[str, int]:
    named = spark.createDataFrame([(name,) for name in names], "name string")
    numbered = named.select("name", fold(F.lit("account"), F.col("name"), salt="f", folds=2).alias("fold"))
    return {row["name"]: row["fold"] for row in numbered.collect()}


@pytest.fixture(scope="module")
def made(spark: SparkSession) -> dict[str, DataFrame]:
    return {name: result.persist() for name, result in voted(LABELLED).items()}


@pytest.fixture(scope="module")
def seen(spark: SparkSession) -> Views:
    return views(LABELLED, 0)


def test_votes_synthetic_labels_and_function_report_of_a_day(made: dict[str, DataFrame]) -> None:
    votes = made["label_votes"].groupBy("function", "vote").count().collect()
    assert {tuple(row) for row in votes} == {
        ("links_to_spam", "spam", 6), ("repeats", "spam", 9), ("settled", "benign", 8),
    }  # fmt: skip
    synthetic = {row["account_id"]: row for row in made["synthetic_labels"].collect()}
    assert {name: row["votes"] for name, row in synthetic.items()} == {
        name: 2 if kind is BAD else 1 for name, kind in KINDS.items()
    }
    assert synthetic["bad5"]["spam"] > synthetic["odd2"]["spam"] > 0.5 > synthetic["good7"]["spam"]
    report = {row["function"]: row for row in made["labelling_ledger"].collect()}
    assert [report[name]["votes"] for name in sorted(report)] == [6, 9, 8]
    assert [report[name]["accuracy"] for name in sorted(report)] == [1.0, 4 / 5, 1.0]
    assert {row["accounts"] for row in report.values()} == {17}


def test_a_row_has_the_view_that_does_not_know_its_own_label(
    spark: SparkSession, made: dict[str, DataFrame], seen: Views
) -> None:
    stored = {row["account_id"]: row["spam"] for row in made["synthetic_labels"].collect()}
    folds = folds_of(spark, sorted(LABELLED))
    assert set(folds.values()) == {0, 1}
    for name in KINDS:
        place = folds[name] + 1 if name in LABELLED else 0
        assert stored[name] == pytest.approx(seen[name, DAY][place], abs=1e-12)
        assert len(seen[name, DAY]) == 3


def test_turning_a_label_round_moves_no_probability_of_its_fold(spark: SparkSession, seen: Views) -> None:
    fold_ = folds_of(spark, ["odd0"])["odd0"]
    turned = views(LABELLED | {"odd0": True}, 0)
    for key, before in seen.items():
        assert turned[key][fold_ + 1] == pytest.approx(before[fold_ + 1], abs=1e-12)
    assert turned["odd2", DAY][0] > seen["odd2", DAY][0] + 0.001


def test_an_account_that_has_rows_of_several_days_counts_once(seen: Views) -> None:
    thrice = views(LABELLED, 0, 7, 14)
    assert thrice.keys() == {(name, ago(n)) for name in KINDS for n in (0, 7, 14)}
    for (name, _), probabilities in thrice.items():
        assert probabilities == pytest.approx(seen[name, DAY], abs=1e-9)


def test_without_functions_it_stands_aside_and_views_are_empty() -> None:
    for off in ({"enabled": False}, {"defaults": False}):
        settings = LabellingSettings.model_validate(off)
        with pytest.raises(SkipJob, match=r"no labelling function is enabled: \[labelling\]"):
            vote_account_labels(
                account_features=features(0), labels=labels({}), day=DAY, labelling=settings, samples=SAMPLES
            )
        empty = synthetic_views(features(0), labels({}), labelling=settings, samples=SAMPLES)
        assert empty.columns == ["account_id", "day", "synthetic"]
        assert empty.count() == 0


def test_a_day_without_accounts_has_an_empty_function_report() -> None:
    result = vote_account_labels(
        account_features=rows(ACCOUNT_FEATURES), labels=labels({}), day=DAY, labelling=FUNCTIONS, samples=SAMPLES
    )
    assert result["synthetic_labels"].count() == 0
    assert {row["accounts"] for row in result["labelling_ledger"].collect()} == {0}


def test_the_command_shows_the_function_report_with_its_warnings_below(monkeypatch: pytest.MonkeyPatch) -> None:
    told = rows(
        LABELLING_LEDGER,
        {
            "function": "repeats", "vote": "spam", "accounts": 1000, "votes": 100, "coverage": 0.1, "overlap": 0.05,
            "conflict": 0.005, "labelled": 20, "accuracy": 0.1, "accuracy_low": 0.03, "accuracy_high": 0.3,
            "chance_accuracy": 0.5, "estimated_accuracy": 0.2, "warning": "worse than chance",
        },
        {"function": "settled", "vote": "benign", "accounts": 1000},
    )  # fmt: skip
    monkeypatch.setattr(commands, "workspace_of", lambda config: None)
    monkeypatch.setattr(reads, "function_report", lambda workspace, day: [row.asDict() for row in told.collect()])
    run = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["labels", "ledger", "--day", str(DAY)])
    assert run.exit_code == 0, run.output
    lines = run.output.splitlines()
    assert "10% of 20 (3% to 30%)" in run.output
    assert "no hand labels" in run.output
    assert lines[-1] == "warning: repeats: worse than chance"
    as_json = CliRunner().invoke(app, ["labels", "ledger", "--day", str(DAY), "--json"])
    assert '"function": "repeats"' in as_json.output
