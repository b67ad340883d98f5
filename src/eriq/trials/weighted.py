"""Means and differences weighted by one over the chance of assignment, with robust intervals."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mean:
    """A weighted mean and its standard error; both missing where nobody is."""

    value: float
    se: float

    def interval(self, level: float) -> tuple[float, float]:
        """Return both ends."""
        reach = NormalDist().inv_cdf((1 + level) / 2) * self.se
        return self.value - reach, self.value + reach

    def less(self, other: "Mean") -> "Mean":
        """Return the difference from a mean of other people."""
        return Mean(self.value - other.value, float(np.hypot(self.se, other.se)))


def weighted_mean(values: Floats, chance: Floats) -> Mean:
    """Return the mean of some people, each weighted by one over the chance of the arm they got.

    The weights add up to one (Hájek 1971); the standard error is the sandwich of a regression on the arms alone (White
    1980, HC0), so it holds with unequal weights.

    Parameters
    ----------
    values : ndarray of shape (n,)
    chance : ndarray of shape (n,)
        Above 0, at most 1.

    Examples
    --------
    >>> weighted_mean(np.array([1.0, 0.0, 0.0]), np.array([0.5, 0.25, 0.25])).value
    0.2
    """
    if not len(values):
        return Mean(float("nan"), float("nan"))
    weight = 1 / chance
    mean = float(np.average(values, weights=weight))
    return Mean(mean, float(np.sqrt(np.square(weight * (values - mean)).sum()) / weight.sum()))
