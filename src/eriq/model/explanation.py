"""SHAP values by the shap library: the only door to it, opened on call."""

import warnings

import numpy as np

from eriq.model.model import Model


def shap_values(model: Model, matrix: np.ndarray) -> np.ndarray:
    """Return SHAP values of the calibrated log-odds by the shap library, shape (n_rows, n_columns + 1).

    The independent route for the global picture of a training; scoring takes
    `Model.contributions`, which a test holds equal to this.

    References
    ----------
    Lundberg and Lee (2017), NeurIPS 30; Lundberg et al. (2020), Nature Machine Intelligence 2.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shap's import warns about other libraries' futures
        import shap

        if model.kind == "booster":
            against = model.background if model.convention == "interventional" else None
            explainer = shap.TreeExplainer(model.estimator, data=against)
            values, base = explainer.shap_values(matrix), explainer.expected_value
        elif model.kind == "linear":
            scaled = model.steps.scaled(matrix)
            mean = np.zeros((1, scaled.shape[1]))  # of the training rows, as columns are scaled
            known = mean if model.background is None else model.steps.scaled(model.background)
            explainer = shap.LinearExplainer(
                (model.steps.weights, model.steps.intercept), shap.maskers.Independent(known, max_samples=len(known))
            )
            values, base = explainer.shap_values(scaled) @ model.steps.owner, explainer.expected_value
        else:
            return model.contributions(matrix)
    given = np.column_stack([values, np.full(len(matrix), float(np.ravel(base)[-1]))]) * model.calibrator.slope
    given[:, -1] += model.calibrator.intercept
    return given
