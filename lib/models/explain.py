"""Why a domain has its score: how far the score's logit falls when one thing about the domain is left out.

Leaving out is what training did at random (a token, a number, a whole input is missing), so the model knows how to do
without. Contributions of things that say the same do not add up: each is measured while the others are there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lib.models.inputs import BEHAVIOUR, FIRST, PAGE, SEQUENCES, Encoder, Inputs
from lib.models.scoring import DomainScorer
from lib.text.lexical import LINK_FEATURES
from lib.text.tokens import split_links

CANDIDATES = 16  # tokens of a bag, and words of a page, that are left out in turn: those that say most alone
LEAST = 1e-3  # a smaller contribution is no reason
AT_ONCE = 64  # domains whose variants are in memory together, about 80 each


@dataclass(frozen=True)
class Omission:
    """One thing that can be left out of a domain's inputs."""

    kind: str  # token, link, behaviour or page
    what: str  # the token, the name of the feature, or a link of that host
    input: str  # one of SEQUENCES or NUMBERS
    columns: tuple[int, ...]

    def apply(self, row: dict[str, npt.NDArray[Any]]) -> None:
        row[self.input][list(self.columns)] = 0 if self.input in SEQUENCES else np.nan


@dataclass(frozen=True)
class Reason:
    kind: str
    what: str
    contribution: float  # how far the calibrated logit falls without it; negative where it speaks for the domain


def reasons_of(scorer: DomainScorer, rows: pa.Table, inputs: Inputs, *, at_most: int) -> list[list[Reason]]:
    """For each row, what raises its score, strongest first."""
    found = contributions(scorer, first_links(rows["links"]), inputs)
    return [[reason for reason in reasons if reason.contribution >= LEAST][:at_most] for reasons in found]


def explain(scorer: DomainScorer, rows: pa.Table) -> list[list[Reason]]:
    """For each row of domain_features, whatever its score: what raises and, last, what lowers it most."""
    return list(contributions(scorer, first_links(rows["links"]), scorer.artefact.encoder.encode(rows)))


def contributions(scorer: DomainScorer, links: Sequence[str | None], inputs: Inputs) -> Iterable[list[Reason]]:
    """`links` names a link of each domain, by which the spelling of its host is shown."""
    for start in range(0, len(links), AT_ONCE):
        rows = range(start, min(start + AT_ONCE, len(links)))
        omissions = [omissions_of(scorer, links[row], row_of(inputs, row)) for row in rows]
        variants = [
            variant for row, left in zip(rows, omissions, strict=True) for variant in without(inputs, row, left)
        ]
        logits = scorer.calibrated(stacked(variants))
        ends = np.cumsum([1 + len(left) for left in omissions])
        for left, said in zip(omissions, np.split(logits, ends[:-1]), strict=True):
            yield ranked(left, said[0] - said[1:])


def omissions_of(scorer: DomainScorer, link: str | None, row: dict[str, npt.NDArray[Any]]) -> list[Omission]:
    encoder = scorer.artefact.encoder
    return [
        *tokens(row["tokens"], scorer.token_logits, encoder),
        *words(row["words"], encoder),
        *spelling(row["ngrams"], link),
        *numbers("link", "lexical", dict(zip(LINK_FEATURES, lexical_columns(), strict=True)), row["lexical"]),
        *numbers("behaviour", "behaviour", {name: (i,) for i, name in enumerate(BEHAVIOUR)}, row["behaviour"]),
        *numbers("page", "page", {name: (i,) for i, name in enumerate(PAGE)}, row["page"]),
    ]


def tokens(ids: npt.NDArray[Any], alone: npt.NDArray[np.float64], encoder: Encoder) -> list[Omission]:
    known = np.flatnonzero(ids >= FIRST)
    chosen = known[np.lexsort((known, -alone[ids[known]]))][:CANDIDATES]
    return [Omission("token", encoder.token_text(int(ids[place])), "tokens", (int(place),)) for place in chosen]


def words(ids: npt.NDArray[Any], encoder: Encoder) -> list[Omission]:
    known = np.flatnonzero(ids >= FIRST)[:CANDIDATES]
    return [Omission("page", f"page:{encoder.word_text(int(ids[place]))}", "words", (int(place),)) for place in known]


def spelling(ids: npt.NDArray[Any], link: str | None) -> list[Omission]:
    """All character n-grams of the hosts together: one of them says little."""
    there = ids.any() and link is not None
    return [Omission("link", link, "ngrams", tuple(range(len(ids))))] if there and link is not None else []


def numbers(kind: str, name: str, columns: dict[str, tuple[int, ...]], values: npt.NDArray[Any]) -> list[Omission]:
    return [
        Omission(kind, feature, name, places)
        for feature, places in columns.items()
        if not np.isnan(values[list(places)]).all()
    ]


def lexical_columns() -> list[tuple[int, int]]:
    """Mean and maximum of a link feature are left out together."""
    return [(place, place + len(LINK_FEATURES)) for place in range(len(LINK_FEATURES))]


def first_links(bags: pa.ChunkedArray) -> list[str | None]:
    """The scheme and host of a link of each bag, such as http://www.example.com."""
    first = [next((link for link in bag or [] if link is not None), None) for bag in bags.to_pylist()]
    hosts = split_links(pa.array(first, pa.string()))["host"].to_pylist()
    return [None if link is None else host for link, host in zip(first, hosts, strict=True)]


def row_of(inputs: Inputs, row: int) -> dict[str, npt.NDArray[Any]]:
    return {name: values[row] for name, values in inputs.items()}


def without(inputs: Inputs, row: int, omissions: Sequence[Omission]) -> Iterable[dict[str, npt.NDArray[Any]]]:
    """The inputs of a row as they are, then without each omission."""
    yield row_of(inputs, row)
    for omission in omissions:
        variant = {name: values[row].copy() for name, values in inputs.items()}
        omission.apply(variant)
        yield variant


def stacked(variants: Sequence[dict[str, npt.NDArray[Any]]]) -> Inputs:
    return {name: np.stack([variant[name] for variant in variants]) for name in variants[0]}


def ranked(omissions: Sequence[Omission], falls: npt.NDArray[np.float64]) -> list[Reason]:
    reasons = [Reason(o.kind, o.what, float(fall)) for o, fall in zip(omissions, falls, strict=True)]
    return sorted(reasons, key=lambda reason: (-round(reason.contribution, 5), reason.kind, reason.what))
