"""The calibration curve on the logit scale: a logistic regression of the outcome on a spline of the forecast."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from eriq.study.evaluation.metrics import Floats, checked
from eriq.study.evaluation.recalibration import log_odds, standardised

KNOTS = (0.05, 0.35, 0.65, 0.95)  # quantiles of the forecasts; Harrell's for four knots
TAIL = 0.99  # Emax looks up to this quantile: beyond it lie too few people to say where the curve goes
NEARLY_FREE = 1e6  # of the penalty: moves nothing, and keeps forecasts that separate the outcomes finite


def logit_curve(outcome: np.ndarray, probability: np.ndarray, at: np.ndarray | None = None) -> Floats:
    """Return the observed share along the forecast by a restricted cubic spline of its log-odds, always in [0, 1].

    In the tails, where few people are, it goes on as a straight line of the log-odds; a local mean of the outcome
    follows each of them there.

    Parameters
    ----------
    outcome, probability : ndarray of shape (n,)
        What happened (0 or 1) and the forecast probability of it, clipped as in `log_odds`.
    at : ndarray of shape (m,), optional
        Forecasts at which the curve is wanted; without it, those of the rows.

    Returns
    -------
    ndarray of shape (m,)
        Where forecasts take few values there are fewer knots; one forecast for everyone, or one outcome alone, gives
        the share that is observed.

    Raises
    ------
    GapError, RangeError
        If a value is missing, or a value or shape is not allowed.

    References
    ----------
    Harrell (2015), Regression Modeling Strategies, 2.4.5; Van Calster et al. (2016), Journal of Clinical Epidemiology
    74, 167-176.

    Examples
    --------
    >>> y, p = np.array([0, 1, 0, 0, 0, 1, 1, 1]), np.repeat([0.2, 0.6], 4)
    >>> logit_curve(y, p, np.array([0.2, 0.6])).round(4).tolist()
    [0.25, 0.75]
    """
    y, p, _ = checked(outcome, probability, None, unit=True)
    x = log_odds(p)
    wanted = x if at is None else log_odds(at)
    knots = np.unique(np.quantile(x, KNOTS))
    if not standardised(x)[2] or len(np.unique(y)) < 2:
        return np.full(len(wanted), y.mean())
    columns = spline(x, knots)
    centre, scale = columns.mean(axis=0), columns.std(axis=0)
    fit = LogisticRegression(C=NEARLY_FREE, solver="newton-cholesky", tol=1e-8).fit((columns - centre) / scale, y)
    return np.asarray(fit.predict_proba((spline(wanted, knots) - centre) / scale)[:, 1], dtype=np.float64)


def spline(x: np.ndarray, knots: np.ndarray) -> Floats:
    """Return a restricted cubic spline: cubic between knots, straight beyond the outer two.

    Parameters
    ----------
    x : ndarray of shape (n,)
    knots : ndarray of shape (k,)
        In order, each once; with fewer than three the spline is x itself.

    Returns
    -------
    ndarray of shape (n, max(k - 1, 1))
        x, and k - 2 columns that bend.

    References
    ----------
    Harrell (2015), Regression Modeling Strategies, equation 2.25.

    Examples
    --------
    >>> spline(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0]))[:, 1].tolist()
    [0.0, 0.25, 1.5, 3.0]
    """
    if len(knots) < 3:
        return np.asarray(x, dtype=np.float64)[:, None]
    *inner, before, last = knots.tolist()
    above = {knot: np.maximum(x - knot, 0) ** 3 for knot in knots.tolist()}
    bends = [
        above[knot] - (above[before] * (last - knot) - above[last] * (before - knot)) / (last - before)
        for knot in inner
    ]
    return np.column_stack([x, *(bend / (last - inner[0]) ** 2 for bend in bends)])


def curve_and_emax(outcome: np.ndarray, probability: np.ndarray, grid: np.ndarray) -> tuple[Floats, float]:
    """Return `logit_curve` on a grid, and Emax: its largest distance from forecasts up to their 99th percentile.

    Parameters and errors as in `logit_curve`; both come from one fit.

    Examples
    --------
    >>> y, p = np.array([0, 1, 0, 0, 0, 1, 1, 1]), np.repeat([0.2, 0.6], 4)
    >>> round(curve_and_emax(y, p, np.array([0.2]))[1], 4)
    0.15
    """
    seen = probability[probability <= np.quantile(probability, TAIL)]
    curve = logit_curve(outcome, probability, np.concatenate([grid, seen]))
    return curve[: len(grid)], float(np.abs(curve[len(grid) :] - seen).max())
