"""A cluster as a short condition in SQL, with its precision and recall."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lib.config import ClusterSettings
from schemas.table import quoted

Value = tuple[str, str]  # attribute, value


@dataclass(frozen=True)
class Rule:
    """Accounts that have all values of one of the terms."""

    terms: tuple[tuple[Value, ...], ...]
    precision: float
    recall: float

    @property
    def sql(self) -> str:
        """For HAVING, over rows of attribute and value by account."""
        terms = [" AND ".join(has_value(*value) for value in term) for term in self.terms]
        return terms[0] if len(terms) == 1 else " OR ".join(f"({term})" for term in terms)


def has_value(attribute: str, value: str) -> str:
    return f"bool_or(attribute = {quoted(attribute)} AND value = {quoted(value)})"


def short_rule(
    members: frozenset[str],
    pairs: Sequence[tuple[Value, Value]],
    holders: Mapping[Value, frozenset[str]],
    settings: ClusterSettings,
) -> Rule:
    """Greedily, the values or pairs that raise F1 most; of equals the shorter, then the first.

    `holders` are all accounts that have a value, members or not. `pairs` come in the order of preference.
    """
    tried = pairs[: settings.rule_candidates]
    singles = sorted({value for pair in tried for value in pair}, key=lambda v: (-len(holders[v] & members), v))
    terms: list[tuple[Value, ...]] = [(value,) for value in singles[: settings.rule_candidates]]
    terms += tried
    matches = {term: frozenset.intersection(*(holders[value] for value in term)) for term in terms}
    chosen: list[tuple[Value, ...]] = []
    caught: frozenset[str] = frozenset()
    for _ in range(settings.rule_terms):
        best = max(terms, key=lambda term: round(f1(caught | matches[term], members), 9))  # the first of equals
        if f1(caught | matches[best], members) < f1(caught, members) + settings.rule_gain:
            break
        chosen.append(best)
        caught |= matches[best]
    return Rule(tuple(chosen), len(caught & members) / max(len(caught), 1), len(caught & members) / len(members))


def f1(caught: frozenset[str], members: frozenset[str]) -> float:
    return 2 * len(caught & members) / (len(caught) + len(members))
