"""Both calibration curves on many draws of the same rows: groups of like forecasts, and sums over them per draw.

A curve per draw fitted row by row costs rows x draws. Here rows are put into groups of nearly equal forecasts once,
each draw becomes a count per group, and all draws are fitted together: local lines as products of counts with one set
of kernel weights, the spline of the log-odds by Newton's method on all draws at a time. Against fits of the rows of
each draw, with windows and knots of its own, the ends of bands and intervals move by at most 3 % of their width with
4,000 rows, and by 5 % with 300 (`tests/study/evaluation/test_redrawn.py`). The curves of the sample are not made here.
"""

from dataclasses import dataclass

import numpy as np

from eriq.model.calibrator import expit
from eriq.study.evaluation.logit_curve import KNOTS, NEARLY_FREE, TAIL, spline
from eriq.study.evaluation.metrics import Floats
from eriq.study.evaluation.recalibration import log_odds
from eriq.study.evaluation.smooth import SPAN, tricube
from eriq.study.learning.newton import newton_ridge

GROUPS = 1000  # most groups of a contender's rows
POINTS = 60  # at which local lines are fitted, half of them evenly spaced and half at quantiles
STEPS = 25  # of all draws together; one that has not settled is fitted alone
SETTLED = 1e-9  # the largest entry of the gradient of a mean log loss


