"""What can be left out of a domain's inputs, to explain the domain's score; see attribution.py."""

import numpy as np
import pyarrow as pa

from lib.arrays import Array, Floats
from lib.models.attribution import Omission, Reason, contributions, numbers, raising
from lib.models.domain.domain_encoder import BEHAVIOUR, PAGE, Encoder
from lib.models.domain.domain_scoring import DomainScorer
from lib.models.inputs import Inputs, Row
from lib.models.vocabulary import FIRST
from lib.text.lexical import LINK_FEATURES
from lib.text.link_parts import split_links

CANDIDATES = 16  # tokens of a bag, and words of a page, that are left out in turn: those with the highest score alone


def reasons_of(scorer: DomainScorer, rows: pa.Table, inputs: Inputs, *, at_most: int) -> list[list[Reason]]:
    """For each row, what raises its score, strongest first."""
    return raising(explained(scorer, rows, inputs), at_most=at_most)


def explain(scorer: DomainScorer, rows: pa.Table) -> list[list[Reason]]:
    """For each row of domain_features, whatever its score: what raises and, last, what lowers it most."""
    return explained(scorer, rows, scorer.encoder.encode(rows))


def explained(scorer: DomainScorer, rows: pa.Table, inputs: Inputs) -> list[list[Reason]]:
    links = first_links(rows["links"])
    return list(contributions(scorer, lambda number, row: omissions_of(scorer, links[number], row), inputs))


def omissions_of(scorer: DomainScorer, link: str | None, row: Row) -> list[Omission]:
    """`link` names a link of the domain, which stands for the spelling of its links."""
    encoder = scorer.encoder
    return [
        *tokens(row["tokens"], scorer.token_logits, encoder),
        *words(row["words"], encoder),
        *spelling(row["ngrams"], link),
        *numbers("link", "lexical", dict(zip(LINK_FEATURES, lexical_columns(), strict=True)), row["lexical"]),
        *numbers("behaviour", "behaviour", {name: (i,) for i, name in enumerate(BEHAVIOUR)}, row["behaviour"]),
        *numbers("page", "page", {name: (i,) for i, name in enumerate(PAGE)}, row["page"]),
    ]


def tokens(ids: Array, alone: Floats, encoder: Encoder) -> list[Omission]:
    known = np.flatnonzero(ids >= FIRST)
    chosen = known[np.lexsort((known, -alone[ids[known]]))][:CANDIDATES]
    return [Omission("token", encoder.token_text(int(ids[place])), "tokens", (int(place),)) for place in chosen]


def words(ids: Array, encoder: Encoder) -> list[Omission]:
    known = np.flatnonzero(ids >= FIRST)[:CANDIDATES]
    return [Omission("page", f"page:{encoder.word_text(int(ids[place]))}", "words", (int(place),)) for place in known]


def spelling(ids: Array, link: str | None) -> list[Omission]:
    """All character n-grams of the links together: one of them has little effect."""
    return [Omission("link", link, "ngrams", tuple(range(len(ids))))] if len(ids) and link is not None else []


def lexical_columns() -> list[tuple[int, int]]:
    """Mean and maximum of a link feature are left out together."""
    return [(place, place + len(LINK_FEATURES)) for place in range(len(LINK_FEATURES))]


def first_links(bags: pa.ChunkedArray) -> list[str | None]:
    """The scheme and host of a link of each bag, such as http://www.example.com."""
    first = [next((link for link in bag or [] if link is not None), None) for bag in bags.to_pylist()]
    hosts = split_links(pa.array(first, pa.string()))["host"].to_pylist()
    return [None if link is None else host for link, host in zip(first, hosts, strict=True)]
