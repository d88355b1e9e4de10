"""The reasons of the models and of the graph in plain words, with numbers.

Hostile text (tokens, links, names) is quoted as it is, only shortened: lib/text/sanitize.py makes it harmless later.
"""

from collections.abc import Callable, Mapping

from lib.wording.account_sentences import account_sentence
from lib.wording.phrases import DETECTOR_NAMES, USAGE, Numbers, many, percent, quoted, score_text

# Each asks for its numbers by name; a number that is missing drops the sentence to the plain one.
BEHAVIOUR: dict[str, Callable[[Numbers], str]] = {
    **USAGE,
    "interactions_1d": lambda n: f"{many(n['interactions_1d'], 'interaction')} linked to it on the day",
    "interactions_7d": lambda n: f"{many(n['interactions_7d'], 'interaction')} linked to it this week",
    "interactions_28d": lambda n: f"{many(n['interactions_28d'], 'interaction')} linked to it in four weeks",
    "links_per_interaction_28d": lambda n: (
        f"an interaction that links to it does so {n['links_per_interaction_28d']:.1f} times on average"
    ),
    "accounts_1d": lambda n: f"{many(n['accounts_1d'], 'account')} linked to it on the day",
    "accounts_7d": lambda n: f"{many(n['accounts_7d'], 'account')} linked to it this week",
    "accounts_28d": lambda n: f"{many(n['accounts_28d'], 'account')} linked to it in four weeks",
    "new_account_share_7d": lambda n: (
        f"{n['new_account_share_7d'] * n['accounts_7d']:,.0f} of its {n['accounts_7d']:,.0f} accounts this week "
        "were new"
    ),
    "top_account_share_28d": lambda n: (
        f"its busiest account made {percent(n['top_account_share_28d'])} of the interactions that linked to it "
        "in four weeks"
    ),
    "active_days_7d": lambda n: f"it was linked to on {n['active_days_7d']:.0f} of the last 7 days",
    "active_days_28d": lambda n: f"it was linked to on {n['active_days_28d']:.0f} of the last 28 days",
    "networks_28d": lambda n: f"links to it came from {many(n['networks_28d'], 'network')} in four weeks",
    "clients_28d": lambda n: f"links to it came from {many(n['clients_28d'], 'client program')} in four weeks",
    "account_domains_7d": lambda n: (
        f"accounts that linked to it linked to {n['account_domains_7d']:.1f} domains each this week, on average"
    ),
    "linking_share_7d": lambda n: (
        f"{percent(n['linking_share_7d'])} of what its accounts did this week carried links"
    ),
    "page_text_chars": lambda n: f"its page has {many(n['page_text_chars'], 'character')} of text",
    "page_media": lambda n: f"its page has {many(n['page_media'], 'image or video', 'images and videos')}",
}  # fmt: skip

LINK_TRAITS = {
    "host_chars": "the length of the host name", "host_dots": "the dots in the host name",
    "host_hyphens": "the hyphens in the host name", "host_digit_share": "the digits in the host name",
    "host_vowel_share": "the vowels in the host name", "host_entropy": "how random the host name looks",
    "host_longest_label": "a long part of the host name", "host_is_ip": "a bare IP address as host",
    "host_is_punycode": "foreign letters in the host name", "host_is_www": "a host name with or without www",
    "host_ends_com": "the ending .com", "host_ends_net": "the ending .net", "host_ends_org": "the ending of the host",
    "host_ends_country": "a country ending", "is_https": "whether links are encrypted", "has_port": "a port in links",
    "has_user": "a user name in links", "path_chars": "the length of the paths", "path_depth": "the depth of the paths",
    "path_digit_share": "the digits in the paths", "path_escapes": "percent-escapes in the paths",
    "path_is_page": "paths that end like a page", "path_is_script": "paths that end like a script",
    "host_longest_word": "a long word in the host name", "host_longest_digits": "a long number in the host name",
    "host_longest_consonants": "a host name that cannot be spoken", "host_words": "the words in the host name",
    "host_numbers": "the numbers in the host name", "host_first_label": "the first part of the host name",
    "host_ends_cheap": "an ending that costs little", "host_ending_chars": "the length of the ending",
    "path_dots": "the dots in the paths", "path_hyphens": "the hyphens in the paths",
    "path_underscores": "the underscores in the paths", "path_vowel_share": "the vowels in the paths",
    "path_entropy": "how random the paths look", "path_longest_segment": "a long part of the paths",
    "path_longest_word": "a long word in the paths", "path_longest_digits": "a long number in the paths",
    "path_longest_hex": "a long code in the paths", "path_longest_consonants": "paths that cannot be spoken",
    "path_words": "the words in the paths", "path_numbers": "the numbers in the paths",
    "path_is_folder": "paths that end like a folder", "path_is_file": "paths that end like a file",
    "query_digit_share": "the digits in the queries", "query_entropy": "how random the queries look",
    "query_longest_word": "a long word in the queries", "query_longest_hex": "a long code in the queries",
    "path_is_image": "paths that end like an image", "query_chars": "the length of the queries",
    "query_params": "the parameters of the queries", "query_escapes": "percent-escapes in the queries",
}  # fmt: skip


