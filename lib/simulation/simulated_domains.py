"""Domains and links. A domain is a number until it is shown: ordinary ones first, then each campaign's."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from lib.simulation.plan import Plan
from lib.simulation.words import HOST_ENDINGS, LURES, NOUNS, QUALITIES, SECTIONS, SPAM_PATHS, Chance, word

PRIME = 3_444_209  # numbers up to it are shuffled one to one, and then spelt
SHUFFLE = 1_234_577


def domain_name(number: Column, plan: Plan, chance: Chance) -> Column:
    """Two or three words and an ending; no two numbers below PRIME have the same. Half of the campaigns' lure."""
    spelt = F.pmod(number * F.lit(SHUFFLE) + F.lit(chance.seed % PRIME), F.lit(PRIME))
    first, rest = word(QUALITIES, spelt), F.floor(spelt / len(QUALITIES))
    second, rest = word(NOUNS, rest), F.floor(rest / len(NOUNS))
    ending, rest = word(HOST_ENDINGS, rest), F.floor(rest / len(HOST_ENDINGS))
    third = F.when(rest > 0, F.concat(F.lit("-"), word(NOUNS, rest))).otherwise("")
    luring = (number >= plan.domains) & (chance.share("lure", number) < 0.5)
    lure = F.when(luring, F.concat(chance.one_of(LURES, "lure", number), F.lit("-"))).otherwise("")
    return F.concat(lure, first, second, third, F.lit("."), ending)


def interest(account: Column, act: Column, today: Column, plan: Plan, chance: Chance) -> Column:
    """The number of the domain that an ordinary account links to: half of the time one of its circle's, else any."""
    about = (account, act, today)
    circle = chance.below(max(5, plan.accounts // 200), "circle", account)
    of_circle = chance.below(plan.domains, "of circle", circle, chance.rank(30, 2.0, "own", *about))
    return F.when(chance.share("interest", *about) < 0.5, of_circle).otherwise(
        chance.rank(plan.domains, 5.0, "any", *about)
    )


def ordinary_link(domain: Column, about: tuple[Column, ...], plan: Plan, chance: Chance) -> Column:
    """A page of the domain: of a section, with the title in the address or with a number."""
    page = chance.rank(2000, 2.0, "page", *about)
    title = F.concat_ws("-", chance.one_of(QUALITIES, "is", domain, page), chance.one_of(NOUNS, "names", domain, page))
    titled = chance.share("titled", domain) < 0.6
    path = F.when(titled, F.concat(title, F.lit("-"), page)).otherwise(page.cast("string"))
    host = F.concat(F.when(chance.share("www", domain) < 0.6, "www.").otherwise(""), domain_name(domain, plan, chance))
    return F.concat(F.lit("https://"), host, F.lit("/"), chance.one_of(SECTIONS, "section", domain), F.lit("/"), path)


def spam_link(domain: Column, campaign: Column, about: tuple[Column, ...], plan: Plan, chance: Chance) -> Column:
    """Of the campaign's own shape: its path, and a number, a code or a word that changes."""
    code = F.lower(F.hex(chance.below(1 << 40, "code", *about)))
    number = (100 + chance.below(9000, "number", *about)).cast("string")
    path = chance.one_of(SPAM_PATHS, "path", campaign)
    shapes = F.array(
        F.concat_ws("/", path, chance.one_of(NOUNS, "thing", *about)),
        F.concat_ws("/", path, number),
        F.concat(path, F.lit("?ref="), number, F.lit("&id="), code),
        F.concat(path, F.lit("/"), code, F.lit(".html")),
    )
    shape = F.get(shapes, chance.below(4, "shape", campaign).cast("int"))
    return F.concat(F.lit("http://"), domain_name(domain, plan, chance), F.lit("/"), shape)
