"""registered_domain in Spark SQL."""

import pyarrow as pa
from pyspark.sql import SparkSession

from lib.config import TargetSettings
from lib.text.targets import by_list, target_column, targets_column
from udfs.functions import register_target_function


def test_registered_domain_is_null_safe_and_minds_shared_hosts(spark: SparkSession) -> None:
    register_target_function(spark, TargetSettings(shared_hosts=("bit.ly",)))
    urls = ["http://WWW.One.example/x", "https://bit.ly/a", None, "mailto:x@one.example", ""]
    spark.createDataFrame([(url,) for url in urls], "url string").createOrReplaceTempView("some_links")
    result = spark.sql("SELECT registered_domain(url) AS domain FROM some_links").collect()
    assert [row.domain for row in result] == ["one.example", "bit.ly/a", None, None, None]
    assert spark.sql("SELECT registered_domain(CAST(X'687474703A2F2FFF' AS STRING)) IS NULL AS none").collect()[0].none
    without_shared_hosts = target_column(TargetSettings(shared_hosts=()))
    alone = spark.table("some_links").select(without_shared_hosts("url").alias("domain")).collect()
    assert alone[1].domain == "bit.ly"


def test_links_of_a_list_keep_their_order(spark: SparkSession) -> None:
    lists = [["http://one.example", None, " ", "x"], None, [], ["http://two.example"], [None]]
    rows = spark.createDataFrame([(i, urls) for i, urls in enumerate(lists)], "id int, urls array<string>")
    targets = targets_column(TargetSettings(shared_hosts=()))
    expected = [
        (0, [("http://one.example", "one.example"), ("x", None)]),
        (1, []),
        (2, []),
        (3, [("http://two.example", "two.example")]),
        (4, []),
    ]
    result = rows.coalesce(1).select("id", targets("urls").alias("targets")).orderBy("id").collect()
    assert [(row.id, [tuple(pair) for pair in row.targets]) for row in result] == expected


def test_an_arrow_array_may_start_in_the_middle_of_another() -> None:
    lists = pa.array([["http://one.example"], None, ["http://two.example", None, "http://three.example"]])
    result = by_list(lists[1:], frozenset()).to_pylist()
    assert [[pair["domain"] for pair in pairs] for pairs in result] == [[], ["two.example", "three.example"]]
