"""One day of an account and a value of an expert attribute."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.config import ATTRIBUTES, Attribute, Config, ConfigError, read_config
from lib.features.attributes import LONGEST, BadAttribute, attribute_days, attribute_values
from schemas.features import ACCOUNT_FEATURES
from schemas.raw import INTERACTIONS
from schemas.tiles import ATTRIBUTE_DAYS
from tests.support.builders import rows

WHERE = {"network": Attribute(sql="ip_prefix")}


def post(name: str, account: str, *, at: str = "09:30", **fields: object) -> dict[str, object]:
    hour, minute = map(int, at.split(":"))
    time = datetime(2026, 3, 10, hour, minute, tzinfo=UTC)
    return {"interaction_id": name, "account_id": account, "event_time": time} | fields


def tile(attributes: dict[str, Attribute], *posts: dict[str, object], minutes: int = 24) -> DataFrame:
    return attribute_days(rows(INTERACTIONS, *posts), attributes, minutes=minutes)


def values(attributes: dict[str, Attribute], *posts: dict[str, object]) -> set[tuple[str, str]]:
    return {(row.attribute, row.value) for row in tile(attributes, *posts).collect()}


def test_a_value_has_its_interactions_and_their_minutes(spark: SparkSession) -> None:
    result = tile(
        WHERE,
        post("1", "ann", at="09:31", ip_prefix="10.0.0.0"),
        post("2", "ann", at="00:00", ip_prefix="10.0.0.0"),
        post("3", "ann", at="09:31", ip_prefix="10.0.0.0"),  # the same minute
        post("4", "ann", at="23:59", ip_prefix="10.9.0.0"),
        post("5", "bob", ip_prefix="10.0.0.0"),
        post("6", "bob", ip_prefix=None),  # nothing is shown
        post("7", "cat", ip_prefix=" \t"),
        post("8", "dan", ip_prefix="10.0.0.0") | {"event_time": None},  # shown, nobody knows when
    )
    expected = rows(
        ATTRIBUTE_DAYS,
        {"account_id": "ann", "value": "10.0.0.0", "interactions": 3, "minutes": [0, 571]},
        {"account_id": "ann", "value": "10.9.0.0", "interactions": 1, "minutes": [1439]},
        {"account_id": "bob", "value": "10.0.0.0", "interactions": 1, "minutes": [570]},
        {"account_id": "dan", "value": "10.0.0.0", "interactions": 1, "minutes": []},
    ).withColumn("attribute", F.lit("network"))
    assert_df_equality(
        result.select(*ATTRIBUTE_DAYS.names),
        expected.select(*ATTRIBUTE_DAYS.names),
        ignore_nullable=True,
        ignore_row_order=True,
        ignore_metadata=True,
    )


def test_of_many_minutes_all_accounts_keep_the_same(spark: SparkSession) -> None:
    posts = [post(f"{who}{n}", who, at=f"{n:02}:{n:02}", ip_prefix="p") for who in ("ann", "bob") for n in range(20)]
    kept = [row.minutes for row in tile(WHERE, *posts, minutes=4).collect()]
    assert kept[0] == kept[1] == sorted(kept[0])
    assert len(kept[0]) == 4


def test_an_array_is_several_values_each_once(spark: SparkSession) -> None:
    words = {"word": Attribute(sql="split(text, ' ')")}
    assert values(words, post("1", "ann", text="b a b  c")) == {("word", "a"), ("word", "b"), ("word", "c")}
    counted = tile(words, post("1", "ann", text="b a b")).where("value = 'b'").collect()
    assert [row.interactions for row in counted] == [1]  # interactions, not occurrences


def test_a_value_that_fails_is_none(spark: SparkSession) -> None:
    failing = {
        "cast": Attribute(sql="cast(text AS int)"),
        "division": Attribute(sql="1 / cast(text AS int)"),
        "decoded": Attribute(sql="url_decode(text)"),
    }
    posts = [post("1", "ann", text="2"), post("2", "bob", text="%zz"), post("3", "cat", text="0")]
    assert values(failing, *posts) == {
        ("cast", "2"), ("cast", "0"), ("division", "0.5"), ("decoded", "2"), ("decoded", "0"),
    }  # fmt: skip


def test_hostile_values_are_kept_short_and_apart(spark: SparkSession) -> None:
    long = "x" * 1_000_000
    hostile = "'; DROP TABLE x; --<script>\\"
    posts = [post("1", "ann", text=long + "1"), post("2", "bob", text=long + "2"), post("3", "cat", text=hostile)]
    result = {value for _, value in values({"said": Attribute(sql="text")}, *posts)}
    assert hostile in result
    assert sorted(len(value) for value in result) == [len(hostile), LONGEST, LONGEST]
    assert len(result) == 3


def test_templates_blank_what_varies(spark: SparkSession) -> None:
    link = "HTTP://Cheap-1.example:80/win/3f2a9c1d44/item-42?user=ann&utm=7#top"
    shown = values(
        ATTRIBUTES,
        post("1", "ann", text="Win $500 now!  http://a.example/x1 (ref 77)", targets=[(link, "cheap-1.example")]),
        post("2", "bob", text="win 20 NOW", targets=[("http://a.example/", "a.example")]),  # no path, no template
        post("3", "cat", text="12:30", targets=[("nonsense/1", None)]),
    )
    assert shown == {
        ("text_template", "win now ref"),
        ("text_template", "win now"),
        ("link_path_template", "win/0/item-0?user=&utm=#top"),
    }


def test_attributes_of_accounts_are_those_of_their_features(spark: SparkSession) -> None:
    features = rows(
        ACCOUNT_FEATURES,
        {
            "account_id": "ann",
            "name": "Ann.Smith07",
            "created_at": datetime(2026, 3, 1, 17, 45, tzinfo=UTC),
            "interactions_28d": 12.0,
            "hours": [6, 6] + [0] * 22,
        },
        {"account_id": "bob", "interactions_28d": 2.0, "hours": [2] + [0] * 23},  # no name, no schedule
    )
    shown = attribute_values(features, ATTRIBUTES, of="accounts", keep=("account_id",))
    assert {tuple(row) for row in shown.collect()} == {
        ("ann", "name_pattern", "annsmith Aaa.Aaaaa00"),
        ("ann", "registration_hour", "2026-03-01 17"),
        ("ann", "posting_schedule", "11" + "0" * 22),
    }


def test_mistakes_are_told_together_each_by_its_setting(spark: SparkSession) -> None:
    wrong = {
        "a": Attribute(sql="no_such_column"),
        "b": Attribute(sql="((text"),
        "c": Attribute(sql="count(*)"),
        "good": Attribute(sql="text"),
    }
    with pytest.raises(BadAttribute) as error:
        tile(wrong, post("1", "ann"))
    told = str(error.value)
    assert all(f"attributes.{name}.sql" in told for name in "abc")
    assert "attributes.good" not in told
    assert "ip_prefix" in told  # the columns that there are


def test_sections_replace_the_default_of_their_name() -> None:
    given = {"attributes": {"client": {"sql": ""}, "word": {"sql": "text", "of": "interactions"}}}
    config = read_config(given, path=Path("winnow.toml"))
    assert config.attributes.keys() == {*ATTRIBUTES, "word"}
    assert config.attributes["network"] == ATTRIBUTES["network"]
    assert config.attributes["client"].sql == ""
    assert Config().attributes == ATTRIBUTES
    for name in ("a b", "x'"):
        with pytest.raises(ConfigError, match="attributes"):
            read_config({"attributes": {name: {"sql": "text"}}}, path=Path("winnow.toml"))


def test_an_attribute_without_an_expression_is_not_used(spark: SparkSession) -> None:
    assert values({"network": Attribute(sql=" ")}, post("1", "ann", ip_prefix="p")) == set()
