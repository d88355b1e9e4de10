"""What labelling functions say of rows, what they may not be, and that each default votes where it should."""

import re
from pathlib import Path
from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import Window
from pyspark.sql import functions as F

from lib.config import DEFAULTS, LabellingFunction, LabellingSettings, load_config
from lib.labelling.functions import Functions, LabellingError, vote_rows, with_votes
from schemas.features import ACCOUNT_FEATURES
from schemas.labelling import LABEL_VOTES
from tests.support.builders import ago, rows

DEFAULT_FUNCTIONS = DEFAULTS["labelling"]["functions"]

pytestmark = pytest.mark.usefixtures("spark")
EXAMPLES = Path(__file__).parents[3] / "examples"


def functions(**whens: str) -> dict[str, LabellingFunction]:
    """Those whose name begins with `b` vote benign."""
    return {
        name: LabellingFunction(vote="benign" if name.startswith("b") else "spam", when=when)
        for name, when in whens.items()
    }


def patterns(chosen: Functions, *accounts: dict[str, Any]) -> list[str]:
    result = with_votes(rows(ACCOUNT_FEATURES, *accounts), chosen).orderBy("account_id").select("pattern").collect()
    return [row["pattern"] for row in result]


def test_what_is_false_null_or_fails_is_silence() -> None:
    chosen = functions(
        share="spam_link_share >= 0.5",
        benign="interactions_28d = 0",
        number="cast(name AS INT) > 3",
        place="element_at(hours, cast(interactions_1d AS INT)) = 1",  # there is no element 0
        told="attributes['kind'] = 'shop'",
        fails="if(interactions_1d > 0, raise_error('no'), true)",
        nothing="null",
    )
    assert patterns(
        chosen,
        {"account_id": "a", "spam_link_share": 0.5, "name": "4", "interactions_1d": 1.0, "hours": [1]},
        {
            "account_id": "b",
            "spam_link_share": 0.4,
            "name": "x",
            "interactions_28d": 2.0,
            "attributes": {"kind": "shop"},
        },
        {"account_id": "c"},  # no links, no name
    ) == ["sbss...", "....ss.", ".b...s."]


MISTAKES = {
    "no_such_column": ("spam_share > 1", "spam_share"),
    "not_sql": ("spam_link_share >", "syntax error"),
    "number": ("spam_link_share * 2", "it is double, not boolean"),
    "aggregate": ("count(1) > 3", "aggregate"),
    "generator": ("explode(hours) > 3", "generator"),
    "window": ("row_number() OVER (ORDER BY account_id) = 1", "it asks for other rows"),
    "subquery": ("EXISTS (SELECT 1 FROM range(3) WHERE id > 1)", "it asks for other rows"),
    "chance": ("rand() < 0.5", "it changes with the clock or by chance"),
    "clock": ("created_at > current_timestamp() - INTERVAL 3 DAYS", "it changes with the clock or by chance"),
    "today": ("day < current_date()", "it changes with the clock or by chance"),
}


def test_every_mistake_is_told_by_its_setting() -> None:
    chosen = functions(fine="interactions_28d > 3", **{name: when for name, (when, _) in MISTAKES.items()})
    with pytest.raises(LabellingError, match=r"^labelling functions: not usable") as told:
        with_votes(rows(ACCOUNT_FEATURES, {}), chosen)
    lines = str(told.value).splitlines()[1:-1]
    assert len(lines) == len(MISTAKES)
    for line, (name, (when, why)) in zip(lines, MISTAKES.items(), strict=True):
        assert line.startswith(f"  labelling.functions.{name}.when = {when!r}: ")
        assert why in line.lower()
    assert re.search(r"the columns are day, account_id, .* more$", str(told.value))


def test_how_the_features_were_made_is_no_mistake() -> None:
    rank = F.row_number().over(Window.orderBy("account_id")).cast("double") + 0 * F.rand(1)
    made = rows(ACCOUNT_FEATURES, {"account_id": "a"}, {"account_id": "b"}).withColumn("interactions_28d", rank)
    result = with_votes(made, functions(second="interactions_28d = 2")).orderBy("account_id").collect()
    assert [row["pattern"] for row in result] == [".", "s"]


