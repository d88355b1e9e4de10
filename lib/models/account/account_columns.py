"""Which columns of a table of accounts the model sees, and as what."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.features import ACCOUNT_BEHAVIOUR, ACCOUNT_DOMAIN_SCORES, ACCOUNT_PROFILE

PROFILE = tuple(column.name for column in ACCOUNT_PROFILE)
BEHAVIOUR = tuple(column.name for column in ACCOUNT_BEHAVIOUR)
DOMAIN_SCORES = tuple(column.name for column in ACCOUNT_DOMAIN_SCORES)


@dataclass(frozen=True)
class Fields:
    numbers: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()  # one value an account
    bags: tuple[str, ...] = ()  # several values an account: array<string>
    together: tuple[str, ...] = ()  # numbers that say one thing, and are left out as one

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.numbers, *self.categories, *self.bags)


def fields_from(described: Mapping[str, Sequence[str]]) -> Fields:
    """Those of a stored version."""
    return Fields(**{name: tuple(values) for name, values in described.items()})


ACCOUNT_FIELDS = Fields((*PROFILE, *BEHAVIOUR, *DOMAIN_SCORES), bags=("categories",), together=DOMAIN_SCORES)
COLUMNS = ACCOUNT_FIELDS.names  # of account_features, that the model sees


def features_hash() -> str:
    """Of the names of the features in order; a model of other features cannot be used."""
    return hashlib.sha256(repr(ACCOUNT_FIELDS).encode()).hexdigest()[:16]
