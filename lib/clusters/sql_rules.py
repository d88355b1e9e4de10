"""A cluster as a short condition in SQL, and how well it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.table import quoted

Value = tuple[str, str]  # attribute, value
TERMS = 3  # of a rule, at most
TRIED = 50  # the broadest values and pairs are tried as terms
LEAST_GAIN = 0.02  # of F1, below which a further term makes a rule longer but not better


@dataclass(frozen=True)
class Rule:
    """Accounts that show all values of one of the terms."""

    terms: tuple[tuple[Value, ...], ...]
    precision: float
    recall: float

    @property
    def sql(self) -> str:
        """For HAVING, over rows of attribute and value by account."""
        told = [" AND ".join(shows(*value) for value in term) for term in self.terms]
        return told[0] if len(told) == 1 else " OR ".join(f"({term})" for term in told)


def shows(attribute: str, value: str) -> str:
    return f"bool_or(attribute = {quoted(attribute)} AND value = {quoted(value)})"


def short_rule(
    members: frozenset[str], pairs: Sequence[tuple[Value, Value]], showing: Mapping[Value, frozenset[str]]
) -> Rule:
    """The rule of at most TERMS values or pairs that gains most (F1) by each; of equals the shorter, then the first.

    `showing` has all accounts that show a value, members or not. `pairs` come in the order in which they are preferred.
    """
    singles = sorted({value for pair in pairs[:TRIED] for value in pair}, key=lambda v: (-len(showing[v] & members), v))
    terms: list[tuple[Value, ...]] = [(value,) for value in singles[:TRIED]]
    terms += pairs[:TRIED]
    meets = {term: frozenset.intersection(*(showing[value] for value in term)) for term in terms}
    chosen: list[tuple[Value, ...]] = []
    caught: frozenset[str] = frozenset()
    for _ in range(TERMS):
        best = max(terms, key=lambda term: round(f1(caught | meets[term], members), 9))  # the first of equals
        if f1(caught | meets[best], members) < f1(caught, members) + LEAST_GAIN:
            break
        chosen.append(best)
        caught |= meets[best]
    return Rule(tuple(chosen), len(caught & members) / max(len(caught), 1), len(caught & members) / len(members))


def f1(caught: frozenset[str], members: frozenset[str]) -> float:
    return 2 * len(caught & members) / (len(caught) + len(members))
