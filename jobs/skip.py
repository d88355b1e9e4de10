"""A job that cannot do its work today, and need not."""


class StandAside(Exception):
    """What the job needs is not there, such as a model or labels; the message says what would bring it.

    Its tables then have no rows for the day, and the run goes on.
    """
