"""The smooth calibration curve: a locally linear mean of the outcome along the forecast."""

import numpy as np
import pandas as pd

from eriq.study.evaluation.metrics import Floats, checked

SPAN = 2 / 3  # of the rows, in each local fit


def lowess(x: np.ndarray, y: np.ndarray, *, span: float = SPAN, delta: float | None = None) -> tuple[Floats, Floats]:
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
    stop = int(np.searchsorted(xs, at + 0.999 * radius, side="right"))
    distance = np.abs(xs[left:stop] - at)
    weight = tricube(distance, radius)
    weight /= weight.sum()
    centre = float(weight @ xs[left:stop])
    offset = xs[left:stop] - centre
    spread = float(weight @ offset**2)
    if np.sqrt(spread) > 0.001 * extent:  # otherwise too narrow for a line: the weighted mean
        weight = weight * (1 + (at - centre) / spread * offset)
    return float(weight @ ys[left:stop])


def tricube(distance: np.ndarray, radius: np.ndarray | float) -> Floats:
    """Return the weight of rows at a distance from the middle of a window: 1 there, 0 at its end.

    >>> tricube(np.array([0.0, 0.5, 1.0]), 1.0).round(4).tolist()
    [1.0, 0.6699, 0.0]
    """
    near = distance / np.where(np.asarray(radius) > 0, radius, 1.0)
    # the bounds at .001 and .999 of the radius are Cleveland's; they decide which far rows have no weight at all
    weight = np.where(distance <= 0.001 * np.asarray(radius), 1.0, (1 - near**3) ** 3)
    weight[distance > 0.999 * np.asarray(radius)] = 0
    return np.asarray(weight, dtype=np.float64)


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
