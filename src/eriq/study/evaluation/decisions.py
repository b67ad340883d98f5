"""Is acting on a forecast worth it: net benefit, decision curves, and lists of limited length.

Scores that are only ranked (`flagged`, `at_capacity`, `overlap`) may be on any scale. Rows may carry weights: weight 2
equals a doubled row. To flag those *least* likely to enter a job, pass ``1 - outcome`` and ``1 - probability``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.study.evaluation.metrics import Floats, RangeError, checked


@dataclass(frozen=True, slots=True)
class AtCapacity:
    """What a list of limited length achieves."""

    precision: float
    recall: float
    lift: float  # precision over prevalence; 1 is a list drawn by lot
    n_flagged: float


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


def _price(threshold: float) -> float:
    if not 0 < threshold < 1:
        raise RangeError(f"threshold must lie strictly between 0 and 1, got {threshold}")
    return threshold / (1 - threshold)
