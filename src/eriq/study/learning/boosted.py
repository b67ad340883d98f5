"""Boosted trees that know which columns are names and not numbers, and how their loss falls tree by tree."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

PATIENCE = 30  # trees without a lower loss on the held-out rows, after which growing stops


class BoostedTrees(ClassifierMixin, BaseEstimator):
    """LightGBM with some columns as categories: their levels are grouped by what they tell, in no order.

    Parameters
    ----------
    settings : mapping
        Of `lightgbm.LGBMClassifier`.
    categories : sequence of int
        Places of the columns that hold whole numbers standing for names; a gap or an unseen level goes with the rest.
    """

    def __init__(self, settings: Mapping[str, Any], categories: Sequence[int] = ()) -> None:
        self.settings = settings
        self.categories = categories

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> Self:
        """Grow the trees."""
        self.classes_ = np.array([0, 1])
        self.booster_ = self._grown(X, y, sample_weight).booster_
        return self

    def curve(
        self, X: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray, weight: np.ndarray | None = None
    ) -> np.ndarray:
        """Return the log loss of the rows `test` after each tree grown on the rows `train`."""
        parts = [None if weight is None else weight[rows] for rows in (train, test)]
        watched = {"eval_X": (X[test],), "eval_y": (y[test],)}
        if parts[1] is not None:
            watched["eval_sample_weight"] = [parts[1]]  # type: ignore[assignment]
        grown = self._grown(X[train], y[train], parts[0], {"early_stopping_round": PATIENCE}, **watched)
        (losses,) = grown.evals_result_["valid_0"].values()
        return np.asarray(losses)

    def _grown(
        self,
        X: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray | None,
        more: Mapping[str, Any] | None = None,
        **watched: Any,
    ) -> Any:
        import lightgbm as lgb

        names = list(self.categories) if len(self.categories) else "auto"
        return lgb.LGBMClassifier(**{**self.settings, **(more or {})}).fit(
            X, y, sample_weight=weight, categorical_feature=names, **watched
        )

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probabilities of both outcomes as two columns."""
        p = np.asarray(self.booster_.predict(X), dtype="float64")
        return np.column_stack([1 - p, p])
