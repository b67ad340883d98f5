"""Intervals of what a model says, from refits of it on resampled clients."""

import numpy as np
from scipy.stats import t

Ends = tuple[np.ndarray, np.ndarray]


def around(value: np.ndarray, again: np.ndarray, level: float) -> Ends:
    """Return the ends of value plus and minus t standard deviations over refits.

    A refit on resampled clients sees fewer different ones and overfits more, so mean absolute contributions of refits
    lie too high for weak columns, and a range over refits can miss the value it is drawn for. How much refits differ
    is what they tell; where the middle lies, the model on all clients tells. Degrees of freedom are the refits less 1,
    so that few refits make a wide interval and not a short one.

    Parameters
    ----------
    value : ndarray of shape (n,)
        By the model on all clients.
    again : ndarray of shape (refits, n)
        The same by refits.
    level : float
        Of the interval, in (0, 1).

    Returns
    -------
    two ndarray of shape (n,)
        NaN with fewer than two refits.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, 12.2 and 13.7.

    Examples
    --------
    >>> low, high = around(np.array([1.0]), np.array([[1.4], [1.6]]), 0.95)
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (-0.797, 2.797)
    """
    half = _times(len(again), level) * _deviation(again)
    return value - half, value + half


def ranks_around(value: np.ndarray, again: np.ndarray, level: float) -> Ends:
    """Return the first and last rank that each value may have, 1 for the largest.

    A value ranks behind those that are larger by more than the interval of the difference, and before those that are
    smaller by more. The rank of the value itself always lies between.

    Parameters and returns as in `around`.

    References
    ----------
    Mogstad, Romano, Shaikh and Wilhelm (2024), Review of Economic Studies 91, 476-518; differences here are each at
    `level`, not all of them together.

    Examples
    --------
    >>> value, again = np.array([3.0, 1.0, 0.9]), np.array([[3.1, 1.0, 0.9], [2.9, 0.9, 1.0], [3.0, 0.8, 0.9]])
    >>> [ends.tolist() for ends in ranks_around(value, again, 0.95)]
    [[1.0, 2.0, 2.0], [1.0, 3.0, 3.0]]
    """
    ahead = value[None, :] - value[:, None]
    half = _times(len(again), level) * _deviation(again[:, None, :] - again[:, :, None])
    gap = np.where(np.isnan(half).all(), np.nan, 0.0)
    return gap + 1 + (ahead > half).sum(axis=1), gap + len(value) - (-ahead > half).sum(axis=1)


def _times(refits: int, level: float) -> float:
    """Return how many standard deviations an interval reaches to either side."""
    return float(t.ppf((1 + level) / 2, refits - 1)) if refits > 1 else np.nan


def _deviation(again: np.ndarray) -> np.ndarray:
    return np.asarray(again.std(axis=0, ddof=1)) if len(again) > 1 else np.full(again.shape[1:], np.nan)
