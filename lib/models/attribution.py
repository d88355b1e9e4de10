"""Why an entity has its score: how far the score's logit falls when one thing about it is left out.

Leaving out is what training did at random (a token, a number, a whole input is missing), so the model knows how to do
without. Contributions of things that say the same do not add up: each is measured while the others are there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from lib.arrays import Array, Floats
from lib.models.domain.domain_encoder import Inputs
from lib.models.domain.domain_scoring import Scorer

LEAST = 1e-3  # a smaller contribution is no reason
AT_ONCE = 64  # entities whose variants are in memory together, about 80 each

Row = dict[str, Array]  # the inputs of one entity


@dataclass(frozen=True)
class Omission:
    """One thing that can be left out of an entity's inputs."""

    kind: str  # such as token, behaviour or profile: see the `reasons` of the score tables
    what: str  # the token, the name of the feature, ...
    input: str  # where it stands, and there in which columns
    columns: tuple[int, ...]

    def apply(self, row: Row) -> None:
        """Ids become padding, numbers become NaN."""
        values = row[self.input]
        values[list(self.columns)] = 0 if np.issubdtype(values.dtype, np.integer) else np.nan


@dataclass(frozen=True)
class Reason:
    kind: str
    what: str
    contribution: float  # how far the calibrated logit falls without it; negative where it speaks for the entity


OmissionsOf = Callable[[int, Row], Sequence[Omission]]  # number of the row, its inputs -> what can be left out


def raising(found: Iterable[list[Reason]], *, at_most: int) -> list[list[Reason]]:
    """For each entity, what raises its score, strongest first."""
    return [[reason for reason in reasons if reason.contribution >= LEAST][:at_most] for reasons in found]


def contributions(scorer: Scorer, omissions_of: OmissionsOf, inputs: Inputs) -> Iterable[list[Reason]]:
    """For each row of `inputs`: what raises its score, strongest first, and, last, what lowers it most."""
    number = len(next(iter(inputs.values())))
    for start in range(0, number, AT_ONCE):
        rows = range(start, min(start + AT_ONCE, number))
        omissions = [omissions_of(row, row_of(inputs, row)) for row in rows]
        variants = [
            variant for row, left in zip(rows, omissions, strict=True) for variant in without(inputs, row, left)
        ]
        logits = scorer.calibrated(stacked(variants))
        ends = np.cumsum([1 + len(left) for left in omissions])
        for left, said in zip(omissions, np.split(logits, ends[:-1]), strict=True):
            yield ranked(left, said[0] - said[1:])


def numbers(kind: str, name: str, columns: dict[str, tuple[int, ...]], values: Array) -> list[Omission]:
    """`columns` are those of each feature in the input `name`; what is not known cannot be left out."""
    return [
        Omission(kind, feature, name, places)
        for feature, places in columns.items()
        if not np.isnan(values[list(places)]).all()
    ]


def row_of(inputs: Inputs, row: int) -> Row:
    return {name: values[row] for name, values in inputs.items()}


def without(inputs: Inputs, row: int, omissions: Sequence[Omission]) -> Iterable[Row]:
    """The inputs of a row as they are, then without each omission."""
    yield row_of(inputs, row)
    for omission in omissions:
        variant = {name: values[row].copy() for name, values in inputs.items()}
        omission.apply(variant)
        yield variant


def stacked(variants: Sequence[Row]) -> Inputs:
    return {name: np.stack([variant[name] for variant in variants]) for name in variants[0]}


def ranked(omissions: Sequence[Omission], falls: Floats) -> list[Reason]:
    reasons = [Reason(o.kind, o.what, float(fall)) for o, fall in zip(omissions, falls, strict=True)]
    return sorted(reasons, key=lambda reason: (-round(reason.contribution, 5), reason.kind, reason.what))
