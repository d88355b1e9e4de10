"""Who was never seen before."""

from pyspark.sql import SparkSession

from jobs.track_first_seen import track_first_seen
from schemas.tiles import ACCOUNT_DAYS, DOMAIN_DAYS, FIRST_SEEN
from tests.support.builders import DAY, ago, rows


def test_only_the_first_day_of_entities_that_are_not_known(spark: SparkSession) -> None:
    result = track_first_seen(
        account_days=rows(
            ACCOUNT_DAYS,
            {"account_id": "known", "day": DAY},
            {"account_id": "twice", "day": ago(1)},
            {"account_id": "twice", "day": DAY},
        ),
        domain_days=rows(DOMAIN_DAYS, {"domain": "known", "day": DAY}),  # a domain of the name of a known account
        first_seen=rows(FIRST_SEEN, {"entity_kind": "account", "entity_id": "known", "first_day": ago(9)}),
        days=[ago(1), DAY],
    )
    expected = {("account", "twice", ago(1)), ("domain", "known", DAY)}
    assert {(row.entity_kind, row.entity_id, row.first_day) for row in result.collect()} == expected
