"""The reasons of the account model in plain words, with numbers."""

from collections.abc import Callable

from lib.wording.phrases import USAGE, Numbers, many, percent, quoted

# Each asks for its numbers by name; a number that is missing drops the sentence to the one in UNKNOWN.
FEATURES: dict[str, Callable[[Numbers], str]] = {
    **USAGE,
    "registered_days": lambda n: (
        f"it was registered {many(n['registered_days'], 'day')} ago" if n["registered_days"] >= 1
        else "it was registered today"
    ),
    "name_chars": lambda n: f"its name has {many(n['name_chars'], 'character')}",
    "name_digit_share": lambda n: f"{percent(n['name_digit_share'])} of its name are digits",
    "name_mark_share": lambda n: f"{percent(n['name_mark_share'])} of its name are neither letters nor digits",
    "name_entropy": lambda n: f"the characters of its name are mixed as in random text ({n['name_entropy']:.1f} bits)",
    "interactions_1d": lambda n: f"it made {many(n['interactions_1d'], 'interaction')} on the day",
    "interactions_7d": lambda n: f"it made {many(n['interactions_7d'], 'interaction')} this week",
    "interactions_28d": lambda n: f"it made {many(n['interactions_28d'], 'interaction')} in four weeks",
    "active_days_7d": lambda n: f"it was active on {n['active_days_7d']:.0f} of the last 7 days",
    "active_days_28d": lambda n: f"it was active on {n['active_days_28d']:.0f} of the last 28 days",
    "gap_mean_28d": lambda n: f"it paused {duration(n['gap_mean_28d'])} between interactions of a day, on average",
    "gap_variation_28d": lambda n: (
        f"the pauses between its interactions vary by {percent(n['gap_variation_28d'])} of their mean"
    ),
    "linking_share_28d": lambda n: f"{percent(n['linking_share_28d'])} of its interactions in four weeks carry links",
    "links_per_interaction_28d": lambda n: (
        f"its interactions with links carry {n['links_per_interaction_28d']:.1f} of them, on average"
    ),
    "domains_28d": lambda n: f"it linked to {many(n['domains_28d'], 'domain')} in four weeks",
    "top_domain_share_28d": lambda n: f"{percent(n['top_domain_share_28d'])} of its links lead to one domain",
    "repeated_link_share_28d": lambda n: f"{percent(n['repeated_link_share_28d'])} of its links repeat another of them",
    "repeated_text_share_28d": lambda n: f"{percent(n['repeated_text_share_28d'])} of its texts repeat another of them",
    "text_chars_28d": lambda n: f"its texts have {many(n['text_chars_28d'], 'character')}, on average",
    "text_upper_share_28d": lambda n: f"{percent(n['text_upper_share_28d'])} of its texts are capitals",
    "text_digit_share_28d": lambda n: f"{percent(n['text_digit_share_28d'])} of its texts are digits",
    "text_mark_share_28d": lambda n: f"{percent(n['text_mark_share_28d'])} of its texts are punctuation or symbols",
    "texted_share_28d": lambda n: f"{percent(n['texted_share_28d'])} of its interactions in four weeks carry a text",
    "networks_28d": lambda n: f"it came from {many(n['networks_28d'], 'network')} in four weeks",
    "clients_28d": lambda n: f"it used {many(n['clients_28d'], 'client program')} in four weeks",
    "domain_accounts_7d": lambda n: (
        f"the domains that it linked to this week were linked to by {many(n['domain_accounts_7d'], 'account')} each, "
        "on average"
    ),
    "shared_domain_share_7d": lambda n: (
        f"{percent(n['shared_domain_share_7d'])} of the domains that it linked to this week, other accounts link to as "
        "well"
    ),
}  # fmt: skip

UNKNOWN = {
    "age_days": "it was there before the records begin",
    "registered_days": "it does not tell when it was registered",
    "name_chars": "it shows no name",
    "name_digit_share": "it shows no name",
    "name_mark_share": "it shows no name",
    "name_entropy": "it shows no name",
    "gap_mean_28d": "it made no two interactions on one day",
    "gap_variation_28d": "it made too few interactions on one day to tell their rhythm",
    "links_per_interaction_28d": "it posted no links in four weeks",
    "top_domain_share_28d": "it posted no links in four weeks",
    "repeated_link_share_28d": "it posted no links in four weeks",
    "repeated_text_share_28d": "it posted no texts in four weeks",
    "text_chars_28d": "it posted no texts in four weeks",
    "text_upper_share_28d": "it posted no texts in four weeks",
    "text_digit_share_28d": "it posted no texts in four weeks",
    "text_mark_share_28d": "it posted no texts in four weeks",
    "networks_28d": "no network is known of it",
    "clients_28d": "no client program is known of it",
    "domain_accounts_7d": "it posted no links this week",
    "shared_domain_share_7d": "it posted no links this week",
}


def account_sentence(kind: str, what: str, numbers: Numbers) -> str:
    """One of the account model's reasons (kinds of `account_scores.reasons`) in words."""
    if kind == "domain_scores":
        return links_sentence(numbers)
    if kind == "category":
        return category_sentence(what)
    try:
        return FEATURES[what](numbers)
    except KeyError:  # a number that the sentence needs is missing
        return UNKNOWN.get(what, f"{what.replace('_', ' ')}: unknown, which is usual for spam")


def links_sentence(numbers: Numbers) -> str:
    """How spammy the domains are that it links to."""
    share = numbers.get("spam_link_share")
    if share is None:
        return "no domain that it linked to this week has a score"
    text = f"{percent(share)} of its links this week go to domains with a high spam score"
    if share == 0 and "domain_score_max" in numbers:
        return f"{text}; the highest score of such a domain is {numbers['domain_score_max']:.2f}"
    return text


def category_sentence(what: str) -> str:
    """`what` is NAME=VALUE, an expert attribute and what the account showed of it."""
    name, is_told, value = what.partition("=")
    return f"its {name.replace('_', ' ')} is {quoted(value)}" if is_told else f"it shows {quoted(what)}"


def duration(seconds: float) -> str:
    for unit, length in (("hour", 3600.0), ("minute", 60.0)):
        if seconds >= length:
            return many(seconds / length, unit)
    return many(seconds, "second")
