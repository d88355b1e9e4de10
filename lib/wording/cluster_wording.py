"""A cluster in sentences. Values are quoted as they are; lib/text/sanitize.py makes them harmless on display."""

from collections.abc import Mapping, Sequence
from typing import Any

from lib.wording.phrases import many, shortened_text

LONGEST = 60  # characters of a value in a sentence
VALUES = 3  # values in a sentence
NOTEWORTHY = 0.2  # synchrony from which on it is mentioned
STATES = {
    "new": "it is new today",
    "kept": "it has as many members as the day before, or fewer",
    "grown": "it has grown from {before}",
    "split": "it has split from {parents}",
    "merged": "it has taken in {parents}, and had {before}",
    "ended": "it has ended: its members show nothing in common any more, or nothing of late",
}


def member_sentence(shared: Sequence[Mapping[str, Any]], report: Mapping[str, Any]) -> str:
    """Why an account is in its cluster; `shared` is of its row of account_clusters, `report` one of cluster_reports."""
    others = many(report["accounts"] - 1, "other account")
    text = f"it acts as one with {others}: {same(shared)}"
    return text + timing(report) + strength(report)


def cluster_sentences(report: Mapping[str, Any]) -> list[str]:
    """What it is, what became of it, and what is known of its members."""
    if report["state"] == "ended":
        went = f"; most of them are in {report['merged_into']} now" if report["merged_into"] else ""
        return [STATES["ended"] + went]
    size = many(report["accounts"], "account")
    text = [f"{size} act as one: {same(report['shared'])}{timing(report)}{strength(report)}"]
    return [*text, becoming(report), knowledge(report)]


def same(shared: Sequence[Mapping[str, Any]]) -> str:
    return " and ".join(f"same {words(value['attribute'])} {quote(value['value'])}" for value in shared[:VALUES])


def words(attribute: str) -> str:
    return attribute.replace("_", " ")


def quote(value: str) -> str:
    return f"'{shortened_text(value, LONGEST)}'"


def timing(report: Mapping[str, Any]) -> str:
    return ", often within minutes of each other" if (report["synchrony"] or 0) >= NOTEWORTHY else ""


def strength(report: Mapping[str, Any]) -> str:
    """The lift, to two digits."""
    lift = float(f"{report['lift']:.2g}")
    return f"; {lift:,.0f} times more than chance" if lift >= 10 else f"; {lift:g} times more than chance"


def becoming(report: Mapping[str, Any]) -> str:
    parents = ", ".join(report["parents"])
    text = STATES[report["state"]].format(before=many(report["accounts_before"], "account"), parents=parents)
    return f"{text}; it is known since {report['since']}"


def knowledge(report: Mapping[str, Any]) -> str:
    labels = f"{report['labelled_spam']} labelled spam, {report['labelled_benign']} labelled benign"
    unknown = "; labels and models do not know it yet" if report["emerging"] else ""
    return f"of its members {report['known_share']:.0%} are known for spam ({labels}){unknown}"
