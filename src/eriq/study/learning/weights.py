"""Estimators fitted on rows that do not count alike: by weight, or by how far each was followed."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from eriq.study.design.design import Design


def fit_weighted(
    estimator: BaseEstimator, matrix: np.ndarray, outcome: np.ndarray, weight: np.ndarray | None
) -> BaseEstimator:
    """Return `estimator` fitted with `weight`, or on every row once where there is none.

    Every step of a pipeline that can take weights gets them: the model, and the scales of its columns. What fills gaps
    and cuts splines does not, and counts rows.

    Parameters
    ----------
    estimator : BaseEstimator
        Takes `sample_weight`, or is a pipeline whose last step does.
    matrix : ndarray of shape (n_rows, n_columns)
    outcome : ndarray of shape (n_rows,)
    weight : ndarray of shape (n_rows,), optional

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> rate = fit_weighted(DummyClassifier(strategy="prior"), np.zeros((2, 1)), np.array([0, 1]), np.array([1.0, 3.0]))
    >>> rate.predict_proba(np.zeros((1, 1))).tolist()
    [[0.25, 0.75]]
    """
    if weight is None:
        return estimator.fit(matrix, outcome)
    if isinstance(estimator, Pipeline):
        takers = [name for name, step in estimator.steps if has_fit_parameter(step, "sample_weight")]
        return estimator.fit(matrix, outcome, **{f"{name}__sample_weight": weight for name in takers})
    return estimator.fit(matrix, outcome, sample_weight=weight)


def fit_on_times(estimator: Pipeline, matrix: np.ndarray, design: Design) -> BaseEstimator:
    """Return a pipeline fitted on when the outcome of each row came about, and how far the row was followed.

    Raises
    ------
    ValueError
        If the design has no times: a config that asks for such an estimator makes them.
    """
    if design.times is None:
        raise ValueError("this estimator learns from times, and the rows have none")
    estimator.set_params(model__horizon_days=design.horizon_days)
    return estimator.fit(matrix, design.times[["days", "event", "followed_days"]].to_numpy("float64"))
