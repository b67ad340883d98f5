"""Estimators of ours that a saved model may hold."""

from typing import Any, Self

import numpy as np
from scipy.interpolate import BSpline
from scipy.special import logit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.isotonic import IsotonicRegression
from sklearn.preprocessing import SplineTransformer


def middle(values: np.ndarray) -> float:
    """Return the median of the values of a column, 0 where there are none: what fills its gaps.

    The same as scikit-learn's own, which sorts masked arrays of all columns and takes five times as long.

    >>> middle(np.array([3.0, 1.0, 2.0, 10.0])), middle(np.array([]))
    (2.5, 0.0)
    """
    return float(np.median(values)) if len(values) else 0.0


class LevelRates(ClassifierMixin, BaseEstimator):
    """The rate of the outcome per answer level of one item, rising with the level.

    A human forecast turned into a probability: each level gets its observed rate, drawn to the
    overall rate as if `weight` further people had been seen, then made monotone. No answer is a
    level of its own.
    """

    def __init__(self, weight: float = 2.0) -> None:
        self.weight = weight

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> Self:
        """Learn the rates from the first column of `X`; a row of weight 2 counts as two."""
        y = np.asarray(y, dtype="float64")
        w = np.ones(len(y)) if sample_weight is None else sample_weight
        self.classes_ = np.array([0, 1])
        value = np.asarray(X, dtype="float64")[:, 0]
        overall = float(w @ y / w.sum())
        known = ~np.isnan(value)
        self.levels_ = np.unique(value[known]) if known.any() else np.array([0.0])
        n = np.array([w[value == level].sum() for level in self.levels_])
        hits = np.array([w[value == level] @ y[value == level] for level in self.levels_])
        smooth = (hits + self.weight * overall) / (n + self.weight)
        self.rates_ = IsotonicRegression().fit_transform(self.levels_, smooth, sample_weight=n + self.weight)
        self.missing_rate_ = float((w[~known] @ y[~known] + self.weight * overall) / (w[~known].sum() + self.weight))
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Return the log-odds per row; a level never seen takes the nearest one."""
        value = np.asarray(X, dtype="float64")[:, 0]
        known = ~np.isnan(value)
        middle = (self.levels_[1:] + self.levels_[:-1]) / 2
        place = np.searchsorted(middle, np.where(known, value, self.levels_[0]))
        rate = np.where(known, self.rates_[place], self.missing_rate_)
        return np.asarray(logit(np.clip(rate, 1e-6, 1 - 1e-6)))

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the rates as two columns."""
        rate = 1 / (1 + np.exp(-self.decision_function(X)))
        return np.column_stack([1 - rate, rate])


class Splines(SplineTransformer):
    """Splines whose state is numbers only: scipy's own objects hold a function that no saved model should name."""

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "bsplines_" in state:
            state["bsplines_"] = [(s.t, s.c, int(s.k), bool(s.extrapolate)) for s in state["bsplines_"]]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "bsplines_" in state:
            self.bsplines_ = [BSpline.construct_fast(*numbers) for numbers in state["bsplines_"]]
