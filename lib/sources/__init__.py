"""Sources: where rows come from, how the user's columns become ours, and what is wrong with a row."""

from lib.sources.errors import SourceError, TooManyBadRows, UnbalancedCounts
from lib.sources.fingerprint import day_hashes, fingerprint

__all__ = ["SourceError", "TooManyBadRows", "UnbalancedCounts", "day_hashes", "fingerprint"]
