"""What is new or growing, and what labels and models do not know of yet."""

import pandas as pd

from lib.config import ClusterSettings


def is_known(facts: pd.DataFrame, settings: ClusterSettings) -> "pd.Series[bool]":
    """Accounts that a label, the account model or the domains of their links mark as spam; see facts.py."""
    scored = (facts["account_score"] >= settings.known_from) | (facts["domain_score"] >= settings.known_from)
    return scored.fillna(False) | facts["is_spam"].eq(True).fillna(False)


def is_emerging(state: str, accounts: int, accounts_before: int, known_share: float, settings: ClusterSettings) -> bool:
    growing = state == "new" or 0 < accounts_before < accounts
    return growing and known_share < settings.known_from
