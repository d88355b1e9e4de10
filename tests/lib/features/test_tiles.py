"""One day of an account, of a domain, and of the two together."""

from datetime import UTC, datetime

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.build_tiles import build_tiles
from lib.config import ATTRIBUTES, SampleSettings
from schemas.raw import INTERACTIONS
from schemas.table import Table
from schemas.tiles import ACCOUNT_DOMAIN_DAYS, DOMAIN_DAYS
from tests.support.builders import DAY, rows

SETTINGS = SampleSettings(links_per_domain=2, sketch_size=2)


def hours(**counts: int) -> list[int]:
    """24 counts, from names such as h9."""
    return [counts.get(f"h{hour}", 0) for hour in range(24)]


def post(
    name: str, account: str, *targets: tuple[str, str | None], hour: int = 9, **fields: object
) -> dict[str, object]:
    time = datetime(2026, 3, 10, hour, 30, tzinfo=UTC)
    return {"interaction_id": name, "account_id": account, "targets": targets, "event_time": time} | fields


def tiles(*posts: dict[str, object]) -> dict[str, DataFrame]:
    return build_tiles(interactions=rows(INTERACTIONS, *posts), days=[DAY], samples=SETTINGS, attributes=ATTRIBUTES)


def assert_rows(result: DataFrame, table: Table, *expected: dict[str, object]) -> None:
    assert_df_equality(
        result.select(*table.names),
        rows(table, *expected),
        ignore_nullable=True,
        ignore_row_order=True,
        ignore_metadata=True,
    )


def test_behaviour_counts_interactions_not_links(spark: SparkSession) -> None:
    made = tiles(
        post("1", "ann", ("a.example/1", "a.example"), ("a.example/2", "a.example"), ("b.example", "b.example")),
        post("2", "ann", ("a.example/1", "a.example"), hour=10),
        post("3", "bob"),  # no link at all
        post("4", "bob", ("nonsense", None)),  # a link without a domain is still a link
    )
    assert_rows(
        made["account_domain_days"],
        ACCOUNT_DOMAIN_DAYS,
        {"account_id": "ann", "domain": "a.example", "interactions": 2, "links": 3},
        {"account_id": "ann", "domain": "b.example", "interactions": 1, "links": 1},
    )
    counted = made["account_days"].select("account_id", "interactions", "linking", "links", "hours")
    assert sorted(map(tuple, counted.collect())) == [
        ("ann", 2, 2, 4, hours(h9=1, h10=1)),
        ("bob", 2, 1, 1, hours(h9=2)),
    ]
    assert_rows(
        made["domain_days"],
        DOMAIN_DAYS,
        {"domain": "a.example", "interactions": 2, "links": 3, "hours": hours(h9=1, h10=1)},
        {"domain": "b.example", "interactions": 1, "links": 1, "hours": hours(h9=1)},
    )


def test_sketches_hold_the_smallest_hashes_of_known_networks(spark: SparkSession) -> None:
    link = ("a.example", "a.example")
    made = tiles(
        *(post(str(i), "ann", link, ip_prefix=network) for i, network in enumerate(["p", "q", "r", "p", None]))
    )
    hashes = spark.sql("SELECT array_sort(array(xxhash64('p'), xxhash64('q'), xxhash64('r'))) AS h").collect()[0].h
    assert made["domain_days"].select("networks", "clients").collect() == [(hashes[:2], [])]


def test_the_bag_is_a_sample_of_distinct_links_whatever_their_order(spark: SparkSession) -> None:
    links = [(f"a.example/{i % 5}", "a.example") for i in range(20)]
    salted = F.xxhash64("url", F.lit(SETTINGS.salt))
    urls = spark.createDataFrame([(f"a.example/{i}",) for i in range(5)], "url string").orderBy(salted).collect()
    for order in (links, list(reversed(links))):
        result = tiles(*(post(str(i), "ann", link) for i, link in enumerate(order)))["domain_links"]
        assert [row.links for row in result.collect()] == [[row.url for row in urls[:2]]]


def test_pauses_and_words_of_an_account(spark: SparkSession) -> None:
    made = tiles(
        post("1", "ann", hour=9, text="Buy NOW!"),
        post("2", "ann", hour=10, text="ÄÖ 12 €"),
        post("3", "ann", hour=12),
        post("4", "ann", event_time=None),  # no time: no pause before or after it
        post("5", "bob", hour=9, text=""),
    )
    columns = ("texted", "text_chars", "text_upper", "text_digits", "text_marks", "gaps", "gap_seconds")
    result = made["account_days"].select("account_id", *columns, "gap_seconds_squared").collect()
    assert sorted(map(tuple, result)) == [
        ("ann", 2, 8 + 7, 4 + 2, 2, 1 + 1, 2, 3 * 3600, 3600**2 + 7200**2),
        ("bob", 1, 0, 0, 0, 0, 0, 0, 0),
    ]


def test_links_and_texts_are_kept_by_their_hashes(spark: SparkSession) -> None:
    made = tiles(
        post("1", "ann", ("a.example/1", "a.example"), ("a.example/2", "a.example"), text="t"),
        post("2", "ann", ("a.example/1", "a.example"), ("b.example/3", "b.example"), text="t"),
    )
    links = "xxhash64('a.example/1'), xxhash64('a.example/2'), xxhash64('b.example/3')"
    smallest, text = spark.sql(f"SELECT slice(array_sort(array({links})), 1, 2), array(xxhash64('t'))").collect()[0]
    assert made["account_days"].select("urls", "texts").collect() == [(smallest, text)]
