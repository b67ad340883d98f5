"""Do forecast probabilities come true: intercept, slope, smooth curve and its errors, and a two-number repair."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.model.calibrator import Calibrator, expit
from eriq.study.evaluation.metrics import Floats, GapError, RangeError, checked

LOGIT_CLIP = 1e-6  # a forecast of exactly 0 or 1 has no logit; one in a million keeps its pull on the slope bounded
STEPS = 100  # damped Newton needs 4 to 12; a fit that has not settled by then has no finite maximum
QUICK_STEPS = 10  # undamped steps of a replicate that starts near its answer, before it is fitted on its own
TOLERANCE = 1e-10  # on the standardised scale
BLOCK = 2_000_000  # cells of a replicate-by-row block, 16 MB each, of which about five are alive at a time


@dataclass(frozen=True, slots=True)
class Recalibration:
    """Logistic recalibration; a perfect forecast has in_the_large 0, intercept 0 and slope 1."""

    in_the_large: float  # intercept with the slope fixed at 1; above 0: forecasts are too low on average
    intercept: float
    slope: float  # below 1: forecasts are too extreme (overfitting); NaN if there is no finite maximum


@dataclass(frozen=True, slots=True)
class CalibrationErrors:
    """Absolute distance between forecast and smooth curve over the rows, in probability."""

    ici: float  # mean, the integrated calibration index
    e50: float
    e90: float
    emax: float


def log_odds(probability: np.ndarray) -> Floats:
    """Return the logit of probabilities, clipped `LOGIT_CLIP` away from 0 and 1.

    >>> log_odds(np.array([0.5, 0.75])).round(4).tolist()
    [0.0, 1.0986]
    """
    p = np.clip(np.asarray(probability, dtype=np.float64), LOGIT_CLIP, 1 - LOGIT_CLIP)
    return np.asarray(np.log(p) - np.log1p(-p), dtype=np.float64)


def logistic_recalibration(
    outcome: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None
) -> Recalibration:
    """Return calibration in the large, and intercept and slope of the outcome on the logit of the forecast.

    Parameters
    ----------
    outcome, probability : ndarray of shape (n,)
        What happened (0 or 1) and the forecast probability of it, clipped by `LOGIT_CLIP`.
    weights : ndarray of shape (n,), optional
        Non-negative row weights.

    Returns
    -------
    Recalibration
        Intercept and slope are NaN where the likelihood has no finite maximum: one forecast for everyone, or
        forecasts that separate the outcomes.

    Raises
    ------
    OneClassError, GapError, RangeError
        If only one outcome occurs, a value is missing, or a value or shape is not allowed.

    References
    ----------
    Cox (1958), Biometrika 45, 562-565; Van Calster et al. (2019), BMC Medicine 17, 230.

    Examples
    --------
    >>> y, p = np.array([0, 0, 1, 0, 1, 1]), np.array([0.2, 0.2, 0.2, 0.7, 0.7, 0.7])
    >>> fit = logistic_recalibration(y, p)
    >>> round(fit.in_the_large, 4), round(fit.slope, 4)
    (0.2695, 0.6207)
    """
    y, p, w = checked(outcome, probability, weights, both=True, unit=True)
    x = log_odds(p)
    intercept, slope = _newton(x, y, w)
    return Recalibration(_shift(x, y, w), intercept, slope)


def recalibration_weighted(outcome: np.ndarray, logit: np.ndarray, weights: np.ndarray) -> Floats:
    """Return calibration intercept and slope for many weightings of the same rows at once.

    Parameters
    ----------
    outcome, logit : ndarray of shape (n,)
        What happened (0 or 1) and the log-odds of the forecast.
    weights : ndarray of shape (R, n)
        One row of non-negative weights per replicate, such as how often the bootstrap drew each client.

    Returns
    -------
    ndarray of shape (R, 2)
        Intercept and slope; NaN for a replicate with one outcome only or without a finite maximum.

    Raises
    ------
    OneClassError, GapError, RangeError
        As in `logistic_recalibration`; weights are checked for their shape, gaps and sign.

    Examples
    --------
    >>> y, p = np.array([0, 0, 1, 0, 1, 1]), np.array([0.2, 0.2, 0.2, 0.7, 0.7, 0.7])
    >>> recalibration_weighted(y, log_odds(p), np.ones((2, 6))).round(4).tolist()
    [[0.1673, 0.6207], [0.1673, 0.6207]]
    """
    y, raw, _ = checked(outcome, logit, None, both=True)
    given = np.asarray(weights)
    if given.ndim != 2 or given.shape[1] != len(y):
        raise RangeError(f"weights must have shape (replicates, {len(y)}), and have {given.shape}")
    x, centre, scale = _standardised(raw)
    if scale == 0:
        return np.full((len(given), 2), np.nan)
    start = np.nan_to_num(np.array(_newton(x, y, np.ones(len(y)))))  # every replicate lies near the whole sample
    rows = max(1, BLOCK // len(y))
    fits = np.empty((len(given), 2))
    for first in range(0, len(given), rows):
        fits[first : first + rows] = _newton_many(x, y, given[first : first + rows].astype(np.float64), start)
    fits[:, 1] /= scale
    fits[:, 0] -= fits[:, 1] * centre
    return fits


def _newton_many(x: Floats, y: Floats, w: Floats, start: Floats) -> Floats:
    """Return (replicates, 2) maximum likelihood fits from one start; stragglers are refitted with damping."""
    if not np.isfinite(w).all():
        raise GapError("weights are missing or not finite")
    if (w < 0).any():
        raise RangeError("weights are negative")
    powers = np.column_stack([np.ones_like(x), x, x * x])
    target = w @ (powers[:, :2] * y[:, None])
    beta = np.tile(start, (len(w), 1))
    active = np.arange(len(w))
    for _ in range(QUICK_STEPS):
        weight = w if len(active) == len(w) else w[active]
        p = expit(beta[active, :1] + beta[active, 1:] * x)
        mass = weight * p
        gradient = target[active] - mass @ powers[:, :2]
        h0, h1, h2 = ((mass * (1 - p)) @ powers).T
        determinant = h0 * h2 - h1 * h1
        g0, g1 = gradient.T
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.column_stack([h2 * g0 - h1 * g1, h0 * g1 - h1 * g0]) / determinant[:, None]
        wild = ~(np.abs(step).max(axis=1) < 5)  # also catches NaN; such a replicate needs the damped fit
        beta[active] += np.where(wild[:, None], 0, step)
        active = active[wild | (np.abs(step).max(axis=1) > TOLERANCE)]
        if not len(active) or wild.all():
            break
    for r in active:
        beta[r] = _newton(x, y, w[r])
    return beta


def _newton(x: Floats, y: Floats, w: Floats) -> tuple[float, float]:
    """Return one weighted logistic fit by damped Newton steps; NaN if there is no finite maximum.

    `y` may be any target in [0, 1], not only 0 and 1.
    """
    used = w > 0
    z, centre, scale = _standardised(x[used])
    target, weight = y[used], w[used]
    if scale == 0 or _separates(z, target):
        return np.nan, np.nan
    beta = np.zeros(2)
    value = _likelihood(beta, z, target, weight)
    for _ in range(STEPS):
        p = expit(beta[0] + beta[1] * z)
        gradient = np.array([weight @ (target - p), weight @ ((target - p) * z)])
        v = weight * p * (1 - p)
        hessian = np.array([[v.sum(), v @ z], [v @ z, v @ (z * z)]])
        try:
            step = np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            return np.nan, np.nan
        for _ in range(30):
            reached = _likelihood(beta + step, z, target, weight)
            if reached >= value - 1e-12 * abs(value):
                break
            step = step / 2
        beta, value = beta + step, reached
        if np.abs(step).max() <= TOLERANCE * (1 + np.abs(beta).max()):
            slope = float(beta[1]) / scale
            return float(beta[0]) - slope * centre, slope
    return np.nan, np.nan


def _shift(x: Floats, y: Floats, w: Floats) -> float:
    """Return the intercept at slope 1, by bisection: the mean forecast rises with it, and equals the mean outcome."""
    low, high = -float(x.max()) - 40, -float(x.min()) + 40
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if w @ expit(x + middle) < w @ y else (low, middle)
    return (low + high) / 2


def _separates(x: Floats, y: Floats) -> bool:
    """Whether a cut on x leaves at most one value of x with both outcomes, so that no finite slope is best."""
    if ((y > 0) & (y < 1)).any():
        return False
    cases, others = x[y == 1], x[y == 0]
    if not len(cases) or not len(others):
        return True
    return bool(cases.min() >= others.max() or others.min() >= cases.max())


def _standardised(x: Floats) -> tuple[Floats, float, float]:
    centre, scale = float(x.mean()), float(x.std())
    if not scale > 1e-12 * (1 + abs(centre)):
        return np.zeros_like(x), centre, 0.0
    return (x - centre) / scale, centre, scale


def _likelihood(beta: Floats, x: Floats, y: Floats, w: Floats) -> float:
    eta = beta[0] + beta[1] * x
    return float(w @ (y * eta - np.logaddexp(0, eta)))


def lowess(x: np.ndarray, y: np.ndarray, *, span: float = 2 / 3, delta: float | None = None) -> tuple[Floats, Floats]:
    """Return sorted x and the locally linear, tricube-weighted mean of y there, without robustness iterations.

    Fits at points about `delta` apart and joins them by straight lines, which is what R's ``lowess(iter = 0)`` does,
    so the time depends on the number of fits and not on the square of the rows.

    Parameters
    ----------
    x, y : ndarray of shape (n,)
        Without gaps; n at least 2.
    span : float
        Share of the rows in each local fit.
    delta : float, optional
        Distance on x below which no new fit is made; without it, one hundredth of the range of x.

    Returns
    -------
    tuple of two ndarray of shape (n,)
        Sorted x, and the curve there.

    References
    ----------
    Cleveland (1979), Journal of the American Statistical Association 74, 829-836.

    Examples
    --------
    >>> lowess(np.array([3.0, 1.0, 2.0, 4.0]), np.array([6.0, 2.0, 4.0, 8.0]), span=1.0)[1].round(6).tolist()
    [2.0, 4.0, 6.0, 8.0]
    """
    order = np.argsort(x, kind="stable")
    xs, ys = np.asarray(x, dtype=np.float64)[order], np.asarray(y, dtype=np.float64)[order]
    n, extent = len(xs), float(xs[-1] - xs[0])
    in_fit = min(max(int(span * n + 1e-7), 2), n)
    apart = extent / 100 if delta is None else delta
    # the window of a point is the first whose left end is no farther away than the row after its right end
    sums = xs[: n - in_fit] + xs[in_fit:]
    knots, values, i = [], [], 0
    while True:
        left = min(int(np.searchsorted(sums, 2 * xs[i], side="left")), n - in_fit)
        knots.append(xs[i])
        values.append(_local_line(xs, ys, i, left, left + in_fit - 1, extent))
        last = int(np.searchsorted(xs, xs[i], side="right")) - 1  # equal x share one fit
        if last >= n - 1:
            break
        i = max(last + 1, int(np.searchsorted(xs, xs[last] + apart, side="right")) - 1)
    return xs, np.interp(xs, knots, values)


def _local_line(xs: Floats, ys: Floats, i: int, left: int, right: int, extent: float) -> float:
    """Return the value at row `i` of the line fitted to the window, by tricube weight on the distance."""
    at = xs[i]
    radius = max(at - xs[left], xs[right] - at)
    # the bounds at .001 and .999 of the radius are Cleveland's; they decide which far rows have no weight at all
    stop = int(np.searchsorted(xs, at + 0.999 * radius, side="right"))
    distance = np.abs(xs[left:stop] - at)
    near = distance / radius if radius > 0 else distance
    weight = np.where(distance <= 0.001 * radius, 1.0, (1 - near**3) ** 3)
    weight[distance > 0.999 * radius] = 0
    weight /= weight.sum()
    centre = float(weight @ xs[left:stop])
    offset = xs[left:stop] - centre
    spread = float(weight @ offset**2)
    if np.sqrt(spread) > 0.001 * extent:  # otherwise too narrow for a line: the weighted mean
        weight = weight * (1 + (at - centre) / spread * offset)
    return float(weight @ ys[left:stop])


def smooth_curve(outcome: np.ndarray, probability: np.ndarray, grid: np.ndarray | None = None) -> pd.DataFrame:
    """Return the smooth calibration curve: the observed share as a function of the forecast.

    Parameters
    ----------
    outcome, probability : ndarray of shape (n,)
        What happened (0 or 1) and the forecast probability of it; n at least 2.
    grid : ndarray, optional
        Forecasts at which the curve is wanted; without it, every distinct forecast.

    Returns
    -------
    DataFrame
        forecast, observed; NaN outside the range of the forecasts, and not held to [0, 1].

    Raises
    ------
    GapError, RangeError
        If a value is missing, or a value or shape is not allowed.

    References
    ----------
    Austin and Steyerberg (2014), Statistics in Medicine 33, 517-535; see `lowess`.

    Examples
    --------
    >>> smooth_curve(np.array([0, 1, 0, 1]), np.array([0.2, 0.2, 0.6, 0.6]), np.array([0.2, 0.9])).round(6)
       forecast  observed
    0       0.2       0.5
    1       0.9       NaN
    """
    y, p, _ = checked(outcome, probability, None, unit=True)
    xs, curve = lowess(p, y)
    at = np.unique(xs) if grid is None else np.asarray(grid, dtype=np.float64)
    return pd.DataFrame({"forecast": at, "observed": np.interp(at, xs, curve, left=np.nan, right=np.nan)})


def calibration_errors(outcome: np.ndarray, probability: np.ndarray) -> CalibrationErrors:
    """Return mean (ICI), median, 90th percentile and maximum of the distance from forecast to smooth curve.

    Even a perfect forecast has positive errors in a finite sample, so compare contenders on the same rows.

    Parameters and errors as in `smooth_curve`.

    References
    ----------
    Austin and Steyerberg (2019), Statistics in Medicine 38, 4051-4065.

    Examples
    --------
    >>> round(calibration_errors(np.array([0, 1, 0, 1]), np.array([0.2, 0.2, 0.6, 0.6])).ici, 6)
    0.2
    """
    y, p, _ = checked(outcome, probability, None, unit=True)
    xs, curve = lowess(p, y)
    distance = np.abs(xs - curve)
    e50, e90 = np.quantile(distance, [0.5, 0.9])
    return CalibrationErrors(float(distance.mean()), float(e50), float(e90), float(distance.max()))


def calibration_table(outcome: np.ndarray, probability: np.ndarray, *, n_bins: int) -> pd.DataFrame:
    """Return mean forecast, observed share and n for equally filled bins.

    Equal forecasts share a bin, so the order of the rows does not matter and a bin may stay empty and be left out.

    Parameters and errors as in `smooth_curve`, with `n_bins` of at least 1.

    Examples
    --------
    >>> calibration_table(np.array([0, 0, 1, 1]), np.array([0.1, 0.1, 0.6, 0.8]), n_bins=2)
       forecast  observed  n
    0       0.1       0.0  2
    1       0.7       1.0  2
    """
    y, p, _ = checked(outcome, probability, None, unit=True)
    if n_bins < 1:
        raise RangeError(f"n_bins must be at least 1, got {n_bins}")
    frame = pd.DataFrame({"outcome": y, "forecast": p})
    share_below = (frame["forecast"].rank(method="average") - 0.5) / len(frame)
    bins = frame.groupby((share_below * n_bins).astype("int64"))
    means = bins.agg(forecast=("forecast", "mean"), observed=("outcome", "mean"))
    return means.assign(n=bins.size()).reset_index(drop=True)


def fit_calibrator(margin: np.ndarray, outcome: np.ndarray) -> Calibrator:
    """Return the logistic regression of the outcome on the margin, bounded where that has no sensible answer.

    - A constant margin says nothing about the slope: the slope stays 1 and only the level is fitted.
    - Margins that separate the outcomes, or one outcome alone, have no finite maximum: Platt's smoothed targets
      (n1 + 1) / (n1 + 2) and 1 / (n0 + 2) are fitted instead.
    - A slope that is not positive would turn the ranking round: it becomes 0, and everyone gets the prevalence.

    Parameters
    ----------
    margin, outcome : ndarray of shape (n,)
        Log-odds of a model on rows that it was not fitted on, and what happened there (0 or 1).

    Raises
    ------
    GapError, RangeError
        If a value is missing, or a value or shape is not allowed.

    References
    ----------
    Platt (1999), Advances in Large Margin Classifiers, 61-74.

    Examples
    --------
    >>> fit = fit_calibrator(np.array([0.0, 0.0, 0.0, 2.0, 2.0, 2.0]), np.array([0, 0, 1, 0, 1, 1]))
    >>> round(fit.intercept, 6), round(fit.slope, 6)  # log(1/2), log(4) / 2
    (-0.693147, 0.693147)
    """
    y, x, w = checked(outcome, margin, None)
    n_cases = float(y.sum())
    n_others = len(y) - n_cases
    share = (n_cases + 1) / (len(y) + 2) if 0 in (n_cases, n_others) else n_cases / len(y)
    level = float(np.log(share / (1 - share)))
    _, centre, scale = _standardised(x)
    if scale == 0:
        return Calibrator(level - centre, 1.0)
    intercept, slope = _newton(x, y, w)
    if np.isnan(slope):
        intercept, slope = _newton(x, np.where(y == 1, (n_cases + 1) / (n_cases + 2), 1 / (n_others + 2)), w)
    return Calibrator(intercept, slope) if slope > 0 else Calibrator(level, 0.0)
