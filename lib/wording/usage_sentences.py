"""How often and when something was used, in words that are the same for an account and for a domain."""

from collections.abc import Callable

from lib.wording.phrases import Numbers, many, percent

# Each asks for its number by name, and raises KeyError where it is not known.
USAGE: dict[str, Callable[[Numbers], str]] = {
    "age_days": lambda n: f"it was first seen {many(n['age_days'], 'day')} ago" if n["age_days"] else "it is new today",
    "burst_28d": lambda n: f"its busiest day had {n['burst_28d']:.1f} times the interactions of a mean active day",
    "growth_7d": lambda n: f"this week had {n['growth_7d']:.1f} times the interactions of a mean week of the last four",
    "hour_entropy_28d": lambda n: (
        f"its interactions spread over the hours of the day at {percent(n['hour_entropy_28d'])} of an even spread"
    ),
}
