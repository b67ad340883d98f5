"""Discrimination, accuracy of probabilities, net benefit and capacity: arrays in, numbers out.

Scores that are only ranked (`auc`, `average_precision`, `flagged`, `delong`) may be on any scale, for example
log-odds; what is read as a probability must lie in [0, 1]. Rows may carry weights: weight 2 equals a doubled row.
To flag those *least* likely to enter a job, pass ``1 - outcome`` and ``1 - probability``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CLIP = 1e-15  # a forecast of exactly 0 or 1 that fails would cost an infinite log loss


class OneClassError(ValueError):
    """A measure that compares the two outcomes was given only one of them."""


class GapError(ValueError):
    """A value is missing or not finite."""


class RangeError(ValueError):
    """A value lies outside its range, or shapes do not fit together."""


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


@dataclass(frozen=True, slots=True)
class AtCapacity:
    """What a list of limited length achieves."""

    precision: float
    recall: float
    lift: float  # precision over prevalence; 1 is a list drawn by lot
    n_flagged: float


# --- discrimination ------------------------------------------------------------------------


def auc(outcome: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the area under the ROC curve: the chance that a case is ranked above a non-case, ties half.

    Parameters
    ----------
    outcome, probability : ndarray of shape (n,)
        What happened (0 or 1) and the score, on any scale.
    weights : ndarray of shape (n,), optional
        Non-negative row weights.

    Raises
    ------
    OneClassError, GapError, RangeError
        If only one outcome occurs, a value is missing, or a value or shape is not allowed.

    References
    ----------
    Hanley and McNeil (1982), Radiology 143, 29-36.

    Examples
    --------
    >>> auc(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.8]))
    0.875
    """
    cases, others = _by_score(*checked(outcome, probability, weights, both=True))
    others_below = np.cumsum(others) - others
    return float(cases @ (others_below + others / 2) / (cases.sum() * others.sum()))


