"""What the graph should say, computed the slow and obvious way: dense matrices, and sweeps until nothing moves."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lib.arrays import Floats

Edges = Mapping[tuple[str, str], float]  # (account, domain) -> weight
Seeds = Mapping[tuple[str, str], tuple[bool, float]]  # (kind, id) -> spam?, weight
DAMPING, PRIOR, EPSILON, PRIOR_MASS = 0.85, 0.5, 1e-3, 0.3


class Reached(NamedTuple):
    raw: float
    support: float
    spam: float  # mass


def normalised(w: Floats) -> Floats:
    """S = Du^-1/2 W Dd^-1/2; a node without edges has a row or column of zeros."""
    u, d = w.sum(1, keepdims=True), w.sum(0, keepdims=True)
    return np.asarray(w / np.sqrt(np.where(u > 0, u, 1)) / np.sqrt(np.where(d > 0, d, 1)))


def swept(s: Floats, y_u: Floats, y_d: Floats, damping: float, sweeps: int = 500) -> tuple[Floats, Floats]:
    """Mass passed to and fro until it settles, of accounts and of domains."""
    u, d = np.zeros_like(y_u), np.zeros_like(y_d)
    for _ in range(sweeps):
        u = damping * s @ d + (1 - damping) * y_u
        d = damping * s.T @ u + (1 - damping) * y_d
    return u, d


def oracle(edges: Edges, seeds: Seeds, scores: Mapping[str, float]) -> dict[tuple[str, str], Reached]:
    """What reaches each node, by (kind, id), from the seeds and from the domain model's `scores`."""
    names = {"account": sorted({a for a, _ in edges}), "domain": sorted({d for _, d in edges})}
    places = {kind: {name: at for at, name in enumerate(ids)} for kind, ids in names.items()}
    w = np.zeros((len(names["account"]), len(names["domain"])))
    for (account, domain), weight in edges.items():
        w[places["account"][account], places["domain"][domain]] = weight
    y = {kind: np.zeros((len(ids), 2)) for kind, ids in names.items()}
    there = {key: value for key, value in seeds.items() if key[1] in places[key[0]]}
    mean = sum(min(weight, 10.0) for _, weight in there.values()) / len(there)
    for (kind, name), (is_spam, weight) in there.items():
        y[kind][places[kind][name], 0 if is_spam else 1] = min(weight, 10.0) / mean
    free = {d: p for d, p in scores.items() if d in places["domain"] and ("domain", d) not in there}
    lean = sum(abs(2 * p - 1) for p in free.values())
    for domain, p in free.items():
        mass = abs(2 * p - 1) * min(1.0, PRIOR_MASS * len(there) / lean)
        y["domain"][places["domain"][domain]] = mass * p, mass * (1 - p)
    u, d = swept(normalised(w), y["account"], y["domain"], DAMPING)
    result = {}
    for kind, x, degrees in (("account", u, w.sum(1)), ("domain", d, w.sum(0))):
        for name, (spam, benign), degree in zip(names[kind], x, degrees, strict=True):
            raw = (spam + EPSILON * PRIOR) / (spam + benign + EPSILON)
            result[kind, name] = Reached(raw, (spam + benign) / np.sqrt(degree), spam)
    return result
