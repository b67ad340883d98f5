"""A ridge of a yes-or-no outcome by Newton's method, where one is solved thousands of times from a start nearby."""

import numpy as np

from eriq.model.calibrator import expit

STEPS = 100
HALVINGS = 20
ROUNDING = 1e-15  # a loss may rise by it where nothing is left to gain


def newton_ridge(
    columns: np.ndarray,
    outcome: np.ndarray,
    weight: np.ndarray,
    penalty: np.ndarray,
    start: np.ndarray,
    tolerance: float = 1e-4,
) -> np.ndarray:
    """Return the coefficients of a logistic regression with a quadratic penalty for each of them.

    The objective, the steps and the rule that ends them are those of scikit-learn's `newton-cholesky`, which checks its
    input at each call; a step that makes things worse is halved.

    Parameters
    ----------
    columns : ndarray of shape (n_rows, n_columns)
        A column of ones is the intercept; nothing is added.
    outcome, weight : ndarray of shape (n_rows,)
        Weights add up to one.
    penalty : ndarray of shape (n_columns,)
        Half of it times the squared coefficient is added to the mean log loss.
    start : ndarray of shape (n_columns,)
    tolerance : float
        For the largest entry of the gradient, and for half the squared decrement.

    Examples
    --------
    >>> outcome = np.array([1.0, 0.0, 0.0, 0.0])
    >>> beta = newton_ridge(np.ones((4, 1)), outcome, np.full(4, 0.25), np.zeros(1), np.zeros(1), 1e-12)
    >>> round(float(expit(beta)[0]), 6)
    0.25
    """
    beta, margin, decrement = start, columns @ start, np.inf
    loss = _loss(margin, outcome, weight, penalty, beta)
    for _ in range(STEPS):
        p = expit(margin)
        slope = columns.T @ (weight * (p - outcome)) + penalty * beta
        if np.abs(slope).max() <= tolerance and decrement <= 2 * tolerance:
            break
        curve = _curvature(columns, weight * p * (1 - p), penalty)
        step = np.linalg.solve(curve, -slope)
        decrement, before = step @ curve @ step, loss
        for _ in range(HALVINGS):
            margin = columns @ (beta + step)
            loss = _loss(margin, outcome, weight, penalty, beta + step)
            if loss <= before + ROUNDING:
                break
            step = step / 2
        beta = beta + step
    return beta


def _curvature(columns: np.ndarray, weight: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """Return the second derivatives of the objective; as the square of one matrix, which costs half of a product."""
    scaled = columns * np.sqrt(weight)[:, None]
    curve: np.ndarray = scaled.T @ scaled
    curve[np.diag_indices_from(curve)] += penalty
    return curve


def _loss(margin: np.ndarray, outcome: np.ndarray, weight: np.ndarray, penalty: np.ndarray, beta: np.ndarray) -> float:
    return float(weight @ (np.logaddexp(0, margin) - outcome * margin) + penalty @ beta**2 / 2)
