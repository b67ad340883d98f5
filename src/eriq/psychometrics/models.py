"""Factor models and ordinal regressions: the only door to statsmodels in this room."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.multivariate.factor import Factor
from statsmodels.multivariate.factor_rotation import rotate_factors

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """Loadings of shape (n_items, n_factors), the correlations of the factors, and what each item has of its own."""

    loadings: Matrix
    correlations: Matrix
    uniqueness: Matrix


def factors_of(correlations: Matrix, k: int) -> Factors | None:
    """Return k factors by iterated principal axes, rotated by promax (power 4); None where they do not hold.

    They do not where the iteration ends with an item that has nothing of its own (a Heywood case), or does not end.

    Parameters
    ----------
    correlations : ndarray of shape (n_items, n_items)
    k : int
        Number of factors.

    Notes
    -----
    Hendrickson, White (1964), Promax, Br J Stat Psychol 17:65.

    Examples
    --------
    >>> one = np.full((4, 4), 0.5) + 0.5 * np.eye(4)
    >>> factors_of(one, 1).loadings.round(3).ravel().tolist()
    [0.707, 0.707, 0.707, 0.707]
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of matrices that are no correlations of anything: told by the answer
        try:
            found = Factor(corr=correlations, n_factor=k, method="pa", smc=True).fit(maxiter=500, tol=1e-6)
        except (np.linalg.LinAlgError, ValueError):
            return None
    loadings: Matrix = np.asarray(found.loadings, dtype="float64")
    unique: Matrix = 1 - (loadings**2).sum(axis=1)
    if loadings.shape[1] != k or not np.isfinite(loadings).all() or (unique <= 0).any():
        return None
    if k == 1:
        return Factors(loadings * np.sign(loadings.sum()), np.eye(1), unique)
    rotated, between = _promax(loadings)
    signs = np.sign(rotated.sum(axis=0))
    return Factors(rotated * signs, between * np.outer(signs, signs), unique)


def _promax(loadings: Matrix) -> tuple[Matrix, Matrix]:
    """Return the pattern and the correlations of factors after a varimax on rows of length one."""
    length = np.sqrt((loadings**2).sum(axis=1, keepdims=True))
    turned, _ = rotate_factors(loadings / length, "varimax")
    turned = turned * length
    target = turned * np.abs(turned) ** 3
    change = np.linalg.lstsq(turned, target, rcond=None)[0]
    change = change * np.sqrt(np.diag(np.linalg.inv(change.T @ change)))
    inverse = np.linalg.inv(change)
    return turned @ change, inverse @ inverse.T


@dataclass(frozen=True, slots=True)
class OrdinalFit:
    """An ordinal logistic regression: log-likelihood, and the coefficients of its columns."""

    log_likelihood: float
    coefficients: tuple[float, ...]


def ordinal_fit(answers: pd.Series, columns: Matrix) -> OrdinalFit | None:
    """Return the proportional-odds regression of answers on columns; None where it does not settle.

    Parameters
    ----------
    answers : Series of shape (n_rows,)
        Places of an item without gaps; two levels in use at least.
    columns : ndarray of shape (n_rows, n_columns)

    Notes
    -----
    McCullagh (1980), J R Stat Soc B 42:109.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # not settled: told by the answer
        try:
            codes = np.unique(answers.to_numpy(), return_inverse=True)[1]
            model = OrderedModel(codes, columns, distr="logit")
            fit = model.fit(method="bfgs", maxiter=300, disp=False, skip_hessian=True)
        except (np.linalg.LinAlgError, ValueError):
            return None
    if not (np.isfinite(fit.llf) and fit.mle_retvals["converged"]):
        return None
    return OrdinalFit(float(fit.llf), tuple(float(value) for value in fit.params[: columns.shape[1]]))
