"""What can be wrong with a source."""


class SourceError(ValueError):
    """A source cannot be read as [sources.NAME] says; the message names the source, the setting and what to do."""


class TooManyBadRows(ValueError):
    """So many rows of a source were unreadable that the fault is likelier in the delivery or in its settings."""


class UnbalancedCounts(RuntimeError):
    """Rows were lost or made: read is not kept + duplicates + quarantined."""
