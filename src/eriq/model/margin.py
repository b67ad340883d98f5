"""The log-odds a library's estimator gives, before any calibration."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

TINY = 1e-6  # forecasts are kept this far from 0 and 1


def raw_margin(estimator: "BaseEstimator", matrix: np.ndarray) -> np.ndarray:
    """Return the log-odds an estimator gives to each row."""
    if hasattr(estimator, "booster_"):
        return np.asarray(estimator.booster_.predict(matrix, raw_score=True), dtype="float64")
    if hasattr(estimator, "decision_function"):
        return np.asarray(estimator.decision_function(matrix), dtype="float64")
    from scipy.special import logit

    return np.asarray(logit(np.clip(estimator.predict_proba(matrix)[:, 1], TINY, 1 - TINY)))
