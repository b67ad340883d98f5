"""Do forecast probabilities come true: distances from the smooth curve, bins, and a two-number repair."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.model.calibrator import Calibrator, expit
from eriq.study.evaluation.logit_curve import curve_and_emax
from eriq.study.evaluation.metrics import RangeError, checked
from eriq.study.evaluation.recalibration import logistic_fit, shift, standardised
from eriq.study.evaluation.smooth import lowess


@dataclass(frozen=True, slots=True)
class CalibrationErrors:
    """Absolute distance between forecast and curve over the rows, in probability."""

    ici: float  # mean, the integrated calibration index; of the smooth curve, as the next two
    e50: float
    e90: float
    emax: float  # of the curve on the logit scale, up to the 99th percentile of forecasts


def calibration_errors(outcome: np.ndarray, probability: np.ndarray) -> CalibrationErrors:
    """Return mean (ICI), median and 90th percentile of the distance from forecast to smooth curve, and Emax.

    Even a perfect forecast has positive errors in a finite sample, so compare contenders on the same rows. The smooth
    curve follows single people in its tail, where the maximum mostly lies: Emax is that of `curve_and_emax`.

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
    _, emax = curve_and_emax(y, p, np.empty(0))
    return CalibrationErrors(float(distance.mean()), float(e50), float(e90), emax)


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


def fit_calibrator(margin: np.ndarray, outcome: np.ndarray, weights: np.ndarray | None = None) -> Calibrator:
    """Return the logistic regression of the outcome on the margin, bounded where that has no sensible answer.

    - A constant margin says nothing about the slope: the slope stays 1 and only the level is fitted.
    - Margins that separate the outcomes, or one outcome alone, have no finite maximum: Platt's smoothed targets
      (n1 + 1) / (n1 + 2) and 1 / (n0 + 2) are fitted instead.
    - A slope that is not positive would turn the ranking round: it becomes 0, and everyone gets the prevalence.

    Parameters
    ----------
    margin, outcome : ndarray of shape (n,)
        Log-odds of a model on rows that it was not fitted on, and what happened there (0 or 1).
    weights : ndarray of shape (n,), optional
        How often each row counts.

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
    y, x, w = checked(outcome, margin, weights)
    n_cases, n = float(w @ y), float(w.sum())
    n_others = float(w @ (1 - y))
    share = (n_cases + 1) / (n + 2) if 0 in (n_cases, n_others) else n_cases / n
    level = float(np.log(share / (1 - share)))
    _, centre, scale = standardised(x)
    if scale == 0:
        return Calibrator(level - centre, 1.0)
    intercept, slope = logistic_fit(x, y, w)
    if np.isnan(slope):
        intercept, slope = logistic_fit(x, np.where(y == 1, (n_cases + 1) / (n_cases + 2), 1 / (n_others + 2)), w)
    return Calibrator(intercept, slope) if slope > 0 else Calibrator(level, 0.0)


def shrunk_calibrator(
    margin: np.ndarray, outcome: np.ndarray, client: np.ndarray, weights: np.ndarray | None = None
) -> Calibrator:
    """Return `fit_calibrator` with its slope drawn towards 1 by as much as its own standard error asks for.

    Of the squared distance of the fitted slope b from 1 about se squared is noise. With that taken off, the moment
    estimate of how far slopes of such models lie from 1, the best guess keeps the share 1 - se^2 / (b - 1)^2 of the
    distance, and none of it where b is within one standard error of 1 (empirical Bayes; the positive part estimator of
    James and Stein). The level is then fitted again, so that forecasts are right on average.

    Parameters
    ----------
    margin, outcome
        As in `fit_calibrator`, of single models: the mean of several is less extreme than each of them.
    client : ndarray of shape (n,)
        Rows of one client count as one piece of evidence.
    weights : ndarray of shape (n,), optional
        As in `fit_calibrator`.

    References
    ----------
    Efron and Morris (1973), Journal of the American Statistical Association 68, 117-130.

    Examples
    --------
    >>> x, y, one = np.array([0.0, 0.0, 0.0, 2.0, 2.0, 2.0]), np.array([0, 0, 1, 0, 1, 1]), np.arange(6)
    >>> shrunk_calibrator(x, y, one).slope, round(shrunk_calibrator(9 * x, y, one).slope, 3)  # fitted .69 and .08
    (1.0, 0.087)
    """
    fit = fit_calibrator(margin, outcome, weights)
    y, x, w = checked(outcome, margin, weights)
    if len(np.unique(y[w > 0])) < 2 or standardised(x)[2] == 0:
        return fit
    error, distance = slope_error(fit, x, y, client, w), fit.slope - 1
    kept = max(0.0, 1 - (error / distance) ** 2) if distance else 0.0
    slope = 1 + kept * distance
    return Calibrator(shift(slope * x, y, w), slope)


def slope_error(
    fit: Calibrator, margin: np.ndarray, outcome: np.ndarray, client: np.ndarray, weights: np.ndarray | None = None
) -> float:
    """Return the standard error of a fitted slope, robust to several rows per client.

    References
    ----------
    Liang and Zeger (1986), Biometrika 73, 13-22.
    """
    p = expit(fit.apply(margin))
    weight = np.ones_like(p) if weights is None else weights
    columns = np.column_stack([np.ones_like(margin), margin - np.average(margin, weights=weight)])
    bread = np.linalg.pinv(columns.T @ (columns * (weight * p * (1 - p))[:, None]))
    _, place = np.unique(client, return_inverse=True)
    scores = np.column_stack(
        [np.bincount(place, weights=part) for part in (columns * (weight * (outcome - p))[:, None]).T]
    )
    return float(np.sqrt(max((bread @ scores.T @ scores @ bread)[1, 1], 0.0)))
