"""A fitted, calibrated model: log-odds, and what each column adds to them, row by row."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from eriq.model.calibrator import Calibrator
from eriq.model.linear import LinearSteps
from eriq.model.manifest import Kind
from eriq.model.margin import raw_margin
from eriq.model.pair_tables import PairTables, collapse


@dataclass(frozen=True, eq=False)
class Model:
    """What is saved: library objects only, and the two numbers of the calibration.

    Everything is on the log-odds of the *calibrated* probability: a monotone map of the margin,
    so contributions scale with its slope and stay exact.
    """

    kind: Kind
    columns: tuple[str, ...]
    estimator: Any  # Pipeline, Booster, LevelRates or DummyClassifier
    calibrator: Calibrator
    members: tuple[Any, ...] = field(default=())  # the same kind refitted on resampled clients

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        """Return the calibrated log-odds of each row; the matrix has these columns in this order."""
        return np.asarray(self.calibrator.apply(self._raw(self.estimator, matrix)))

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Return what each column adds to the calibrated log-odds.

        Returns
        -------
        ndarray of shape (n_rows, n_columns + 1)
            The last column is the same for everyone; each row adds up to `log_odds`. SHAP values:
            path-dependent for trees (Lundberg et al. 2020, Nature Machine Intelligence 2), against
            the training mean for additive models.
        """
        given = self._raw_contributions(matrix) * self.calibrator.slope
        given[:, -1] += self.calibrator.intercept
        return given

    def spread(self, matrix: np.ndarray) -> np.ndarray:
        """Return the calibrated log-odds under every refit, shape (n_rows, n_members)."""
        return np.column_stack([self.calibrator.apply(self._raw(member, matrix)) for member in self.members])

    def _raw(self, estimator: Any, matrix: np.ndarray) -> np.ndarray:
        if self.kind == "booster":
            return np.asarray(estimator.predict(matrix, raw_score=True), dtype="float64")
        if self.kind == "linear":
            steps = self.steps if estimator is self.estimator else LinearSteps.of(estimator)
            return np.asarray(steps.scaled(matrix) @ steps.weights + steps.intercept)
        return raw_margin(estimator, matrix)

    def _raw_contributions(self, matrix: np.ndarray) -> np.ndarray:
        given = np.zeros((len(matrix), len(self.columns) + 1))
        if self.kind == "linear":
            given[:, :-1] = (self.steps.scaled(matrix) * self.steps.weights) @ self.steps.owner
            given[:, -1] = self.steps.intercept
        elif self.kind == "booster":
            return self.pairs.contributions(matrix) if self.pairs else self._tree_shap(matrix)
        else:
            given[:, -1] = base = self._base()
            if self.kind == "rates":
                given[:, 0] = raw_margin(self.estimator, matrix) - base
            return given
        return given

    def _tree_shap(self, matrix: np.ndarray) -> np.ndarray:
        return np.array(self.estimator.predict(matrix, pred_contrib=True), dtype="float64")

    def _base(self) -> float:
        """Return the log-odds of a row about which nothing is known."""
        unknown = np.full((1, max(len(self.columns), 1)), np.nan)
        return float(raw_margin(self.estimator, unknown)[0])

    @cached_property
    def steps(self) -> "LinearSteps":
        """The opened pipeline of an additive model."""
        return LinearSteps.of(self.estimator)

    @cached_property
    def pairs(self) -> PairTables | None:
        """The exact tables of a depth-2 model, which explain it faster; none for deeper trees."""
        if self.kind != "booster":
            return None
        dump = self.estimator.dump_model()
        if any(_depth(tree["tree_structure"]) > 2 for tree in dump["tree_info"]):
            return None
        return collapse(dump, self.columns)


def _depth(node: dict[str, Any]) -> int:
    if "left_child" not in node:
        return 0
    return 1 + max(_depth(node["left_child"]), _depth(node["right_child"]))
