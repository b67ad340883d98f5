"""Logistic refits of the outcome on a forecast: intercept and slope, once and for many replicates at a time."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from eriq.model.calibrator import expit
from eriq.study.evaluation.metrics import Floats, GapError, RangeError, checked

LOGIT_CLIP = 1e-6  # a forecast of exactly 0 or 1 has no logit; one in a million keeps its pull on the slope bounded
STEPS = 100  # damped Newton needs 4 to 12; a fit that has not settled by then has no finite maximum
QUICK_STEPS = 10  # undamped steps of a replicate that starts near its answer, before it is fitted on its own
TOLERANCE = 1e-10  # on the standardised scale
BLOCK = 2_000_000  # cells of a replicate-by-row block, 16 MB each, of which about five are alive at a time
GROUPS = 600  # of rows of an outcome, each refitted as one: moves an interval by 0.02 of its standard error
SEARCH_STEPS = 100  # for a shift; it takes 3 or 4, and some 15 where forecasts are wrong and certain
EXACT = 1e-15  # of a shift that is searched once
SMALL_STEP = 1e-8  # of a shift of the log-odds; what is left after a Newton step so small is about its square


@dataclass(frozen=True, slots=True)
class Recalibration:
    """Logistic recalibration; a perfect forecast has in_the_large 0, intercept 0 and slope 1."""

    in_the_large: float  # intercept with the slope fixed at 1; above 0: forecasts are too low on average
    intercept: float
    slope: float  # below 1: forecasts are too extreme (overfitting); NaN if there is no finite maximum


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
    intercept, slope = logistic_fit(x, y, w)
    return Recalibration(shift(x, y, w), intercept, slope)


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
    x, centre, scale = standardised(raw)
    if scale == 0:
        return np.full((len(given), 2), np.nan)
    start = np.nan_to_num(np.array(logistic_fit(x, y, np.ones(len(y)))))  # every replicate lies near the whole sample
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
        beta[r] = logistic_fit(x, y, w[r])
    return beta


def logistic_fit(x: Floats, y: Floats, w: Floats) -> tuple[float, float]:
    """Return one weighted logistic fit by damped Newton steps; NaN if there is no finite maximum.

    `y` may be any target in [0, 1], not only 0 and 1.
    """
    used = w > 0
    z, centre, scale = standardised(x[used])
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


def shift(x: Floats, y: Floats, w: Floats) -> float:
    """Return the intercept at slope 1: the mean forecast rises with it, and equals the mean outcome.

    With one outcome only it is the end of the line that is searched, where every forecast is exactly 0 or 1.
    """
    low, high, happened = -float(x.max()) - 40, -float(x.min()) + 40, w @ y

    def excess(at: float) -> float:
        return float(w @ expit(x + at) - happened)

    return float(brentq(excess, low, high, xtol=EXACT, rtol=EXACT))


def _separates(x: Floats, y: Floats) -> bool:
    """Whether a cut on x leaves at most one value of x with both outcomes, so that no finite slope is best."""
    if ((y > 0) & (y < 1)).any():
        return False
    cases, others = x[y == 1], x[y == 0]
    if not len(cases) or not len(others):
        return True
    return bool(cases.min() >= others.max() or others.min() >= cases.max())


def standardised(x: Floats) -> tuple[Floats, float, float]:
    """Return x with mean 0 and standard deviation 1, that mean and deviation; zeros and 0 where x is constant."""
    centre, scale = float(x.mean()), float(x.std())
    if not scale > 1e-12 * (1 + abs(centre)):
        return np.zeros_like(x), centre, 0.0
    return (x - centre) / scale, centre, scale


def _likelihood(beta: Floats, x: Floats, y: Floats, w: Floats) -> float:
    eta = beta[0] + beta[1] * x
    return float(w @ (y * eta - np.logaddexp(0, eta)))


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Rows in groups of one outcome with neighbouring forecasts, some ten times faster to refit."""

    outcome: Floats  # (groups,)
    log_odds: Floats  # mean of each group
    rows: tuple[np.ndarray, ...]  # of each outcome in order
    starts: tuple[np.ndarray, ...]  # of its groups

    def sums(self, weights: Floats) -> Floats:
        """Return the weights of the groups, (R, groups), from those of the rows, (R, n)."""
        parts = [np.add.reduceat(weights[:, rows], at, axis=1) for rows, at in zip(self.rows, self.starts, strict=True)]
        return np.concatenate(parts, axis=1)


