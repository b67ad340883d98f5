"""Discrimination and accuracy of probabilities: arrays in, numbers out.

Scores that are only ranked (`auc`, `average_precision`) may be on any scale, for example log-odds; what is read as a
probability must lie in [0, 1]. Rows may carry weights: weight 2 equals a doubled row.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CLIP = 1e-15  # a forecast of exactly 0 or 1 that fails would cost an infinite log loss


class OneClassError(ValueError):
    """A measure that compares the two outcomes was given only one of them."""


class GapError(ValueError):
    """A value is missing or not finite."""


class RangeError(ValueError):
    """A value lies outside its range, or shapes do not fit together."""


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


def auc_within(
    outcome: np.ndarray, probability: np.ndarray, unit: np.ndarray | None = None, weights: np.ndarray | None = None
) -> float:
    """Return the mean of the AUCs within each period or centre that has both outcomes; without units the AUC.

    Parameters
    ----------
    outcome, probability, unit, weights : ndarray of shape (n,)
        Units are whole numbers; rows of unit -1 do not count. Without weights every row counts once.

    Raises
    ------
    OneClassError, GapError, RangeError
        As in `auc`; the first also if no unit has both outcomes.

    Examples
    --------
    >>> auc_within(np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.8, 0.9]), np.array([1, 1, 2, 2]))
    1.0
    """
    if unit is None:
        return auc(outcome, probability, weights)
    parts = [unit == name for name in np.unique(unit[unit >= 0]) if len(np.unique(outcome[unit == name])) == 2]
    if not parts:
        raise OneClassError("only one outcome occurs within every unit")
    weight = np.ones(len(outcome)) if weights is None else weights
    return float(np.mean([auc(outcome[part], probability[part], weight[part]) for part in parts]))


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
