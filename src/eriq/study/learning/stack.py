"""Several ways of learning as one: their log-odds, weighted and added, so that contributions still add up."""

from collections.abc import Mapping
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import Pipeline

from eriq.config import EstimatorName
from eriq.model.calibrator import Floats, expit
from eriq.model.margin import raw_margin

MEMBERS: tuple[EstimatorName, ...] = ("logistic", "lightgbm_pairs")  # one that adds up, one that bends and crosses


class Stack(ClassifierMixin, BaseEstimator):
    """Estimators whose log-odds are added with weights that are known already.

    Parameters
    ----------
    members : mapping of str to estimator
    weights : mapping of str to float
        None of them negative.
    intercept : float
    """

    def __init__(self, members: Mapping[str, BaseEstimator], weights: Mapping[str, float], intercept: float) -> None:
        self.members = members
        self.weights = weights
        self.intercept = intercept

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> Self:
        """Fit every member on the same rows."""
        self.classes_ = np.array([0, 1])
        for member in self.members.values():
            fit_weighted(member, X, y, sample_weight)
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Return the weighted log-odds of each row."""
        parts = [self.weights[name] * raw_margin(member, X) for name, member in self.members.items()]
        return np.asarray(self.intercept + np.sum(parts, axis=0))


def fit_weighted(estimator: BaseEstimator, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> BaseEstimator:
    """Fit an estimator with row weights, wherever it takes them."""
    if weight is None:
        return estimator.fit(X, y)
    return estimator.fit(
        X, y, **{"model__sample_weight" if isinstance(estimator, Pipeline) else "sample_weight": weight}
    )


def stack_weights(
    margins: np.ndarray, outcome: np.ndarray, weight: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    """Return the intercept and the non-negative weights of log-odds whose sum has the lowest log loss.

    Parameters
    ----------
    margins : ndarray of shape (n, n_members)
        Log-odds for rows that the members were not fitted on.
    outcome, weight : ndarray of shape (n,)

    References
    ----------
    Wolpert (1992), Neural Networks 5, 241-259; Breiman (1996), Machine Learning 24, 49-64, on why not negative.

    Examples
    --------
    >>> x = np.array([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0])
    >>> intercept, weights = stack_weights(x[:, None], np.array([0, 1, 0, 1, 1, 0]))
    >>> bool(abs(intercept) < 1e-4), weights.round(2).tolist()  # log(2), as it is right two times of three
    (True, [0.69])
    """
    from scipy.optimize import minimize

    count = np.ones(len(outcome)) if weight is None else weight
    columns = np.column_stack([np.ones(len(outcome)), margins])

    def loss(beta: Floats) -> tuple[float, Floats]:
        eta = columns @ beta
        value = count @ (np.logaddexp(0, eta) - outcome * eta)
        return float(value) / count.sum(), columns.T @ (count * (expit(eta) - outcome)) / count.sum()

    n = margins.shape[1]
    start = np.concatenate([[0.0], np.full(n, 1 / n)])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(None, None), *[(0.0, 10.0)] * n], tol=1e-12)
    return float(found.x[0]), np.asarray(found.x[1:])