def average_precision(outcome: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the area under the precision-recall curve as a step-wise sum, without interpolation.

    Parameters and errors as in `auc`. A score without information gives the prevalence, so read it beside that.

    References
    ----------
    Davis and Goadrich (2006), ICML, on why linear interpolation flatters.

    Examples
    --------
    >>> round(average_precision(np.array([0, 1, 0, 1]), np.array([0.1, 0.3, 0.6, 0.8])), 4)
    0.8333
    """
    cases, others = (part[::-1] for part in _by_score(*checked(outcome, probability, weights, both=True)))
    flagged_so_far = np.cumsum(cases + others)
    seen = flagged_so_far > 0  # the highest scores may all have weight 0
    return float(cases[seen] @ (np.cumsum(cases)[seen] / flagged_so_far[seen]) / cases.sum())


# --- accuracy of probabilities -------------------------------------------------------------


def log_loss(outcome: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the mean negative log-likelihood in natural units; lower is better.

    Parameters and errors as in `auc`, with `probability` in [0, 1], clipped `CLIP` away from 0 and 1; one outcome
    alone is allowed.

    Examples
    --------
    >>> round(log_loss(np.array([0, 1]), np.array([0.5, 0.5])), 6)
    0.693147
    """
    y, p, w = checked(outcome, probability, weights, unit=True)
    p = np.clip(p, CLIP, 1 - CLIP)
    return float(-(w @ np.log(np.where(y == 1, p, 1 - p))) / w.sum())


def brier(outcome: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the mean squared difference between outcome and forecast; lower is better.

    Parameters and errors as in `log_loss`.

    References
    ----------
    Brier (1950), Monthly Weather Review 78, 1-3.

    Examples
    --------
    >>> round(brier(np.array([0, 1]), np.array([0.2, 0.6])), 3)
    0.1
    """
    y, p, w = checked(outcome, probability, weights, unit=True)
    return float(w @ (y - p) ** 2 / w.sum())


def brier_skill(
    outcome: np.ndarray,
    probability: np.ndarray,
    reference: np.ndarray | float | None = None,
    weights: np.ndarray | None = None,
) -> float:
    """Return the share of the reference's Brier score that the forecast removes; 1 is perfect, 0 is no better.

    Parameters and errors as in `auc`, with `probability` in [0, 1], and

    Parameters
    ----------
    reference : ndarray of shape (n,) or float, optional
        The forecast to beat; without it, the prevalence of these very rows.

    Examples
    --------
    >>> round(brier_skill(np.array([0, 1]), np.array([0.2, 0.6])), 3)
    0.6
    """
    y, p, w = checked(outcome, probability, weights, both=True, unit=True)
    beaten = np.broadcast_to(np.asarray(w @ y / w.sum() if reference is None else reference, dtype=np.float64), y.shape)
    worst = brier(y, beaten, w)
    if worst == 0:
        raise RangeError("the reference is perfect, so skill against it is not defined")
    return 1 - brier(y, p, w) / worst


def majority_accuracy(outcome: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the accuracy of always forecasting the commoner outcome, without which no accuracy can be read.

    Examples
    --------
    >>> majority_accuracy(np.array([0, 0, 0, 1]))
    0.75
    """
    y, _, w = checked(outcome, outcome, weights)
    share = float(w @ y / w.sum())
    return max(share, 1 - share)


def accuracy_at(
    outcome: np.ndarray, probability: np.ndarray, threshold: float = 0.5, weights: np.ndarray | None = None
) -> float:
    """Return the share of rows on the right side of `threshold`; show it only beside `majority_accuracy`.

    Examples
    --------
    >>> accuracy_at(np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.5, 0.9]))
    0.75
    """
    y, p, w = checked(outcome, probability, weights, unit=True)
    return float(w @ ((p >= threshold) == (y == 1)) / w.sum())


# --- usefulness ----------------------------------------------------------------------------


def net_benefit(
    outcome: np.ndarray, probability: np.ndarray, threshold: float, weights: np.ndarray | None = None
) -> float:
    """Return the net benefit of acting on everyone at or above `threshold`.

    Answers "is acting on this forecast worth it?", not who is ranked above whom.

    Parameters
    ----------
    outcome, probability : ndarray of shape (n,)
        What happened (0 or 1) and the forecast probability of it.
    threshold : float
        The forecast from which one acts, in (0, 1); it fixes the price of a false alarm.
    weights : ndarray of shape (n,), optional
        Non-negative row weights.

    Returns
    -------
    float
        Share of true positives less the weighted share of false alarms; 0 is "nobody".

    Raises
    ------
    GapError, RangeError
        If a value is missing or outside its range.

    References
    ----------
    Vickers and Elkin (2006), Medical Decision Making 26, 565-574.

    Examples
    --------
    >>> net_benefit(np.array([1, 0]), np.array([0.9, 0.3]), threshold=0.5)
    0.5
    """
    y, p, w = checked(outcome, probability, weights, unit=True)
    price = _price(threshold)
    return float(w @ ((p >= threshold) * (y - (1 - y) * price)) / w.sum())


def net_benefit_all(outcome: np.ndarray, threshold: float, weights: np.ndarray | None = None) -> float:
    """Return the net benefit of acting on everyone; zero where `threshold` equals the prevalence.

    Examples
    --------
    >>> net_benefit_all(np.array([1, 0, 1, 0]), threshold=0.5)
    0.0
    """
    return net_benefit(outcome, np.ones(np.shape(outcome)), threshold, weights)


def decision_curve(
    outcome: np.ndarray,
    probability: np.ndarray,
    thresholds: Sequence[float] | np.ndarray,
    weights: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return the decision curve: net benefit of the forecast and of acting on everyone, by threshold.

    Parameters and errors as in `net_benefit`; acting on nobody has net benefit 0 throughout.

    Returns
    -------
    DataFrame
        One row per threshold, in the order given: threshold, share_flagged, net_benefit, net_benefit_all.

    Examples
    --------
    >>> decision_curve(np.array([1, 0, 0, 0]), np.array([0.9, 0.3, 0.2, 0.1]), [0.5])
       threshold  share_flagged  net_benefit  net_benefit_all
    0        0.5           0.25         0.25             -0.5
    """
    y, p, w = checked(outcome, probability, weights, unit=True)
    cut = np.asarray(thresholds, dtype=np.float64)
    prices = np.array([_price(t) for t in cut.tolist()])
    order = np.argsort(p, kind="stable")
    first = np.searchsorted(p[order], cut, side="left")  # a forecast equal to the threshold is acted on
    hits, all_rows = (np.append(np.cumsum(part[order][::-1])[::-1], 0.0)[first] / w.sum() for part in (w * y, w))
    prevalence = float(w @ y / w.sum())
    return pd.DataFrame(
        {
            "threshold": cut,
            "share_flagged": all_rows,
            "net_benefit": hits - (all_rows - hits) * prices,
            "net_benefit_all": prevalence - (1 - prevalence) * prices,
        }
    )


def flagged(probability: np.ndarray, k: float, weights: np.ndarray | None = None) -> Floats:
    """Return how much of each row is on the list of the `k` highest scores.

    Rows tied at the cut share the places that are left equally, so neither the order of the rows nor chance
    decides who is flagged.

    Parameters
    ----------
    probability : ndarray of shape (n,)
        Scores on any scale.
    k : int or float
        An int is a number of rows, at most all of them; a float in (0, 1] is a share of the rows.
    weights : ndarray of shape (n,), optional
        Rows that each row stands for.

    Returns
    -------
    ndarray of shape (n,)
        1 on the list, 0 off it, between the two for ties at the cut; the weighted sum is the capacity.

    Examples
    --------
    >>> flagged(np.array([0.9, 0.4, 0.4, 0.1]), 2).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    _, score, w = checked(np.zeros(np.shape(probability)), probability, weights)
    if isinstance(k, (bool, np.bool_)) or not k > 0 or (not isinstance(k, (int, np.integer)) and k > 1):
        raise RangeError("k must be a whole number of at least 1, or a share above 0 and up to 1")
    capacity = float(k) if isinstance(k, (int, np.integer)) else float(k) * float(w.sum())
    level = np.unique(-score, return_inverse=True)[1]
    size = np.bincount(level, w)
    places = np.clip(capacity - (np.cumsum(size) - size), 0, size)
    return np.asarray(np.divide(places, size, out=np.zeros_like(size), where=size > 0)[level], dtype=np.float64)


def at_capacity(
    outcome: np.ndarray, probability: np.ndarray, k: float, weights: np.ndarray | None = None
) -> AtCapacity:
    """Return precision, recall and lift of the list of the `k` highest scores.

    Parameters and errors as in `auc`; `k` and the treatment of ties as in `flagged`.

    Examples
    --------
    >>> at_capacity(np.array([1, 0, 1, 0]), np.array([0.9, 0.4, 0.4, 0.1]), 2)
    AtCapacity(precision=0.75, recall=0.75, lift=1.5, n_flagged=2.0)
    """
    y, score, w = checked(outcome, probability, weights, both=True)
    listed = flagged(score, k, w) * w
    hits, n_flagged, cases = float(listed @ y), float(listed.sum()), float(w @ y)
    precision = hits / n_flagged
    return AtCapacity(precision, hits / cases, precision * float(w.sum()) / cases, n_flagged)


def overlap(probability_a: np.ndarray, probability_b: np.ndarray, k: float) -> float:
    """Return the Jaccard overlap of two lists of length `k`: 1 if they flag the same rows, 0 if none in common.

    Parameters and errors as in `flagged`; partly flagged rows count with the smaller over the larger part.

    Examples
    --------
    >>> round(overlap(np.array([0.9, 0.8, 0.1]), np.array([0.9, 0.1, 0.8]), 2), 4)
    0.3333
    """
    a, b = flagged(probability_a, k), flagged(probability_b, k)
    if a.shape != b.shape:
        raise RangeError(f"the two scores must be on the same rows, and are on {len(a)} and {len(b)}")
    return float(np.minimum(a, b).sum() / np.maximum(a, b).sum())


# --- DeLong --------------------------------------------------------------------------------


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


# --- shared --------------------------------------------------------------------------------


def checked(
    outcome: np.ndarray,
    score: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    both: bool = False,
    unit: bool = False,
) -> tuple[Floats, Floats, Floats]:
    """Return outcome, score and weights as float arrays of one length, or raise a ValueError that names the problem.

    Parameters
    ----------
    outcome, score, weights : ndarray of shape (n,)
        Without weights, every row has weight 1.
    both : bool
        Require that both outcomes occur with positive weight.
    unit : bool
        Require that the score lies in [0, 1].

    Raises
    ------
    OneClassError, GapError, RangeError
        With counts and positions (the first row is 1), never with values.

    Examples
    --------
    >>> checked(np.array([0, 1]), np.array([0.5, np.nan]))
    Traceback (most recent call last):
    eriq.study.evaluation.metrics.GapError: probability is missing or not finite in 1 row(s), first in row 2
    """
    y, p = np.asarray(outcome, dtype=np.float64), np.asarray(score, dtype=np.float64)
    w = np.ones(y.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    for name, values in (("outcome", y), ("probability", p), ("weights", w)):
        if values.ndim != 1 or len(values) != len(y):
            raise RangeError(f"{name} must have shape ({len(y) if y.ndim else 'n'},), and has {values.shape}")
        _refuse(~np.isfinite(values), f"{name} is missing or not finite", GapError)
    if not len(y):
        raise RangeError("there are no rows")
    _refuse((y != 0) & (y != 1), "outcome is neither 0 nor 1", RangeError)
    _refuse(w < 0, "weights are negative", RangeError)
    if unit:
        _refuse((p < 0) | (p > 1), "probability lies outside 0 to 1", RangeError)
    cases, total = float(w @ y), float(w.sum())
    if total <= 0:
        raise RangeError("all weights are 0")
    if both and not 0 < cases < total:
        raise OneClassError(f"only one outcome occurs in {len(y)} row(s); this measure compares the two")
    return y, p, w


def _refuse(wrong: NDArray[np.bool_], text: str, error: type[ValueError]) -> None:
    if count := int(wrong.sum()):
        raise error(f"{text} in {count} row(s), first in row {int(wrong.argmax()) + 1}")


def _by_score(y: Floats, score: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Return the weight of cases and of other rows at each distinct score, lowest score first."""
    level = np.unique(score, return_inverse=True)[1]
    others = np.bincount(level, w * (1 - y)).astype(np.float64)
    return np.bincount(level, w * y).astype(np.float64), others


def _mid_ranks(score: Floats) -> Floats:
    """Return ranks from 1, ties sharing their mean."""
    _, level, count = np.unique(score, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[level], dtype=np.float64)


def _price(threshold: float) -> float:
    if not 0 < threshold < 1:
        raise RangeError(f"threshold must lie strictly between 0 and 1, got {threshold}")
    return threshold / (1 - threshold)


def _z(level: float) -> float:
    if not 0 < level < 1:
        raise RangeError(f"level must lie strictly between 0 and 1, got {level}")
    return NormalDist().inv_cdf((1 + level) / 2)
