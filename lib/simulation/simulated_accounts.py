"""Accounts: their ids, names, habits and networks. An account is a number until it is shown."""

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.simulation.plan import Plan
from lib.simulation.words import FIRST_NAMES, LAST_NAMES, SYSTEMS, Chance, word

OLDEST_DAYS = 1200  # before the first day
MOBILE = 40  # networks that many accounts are in at times
COUNTRIES = ("de", "fr", "gb", "in", "us")
ZONES = (1, 1, 0, 5, -6)  # hours from UTC, by country


def account_id(number: Column, chance: Chance) -> Column:
    return F.lower(F.lpad(F.hex(F.xxhash64(F.lit(chance.seed), F.lit("account"), number)), 16, "0"))


def country(number: Column, chance: Chance) -> Column:
    """Its place in COUNTRIES."""
    return chance.below(len(COUNTRIES), "country", number)


def activity(number: Column, chance: Chance) -> Column:
    """Of an ordinary account, with a mean of 1 over all: a power law, whose greatest is 500 times its least."""
    return F.least(F.pow(1 - chance.share("activity", number), F.lit(-1 / 1.2)), F.lit(500.0)) / 4.5


def presence(number: Column, chance: Chance) -> Column:
    """The share of the days on which it is there at all."""
    return 0.15 + 0.85 * chance.share("presence", number)


def home_network(number: Column, plan: Plan, chance: Chance, *about: Column) -> Column:
    """Mostly that of its home, at times a mobile one."""
    at_home = chance.share("at home", number, *about) < 0.85
    home = MOBILE + chance.below(plan.networks, "home", number)
    return network(F.when(at_home, home).otherwise(chance.below(MOBILE, "mobile", number, *about)))


def network(number: Column) -> Column:
    parts = (F.floor(number / 65536) + 60, F.pmod(F.floor(number / 256), F.lit(256)), F.pmod(number, F.lit(256)))
    return F.concat_ws(".", *(part.cast("int").cast("string") for part in parts), F.lit("0"))


def usual_client(number: Column, chance: Chance) -> Column:
    version = (5 + chance.below(5, "version", number)).cast("string")
    return F.concat(chance.one_of(SYSTEMS, "system", number), F.lit("/"), version)


def account_rows(spark: SparkSession, plan: Plan, chance: Chance, members: DataFrame) -> DataFrame:
    """day (the first on which it is known), account_id, created_at, name and attributes (country) of every account.

    Members of campaigns are registered in the days before these start, those of some within one hour; hijacked accounts
    are as old as others.
    """
    number = F.col("number")
    new = members.where(number >= plan.ordinary)
    rows = spark.range(plan.accounts).withColumnRenamed("id", "number").join(F.broadcast(new), "number", "left")
    old = -OLDEST_DAYS * F.pow(chance.share("age", number), F.lit(1.5)) + (plan.days - 1) * 0.9
    together = chance.share("registration", F.col("campaign")) < 0.5
    within = chance.share("hour", number) / F.when(together, F.lit(24)).otherwise(F.lit(0.5))
    registered = F.coalesce(F.col("start") - 2 + within, old)
    created = F.timestamp_seconds(F.unix_seconds(F.lit(plan.first_day).cast("timestamp")) + F.floor(registered * 86400))
    return rows.select(
        F.greatest(F.to_date(created), F.lit(plan.first_day)).alias("day"),
        account_id(number, chance).alias("account_id"),
        created.alias("created_at"),
        F.coalesce(series_name(chance), own_name(number, chance)).alias("name"),
        F.create_map(F.lit("country"), word(COUNTRIES, country(number, chance))).alias("attributes"),
    )


def own_name(number: Column, chance: Chance) -> Column:
    first, last = chance.one_of(FIRST_NAMES, "first", number), chance.one_of(LAST_NAMES, "last", number)
    digits = F.lpad(chance.below(100, "digits", number).cast("string"), 2, "0")
    style = chance.share("style", number)
    plain = F.concat(F.initcap(first), F.lit(" "), F.initcap(last))
    return (
        F.when(style < 0.5, plain)
        .when(style < 0.8, F.concat(first, F.lit("."), last))
        .otherwise(F.concat(first, digits))
    )


def series_name(chance: Chance) -> Column:
    """Of every second campaign: one stem and a number; null of all others."""
    campaign, number = F.col("campaign"), F.col("number")
    stem = chance.one_of(LAST_NAMES, "stem", campaign)
    in_series = chance.share("series", campaign) < 0.5
    return F.when(in_series, F.concat(stem, (1000 + chance.below(9000, "series", number)).cast("string")))
