"""A day's events, and what was seen of them."""

from datetime import date

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.simulation.campaigns import acting, spam_events
from lib.simulation.plan import KINDS, Plan, kind_number
from lib.simulation.simulated_accounts import (
    COUNTRIES,
    ZONES,
    account_id,
    activity,
    country,
    home_network,
    presence,
    usual_client,
)
from lib.simulation.simulated_domains import interest, ordinary_link
from lib.simulation.words import ENDINGS, HOURS, NOUNS, OPENINGS, QUALITIES, Chance

LINKING = 0.6  # of ordinary acts carry a link
TEXTED = 0.7  # carry a text
MEAN_PRESENCE = 0.575
VIEWS = 20  # of an act with a link, on average


def events_of(spark: SparkSession, plan: Plan, chance: Chance, day: date) -> DataFrame:
    """All that happens on `day`, with nothing of the truth: interactions, by the names of their table."""
    return ordinary_events(spark, plan, chance, day).unionByName(spam_events(spark, plan, chance, day))


def ordinary_events(spark: SparkSession, plan: Plan, chance: Chance, day: date) -> DataFrame:
    """What accounts do by their own habits; hijacked ones go on with theirs."""
    number, today = F.col("number"), F.lit(day.isoformat())
    about = (number, F.col("act"), today)
    mean = plan.acts / MEAN_PRESENCE * activity(number, chance)
    here = chance.share("here", number, today) < presence(number, chance)
    acts = acting(ordinary_accounts(spark, plan).where(here), chance.around(mean, "acts", number, today))
    linked = chance.share("linking", *about) < LINKING
    link = ordinary_link(interest(*about, plan, chance), about, plan, chance)
    return acts.select(
        F.concat_ws("-", account_id(number, chance), F.lit(f"{day:%m%d}"), F.col("act").cast("string")).alias(
            "interaction_id"
        ),
        F.timestamp_seconds(F.unix_seconds(F.lit(day).cast("timestamp")) + second(about, chance)).alias("event_time"),
        account_id(number, chance).alias("account_id"),
        chance.one_of(("create", "create", "save", "save", "share"), "action", *about).alias("action"),
        F.when(chance.share("texted", *about) < TEXTED, wording(about, chance)).alias("text"),
        F.when(linked, F.array(link)).otherwise(F.array().cast("array<string>")).alias("urls"),
        home_network(number, plan, chance, *about[1:]).alias("ip_prefix"),
        usual_client(number, chance).alias("client"),
    )


def ordinary_accounts(spark: SparkSession, plan: Plan) -> DataFrame:
    """All numbers but those of accounts that campaigns have registered."""
    number = F.col("id")
    campaign = F.pmod(number - plan.ordinary, F.lit(plan.campaigns))
    hijacks = F.pmod(campaign, F.lit(len(KINDS))) == kind_number("hijacked_accounts")
    return spark.range(plan.accounts).where((number < plan.ordinary) | hijacks).withColumnRenamed("id", "number")


def second(about: tuple[Column, ...], chance: Chance) -> Column:
    """Of the day (UTC): by the hours of the account's country."""
    hour = F.get(F.array(*map(F.lit, HOURS)), chance.below(len(HOURS), "hour", *about).cast("int"))
    zone = F.get(F.array(*map(F.lit, ZONES)), country(about[0], chance).cast("int"))
    return F.pmod(hour - zone, F.lit(24)) * 3600 + chance.below(3600, "second", *about)


def wording(about: tuple[Column, ...], chance: Chance) -> Column:
    parts = {"opens": OPENINGS, "is": QUALITIES, "names": NOUNS, "ends": ENDINGS}
    return F.concat_ws(" ", *(chance.one_of(words, part, *about) for part, words in parts.items()))


def impressions_of(events: DataFrame, chance: Chance) -> DataFrame:
    """How often the links of each host were seen: url (its front page), pivots (country) and impressions."""
    views = F.floor(VIEWS / 2 * F.pow(1 - chance.share("views", F.col("interaction_id")), F.lit(-0.5)))
    seen = events.where(F.size("urls") > 0).select(
        F.regexp_extract(F.get("urls", F.lit(0)), r"^https?://[^/?]+/", 0).alias("url"),
        chance.one_of(COUNTRIES, "seen in", F.col("interaction_id")).alias("country"),
        views.alias("views"),
    )
    summed = seen.groupBy("url", "country").agg(F.sum("views").cast("bigint").alias("impressions"))
    return summed.select("url", F.create_map(F.lit("country"), "country").alias("pivots"), "impressions")
