"""A fitted, calibrated model: log-odds, and what each column adds to them, row by row."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from sklearn.pipeline import Pipeline

from eriq.evaluation.calibration import Calibrator
from eriq.pair_tables import PairTables, collapse
from eriq.training import Fitted, raw_margin

Kind = Literal["linear", "booster", "rates", "prevalence"]


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


def as_model(fitted: Fitted, calibrator: Calibrator, members: Sequence[Fitted] = ()) -> Model:
    """Return a fitted contender, and refits of it, as a model that can be saved."""
    kinds: dict[str, Kind] = {"prevalence": "prevalence", "level_rates": "rates"}
    estimator = fitted.estimator
    if hasattr(estimator, "booster_"):
        kind: Kind = "booster"
    elif isinstance(estimator, Pipeline):
        kind = "linear"
    else:
        kind = kinds[fitted.contender.estimator]
    parts = [getattr(f.estimator, "booster_", f.estimator) for f in (fitted, *members)]
    return Model(kind, fitted.contender.columns, parts[0], calibrator, tuple(parts[1:]))


# --- additive models, opened ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class LinearSteps:
    """An impute-widen-scale-logistic pipeline as arrays, and which input owns each derived column."""

    prepare: Any
    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    intercept: float
    owner: np.ndarray  # (n_derived, n_columns), 1 where the derived column comes from the input

    @classmethod
    def of(cls, pipeline: Pipeline) -> "LinearSteps":
        """Return a fitted pipeline as arrays."""
        scaler, model = pipeline.named_steps["scale"], pipeline.named_steps["model"]
        prepare = pipeline.named_steps["prepare"]
        return cls(prepare, scaler.mean_, scaler.scale_, model.coef_[0], float(model.intercept_[0]), _owners(prepare))

    def scaled(self, matrix: np.ndarray) -> np.ndarray:
        """Return the derived columns with mean 0 over the training rows."""
        derived = self.prepare.transform(matrix)
        return np.asarray((derived - self.mean) / self.scale)


def _owners(prepare: Any) -> np.ndarray:
    """Return which input each derived column comes from, as a 0/1 matrix.

    Each transformer names its outputs after numbered inputs: "c12", "c12_sp_3", "c12_2.0",
    "missingindicator_c12".
    """
    pieces: list[int] = []
    for _, transformer, places in prepare.transformers_:
        if not isinstance(transformer, str):  # "drop" of a remainder
            generic = np.array([f"c{place}" for place in places], dtype=object)
            named = transformer.get_feature_names_out(generic)
            pieces += [int(re.search(r"c(\d+)(?:_|$)", name).group(1)) for name in named]  # type: ignore[union-attr]
    owner = np.zeros((len(pieces), prepare.n_features_in_))
    owner[np.arange(len(pieces)), pieces] = 1.0
    return owner
