"""Calibration watched month by month: cumulative sums that alarm when forecasts are wrong on average for long."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

SLACK = 0.5  # standard errors a month may be off without adding up
LIMIT = 4.0  # standard errors that alarm
LEVEL = 0.5  # log-odds by which forecasts may be off that a quiet year must have been able to find
POWER = 0.8  # in this share of years


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """Sums of a series of months, and the first month that alarms."""

    up: NDArray[np.float64]  # more events than forecast
    down: NDArray[np.float64]  # fewer
    alarm: int | None  # its place, 0 is the first


def surplus(outcome: np.ndarray, probability: np.ndarray) -> float:
    """Return events less those forecast, in standard errors under the forecasts.

    >>> surplus(np.array([1, 0]), np.array([0.5, 0.5]))
    0.0
    """
    return float((outcome - probability).sum() / np.sqrt((probability * (1 - probability)).sum()))


def watch(z: np.ndarray, slack: float = SLACK, limit: float = LIMIT) -> Watched:
    """Return the two-sided cumulative sum of monthly surpluses.

    References
    ----------
    Page (1954), Biometrika 41, 100-115.

    Examples
    --------
    >>> watch(np.array([2.5, 2.5, 2.5])).alarm
    2
    """
    up, down = np.zeros(len(z)), np.zeros(len(z))
    above = below = 0.0
    for place, one in enumerate(z):
        above, below = max(0.0, above + one - slack), max(0.0, below - one - slack)
        up[place], down[place] = above, below
    beyond = np.flatnonzero(np.maximum(up, down) > limit)
    return Watched(up, down, int(beyond[0]) if len(beyond) else None)


def able(information: np.ndarray, slack: float = SLACK, limit: float = LIMIT) -> bool:
    """Return whether months of so many people would have shown a level that is off by `LEVEL`, in `POWER` of years.

    Off by that much in log-odds, a month's surplus is about `LEVEL` times the root of its information; what it adds to
    the sum less the slack, less what chance takes back, must pass the limit.

    Parameters
    ----------
    information : ndarray of shape (n_months,)
        Sum of p (1 - p) over the forecasts of each month.

    Examples
    --------
    >>> able(np.full(12, 20.0)), able(np.full(12, 2.0))
    (True, False)
    """
    gained = float((LEVEL * np.sqrt(information) - slack).sum())
    return bool(gained - float(norm.ppf(POWER)) * np.sqrt(len(information)) >= limit)
