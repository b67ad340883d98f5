"""A logistic regression on person-months: the chance to enter in a month for who has not entered before.

Every row contributes the months in which it was followed, so rows whose follow-up breaks off are used as far as they
go. Months are twelfths of 365 days; a month counts for a row only if the row was followed to the end of it, and then
also counts for who entered in it: counting entries in months that were seen in part would raise the rate.

With x the scaled columns of a row, the log-odds to enter in month m is a[m] + x b (proportional on that scale). The
chance to enter by the horizon is 1 - product(1 - expit(a[m] + x b)), which rises with x b alone. So the contributions
of columns are those of the line x b, exact and additive on the scale "log-odds to enter in a month", and the months are
a fixed, rising function from x b to the probability. A saved model would hold b as the linear models do and a[1..M]
beside it; its contributions would sum to x b, and only the printed probability would go through that function. The
log-odds of the probability itself is no sum of contributions, though it comes close where entries are rare. Until a
saved model can hold such a function, this contender is compared and not saved.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from eriq.errors import CohortError
from eriq.model.calibrator import Floats, expit

YEAR = 365
MONTHS = 12
STEPS = 50  # of Newton; it takes 5 to 8
TOLERANCE = 1e-8
MONTH_RIDGE = 0.1  # on how far a month differs from the mean one: settles months in which nobody entered


def month_ends(horizon_days: int, last_days: int | None = None) -> np.ndarray:
    """Return the last day of each month, with the horizon among them.

    Parameters
    ----------
    horizon_days : int
        Where the probability is wanted.
    last_days : int, optional
        Last day of the curve; without it the horizon.

    Examples
    --------
    >>> month_ends(365)[[0, 1, -1]].tolist(), len(month_ends(365, 456))
    ([30, 61, 365], 15)
    """
    last = max(horizon_days, last_days or 0)
    ends = np.round(np.arange(1, MONTHS * last // YEAR + 2) * YEAR / MONTHS).astype(np.int64)
    return np.unique(np.concatenate([ends[ends <= last], [horizon_days, last]]))


def person_months(times: pd.DataFrame, ends: np.ndarray) -> tuple[Floats, Floats]:
    """Return, per row and month, whether the row was at risk in all of it, and whether it entered then.

    Parameters
    ----------
    times : DataFrame of shape (n_rows, 3)
        days, event, followed_days, as `eriq.tables.time_to_entry` returns them.
    ends : ndarray of shape (n_months,)
        Last day of each month; a day belongs to the month that it ends.

    Returns
    -------
    tuple of two ndarray of shape (n_rows, n_months)
        1 or 0.

    Examples
    --------
    >>> times = pd.DataFrame({"days": [61, 45], "event": [True, False], "followed_days": [400, 45]})
    >>> at_risk, entered = person_months(times, np.array([30, 61, 91]))
    >>> at_risk.tolist(), entered.tolist()
    ([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    """
    starts = np.concatenate([[0], ends[:-1]])
    first = times["days"].where(times["event"].astype(bool), np.inf).to_numpy(np.float64).reshape(-1, 1)  # of an entry
    followed = times["followed_days"].to_numpy(np.float64).reshape(-1, 1)
    at_risk = np.logical_and(followed >= ends, first > starts).astype(np.float64)
    return at_risk, at_risk * (first <= ends)


class HazardLogistic(ClassifierMixin, BaseEstimator):
    """Ridge logistic regression on person-months with one level per month, on columns that are scaled already.

    Newton's steps need no long table: the weights of a row's months are summed before they meet its columns, so a step
    costs what one of a plain logistic regression does.
    """

    def __init__(
        self, C: float = 0.01, horizon_days: int = YEAR, last_days: int = 456, month_ridge: float = MONTH_RIDGE
    ) -> None:
        self.C = C
        self.horizon_days = horizon_days
        self.last_days = last_days
        self.month_ridge = month_ridge

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        """Fit on rows with their times.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
            Without gaps, on comparable scales.
        y : ndarray of shape (n_rows, 3)
            days, event, followed_days. Rows followed for less than a month teach nothing and may be among them.

        Raises
        ------
        CohortError
            When no entry is seen in a whole month, or follow-up does not reach the horizon for anybody.
        """
        matrix = np.asarray(X, dtype=np.float64)
        times = pd.DataFrame(np.asarray(y, dtype=np.float64), columns=["days", "event", "followed_days"])
        ends = month_ends(self.horizon_days, self.last_days)
        at_risk, entered = person_months(times, ends)
        reached = at_risk.sum(axis=0) > 0
        if not reached[ends <= self.horizon_days].all() or not entered.any():
            raise CohortError(
                f"a curve of entries over {self.horizon_days} days needs entries, and somebody at risk in every month"
            )
        used = at_risk[:, 0] > 0  # nobody is at risk in a month without having been in those before
        self.month_ends_ = ends[reached]
        self.classes_ = np.array([0, 1])
        self._newton(matrix[used], at_risk[used][:, reached], entered[used][:, reached])
        return self

    def _newton(self, x: Floats, at_risk: Floats, entered: Floats) -> None:
        """Set `coef_` and `month_`: minimise the log loss over person-months plus both ridges, by damped Newton steps.

        Parameters are a level, how far each month differs from it, and one weight per column.
        """
        n_months, n_columns = at_risk.shape[1], x.shape[1]
        months = np.column_stack([np.ones(n_months), np.eye(n_months)])  # level and deviations -> each month
        ridge = np.concatenate([[0.0], np.full(n_months, self.month_ridge), np.full(n_columns, 1 / self.C)])
        cut = n_months + 1
        theta = np.zeros(cut + n_columns)
        rate = entered.sum() / at_risk.sum()
        theta[0] = np.log(rate / (1 - rate))

        def loss(at: Floats) -> float:
            eta = (x @ at[cut:])[:, None] + months @ at[:cut]
            return float((at_risk * np.logaddexp(0, eta) - entered * eta).sum() + ridge @ at**2 / 2)

        value = loss(theta)
        for self.n_iter_ in range(1, STEPS + 1):
            p = expit((x @ theta[cut:])[:, None] + months @ theta[:cut])
            left = at_risk * p - entered
            gradient = np.concatenate([months.T @ left.sum(axis=0), x.T @ left.sum(axis=1)]) + ridge * theta
            v = at_risk * p * (1 - p)
            cross = months.T @ (v.T @ x)
            top = np.hstack([months.T @ (v.sum(axis=0)[:, None] * months), cross])
            hessian = np.vstack([top, np.hstack([cross.T, x.T @ (v.sum(axis=1)[:, None] * x)])]) + np.diag(ridge)
            step = np.linalg.solve(hessian, -gradient)
            for _ in range(30):
                reached = loss(theta + step)
                if reached <= value + 1e-12 * abs(value):
                    break
                step = step / 2
            theta, value = theta + step, reached
            if np.abs(step).max() <= TOLERANCE:
                break
        self.coef_ = theta[cut:][None, :]
        self.month_ = months @ theta[:cut]

    def line(self, X: np.ndarray) -> Floats:
        """Return x b of each row: the log-odds to enter in a month, apart from the level of the month."""
        return np.asarray(np.asarray(X, dtype=np.float64) @ self.coef_[0])

    def curve(self, X: np.ndarray, days: Sequence[int] | np.ndarray | None = None) -> Floats:
        """Return the probability to have entered by each of some days, of shape (n_rows, n_days).

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
        days : sequence of int, optional
            Ends of months, or 0; without it, all of `month_ends_`.

        Raises
        ------
        ValueError
            If a day is no end of a month, or nobody was followed so long.
        """
        wanted = self.month_ends_ if days is None else np.asarray(days)
        known = np.concatenate([[0], self.month_ends_])
        if wrong := sorted({int(day) for day in wanted} - {int(day) for day in known}):
            raise ValueError(f"the curve is known at ends of months up to day {known[-1]}, not at {wrong}")
        eta = self.line(X)[:, None] + self.month_
        left = np.cumsum(-np.logaddexp(0, eta), axis=1)  # log of the chance not to have entered
        entered = np.column_stack([np.zeros(len(eta)), -np.expm1(left)])
        return np.asarray(entered[:, np.searchsorted(known, wanted)])

    def predict_proba(self, X: np.ndarray) -> Floats:
        """Return the probability not to enter and to enter by the horizon, as two columns."""
        entered = self.curve(X, [self.horizon_days])[:, 0]
        return np.column_stack([1 - entered, entered])

    def decision_function(self, X: np.ndarray) -> Floats:
        """Return the log-odds of having entered by the horizon."""
        eta = self.line(X)[:, None] + self.month_[self.month_ends_ <= self.horizon_days]
        cumulative = np.logaddexp(0, eta).sum(axis=1)
        return np.asarray(np.log(-np.expm1(-cumulative)) + cumulative)
