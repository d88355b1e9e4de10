"""What ingest makes of good and broken deliveries."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lib.config import IngestSettings
from lib.sources.reconciliation import TooManyBadRows
from lib.sources.source_files import SourceError
from schemas.raw import ACCOUNTS, IMPRESSIONS, INTERACTIONS, LABEL_IMPORTS, PAGES
from tests.support.builders import DAY, ago, rows
from tests.support.deliveries import EVENT, in_order, source, take_in, values, write_lines

HUGE_URL = "http://a.example/" + "x" * 2_000_000
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_a_good_row_becomes_a_row_of_its_table(spark: SparkSession, tmp_path: Path) -> None:
    links = ["http://WWW.One.example/x", "nonsense", "", None]
    path = write_lines(tmp_path / f"{DAY}.json", {**EVENT, "urls": links, "client": "web", "attributes": {"k": 1}})
    output = take_in(events=source("interactions", tmp_path / "{day}.json"))
    targets = [("http://WWW.One.example/x", "one.example"), ("nonsense", None)]
    good = {"interaction_id": "i", "account_id": "a", "event_time": NOON, "targets": targets, "client": "web"}
    expected = rows(INTERACTIONS, {**good, "landing_day": DAY, "attributes": {"k": "1"}, "source": "events"})
    assert_df_equality(output.tables["interactions"], expected, ignore_nullable=True, ignore_metadata=True)
    assert output.counts[DAY] == {
        "events.read": 1, "events.kept": 1, "events.duplicates": 0, "events.quarantined": 0,
        "events.null_client": 0, "events.null_attributes": 0, "events.links": 2, "events.unparsed_links": 1,
    }  # fmt: skip
    assert path.exists()


BROKEN: list[tuple[Any, str]] = [
    ({**EVENT, "interaction_id": None}, "interaction_id is null or blank"),
    ({**EVENT, "account_id": " \t"}, "account_id is null or blank"),
    ({**EVENT, "account_id": "x" * 1025}, "account_id is longer than 1024 bytes"),
    ({**EVENT, "event_time": "yesterday"}, "event_time is null or unreadable"),
    ({**EVENT, "event_time": {"a": 1}}, "event_time is null or unreadable"),
    ({**EVENT, "event_time": "0001-01-01"}, "event_time is not between 1970 and 2200; event_time is too late, more "
     "than 3 days before the landing day"),
    ({**EVENT, "event_time": f"{ago(-1)}"}, "event_time is after the landing day"),
    ({**EVENT, "event_time": f"{ago(4)}"}, "event_time is too late, more than 3 days before the landing day"),
    ({**EVENT, "urls": ["http://ok.example", HUGE_URL]}, "a link is longer than max_url_bytes = 8192"),
    ({"text": "neither"}, "interaction_id is null or blank; event_time is null or unreadable; "
     "account_id is null or blank"),
    ('{"interaction_id": "cut', "the line is not one JSON object"),
    ("5", "the line is not one JSON object"),
    ('[{"interaction_id": "i"}]', "the line is not one JSON object"),
    ('{"interaction_id": "i"} {"interaction_id": "j"}', "the line is not one JSON object"),
    (b'{"interaction_id": "bad\xff", "event_time": "2026-03-10", "account_id": "a"}', "not valid UTF-8"),
]  # fmt: skip
GOOD: list[dict[str, Any]] = [
    {**EVENT, "interaction_id": "formula", "text": "=cmd|' /C calc'!A0"},
    {**EVENT, "interaction_id": "script", "text": "<script>alert(1)</script>"},
    {**EVENT, "interaction_id": "object in text", "text": {"q": "}, {"}},
    {**EVENT, "interaction_id": "one link", "urls": "http://one.example"},
    {**EVENT, "interaction_id": "two links", "urls": ["http://one.example", "nowhere", None]},
    {**EVENT, "interaction_id": "wrong links", "urls": {"a": 1}},
    {**EVENT, "interaction_id": "last moment", "event_time": f"{DAY}T23:59:59.999Z", "urls": []},
    {**EVENT, "interaction_id": "in time", "event_time": f"{ago(3)}T00:00:00Z", "Account_ID": "other spelling"},
]


def test_each_broken_row_is_quarantined_with_its_reason(spark: SparkSession, tmp_path: Path) -> None:
    write_lines(tmp_path / f"{DAY}.json", "", *(line for line, _ in BROKEN), "  ", *GOOD)
    output = take_in(events=source("interactions", tmp_path / "{day}.json"))
    quarantine = output.tables["quarantine"]
    result = quarantine.groupBy("day", "source", "reason").count()
    reasons = [reason for _, reason in BROKEN]
    assert values(result, "day", "source", "reason", "count") == in_order(
        (DAY, "events", reason, reasons.count(reason)) for reason in set(reasons)
    )
    kept = output.tables["interactions"]
    assert values(kept, "interaction_id") == sorted((row["interaction_id"],) for row in GOOD)
    assert kept.where("text = '=cmd|'' /C calc''!A0'").count() == 1
    linked = kept.where("size(targets) > 0")
    assert values(linked, "interaction_id", "targets.domain") == [
        ("one link", ["one.example"]),
        ("two links", ["one.example", None]),
    ]
    huge = quarantine.where("reason LIKE 'a link%'").select(F.length("raw"), "raw_bytes").collect()
    assert [(row[0] > 2_000_000, row[1]) for row in huge] == [(True, None)]
    bytes_ = quarantine.where("reason LIKE '%UTF-8'").select("raw", "raw_bytes").collect()
    assert [tuple(row) for row in bytes_] == [
        ('{"interaction_id": "bad\ufffd", "event_time": "2026-03-10", "account_id": "a"}', bytearray(BROKEN[-1][0]))
    ]
    counts = output.counts[DAY]
    assert (counts["events.read"], counts["events.kept"], counts["events.quarantined"]) == (23, 8, 15)


def test_duplicates_are_dropped_across_sources_and_counted_for_the_one_that_loses(
    spark: SparkSession, tmp_path: Path
) -> None:
    """Of each of six ids the earlier copy is in the second source: no hash would choose that by chance."""
    later = [{**EVENT, "interaction_id": i, "event_time": f"{DAY}T13:00:00Z"} for i in "ijklmn"]
    write_lines(tmp_path / "a" / f"{DAY}.json", *later, {**EVENT, "interaction_id": "other"}, *later)
    earlier = [f"{i},{DAY}T12:00:00Z,a" for i in "ijklmn"]
    write_lines(tmp_path / "b" / f"{DAY}.csv", "interaction_id,event_time,account_id", *earlier)
    first = source("interactions", tmp_path / "a" / "{day}.json")
    second = source("interactions", tmp_path / "b" / "{day}.csv", "csv")
    output = take_in(first=first, second=second)
    kept = values(output.tables["interactions"], "interaction_id", "source")
    assert kept == [*((i, "second") for i in "ijklmn"), ("other", "first")]
    result = {name: number for name, number in output.counts[DAY].items() if number}
    assert result == {
        "first.read": 13, "first.kept": 1, "first.duplicates": 12, "second.read": 6, "second.kept": 6,
    }  # fmt: skip


def test_too_many_bad_rows_stop_the_day_and_name_source_reasons_and_setting(
    spark: SparkSession, tmp_path: Path
) -> None:
    good = [{**EVENT, "interaction_id": str(i)} for i in range(8)]
    bad = [{**EVENT, "event_time": "http://evil.example"}, {**EVENT, "event_time": "\x1b[31m"}]
    write_lines(tmp_path / f"{DAY}.json", *good, *bad)
    events = source("interactions", tmp_path / "{day}.json")
    with pytest.raises(TooManyBadRows) as stopped:
        take_in(events=events, settings=IngestSettings())
    message = str(stopped.value)
    assert message.startswith(
        f"source events, landing day {DAY}: 2 of 10 rows cannot be read (20.0%); ingest.bad_share"
    )
    assert "2 x event_time is null or unreadable; such as" in message
    assert "http://" not in message
    assert "\x1b" not in message
    allowed = take_in(events=events, settings=IngestSettings(bad_share=0.2))  # no more than allowed
    assert allowed.counts[DAY]["events.quarantined"] == 2


def test_one_bad_row_beside_a_good_one_stops_nothing_but_alone_it_does(spark: SparkSession, tmp_path: Path) -> None:
    write_lines(tmp_path / f"{DAY}.json", EVENT, "broken")
    events = source("interactions", tmp_path / "{day}.json")
    assert take_in(events=events, settings=IngestSettings()).counts[DAY]["events.quarantined"] == 1
    write_lines(tmp_path / f"{DAY}.json", "broken")
    with pytest.raises(TooManyBadRows, match="1 of 1 rows"):
        take_in(events=events, settings=IngestSettings())


def test_labels_are_normalised_and_get_defaults(spark: SparkSession, tmp_path: Path) -> None:
    header = "entity_kind,entity_id,is_spam,source,known_at,weight"
    lines = [
        "Domain,WWW.Evil.example,True,,,",  # known from the landing day on
        f"account,A b,false,feed,{ago(9)},0.5",  # no job of an earlier day sees it
        f"account,c,1,review,{DAY}T09:00:00Z,2",
    ]
    bad = {
        f"account,d,1,hand,{ago(-1)},1": "known_at is after the landing day",
        "account,e,maybe,hand,,1": "is_spam is null or unreadable",
        "group,f,1,hand,,1": "entity_kind is neither account nor domain",
        "domain,localhost,1,hand,,1": "entity_id is no domain",
        "account,g,1,rumour,,1": "source is none of appeal, hand, review, feed",
        "account,h,1,hand,,NaN": "weight is not a positive number",
        "account,i,1,hand,,-1": "weight is not a positive number",
        "account,j,1,hand": "the line is not a record of 6 fields",
    }
    write_lines(tmp_path / f"{DAY}.csv", header, *lines, *bad)
    output = take_in(labels=source("label_imports", tmp_path / "{day}.csv", "csv"))
    midnight = datetime(2026, 3, 10, tzinfo=UTC)
    expected = rows(
        LABEL_IMPORTS,
        {"entity_kind": "account", "entity_id": "A b", "source": "feed", "known_at": midnight, "weight": 0.5},
        {"entity_kind": "account", "entity_id": "c", "is_spam": True, "source": "review", "weight": 2.0,
         "known_at": midnight.replace(hour=9)},
        {"entity_kind": "domain", "entity_id": "evil.example", "is_spam": True, "source": "hand", "weight": 1.0,
         "known_at": midnight},
    )  # fmt: skip
    result = output.tables["label_imports"].orderBy("entity_id")
    assert_df_equality(result, expected, ignore_nullable=True, ignore_metadata=True)
    assert values(output.tables["quarantine"], "raw", "reason") == in_order(bad.items())


def test_snapshots_and_exposure(spark: SparkSession, tmp_path: Path) -> None:
    day = f"{DAY}"
    accounts = write_lines(
        tmp_path / "accounts.json",
        {"day": day, "account_id": "a", "created_at": "2020-01-01T00:00:00Z", "name": "A"},
        {"day": day, "account_id": "b", "created_at": "+200000-01-01"},  # unreadable, and it dates nothing
        {"day": f"{ago(1)}", "account_id": "c"},  # of another day
    )
    pages = write_lines(
        tmp_path / "pages.json",
        {"day": day, "url": "http://www.one.example/p", "title": "T", "media_count": "3"},
        {"day": day, "url": "nowhere"},
    )
    impressions = write_lines(
        tmp_path / "impressions.json",
        {"day": day, "url": "http://bit.ly/x", "impressions": 5, "pivots": {"b": "2", "a": "1"}},
        {"day": day, "url": "http://bit.ly/x", "impressions": 5, "pivots": {"a": "1", "b": "2"}},  # the same
        {"day": day, "account_id": "a", "impressions": -1},
        {"day": day, "impressions": 1},
    )
    output = take_in(
        shared=["bit.ly"],
        accounts=source("accounts", accounts),
        pages=source("pages", pages),
        seen=source("impressions", impressions),
    )
    created = datetime(2020, 1, 1, tzinfo=UTC)
    expected = rows(ACCOUNTS, {"account_id": "a", "created_at": created, "name": "A"}, {"account_id": "b"})
    result = output.tables["accounts"].orderBy("account_id")
    assert_df_equality(result, expected, ignore_nullable=True, ignore_metadata=True)
    page = {"domain": "one.example", "url": "http://www.one.example/p", "title": "T", "media_count": 3}
    assert_df_equality(output.tables["pages"], rows(PAGES, page), ignore_nullable=True, ignore_metadata=True)
    seen = output.tables["impressions"]
    assert values(seen, "url", "domain", "impressions", "day") == [("http://bit.ly/x", "bit.ly/x", 5, DAY)]
    assert seen.columns == list(IMPRESSIONS.names)
    assert values(output.tables["quarantine"], "source", "reason") == [
        ("pages", "url has no domain"),
        ("seen", "impressions is negative"),
        ("seen", "none of content_id, url and account_id is there"),
    ]
    assert output.counts[DAY]["seen.duplicates"] == 1


def test_a_source_without_a_file_is_an_error_that_names_it(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=rf"source events: there is no .*/{DAY}.json.*sources.events.path"):
        take_in(events=source("interactions", tmp_path / "{day}.json"))


def test_without_sources_every_table_is_empty(spark: SparkSession) -> None:
    output = take_in()
    assert {name: table.count() for name, table in output.tables.items()} == dict.fromkeys(output.tables, 0)
    assert output.counts == {DAY: {}}
