"""The planted campaigns: who is in which, when it runs, and what its members do on a day."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.simulation.plan import ACTS, DOMAINS, KINDS, LASTING, Plan, kind_number
from lib.simulation.simulated_accounts import account_id, home_network, network, usual_client
from lib.simulation.simulated_domains import ordinary_link, spam_link
from lib.simulation.words import NOUNS, PITCHES, SYSTEMS, Chance

POPULAR = 40  # domains that camouflage hides behind
CAMOUFLAGE = 0.7  # of its links
POOL = 200  # networks that a rotating campaign writes from
BURST_EVERY = 3  # days
BURST_SECONDS = 240
MEMBERS_A_DOMAIN = 5  # of a campaign with fresh domains, on a day


def members(spark: SparkSession, plan: Plan, chance: Chance) -> DataFrame:
    """One row per member: number (of the account), and what `campaign_columns` says."""
    member, campaign = F.col("id"), F.pmod(F.col("id"), F.lit(plan.campaigns))
    hijacked = member * F.lit(plan.ordinary // plan.members)
    rows = spark.range(plan.members).select(member, *campaign_columns(campaign, plan, chance))
    number = F.when(F.col("kind") == kind_number("hijacked_accounts"), hijacked).otherwise(member + plan.ordinary)
    return rows.withColumn("number", number).drop("id")


def campaign_columns(campaign: Column, plan: Plan, chance: Chance) -> list[Column]:
    """campaign, kind (its number), start and end (days from the first; the end is not in it)."""
    kind = F.pmod(campaign, F.lit(len(KINDS))).cast("int")
    start = F.floor((chance.share("start", campaign) * 1.2 - 0.4) * plan.days)
    lasts = 7 + chance.below(21, "lasts", campaign)
    end = start + F.when(kind == kind_number("slow_drip"), 3 * lasts).otherwise(lasts)
    return [campaign.alias("campaign"), kind.alias("kind"), start.alias("start"), end.alias("end")]


def own_domains(spark: SparkSession, plan: Plan, chance: Chance) -> DataFrame:
    """One row per domain of a campaign: domain (its number), and what `campaign_columns` says."""
    campaigns = spark.range(plan.campaigns).select(*campaign_columns(F.col("id"), plan, chance))
    a_day = fresh_a_day(plan)
    first = F.greatest(-F.col("start"), F.lit(0)) * a_day
    last = (F.least(F.col("end"), F.lit(plan.days)) - F.col("start")) * a_day - 1
    fresh = F.when(first <= last, F.sequence(first, last))
    lasting = F.sequence(F.lit(0).cast("bigint"), F.lit(LASTING - 1).cast("bigint"))
    own = F.explode(by_kind({"fresh_domains": fresh}, lasting))
    numbered = campaigns.withColumn("own", own).withColumn("own", F.pmod("own", F.lit(DOMAINS))).distinct()
    return numbered.withColumn("domain", plan.domains + F.col("campaign") * DOMAINS + F.col("own")).drop("own")


def fresh_a_day(plan: Plan) -> int:
    return max(1, plan.members // plan.campaigns // MEMBERS_A_DOMAIN)


def by_kind(chosen: Mapping[str, Any], otherwise: Any) -> Column:
    result: Column = otherwise
    for name, value in chosen.items():
        result = F.when(F.col("kind") == kind_number(name), value).otherwise(result)
    return result


def acting(rows: DataFrame, acts: Column) -> DataFrame:
    """Each row `acts` times, numbered in the column act from 1 on."""
    there = rows.withColumn("acts", acts.cast("bigint")).where("acts > 0")
    return there.withColumn("act", F.explode(F.sequence(F.lit(1).cast("bigint"), F.col("acts"))))


def spam_acts(spark: SparkSession, plan: Plan, chance: Chance, day: date) -> DataFrame:
    """One row an act of a member on `day`: what `members` says, act, and domain, the number of the one it links to."""
    offset, today = F.lit((day - plan.first_day).days), F.lit(day.isoformat())
    resting = (F.col("kind") == kind_number("synchronous_bursts")) & (
        F.pmod(offset - F.col("start"), F.lit(BURST_EVERY)) > 0
    )
    running = members(spark, plan, chance).where((F.col("start") <= offset) & (F.col("end") > offset) & ~resting)
    usual = F.get(F.array(*map(F.lit, ACTS)), F.col("kind")) * (0.5 + chance.share("rate", F.col("number")))
    acts = acting(running, chance.around(usual, "acts", F.col("number"), today))
    return acts.withColumn("domain", spam_domain(plan, chance, offset, today))


def spam_domain(plan: Plan, chance: Chance, offset: Column, today: Column) -> Column:
    """One of the campaign's few; of fresh_domains one of today's; of camouflage mostly a popular one of others."""
    number, about = F.col("number"), (F.col("number"), F.col("act"), today)
    a_day = fresh_a_day(plan)
    fresh = F.pmod((offset - F.col("start")) * a_day + chance.below(a_day, "fresh", number, today), F.lit(DOMAINS))
    own = by_kind({"fresh_domains": fresh}, chance.below(LASTING, "own domain", *about))
    hidden = (F.col("kind") == kind_number("camouflage")) & (chance.share("hide", *about) < CAMOUFLAGE)
    popular = chance.rank(min(POPULAR, plan.domains), 2.0, "popular", *about)
    return F.when(hidden, popular).otherwise(plan.domains + F.col("campaign") * DOMAINS + own)


def spam_events(spark: SparkSession, plan: Plan, chance: Chance, day: date) -> DataFrame:
    """What the sources show of these acts: interactions, by the names of their table."""
    number, campaign, domain, today = F.col("number"), F.col("campaign"), F.col("domain"), F.lit(day.isoformat())
    about = (number, F.col("act"), today)
    of_others = domain < plan.domains
    link = F.when(of_others, ordinary_link(domain, about, plan, chance)).otherwise(
        spam_link(domain, campaign, about, plan, chance)
    )
    return spam_acts(spark, plan, chance, day).select(
        F.concat_ws("-", account_id(number, chance), F.lit(f"{day:%m%d}s"), F.col("act").cast("string")).alias(
            "interaction_id"
        ),
        F.timestamp_seconds(F.unix_seconds(F.lit(day).cast("timestamp")) + spam_second(chance, today)).alias(
            "event_time"
        ),
        account_id(number, chance).alias("account_id"),
        F.lit("create").alias("action"),
        pitch(chance, about).alias("text"),
        F.array(link).alias("urls"),
        spam_network(plan, chance, about).alias("ip_prefix"),
        spam_client(chance).alias("client"),
    )


def spam_second(chance: Chance, today: Column) -> Column:
    """At any time; a burst within minutes."""
    about = (F.col("number"), F.col("act"), today)
    burst = chance.below(86400 - BURST_SECONDS, "burst", F.col("campaign"), today)
    return by_kind(
        {"synchronous_bursts": burst + chance.below(BURST_SECONDS, "in burst", *about)},
        chance.below(86400, "second", *about),
    )


def pitch(chance: Chance, about: tuple[Column, ...]) -> Column:
    """One text of the campaign with changing numbers; of most kinds each member has its own wording."""
    amount = (10 + chance.below(990, "amount", *about)).cast("string")
    whose = by_kind({"client_and_template": F.col("campaign")}, chance.below(1 << 30, "wording", F.col("number")))
    added = F.concat(F.lit(" "), chance.one_of(NOUNS, "added", whose), F.lit(" "), chance.one_of(NOUNS, "and", whose))
    return F.concat(F.replace(chance.one_of(PITCHES, "pitch", F.col("campaign")), F.lit("{}"), amount), added)


def spam_network(plan: Plan, chance: Chance, about: tuple[Column, ...]) -> Column:
    ours = network(1_000_000 + F.col("campaign"))
    pooled = network(2_000_000 + chance.below(POOL, "pool", *about) * 7 + F.pmod(F.col("campaign"), F.lit(7)))
    return by_kind(
        {"one_network": ours, "rotating_networks": pooled}, home_network(F.col("number"), plan, chance, *about[1:])
    )


def spam_client(chance: Chance) -> Column:
    """A rare one of the campaign; of most kinds what its members would use anyway."""
    version = (100 + chance.below(900, "rare", F.col("campaign"))).cast("string")
    rare = F.concat(chance.one_of(SYSTEMS, "rare", F.col("campaign")), F.lit("/3."), version)
    shown = dict.fromkeys(("rotating_networks", "client_and_template"), rare)
    return by_kind(shown, usual_client(F.col("number"), chance))
