"""The domain model's network as NumPy computes it: the same function as the Keras archive, in a fraction of the time.

A graph of TensorFlow spends most of its time on copies of what trees ask and of what ids stand for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from lib.arrays import Floats, Floats32, Ints, Ints32
from lib.models.domain.domain_encoder import NUMBERS, Inputs
from lib.models.domain.domain_network import HIDDEN, LEAVES, LOGIT, SHAPE, SPELLING, WEIGHTS, WORDED
from lib.models.domain.oblivious_trees import Trees

Layer = tuple[Floats32, Floats32]  # kernel and bias

ROWS = 2048  # of one pass; what it takes stays in the processor's cache
NEVER = np.float32(-1e6)  # less than any number that an id stands for


@dataclass(frozen=True)
class DomainForward:
    """The weights, as each step takes them."""

    trees: Trees  # of all members, one member's after the other's
    wide: Floats32  # see lib.models.domain.domain_network.wide_logits
    embeddings: Mapping[str, Floats32]  # of tokens and words: (ids, members x embedding), 0 for padding
    numbers: Mapping[str, Layer]  # of each of NUMBERS: (2 x features, members x embedding)
    hidden: Layer  # (members, inputs, hidden), (members, 1, hidden)
    logit: Layer  # (members, hidden, 1), (members, 1, 1)

    @property
    def members(self) -> int:
        return len(self.logit[0])

    def logits(self, inputs: Inputs) -> Floats:
        """Each member's logit, before calibration: (n, members)."""
        number = len(inputs[SHAPE])
        starts = range(0, max(number, 1), ROWS)
        parts = [{name: values[start : start + ROWS] for name, values in inputs.items()} for start in starts]
        return np.concatenate([self.of_rows(part) for part in parts]).astype(np.float64)

    def of_rows(self, inputs: Inputs) -> Floats32:
        logits = self.taught(inputs)
        logits += self.spelled(inputs[SPELLING])
        logits += self.shaped(inputs[SHAPE])
        return logits

    def taught(self, inputs: Inputs) -> Floats32:
        """What gradient descent has trained: (n, members)."""
        branches = [flat for name in WORDED for flat in self.embedded(name, inputs[name])]
        branches += [self.from_numbers(name, inputs[name]) for name in NUMBERS]
        known = np.concatenate([by_member(flat, self.members) for flat in branches], axis=-1)
        hidden = known @ self.hidden[0]
        hidden += self.hidden[1]
        np.maximum(hidden, 0, out=hidden)
        return np.ascontiguousarray((hidden @ self.logit[0] + self.logit[1])[..., 0].T)

    def embedded(self, name: str, ids: Ints32) -> tuple[Floats32, Floats32]:
        """Mean and greatest of what the ids stand for that are not padding; 0 where there is none."""
        table = self.embeddings[name]
        total = np.zeros((len(ids), table.shape[1]), np.float32)
        greatest = np.full_like(total, NEVER)
        order, columns = longest_first(ids)
        for column in columns:
            found = table.take(column, axis=0)
            total[: len(column)] += found
            found[column == 0] = NEVER
            np.maximum(greatest[: len(column)], found, out=greatest[: len(column)])
        count = np.count_nonzero(ids, axis=1)[order][:, None]
        total /= np.maximum(count, 1).astype(np.float32)
        greatest *= count > 0
        return in_place(total, order), in_place(greatest, order)

    def from_numbers(self, name: str, values: Floats32) -> Floats32:
        """From the values and from which of them are missing."""
        kernel, bias = self.numbers[name]
        missing = np.isnan(values)
        if missing.any():
            said = (
                np.concatenate([np.where(missing, np.float32(0), values), ~missing], axis=1, dtype=np.float32) @ kernel
            )
        else:
            features = values.shape[1]
            said = values @ kernel[:features] + kernel[features:].sum(axis=0)
        return np.asarray(np.maximum(said + bias, 0))

    def spelled(self, ids: Ints32) -> Floats32:
        """See lib.models.domain.domain_network.wide_logits."""
        total = np.zeros((len(ids), self.wide.shape[1]), np.float32)
        order, columns = longest_first(ids)
        for column in columns:
            total[: len(column)] += self.wide.take(column, axis=0)
        total[:, :-1] /= np.sqrt(np.maximum(total[:, -1:], np.float32(1e-6)))
        return in_place(total[:, :-1], order)

    def shaped(self, numbers: Floats32) -> Floats32:
        """The trees' logits; 0 where no link is known."""
        found = self.trees.sums(numbers, members=self.members)
        found[np.isnan(numbers).all(axis=1)] = 0
        return found


def longest_first(ids: Ints32) -> tuple[Ints, list[Ints32]]:
    """An order of the rows, and the ids in it column by column, each without the rows that have ended by then."""
    there = ids != 0
    length = np.where(there.any(axis=1), ids.shape[1] - there[:, ::-1].argmax(axis=1), 0)
    order = np.argsort(-length, kind="stable")
    going_on = np.searchsorted(-length[order], -np.arange(ids.shape[1]))
    columns = np.ascontiguousarray(ids[order].T)
    return order, [column[:rows] for column, rows in zip(columns, going_on, strict=True) if rows]


def in_place(values: Floats32, order: Ints) -> Floats32:
    found = np.empty_like(values)
    found[order] = values
    return found


def by_member(flat: Floats32, members: int) -> Floats32:
    """(members, n, width)."""
    return flat.reshape(len(flat), members, flat.shape[1] // members).transpose(1, 0, 2)


def forward_from(network: keras.Model) -> DomainForward:
    """The same function as `network`, which build_network has made."""
    weights = {layer.name: [np.asarray(w) for w in layer.get_weights()] for layer in network.layers if layer.weights}
    of_input = {name.removesuffix(WEIGHTS): values for name, values in weights.items()}
    (hidden, hidden_bias), (logit, logit_bias) = weights[HIDDEN], weights[LOGIT]
    return DomainForward(
        trees=trees_in(network.get_config(), weights[LEAVES][0]),
        wide=of_input[SPELLING][0],
        embeddings={name: np.concatenate([0 * of_input[name][0][:1], of_input[name][0][1:]]) for name in WORDED},
        numbers={name: (of_input[name][0], of_input[name][1]) for name in NUMBERS},
        hidden=(hidden, hidden_bias[:, None]),
        logit=(logit, logit_bias[:, None]),
    )


def trees_in(config: Mapping[str, Any], leaf: Floats32) -> Trees:
    """What the trees ask stands in the graph itself, level by level."""
    feature, threshold = (
        np.array([constant_of(layer) for layer in config["layers"] if layer["class_name"] == operation])
        for operation in ("Take", "Greater")
    )
    levels, trees = feature.shape
    return Trees(feature, threshold.reshape(levels, trees).astype(np.float32), leaf.reshape(trees, -1))


def constant_of(operation: Mapping[str, Any]) -> list[Any]:
    """The second operand, as Keras writes it into the archive."""
    second = operation["inbound_nodes"][0]["args"][1]["config"]["value"]
    assert isinstance(second, list)
    return second
