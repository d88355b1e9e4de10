"""Why an entity has its score: how far the score's logit falls when one thing about it is left out.

Leaving out is what training did at random (a token, a number, a whole input is missing), so the model knows how to do
without. Contributions of things with one meaning do not add up: each is measured while the others are present.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from lib.arrays import Array, Floats
from lib.models.inputs import Inputs, Row, stacked
from lib.models.scoring import Scorer

LEAST = 1e-3  # a smaller contribution is no reason
AT_ONCE = 64  # entities whose variants are in memory together, about 80 each


@dataclass(frozen=True)
class Omission:
    """One thing that can be left out of an entity's inputs."""

    kind: str  # such as token, behaviour or profile: see the `reasons` of the score tables
    what: str  # the token, the name of the feature, ...
    input: str  # the input that it is in, and in which of its columns
    columns: tuple[int, ...]

    def of(self, row: Row) -> Row:
        """`row` without it: ids are gone, numbers are NaN."""
        values, columns = row[self.input], list(self.columns)
        if np.issubdtype(values.dtype, np.integer):
            return row | {self.input: np.delete(values, columns)}
        unknown = values.copy()
        unknown[columns] = np.nan
        return row | {self.input: unknown}


@dataclass(frozen=True)
class Reason:
    kind: str
    what: str
    contribution: float  # how far the calibrated logit falls without it; negative where it lowers the score


OmissionsOf = Callable[[int, Row], Sequence[Omission]]  # number of the row, its inputs -> what can be left out


def raising(result: Iterable[list[Reason]], *, at_most: int) -> list[list[Reason]]:
    """For each entity, what raises its score, strongest first."""
    return [[reason for reason in reasons if reason.contribution >= LEAST][:at_most] for reasons in result]


def contributions(scorer: Scorer, omissions_of: OmissionsOf, inputs: Inputs) -> Iterable[list[Reason]]:
    """For each row of `inputs`: what raises its score, strongest first, and, last, what lowers it most."""
    for start in range(0, len(inputs), AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, len(inputs)))
        rows = [inputs.row(number) for number in numbers]
        omissions = [omissions_of(number, row) for number, row in zip(numbers, rows, strict=True)]
        variants = [
            variant for row, left in zip(rows, omissions, strict=True) for variant in (row, *(o.of(row) for o in left))
        ]
        logits = scorer.calibrated(stacked(variants, like=inputs))
        ends = np.cumsum([1 + len(left) for left in omissions])
        for left, logit in zip(omissions, np.split(logits, ends[:-1]), strict=True):
            yield ranked(left, logit[0] - logit[1:])


def numbers(kind: str, name: str, columns: dict[str, tuple[int, ...]], values: Array) -> list[Omission]:
    """`columns` are those of each feature in the input `name`; what is not known cannot be left out."""
    return [
        Omission(kind, feature, name, places)
        for feature, places in columns.items()
        if not np.isnan(values[list(places)]).all()
    ]


def ranked(omissions: Sequence[Omission], falls: Floats) -> list[Reason]:
    reasons = [Reason(o.kind, o.what, float(fall)) for o, fall in zip(omissions, falls, strict=True)]
    return sorted(reasons, key=lambda reason: (-round(reason.contribution, 5), reason.kind, reason.what))
