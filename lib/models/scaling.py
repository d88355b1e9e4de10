"""Numbers of any size, brought to about -5 to 5."""

from dataclasses import dataclass

import numpy as np

from lib.arrays import AnyFloats, Floats32

LIMIT = 5.0  # standard deviations; values beyond it are cut


@dataclass(frozen=True)
class Scaling:
    """Mean and standard deviation of each column of the training rows."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def standardise(self, values: AnyFloats) -> Floats32:
        """(n, columns), NaN where missing or infinite."""
        scaled = (values - np.asarray(self.mean, values.dtype)) / np.asarray(self.deviation, values.dtype)
        scaled[np.isinf(scaled)] = np.nan
        return np.ascontiguousarray(np.clip(scaled, -LIMIT, LIMIT, out=scaled), np.float32)


def learn_scaling(values: AnyFloats) -> Scaling:
    """Missing and infinite values do not count; a column without two different values has deviation 1."""
    finite = np.isfinite(values)
    count = np.maximum(finite.sum(axis=0), 1)
    mean = np.where(finite, values, 0).sum(axis=0) / count
    variance = np.where(finite, (np.where(finite, values, 0) - mean) ** 2, 0).sum(axis=0) / count
    deviation = np.where(variance > 1e-12, np.sqrt(variance), 1.0)
    return Scaling(tuple(mean.tolist()), tuple(deviation.tolist()))


def log_compressed(values: AnyFloats) -> AnyFloats:
    """sign(x) log(1 + |x|): counts span six orders of magnitude."""
    with np.errstate(over="ignore"):
        return np.copysign(np.log1p(np.abs(values)), values)
