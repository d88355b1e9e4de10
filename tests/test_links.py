"""registered_domain in Spark SQL."""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lib.config import TargetSettings
from lib.text.targets import targets_column
from udfs import links


def test_registered_domain_is_null_safe_and_minds_shared_hosts(spark: SparkSession) -> None:
    links.register(spark, TargetSettings(shared_hosts=("bit.ly",)))
    urls = ["http://WWW.One.example/x", "https://bit.ly/a", None, "mailto:x@one.example", ""]
    spark.createDataFrame([(url,) for url in urls], "url string").createOrReplaceTempView("some_links")
    found = spark.sql("SELECT registered_domain(url) AS domain FROM some_links").collect()
    assert [row.domain for row in found] == ["one.example", "bit.ly/a", None, None, None]
    assert spark.sql("SELECT registered_domain(CAST(X'687474703A2F2FFF' AS STRING)) IS NULL AS none").collect()[0].none
    alone = spark.table("some_links").select(links.registered_domain("url").alias("domain")).collect()
    assert alone[1].domain == "bit.ly"


def test_domains_of_a_list_keep_its_order_and_its_nulls(spark: SparkSession) -> None:
    lists = [["http://one.example", None, "x"], None, [], ["http://two.example"]]
    rows = spark.createDataFrame([(i, urls) for i, urls in enumerate(lists)], "id int, urls array<string>")
    domains = targets_column(TargetSettings(shared_hosts=()))
    for shown in (rows, rows.where(F.col("id") > 0).limit(3)):  # an Arrow array that starts in the middle of another
        found = {row.id: row.domains for row in shown.select("id", domains("urls").alias("domains")).collect()}
        expected = {0: ["one.example", None, None], 1: None, 2: [], 3: ["two.example"]}
        assert found == {i: expected[i] for i in found}