@dataclass(frozen=True, slots=True, eq=False)
class Grouped:
    """Rows of one contender in groups of nearly equal forecasts, lowest first."""

    order: np.ndarray  # shape (n,), rows from the lowest forecast to the highest
    starts: np.ndarray  # shape (g,), where each group begins
    outcome: np.ndarray  # shape (n,), 0 or 1, in that order
    forecast: np.ndarray  # shape (g,), mean of each group

    @classmethod
    def of(cls, outcome: np.ndarray, probability: np.ndarray, groups: int = GROUPS) -> "Grouped":
        """Return the rows of `outcome` (0 or 1) and `probability`, both of shape (n,), in at most `groups` groups.

        >>> Grouped.of(np.array([0, 1, 1]), np.array([0.3, 0.1, 0.3])).forecast.tolist()
        [0.1, 0.3]
        """
        order = np.argsort(probability, kind="stable")
        ranked = probability[order].astype(np.float64)
        apart = np.diff(ranked, prepend=-1.0) > 0
        if apart.sum() > groups:
            apart = np.diff(np.arange(len(ranked)) * groups // len(ranked), prepend=-1) > 0
        starts = np.flatnonzero(apart)
        sizes = np.diff(starts, append=len(ranked))
        return cls(order, starts, outcome[order].astype(np.float64), np.add.reduceat(ranked, starts) / sizes)

    @property
    def sizes(self) -> np.ndarray:
        """Rows of each group, of shape (g,)."""
        return np.diff(self.starts, append=len(self.order))

    def tally(self, counts: np.ndarray) -> np.ndarray:
        """Return how many rows of each group a draw has, and how many with the outcome.

        Parameters
        ----------
        counts : ndarray of shape (draws, n)
            How often each row is drawn.

        Returns
        -------
        ndarray of shape (2, draws, g)
        """
        drawn = counts[:, self.order]
        return np.stack([np.add.reduceat(part, self.starts, axis=1) for part in (drawn, drawn * self.outcome)])


def redrawn_curves(rows: Grouped, tallies: np.ndarray, grid: np.ndarray) -> tuple[Floats, Floats]:
    """Return both curves of every draw on a grid, and its four distances from the diagonal.

    Parameters
    ----------
    rows : Grouped
    tallies : ndarray of shape (2, draws, g)
        Of all draws, as `tally` gives them.
    grid : ndarray of shape (m,)
        Forecasts at which the curves are wanted.

    Returns
    -------
    bands : ndarray of shape (draws, 2, m)
        The local mean, NaN outside the forecasts drawn and held to [0, 1], and the spline of the log-odds.
    distances : ndarray of shape (draws, 4)
        ICI, E50, E90 and Emax, as in `calibration_errors`.

    References
    ----------
    Cleveland (1979), Journal of the American Statistical Association 74, 829-836; Harrell (2015), Regression Modeling
    Strategies, 2.4.5.
    """
    x, (drawn, hits) = rows.forecast, tallies
    points = np.unique(np.concatenate([np.linspace(x[0], x[-1], POINTS // 2), x[_quantile_places(rows, POINTS // 2)]]))
    knots = _local_lines(rows, drawn, hits, points)
    share, left = _between(x, points)
    smooth = knots[:, left] * (1 - share) + knots[:, left + 1] * share
    distance = np.abs(smooth - x)
    ici = (drawn * distance).sum(axis=1) / drawn.sum(axis=1)
    e50, e90 = (_quantiles(distance, drawn, q) for q in (0.5, 0.9))
    on_logit, emax = _splines(rows, drawn, hits, grid)
    share, left = _between(grid, points)
    local = (knots[:, left] * (1 - share) + knots[:, left + 1] * share).clip(0, 1)
    there = drawn > 0
    lowest, highest = x[there.argmax(axis=1)], x[len(x) - 1 - there[:, ::-1].argmax(axis=1)]
    local[(grid < lowest[:, None]) | (grid > highest[:, None])] = np.nan
    return np.stack([local, on_logit], axis=1), np.column_stack([ici, e50, e90, emax])


def _quantile_places(rows: Grouped, n: int) -> np.ndarray:
    """Return the groups that hold the row at each of `n` evenly spaced ranks."""
    ranks = np.linspace(0, len(rows.order) - 1, n).astype(int)
    return np.searchsorted(rows.starts, ranks, side="right") - 1


def _between(x: np.ndarray, points: np.ndarray) -> tuple[Floats, np.ndarray]:
    """Return how far each x lies from the point at its left to the next, and which that is; beyond the ends, there."""
    inside = np.clip(x, points[0], points[-1])
    left = np.clip(np.searchsorted(points, inside, side="right") - 1, 0, len(points) - 2)
    return (inside - points[left]) / (points[left + 1] - points[left]), left


def _local_lines(rows: Grouped, drawn: np.ndarray, hits: np.ndarray, points: np.ndarray) -> Floats:
    """Return the local line of every draw at each point, of shape (draws, points), with the windows of all rows."""
    x, extent = rows.forecast, rows.forecast[-1] - rows.forecast[0]
    in_fit = min(max(int(SPAN * len(rows.order) + 1e-7), 2), len(rows.order))
    apart = x[:, None] - points
    nearest = np.argsort(np.abs(apart), axis=0, kind="stable")
    reached = (np.cumsum(rows.sizes[nearest], axis=0) < in_fit).sum(axis=0)
    weight = tricube(np.abs(apart), np.abs(apart)[nearest[reached, np.arange(len(points))], np.arange(len(points))])
    mass, first, second = drawn @ weight, drawn @ (weight * apart), drawn @ (weight * apart**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre, share = first / mass, (hits @ weight) / mass
        spread = second / mass - centre**2
        tilt = ((hits @ (weight * apart)) / mass - centre * share) / spread
        found = np.where(np.sqrt(np.maximum(spread, 0)) > 0.001 * extent, share - centre * tilt, share)
    for row in found[~np.isfinite(found).all(axis=1)]:  # a draw with nobody near a point
        known = np.isfinite(row)
        row[:] = np.interp(points, points[known], row[known])
    return np.asarray(found)


def _quantiles(values: np.ndarray, counts: np.ndarray, share: float) -> Floats:
    """Return a quantile of each draw, as `np.quantile` gives it of values that are there as often as counted.

    >>> _quantiles(np.array([1.0, 5.0]), np.array([[1.0, 1.0], [3.0, 1.0]]), 0.5).tolist()
    [3.0, 1.0]
    """
    values = np.broadcast_to(values, counts.shape)
    order = np.argsort(values, axis=1, kind="stable")
    ranked, upto = (
        np.take_along_axis(values, order, axis=1),
        np.cumsum(np.take_along_axis(counts, order, axis=1), axis=1),
    )
    at = share * (upto[:, -1] - 1)
    low, high = (
        np.take_along_axis(ranked, (upto <= rank[:, None]).sum(axis=1)[:, None], axis=1)[:, 0]
        for rank in (np.floor(at), np.ceil(at))
    )
    return np.asarray(low + (at - np.floor(at)) * (high - low))


def _splines(rows: Grouped, drawn: np.ndarray, hits: np.ndarray, grid: np.ndarray) -> tuple[Floats, Floats]:
    """Return the spline of the log-odds of every draw on a grid, with knots of all rows, and Emax of each."""
    x, every = rows.forecast, log_odds(rows.forecast)
    knots = np.unique([_quantiles(every, rows.sizes[None], share)[0] for share in KNOTS])
    columns = spline(every, knots)
    centre, scale = columns.mean(axis=0), columns.std(axis=0)
    scale[scale == 0] = 1.0
    columns, wanted = (
        np.column_stack([np.ones(len(part)), (spline(part, knots) - centre) / scale])
        for part in (every, log_odds(grid))
    )
    beta = _newton_together(columns, drawn, hits)
    curve = expit(beta @ columns.T)
    one = (hits.sum(axis=1) == 0) | (hits.sum(axis=1) == drawn.sum(axis=1))
    top = _quantiles(x, drawn, TAIL)
    emax = np.where((drawn > 0) & (x <= top[:, None]), np.abs(curve - x), 0).max(axis=1)
    on_grid = expit(beta @ wanted.T)
    for place in np.flatnonzero(one):
        share = hits[place].sum() / drawn[place].sum()
        on_grid[place], emax[place] = share, np.abs(share - x[(drawn[place] > 0) & (x <= top[place])]).max()
    return on_grid, emax


def _newton_together(columns: np.ndarray, drawn: np.ndarray, hits: np.ndarray) -> Floats:
    """Return the coefficients of every draw, of shape (draws, columns), by a start that all share."""
    share, wanted = (part / drawn.sum(axis=1, keepdims=True) for part in (drawn, hits))
    penalty = np.append(0.0, np.full(columns.shape[1] - 1, 1 / (NEARLY_FREE * drawn[0].sum())))
    twice, outcome = np.concatenate([columns, columns]), np.repeat([1.0, 0.0], len(columns))

    def alone(weight: np.ndarray, hit: np.ndarray) -> Floats:
        given = np.concatenate([hit, weight - hit])
        if not 0 < hit.sum() < weight.sum():  # one outcome alone has no spline
            return np.zeros(columns.shape[1])
        return np.asarray(newton_ridge(twice, outcome, given, penalty, np.zeros(columns.shape[1]), SETTLED))

    start = alone(share.mean(axis=0), wanted.mean(axis=0))
    beta = np.tile(start, (len(drawn), 1))
    products = (columns[:, :, None] * columns[:, None, :]).reshape(len(columns), -1)
    settled = np.zeros(len(drawn), dtype=bool)
    for _ in range(STEPS):
        p = expit(beta @ columns.T)
        slope = (share * p - wanted) @ columns + penalty * beta
        settled = np.abs(slope).max(axis=1) <= SETTLED
        if settled.all():
            break
        curve = ((share * p * (1 - p)) @ products).reshape(len(beta), *(2 * [columns.shape[1]])) + np.diag(penalty)
        curve[~np.isfinite(curve).all(axis=(1, 2))] = np.eye(columns.shape[1])
        curve += 1e-12 * np.eye(columns.shape[1])  # of a draw whose rows lie at one place
        beta = np.where(settled[:, None], beta, beta - np.linalg.solve(curve, slope[:, :, None])[:, :, 0])
    for place in np.flatnonzero(~settled):
        beta[place] = alone(share[place], wanted[place])
    return beta
