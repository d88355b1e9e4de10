"""What can be left out of an account's inputs, to explain the account's score; see attribution.py."""

import pyarrow as pa

from lib.models.account.account_encoder import BEHAVIOUR, CATEGORIES, DOMAIN_SCORES, NUMBERS, PROFILE
from lib.models.account.account_scoring import AccountScorer
from lib.models.attribution import Omission, Reason, contributions, numbers, raising
from lib.models.inputs import Inputs, Row

ALL_SCORES = "domain_scores"  # how the domain scores are named, which are left out together


def reasons_of(scorer: AccountScorer, inputs: Inputs, *, at_most: int) -> list[list[Reason]]:
    """For each row, what raises its score, strongest first."""
    return raising(contributions(scorer, lambda _, row: omissions_of(scorer, row), inputs), at_most=at_most)


def explain(scorer: AccountScorer, rows: pa.Table) -> list[list[Reason]]:
    """For each row of account_features, whatever its score: what raises and, last, what lowers it most."""
    inputs = scorer.encoder.encode(rows)
    return list(contributions(scorer, lambda _, row: omissions_of(scorer, row), inputs))


def omissions_of(scorer: AccountScorer, row: Row) -> list[Omission]:
    place = {name: number for number, name in enumerate(scorer.encoder.fields.numbers)}
    values = row[NUMBERS]
    return [
        *numbers("profile", NUMBERS, {name: (place[name],) for name in PROFILE}, values),
        *numbers("behaviour", NUMBERS, {name: (place[name],) for name in BEHAVIOUR}, values),
        *numbers("domain_scores", NUMBERS, {ALL_SCORES: tuple(place[name] for name in DOMAIN_SCORES)}, values),
        *categories(scorer, row),
    ]


def categories(scorer: AccountScorer, row: Row) -> list[Omission]:
    """Each value that the model knows."""
    result = [(at, scorer.encoder.id_texts.get(int(row[CATEGORIES][at]))) for at in range(len(row[CATEGORIES]))]
    return [Omission("category", text[1], CATEGORIES, (at,)) for at, text in result if text]