def grouped(outcome: np.ndarray, logit: np.ndarray) -> Groups:
    """Return rows in groups: neighbouring forecasts of one outcome share their mean, in at most `GROUPS` groups.

    Parameters
    ----------
    outcome, logit : ndarray of shape (n,)

    Examples
    --------
    >>> made = grouped(np.array([1, 0]), np.array([0.3, -0.2]))
    >>> made.outcome.tolist(), made.log_odds.tolist(), made.sums(np.array([[2.0, 1.0]])).tolist()
    ([0.0, 1.0], [-0.2, 0.3], [[1.0, 2.0]])
    """
    outcomes, means, ordered, firsts = [], [], [], []
    for happened in (0.0, 1.0):
        rows = np.flatnonzero(outcome == happened)
        rows = rows[np.argsort(logit[rows], kind="stable")]
        starts = np.unique(np.linspace(0, len(rows), min(GROUPS, len(rows)) + 1).astype(int))[:-1]
        outcomes.append(np.full(len(starts), happened))
        means.append(np.add.reduceat(logit[rows], starts) / np.diff(np.append(starts, len(rows))))
        ordered.append(rows)
        firsts.append(starts)
    return Groups(np.concatenate(outcomes), np.concatenate(means), tuple(ordered), tuple(firsts))


def in_the_large_weighted(outcome: np.ndarray, logit: np.ndarray, weights: np.ndarray, start: float) -> Floats:
    """Return, per replicate, the shift of the log-odds that makes the mean forecast right; NaN with one outcome only.

    At that shift forecasts lack as much where it happened as they have too much where it did not. The log of the ratio
    falls with the shift, far out in a straight line, so three or four steps of Newton are enough. Where a step is
    not finite, or more than half of the one before, the middle of the bracket is tried instead.

    Parameters
    ----------
    outcome, logit : ndarray of shape (n,)
        What happened (0 or 1) and the log-odds of the forecast.
    weights : ndarray of shape (R, n)
        Not negative.
    start : float
        Where the search begins: the shift of the whole sample.

    Examples
    --------
    >>> y, x = np.array([0, 1]), np.zeros(2)
    >>> in_the_large_weighted(y, x, np.array([[1.0, 3.0], [0.0, 2.0]]), 0.0).round(4).tolist()
    [1.0986, nan]
    """
    happened = outcome == 1
    shift = np.full(len(weights), np.nan)
    active = np.flatnonzero(weights[:, happened].any(axis=1) & weights[:, ~happened].any(axis=1))
    w1, w0 = weights[np.ix_(active, happened)], weights[np.ix_(active, ~happened)]
    low, high = np.full(len(active), -logit.max() - 40), np.full(len(active), -logit.min() + 40)
    at, last = np.clip(np.full(len(active), start), low, high), high - low
    with np.errstate(all="ignore"):  # a step that is not finite is not taken
        odds1, odds0 = np.exp(logit[happened]), np.exp(-logit[~happened])
        for _ in range(SEARCH_STEPS):
            (lack, slope1), (excess, slope0) = _missed(w1, odds1, np.exp(at)), _missed(w0, odds0, np.exp(-at))
            ratio = np.log(lack / excess)
            low, high = np.where(ratio > 0, at, low), np.where(ratio > 0, high, at)
            step = ratio / (slope1 + slope0)
            good = np.abs(step) <= np.maximum(last / 2, SMALL_STEP)
            step = np.where(good, step, (low + high) / 2 - at)
            at, last = at + step, np.abs(step)
            far = last > SMALL_STEP
            if not far.all():
                shift[active[~far]] = at[~far]
                active, at, last, low, high, w1, w0 = (part[far] for part in (active, at, last, low, high, w1, w0))
            if not len(active):
                break
    return shift


def _missed(weights: np.ndarray, odds: np.ndarray, factor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, per replicate, the forecast probability of what did not happen, summed, and how fast its log falls."""
    missed = 1 / (1 + odds * factor[:, None])
    weighted = weights * missed
    total = weighted.sum(axis=1)
    return total, 1 - np.einsum("rn,rn->r", weighted, missed) / total
