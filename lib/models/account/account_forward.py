"""The account model's network as NumPy computes it: the same function as the Keras archive, in a fraction of the time.

Rows are the last axis here, as the encoder writes them, so that each pass runs over long stretches of memory; the rows
of a pass stay in the processor's cache. A graph of TensorFlow spends most of its time on spreading the numbers.
"""

from dataclasses import dataclass

import keras
import numpy as np

from lib.arrays import Floats, Floats32, Ints32
from lib.models.account.account_encoder import CATEGORIES, NUMBERS, Inputs
from lib.models.account.account_network import BEND, HIDDEN, LOGIT, MARKED, MARKS, PLAIN, TURN
from lib.models.vocabulary import PADDING

ROWS = 512  # of one pass


@dataclass(frozen=True)
class AccountForward:
    """The weights, as each step takes them."""

    by_place: Floats32  # (members + units, bins x numbers): for the members' plain parts, then for the units
    at_zero: Floats32  # (members + units, 1): what places of 0 say
    by_absence: Floats32  # (members + units, 2 x numbers): for numbers that are missing, then that are not known
    turn: Floats32  # (members, replicas, hidden, 1)
    moved: Floats32
    marks: Floats32  # (categories, networks x embedding), 0 for padding
    marked: Floats32  # (networks, hidden, embedding)
    hidden: Floats32  # (networks, hidden, hidden)
    hidden_bias: Floats32  # (networks, hidden, 1)
    logit: Floats32  # (members, 1, replicas x hidden): the mean of the replicas
    logit_bias: Floats32  # (members, 1)

    def logits(self, inputs: Inputs) -> Floats:
        """Each member's logit, before calibration: (n, members)."""
        places, ids = inputs[NUMBERS].T, inputs[CATEGORIES]
        starts = range(0, max(len(ids), 1), ROWS)
        found = [self.of_rows(places[:, start : start + ROWS], ids[start : start + ROWS]) for start in starts]
        return np.concatenate(found, axis=1).T.astype(np.float64)

    def of_rows(self, places: Floats32, ids: Ints32) -> Floats32:
        """(members, rows)."""
        members, replicas, hidden, _ = self.turn.shape
        bent = self.bent(places)
        first = bent[members:].reshape(members, 1, hidden, -1) * self.turn
        first += self.moved
        if ids.any():
            first += self.said_by_marks(ids).reshape(first.shape)
        np.maximum(first, 0, out=first)
        second = self.hidden @ first.reshape(members * replicas, hidden, -1)
        second += self.hidden_bias
        np.maximum(second, 0, out=second)
        logits = self.logit @ second.reshape(members, replicas * hidden, -1)
        return np.asarray(logits[:, 0] + self.logit_bias + bent[:members])

    def bent(self, places: Floats32) -> Floats32:
        """The sum of what each number says by its place: (members + units, rows).

        One that is missing or not known says nothing by its place: what a place of 0 says is taken back.
        """
        numbers = len(places)
        bins = self.by_place.shape[1] // numbers
        steps = np.nan_to_num(places) * np.float32(bins)
        spread = np.empty((bins, *steps.shape), np.float32)
        for number, into in enumerate(spread):
            np.subtract(steps, np.float32(number), out=into)
            np.clip(into, 0, 1, out=into)
        found = self.by_place @ spread.reshape(bins * numbers, -1)
        found += self.at_zero
        absent = np.concatenate([places < 0, np.isnan(places)])
        if absent.any():
            found += self.by_absence @ absent.astype(np.float32)
        return np.asarray(found)

    def said_by_marks(self, ids: Ints32) -> Floats32:
        """What the categories say to each unit: (networks, hidden, rows)."""
        networks, _, embedding = self.marked.shape
        bag = sum(self.marks[column] for column in ids.T)
        return np.asarray(self.marked @ np.asarray(bag).T.reshape(networks, embedding, -1))


def forward_from(network: keras.Model) -> AccountForward:
    """The same function as `network`, which build_network has made."""
    weights = {layer.name: [np.asarray(w) for w in layer.get_weights()] for layer in network.layers if layer.weights}
    turn, moved = weights[TURN]
    members, replicas = turn.shape[:2]
    [marks], (marked, marked_bias), (logit, logit_bias) = (weights[name] for name in (MARKS, MARKED, LOGIT))
    numbers = network.input[NUMBERS].shape[1]
    kernel = np.concatenate([weights[PLAIN][0], weights[BEND][0]], axis=1).T
    bins = kernel.shape[1] // numbers - 1
    by_place, gaps = kernel[:, :-numbers].reshape(-1, numbers, bins) * np.float32(bins**-0.5), kernel[:, -numbers:]
    at_zero = -by_place.sum(axis=2)
    return AccountForward(
        by_place=2 * by_place.transpose(0, 2, 1).reshape(len(kernel), -1),
        at_zero=at_zero.sum(axis=1, keepdims=True),
        by_absence=np.concatenate([gaps - at_zero, -at_zero], axis=1),
        turn=turn[..., None],
        moved=(moved + marked_bias.reshape(moved.shape))[..., None],
        marks=np.where(np.arange(len(marks))[:, None] == PADDING, np.float32(0), marks),
        marked=np.ascontiguousarray(marked.transpose(0, 2, 1)),
        hidden=np.ascontiguousarray(weights[HIDDEN][0].transpose(0, 2, 1)),
        hidden_bias=weights[HIDDEN][1][..., None],
        logit=np.divide(logit.reshape(members, 1, -1), replicas, dtype=np.float32),
        logit_bias=logit_bias.reshape(members, replicas).mean(axis=1, keepdims=True),
    )
