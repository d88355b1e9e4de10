"""What is true of the platform, and the little of it that people have labelled."""

from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.simulation.campaigns import members, own_domains
from lib.simulation.plan import KINDS, Plan
from lib.simulation.simulated_accounts import account_id
from lib.simulation.simulated_domains import domain_name
from lib.simulation.words import Chance

LABELLED = {"account": (0.02, 0.15), "domain": (0.1, 0.3)}  # of the benign, and of the spam
KNOWN_AFTER = 2  # days from a campaign's start, or from the first day


def truth_rows(spark: SparkSession, plan: Plan, chance: Chance) -> DataFrame:
    """One row per account or a domain: entity_kind, entity_id, is_spam, campaign (empty: none), kind, start."""
    return accounts(spark, plan, chance).unionByName(domains(spark, plan, chance))


def accounts(spark: SparkSession, plan: Plan, chance: Chance) -> DataFrame:
    everyone = spark.range(plan.accounts).withColumnRenamed("id", "number")
    known = everyone.join(F.broadcast(members(spark, plan, chance)), "number", "left")
    return with_truth("account", account_id(F.col("number"), chance), known)


def domains(spark: SparkSession, plan: Plan, chance: Chance) -> DataFrame:
    """The ordinary ones, and those of campaigns."""
    ordinary = spark.range(plan.domains).withColumnRenamed("id", "domain")
    every = ordinary.unionByName(own_domains(spark, plan, chance), allowMissingColumns=True)
    return with_truth("domain", domain_name(F.col("domain"), plan, chance), every)


def with_truth(kind: str, name: Column, rows: DataFrame) -> DataFrame:
    words = F.get(F.array(*map(F.lit, KINDS)), F.col("kind"))
    return rows.select(
        F.lit(kind).alias("entity_kind"),
        name.alias("entity_id"),
        F.col("kind").isNotNull().alias("is_spam"),
        F.coalesce(F.concat(words, F.lit("-"), F.col("campaign").cast("string")), F.lit("")).alias("campaign"),
        F.coalesce(words, F.lit("")).alias("campaign_kind"),
        "start",
    )


def label_rows(truth: DataFrame, plan: Plan, chance: Chance) -> DataFrame:
    """A hash sample of the truth: entity_kind, entity_id, is_spam, source and known_at."""
    share = reduce(
        lambda otherwise, kind: F.when(
            F.col("entity_kind") == kind, F.when(F.col("is_spam"), LABELLED[kind][1]).otherwise(LABELLED[kind][0])
        ).otherwise(otherwise),
        LABELLED,
        F.lit(0.0),
    )
    chosen = truth.where(chance.share("labelled", F.col("entity_kind"), F.col("entity_id")) < share)
    after = F.greatest(F.coalesce("start", F.lit(0)), F.lit(0)) + KNOWN_AFTER
    return chosen.select(
        "entity_kind",
        "entity_id",
        "is_spam",
        F.lit("hand").alias("source"),
        F.date_add(F.lit(plan.first_day), after.cast("int")).cast("timestamp").alias("known_at"),
    )
