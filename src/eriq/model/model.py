"""A fitted, calibrated model: log-odds, and what each column adds to them, row by row."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from eriq.model.background import against
from eriq.model.calibrator import Calibrator
from eriq.model.forest import Forest
from eriq.model.leaves import CollapseError
from eriq.model.linear import LinearSteps
from eriq.model.manifest import Kind
from eriq.model.margin import raw_margin
from eriq.model.pair_tables import PairTables, collapse

MANY_ROWS = 5000  # from here on flat arrays of trees are read faster than the library reads its own


@dataclass(frozen=True, eq=False)
class Model:
    """What is saved: library objects only, and the two numbers of the calibration.

    Everything is on the log-odds of the *calibrated* probability: a monotone map of the margin,
    so contributions scale with its slope and stay exact.
    """

    kind: Kind
    columns: tuple[str, ...]
    estimator: (
        Any  # Pipeline or PlainLine, Booster, LevelRates, DummyClassifier, PairTables, or of a stack several models
    )
    calibrator: Calibrator
    members: tuple[Any, ...] = field(default=())  # the same kind refitted on resampled clients
    background: np.ndarray | None = None  # invented rows, shape (rows, n_columns), that contributions are against

    @property
    def convention(self) -> Literal["interventional", "path-dependent"]:
        """Which SHAP values `contributions` are; those of the two conventions cannot be compared.

        Deep trees, and pair tables without a background, are path-dependent: against the training rows that reach a
        leaf. All else is interventional: against `background`, or without one against the training mean.
        """
        if self.kind == "stack":
            one = all(member.convention == "interventional" for member in self.estimator)
            return "interventional" if one else "path-dependent"
        trees = self.kind == "booster" and (self.pairs is None or self.background is None)
        return "path-dependent" if trees else "interventional"

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        """Return the calibrated log-odds of each row; the matrix has these columns in this order."""
        return np.asarray(self.calibrator.apply(self._raw(self.estimator, matrix)))

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Return what each column adds to the calibrated log-odds.

        Returns
        -------
        ndarray of shape (n_rows, n_columns + 1)
            The last column is the same for everyone; each row adds up to `log_odds`. SHAP values by `convention`.

        References
        ----------
        Lundberg et al. (2020), Nature Machine Intelligence 2, 56-67.
        """
        return self._calibrated(self._raw_contributions(matrix))

    def explained(self, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return `log_odds` and `contributions`, to the last bit; the columns of a line are derived once for both."""
        if self.kind != "linear":
            return self.log_odds(matrix), self.contributions(matrix)
        margin, effects = self.steps.effects(matrix)
        return np.asarray(self.calibrator.apply(margin)), self._calibrated(self._centred(effects))

    def _calibrated(self, given: np.ndarray) -> np.ndarray:
        """Return raw contributions, an array of nobody else, as those to the calibrated log-odds."""
        given *= self.calibrator.slope
        given[:, -1] += self.calibrator.intercept
        return given

    def spread(self, matrix: np.ndarray) -> np.ndarray:
        """Return the calibrated log-odds under every refit, shape (n_rows, n_members)."""
        return np.column_stack([self.calibrator.apply(self._raw(member, matrix)) for member in self.members])

    def _raw(self, estimator: Any, matrix: np.ndarray) -> np.ndarray:
        if self.kind == "booster":
            # To the last bit the same, and worth its start only for many rows.
            if len(matrix) >= MANY_ROWS and estimator is self.estimator and self.forest:
                return self.forest.margin(matrix)
            return np.asarray(estimator.predict(matrix, raw_score=True), dtype="float64")
        if self.kind == "tables":
            return np.asarray(estimator.margin(matrix))
        if self.kind == "stack":  # the weight of a member is the slope of its calibrator
            return np.asarray(np.sum([member.log_odds(matrix) for member in estimator], axis=0))
        if self.kind == "linear":
            steps = self.steps if estimator is self.estimator else LinearSteps.of(estimator)
            return steps.margin(matrix)
        return raw_margin(estimator, matrix)

    def _raw_contributions(self, matrix: np.ndarray) -> np.ndarray:
        if self.kind == "booster":
            return self.pairs.contributions(matrix) if self.pairs else self._tree_shap(matrix)
        if self.kind == "stack":
            return np.asarray(np.sum([member.contributions(matrix) for member in self.estimator], axis=0))
        if self.kind == "tables" and self.pairs:
            return self.pairs.contributions(matrix)
        if self.kind == "linear":
            return self._centred(self.steps.effects(matrix)[1])
        given = np.zeros((len(matrix), len(self.columns) + 1))
        given[:, -1] = base = self._base
        if self.kind == "rates":
            given[:, 0] = raw_margin(self.estimator, matrix) - base
        return given

    def _centred(self, effects: np.ndarray) -> np.ndarray:
        """Return effects of an additive model against the background, and last what is the same for everyone."""
        given = np.empty((len(effects), len(self.columns) + 1))
        np.subtract(effects, self._mean_effects, out=given[:, :-1])
        given[:, -1] = self.steps.intercept + self._mean_effects.sum()
        return given

    @cached_property
    def _mean_effects(self) -> np.ndarray:
        """The means of `_effects` over the background, shape (n_columns,)."""
        if self.background is None:
            return np.zeros(len(self.columns))
        return np.asarray(self.steps.effects(self.background)[1].mean(axis=0))

    def _tree_shap(self, matrix: np.ndarray) -> np.ndarray:
        if self.forest:
            return self.forest.contributions(matrix)
        return np.array(self.estimator.predict(matrix, pred_contrib=True), dtype="float64")

    @cached_property
    def _base(self) -> float:
        """The mean log-odds over the background; without one, of a row about which nothing is known."""
        unknown = np.full((1, max(len(self.columns), 1)), np.nan)
        return float(raw_margin(self.estimator, unknown if self.background is None else self.background).mean())

    @cached_property
    def steps(self) -> "LinearSteps":
        """The opened pipeline of an additive model."""
        return LinearSteps.of(self.estimator)

    @property
    def by_name(self) -> bool:
        """Whether some tree splits a column by the names it holds."""
        return self.kind == "booster" and any(tree["num_cat"] for tree in self.estimator.dump_model()["tree_info"])

    @cached_property
    def forest(self) -> Forest | None:
        """The flat arrays of boosted trees; none where only the library can follow them."""
        try:
            return Forest.of(self.estimator.dump_model())
        except CollapseError:
            return None

    @cached_property
    def pairs(self) -> PairTables | None:
        """The exact tables of a model that is a sum of functions of two columns at most; none for any other."""
        if self.kind == "tables":
            own: PairTables = self.estimator
            return own if self.background is None else against(own, self.background)
        if self.kind != "booster":
            return None
        dump = self.estimator.dump_model()
        if any(_depth(tree["tree_structure"]) > 2 for tree in dump["tree_info"]):
            return None
        tables = collapse(dump, self.columns)
        return tables if self.background is None else against(tables, self.background)


def _depth(node: dict[str, Any]) -> int:
    if "left_child" not in node:
        return 0
    return 1 + max(_depth(node["left_child"]), _depth(node["right_child"]))