def sentence(
    *, entity_kind: str, detector: str, kind: str, what: str, numbers: Numbers | None, words: Mapping[str, str] | None
) -> str:
    """A row of `evidence` in words. `numbers` and `words` are what its kind of sentence needs (see evidence.py)."""
    numbers, words = numbers or {}, words or {}
    if kind == "neighbour":
        return neighbour_sentence(entity_kind, what, numbers, words["label"])
    if kind == "label":
        return label_sentence(words["source"], words["known_on"])
    if kind == "score":
        return score_sentence(detector, numbers["score"])
    if detector == "account_model":
        return account_sentence(kind, what, numbers)
    return reason_sentence(kind, what, numbers)


def reason_sentence(kind: str, what: str, numbers: Numbers) -> str:
    """One of the domain model's reasons (kinds of `domain_scores.reasons`) in words."""
    if kind == "token":
        return token_sentence(what)
    if what in BEHAVIOUR:
        return feature_sentence(what, numbers)
    if kind == "link":
        trait = LINK_TRAITS.get(what)
        return (
            f"what its links look like: {trait}" if trait else f"the spelling of its links, such as to {quoted(what)}"
        )
    if kind == "page":
        return f"its page contains the word {quoted(what.removeprefix('page:'))}"
    return f"its {quoted(what)} is usual for spam"


def token_sentence(what: str) -> str:
    """`what` is a piece of a host or a path such as host:pharma or path:+er, where + marks the inside of a word."""
    where, _, piece = what.rpartition(":")
    word = f"…{piece[1:]}" if piece.startswith("+") and len(piece) > 1 else piece
    part = {"host": "host names", "path": "paths"}.get(where)
    return f"the {part} of its links contain {quoted(word)}" if part else f"links contain the word {quoted(what)}"


def feature_sentence(what: str, numbers: Numbers) -> str:
    try:
        return BEHAVIOUR[what](numbers)
    except KeyError:  # a number that the sentence needs is missing
        return f"{what.replace('_', ' ')}: unknown, which is usual for spam"


def neighbour_sentence(kind: str, neighbour: str, numbers: Numbers, label: str) -> str:
    """Why `neighbour` speaks against an entity of `kind`.

    Of the spam mass that reaches the entity, `share` comes from the neighbour, whose own score is `raw_score`;
    `together` of the account's `of` interactions with links led to the domain this week.
    """
    finding = f"is labelled {label}" if label else f"has a score of {score_text(numbers['raw_score'])} in the graph"
    mass = f"{percent(numbers['share'])} of the spam mass that reaches it"
    activity = interactions_text(numbers["together"], numbers["of"]) if {"together", "of"} <= numbers.keys() else ""
    if kind == "domain":
        return f"the account {quoted(neighbour)}{activity} hands it {mass}; that account {finding}"
    return f"it links to {quoted(neighbour)}{activity}, which hands it {mass}; that domain {finding}"


def interactions_text(together: float, of: float) -> str:
    if of == 1:
        return " (the account's only interaction with links this week)"
    return f" ({together:,.0f} of the account's {many(of, 'interaction')} with links this week)"


def label_sentence(source: str, known_on: str) -> str:
    names = {"hand": "a label by hand", "feed": "a list of known spam", "review": "a review", "appeal": "an appeal"}
    return f"{names.get(source, source)} of {known_on} says that it is spam"


def score_sentence(detector: str, score: float) -> str:
    """Where no reason is named: the highest score, or (fusion) the last one of an inactive entity."""
    if detector == "fusion":
        return f"its score was {score_text(score)} when it was last active; what led to it is not kept"
    name = "cluster that it belongs to" if detector == "clusters" else DETECTOR_NAMES[detector]
    return f"the {name} gives it a score of {score_text(score)}, and names no single reason"


def unreached_sentence(entity_kind: str, *, interactions: int, accounts: int) -> str:
    """Why an entity without any score is asked about: what it did on the day and, of a domain, who linked to it."""
    linking = f", {many(accounts, 'account')} this week" if entity_kind == "domain" else ""
    return f"no detector reaches it; {many(interactions, 'interaction')} on the day{linking}"
