"""The area under the ROC curve with DeLong's covariance, for independent rows."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from eriq.study.evaluation.metrics import Floats, OneClassError, RangeError, checked


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its confidence limits."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired difference with its confidence limits and the test that it is zero."""

    estimate: float
    low: float
    high: float
    z: float
    p: float


def delong(outcome: np.ndarray, probability: np.ndarray) -> tuple[Floats, Floats]:
    """Return the AUC of each of m scores and the covariance matrix of these AUCs.

    Assumes independent rows: with several waves per client, use the bootstrap of clients instead.

    Parameters
    ----------
    outcome : ndarray of shape (n,)
        0 or 1, each at least twice.
    probability : ndarray of shape (n, m) or (n,)
        Scores on any scale, one column per contender.

    Returns
    -------
    auc : ndarray of shape (m,)
    covariance : ndarray of shape (m, m)

    Raises
    ------
    OneClassError, GapError, RangeError
        As in `auc`; also if an outcome occurs only once.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845; computed from mid-ranks as in Sun and Xu
    (2014), IEEE Signal Processing Letters 21, 1389-1393.

    Examples
    --------
    >>> area, covariance = delong(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.8]))
    >>> area.tolist(), covariance.tolist()
    ([0.875], [[0.03125]])
    """
    scores = np.asarray(probability, dtype=np.float64)
    columns = scores[:, None] if scores.ndim == 1 else scores
    if columns.ndim != 2 or columns.shape[1] == 0:
        raise RangeError("probability must have shape (n,) or (n, m)")
    y = checked(outcome, columns[:, 0], None, both=True)[0] == 1
    n_cases, n_others = int(y.sum()), int((~y).sum())
    if min(n_cases, n_others) < 2:
        raise OneClassError("DeLong's covariance needs each outcome at least twice")
    placement_cases = np.empty((columns.shape[1], n_cases))
    placement_others = np.empty((columns.shape[1], n_others))
    for j, column in enumerate(columns.T):
        score = checked(outcome, column, None)[1]
        together = _mid_ranks(score)
        placement_cases[j] = (together[y] - _mid_ranks(score[y])) / n_others
        placement_others[j] = 1 - (together[~y] - _mid_ranks(score[~y])) / n_cases
    covariance = np.atleast_2d(np.cov(placement_cases)) / n_cases + np.atleast_2d(np.cov(placement_others)) / n_others
    return placement_cases.mean(axis=1), covariance


def delong_interval(outcome: np.ndarray, probability: np.ndarray, level: float = 0.95) -> Interval:
    """Return the AUC of one score with DeLong's confidence limits, cut to [0, 1].

    Parameters, errors and source as in `delong`.

    Examples
    --------
    >>> delong_interval(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.8])).high
    1.0
    """
    area, covariance = delong(outcome, np.asarray(probability)[:, None])
    half = _z(level) * math.sqrt(covariance[0, 0])
    return Interval(float(area[0]), max(0.0, float(area[0]) - half), min(1.0, float(area[0]) + half))


def delong_difference(
    outcome: np.ndarray, probability_a: np.ndarray, probability_b: np.ndarray, level: float = 0.95
) -> Difference:
    """Return the AUC of `a` less that of `b` on the same rows, with DeLong's limits and two-sided test.

    Parameters, errors and source as in `delong`. Two scores that rank alike differ by 0 with p = 1.

    Examples
    --------
    >>> y = np.array([0, 1, 0, 1])
    >>> delong_difference(y, y, y)
    Difference(estimate=0.0, low=0.0, high=0.0, z=0.0, p=1.0)
    """
    if np.shape(probability_a) != np.shape(probability_b):
        raise RangeError("the two scores must be on the same rows")
    area, covariance = delong(outcome, np.column_stack([probability_a, probability_b]))
    estimate = float(area[0] - area[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    spread = math.sqrt(variance) if variance > 1e-15 else 0.0  # rounding leaves a trace where it is exactly 0
    z = estimate / spread if spread else (math.copysign(math.inf, estimate) if abs(estimate) > 1e-12 else 0.0)
    half = _z(level) * spread
    return Difference(estimate, estimate - half, estimate + half, z, math.erfc(abs(z) / math.sqrt(2)))


def _mid_ranks(score: Floats) -> Floats:
    """Return ranks from 1, ties sharing their mean."""
    _, level, count = np.unique(score, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[level], dtype=np.float64)


def _z(level: float) -> float:
    if not 0 < level < 1:
        raise RangeError(f"level must lie strictly between 0 and 1, got {level}")
    return NormalDist().inv_cdf((1 + level) / 2)