def test_votes_are_rows_and_silence_is_none() -> None:
    chosen = functions(benign="interactions_28d < 5", many="interactions_28d > 3")
    features = rows(
        ACCOUNT_FEATURES,
        {"account_id": "a", "interactions_28d": 4.0},
        {"account_id": "b", "interactions_28d": 9.0, "day": ago(7)},
        {"account_id": "c", "interactions_28d": 0.0},  # left out below
    )  # fmt: skip
    expected = rows(
        LABEL_VOTES,
        {"account_id": "a", "function": "benign", "vote": "benign"},
        {"account_id": "a", "function": "many", "vote": "spam"},
        {"account_id": "b", "function": "many", "vote": "spam", "day": ago(7)},
    )
    result = vote_rows(with_votes(features.where("interactions_28d > 0"), chosen), chosen)
    assert_df_equality(result, expected, ignore_nullable=True, ignore_row_order=True, ignore_metadata=True)


# For each default: an account that it votes on, beside what others are like.
SUSPECTS: dict[str, dict[str, Any]] = {
    "links_to_spam": {"spam_link_share": 0.5, "domain_score_max": 0.8},
    "sure_spam_link": {"spam_link_share": 0.1, "domain_score_max": 0.96},
    "one_spam_domain": {"spam_link_share": 0.2, "spam_domain_top_share": 1.0, "interactions_7d": 5.0},
    "lone_domain_burst": {
        "shared_domain_share_7d": 0.0, "top_domain_share_28d": 1.0, "interactions_7d": 25.0, "linking_share_28d": 0.9,
    },
    "new_and_linking": {"age_days": 2.0, "interactions_7d": 12.0, "linking_share_28d": 1.0},
    "repeated_text": {"repeated_text_share_28d": 0.9, "interactions_28d": 10.0, "texted_share_28d": 0.5},
    "repeated_link": {"repeated_link_share_28d": 0.9, "interactions_28d": 20.0, "linking_share_28d": 0.5},
    "clockwork": {"gap_variation_28d": 0.01, "interactions_28d": 10.0},
    "round_the_clock": {"hour_entropy_28d": 0.99, "interactions_28d": 200.0},
    "many_networks": {"networks_28d": 12.0, "interactions_28d": 20.0},
    "shouting": {"text_upper_share_28d": 0.6, "text_chars_28d": 30.0},
    "numbered_name": {"name_digit_share": 0.5, "name_chars": 8.0, "linking_share_28d": 0.2},
    "links_to_good": {"spam_link_share": 0.0, "domain_score_mean": 0.1, "scored_share": 0.9},
    "old_and_varied": {"registered_days": 400.0, "age_days": 30.0, "domains_28d": 7.0},
    "links_as_others_do": {"shared_domain_share_7d": 1.0, "domain_accounts_7d": 40.0, "domain_score_max": 0.3},
    "never_links": {"linking_share_28d": 0.0, "active_days_28d": 6.0},
    "human_rhythm": {"gap_variation_28d": 1.4, "hour_entropy_28d": 0.6, "active_days_28d": 12.0},
}  # fmt: skip


def test_each_default_votes_where_it_should_and_on_no_quiet_account() -> None:
    quiet = {"account_id": "", "linking_share_28d": 0.5, "interactions_28d": 3.0, "active_days_28d": 2.0}
    accounts = [quiet] + [{"linking_share_28d": 0.0} | case | {"account_id": name} for name, case in SUSPECTS.items()]
    chosen = LabellingSettings().active
    assert SUSPECTS.keys() == DEFAULT_FUNCTIONS.keys() == chosen.keys()
    result = vote_rows(with_votes(rows(ACCOUNT_FEATURES, *accounts), chosen), chosen).where("account_id = function")
    assert {row["function"]: row["vote"] for row in result.collect()} == {
        n: f["vote"] for n, f in DEFAULT_FUNCTIONS.items()
    }
    silent = with_votes(rows(ACCOUNT_FEATURES, *accounts), chosen).where(F.col("account_id") == "")
    assert [row["pattern"] for row in silent.collect()] == ["." * len(chosen)]


def test_those_of_the_mail_example_read_subjects_and_encodings() -> None:
    settings = load_config(EXAMPLES / "mail" / "winnow.toml").labelling
    chosen = {name: settings.functions[name] for name in ("html_only", "keeps_writing", "pitch")}
    assert patterns(
        chosen,
        {"account_id": "a", "categories": ["encoding=us-ascii text/html", "text_template=earn money now"]},
        {
            "account_id": "b",
            "categories": ["encoding=text/plain", "text_template=freedom of earnings"],
            "active_days_28d": 4.0,
        },
        {"account_id": "c", "categories": ["client=free mail"], "active_days_28d": 4.0, "spam_link_share": 0.1},
    ) == ["s.s", ".b.", "..."]
