"""A score to add up on paper: few columns, whole points per answer, and the forecast of each sum.

A sparse logistic regression (lasso) on steps of each column chooses the columns and the shape of each; its steps are
scaled and rounded to whole points, and two numbers turn a sum of points into log-odds again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

from eriq.features import Feature
from eriq.model.calibrator import Calibrator, Floats
from eriq.model.leaves import below
from eriq.model.pair_tables import PairTables
from eriq.study.design.contender import Setting
from eriq.study.learning.settling import Factory, Rows, inner_folds

MOST_COLUMNS = 10  # one page
MOST_POINTS = 10  # between the lowest and the highest answer of the strongest column
LEVELS = 8  # up to so many different values, each may begin a step; beyond, fifths of the people do
RARE = 10  # rows on either side of a step, or with a name
LASSOS = tuple(float(c) for c in np.geomspace(0.01, 1.0, 6).round(4))


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Where the points of one column may change."""

    names: bool  # each of `at` is a name, and not the upper end of a step
    at: Floats
    middle: float  # stands for a gap of a measured column
    gaps: bool  # whether a gap may have points of its own

    @classmethod
    def of(cls, value: np.ndarray, names: bool) -> "Steps":
        """Return the steps of a column as training rows have it; ends have three digits."""
        known = value[~np.isnan(value)]
        gaps = RARE <= len(value) - len(known) <= len(value) - RARE
        levels, count = np.unique(known, return_counts=True)
        if names:
            return cls(True, levels[count >= RARE], np.nan, gaps)
        at = levels[:-1] if len(levels) <= LEVELS else np.unique(np.quantile(known, [0.2, 0.4, 0.6, 0.8]))
        if len(levels) > LEVELS:
            at = np.unique([float(f"{end:.3g}") for end in at])
        at = np.array([end for end in at if RARE <= (known > end).sum() <= len(known) - RARE], dtype="float64")
        return cls(False, at, float(np.median(known)) if len(known) else 0.0, gaps)

    @property
    def upper(self) -> Floats:
        """The upper ends, included, of the intervals of the column, as tables have them; the last is infinity."""
        ends = [below(name) for name in self.at.tolist()] if self.names else []
        return np.unique([*ends, *self.at, np.inf])

    def indicators(self, value: np.ndarray) -> Floats:
        """Return 1 where a value has a name, or is above an end, and where it is a gap."""
        gap = np.isnan(value)
        found = value[:, None] == self.at if self.names else np.where(gap, self.middle, value)[:, None] > self.at
        return np.column_stack([found, *([gap] if self.gaps else [])]).astype("float64")


class Scorecard(ClassifierMixin, BaseEstimator):
    """Whole points per answer of at most `MOST_COLUMNS` columns.

    Parameters
    ----------
    names : sequence of bool
        Which columns hold names.
    C : float
        Strength of the lasso, smaller is sparser.
    """

    def __init__(self, names: Sequence[bool] = (), C: float = 0.1) -> None:
        self.names = names
        self.C = C

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> Self:
        """Choose columns, find points, and fit what a sum of them means."""
        self.classes_ = np.array([0, 1])
        matrix, outcome = np.asarray(X, dtype="float64"), np.asarray(y)
        self.steps_ = [Steps.of(column, names) for column, names in zip(matrix.T, self.names, strict=True)]
        shapes = self._shapes(matrix, outcome, sample_weight, np.arange(len(self.steps_)))
        spread = np.array([np.ptp(shape) for shape in shapes])
        used = np.sort(np.argsort(-spread, kind="stable")[:MOST_COLUMNS])
        used = used[spread[used] > 0]
        if 0 < len(used) < (spread > 0).sum():  # what was left out is taken over by what stays
            shapes = self._shapes(matrix, outcome, sample_weight, used)
        unit = max((float(np.ptp(shapes[place])) for place in used), default=0.0) / MOST_POINTS
        points = [np.rint((s - s.min()) / unit) if k in used and unit > 0 else s * 0 for k, s in enumerate(shapes)]
        names = tuple(f"c{place}" for place in range(len(points)))
        self.points_ = PairTables.of(names, 0.0, tuple(s.upper for s in self.steps_), tuple(points), ())
        line = LogisticRegression(C=1e4, solver="newton-cholesky")  # a trace of ridge: points may part the outcomes
        line.fit(self.points_.margin(matrix)[:, None], outcome, sample_weight=sample_weight)
        self.forecast_ = Calibrator(float(line.intercept_[0]), float(line.coef_[0, 0]))
        return self

    def _shapes(self, matrix: np.ndarray, y: np.ndarray, weight: np.ndarray | None, used: np.ndarray) -> list[Floats]:
        """Return what each interval of each column adds, and last what a gap adds, by a lasso on the columns `used`."""
        parts = [self.steps_[k].indicators(matrix[:, k]) for k in used]
        widths = np.cumsum([0, *(part.shape[1] for part in parts)])
        shapes = [np.zeros(len(steps.upper) + 1) for steps in self.steps_]
        if widths[-1]:
            fitted = _lasso(self.C).fit(np.hstack(parts), y, sample_weight=weight)
            for k, start, end in zip(used, widths, widths[1:], strict=False):
                steps = self.steps_[k]
                shapes[k] = steps.indicators(np.append(steps.upper, np.nan)) @ fitted.coef_[0, start:end]
        return shapes

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Return the log-odds of each row's sum of points."""
        return np.asarray(self.forecast_.apply(self.points_.margin(X)))


def _lasso(C: float) -> LogisticRegression:
    return LogisticRegression(C=C, l1_ratio=1.0, solver="liblinear", intercept_scaling=10.0, random_state=0)


def scorecard(features: Sequence[Feature], seed: int, C: float = 0.1) -> Scorecard:
    """Return an unfitted scorecard for these columns."""
    return Scorecard(tuple(f.kind == "category" for f in features), C)


def lasso_strength(
    make: Factory, features: Sequence[Feature], seed: int, rows: Rows, given: Mapping[str, Setting]
) -> dict[str, Setting]:
    """Return the strength of the lasso whose *rounded* score has the lowest log loss on inner folds."""
    losses, weight = np.zeros(len(LASSOS)), rows.weight
    for number, (train, test) in enumerate(inner_folds(rows, seed)):
        if number == 5:  # one deal of folds
            break
        for place, strength in enumerate(LASSOS):
            some = None if weight is None else weight[train]
            card = make(features, seed, **{**given, "C": strength}).fit(rows.matrix[train], rows.outcome[train], some)
            eta = card.decision_function(rows.matrix[test])
            loss = np.logaddexp(0, np.where(rows.outcome[test] == 1, -eta, eta))
            losses[place] += float(loss @ (np.ones(len(test)) if weight is None else weight[test]))
    return {"C": LASSOS[int(losses.argmin())]}
