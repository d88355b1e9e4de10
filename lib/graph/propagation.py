"""Seeded propagation on the account-domain graph (Zhou et al. 2004, Learning with Local and Global Consistency).

S = Du^-1/2 W Dd^-1/2 is the normalised matrix of accounts x domains, a < 1 the damping. Mass that sets out from the
seeds y_u, y_d and is passed to and fro for ever settles at

    x_d = a S' x_u + (1 - a) y_d,    x_u = a S x_d + (1 - a) y_u

which is (I - a^2 S'S) x_d = (1 - a) (y_d + a S' y_u). The norm of S is at most 1, so the system is positive definite,
and there is nothing to swing, not even on a complete bipartite block.
"""

import logging
from collections.abc import Callable
from itertools import count

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from lib.arrays import Floats

log = logging.getLogger(__name__)


class NoConvergence(RuntimeError):
    """The residual did not reach the tolerance."""


def settled_mass(
    gram: Callable[[Floats], Floats], right: Floats, *, damping: float, tolerance: float, max_passes: int
) -> Floats:
    """x with (I - damping^2 S'S) x = `right`, column by column; shape (domains, sides), as `right`.

    `gram` is one pass over the edges, x -> S'S x. All sides are solved as one stacked system, so that they share the
    passes. Each is scaled to norm 1, so that the residual of each is at most `tolerance` of its own norm. Where no mass
    gets to, x is exactly 0; elsewhere the tiny negative values that rounding leaves are cut. Raises NoConvergence after
    `max_passes`.
    """
    norms = np.linalg.norm(right, axis=0)
    sides = np.flatnonzero(norms)
    if not sides.size:
        return np.zeros_like(right)
    shape = (len(right), sides.size)

    def product(stacked: Floats) -> Floats:
        x = stacked.reshape(shape)
        return np.asarray(x - damping**2 * gram(x)).ravel()

    size, root = shape[0] * shape[1], np.sqrt(sides.size)
    stacked, failed = cg(
        LinearOperator((size, size), matvec=product, dtype=np.float64),
        (right[:, sides] / norms[sides]).ravel(),
        rtol=tolerance / root,
        maxiter=max_passes,
        M=residual_log(size, norm=root),
    )
    if failed:
        raise NoConvergence(
            f"the residual is still above {tolerance} after {max_passes} passes over {shape[0]} domains: "
            "raise graph.max_passes or graph.tolerance, or lower graph.damping"
        )
    mass = np.zeros_like(right)
    mass[:, sides] = np.maximum(stacked.reshape(shape), 0) * norms[sides]
    return mass


def residual_log(size: int, *, norm: float) -> LinearOperator:
    """The identity as a preconditioner: what it is handed before each pass is the residual, which it logs."""
    numbers = count(1)

    def note(residual: Floats) -> Floats:
        log.info("pass %d, before it the relative residual is %.1e", next(numbers), np.linalg.norm(residual) / norm)
        return residual

    return LinearOperator((size, size), matvec=note, dtype=np.float64)


def spam_share(spam: Floats, benign: Floats, *, prior: float, epsilon: float) -> Floats:
    """The share of spam in the mass that reaches a node, drawn towards the prior, and the prior where none does."""
    mass = spam + benign
    share = (spam + epsilon * prior) / (mass + epsilon)
    return np.where(mass > 0, np.clip(share, 0, 1), prior)
