"""Two numbers that turn a margin into calibrated log-odds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibrator:
    """Two numbers that turn a model's margin into calibrated log-odds; contributions scale with the slope."""

    intercept: float
    slope: float

    def apply(self, margin: np.ndarray) -> Floats:
        """Return calibrated log-odds for margins of any shape.

        >>> Calibrator(intercept=-1.0, slope=0.5).apply(np.array([0.0, 2.0])).tolist()
        [-1.0, 0.0]
        """
        return self.intercept + self.slope * np.asarray(margin, dtype=np.float64)


def expit(margin: np.ndarray) -> Floats:
    """Return the probability of log-odds, without overflow.

    >>> expit(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    # tanh saturates instead of overflowing, and is one pass where a branch on the sign takes three
    return 0.5 + 0.5 * np.tanh(0.5 * np.asarray(margin, dtype=np.float64))
