"""The case mix: what registers alone forecast for a client, by fits that never saw that client."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eriq.study.design.design import Design
from eriq.study.design.folds import grouped_kfold

Floats = NDArray[np.float64]


def case_mix(design: Design, columns: Sequence[str], *, folds: int = 5, seed: int = 1) -> Floats:
    """Return the probability of the outcome by some columns alone, out of fold.

    A fit that saw a row already knows part of what happened there: noise would pass for case mix, and what a caseworker
    knows beyond the registers would look smaller than it is.

    Parameters
    ----------
    design : Design of n_rows
    columns : sequence of str
        Of `design.matrix`: of registers.
    folds : int
        Of whole clients, those of a training with the same seed.
    seed : int

    Returns
    -------
    array of shape (n_rows,)
        NaN where the outcome is not known, and everywhere without columns.

    Raises
    ------
    CohortError
        When fewer clients than folds have the outcome, or have it not.

    Notes
    -----
    Logistic regression (ridge of strength 1) on standardised columns, gaps at their mean.

    Examples
    --------
    >>> import pandas as pd
    >>> from eriq.study.design.design import make_design
    >>> rows = pd.DataFrame({"client_id": np.arange(200).astype(str)})
    >>> age = pd.DataFrame({"age": np.arange(200.0)})
    >>> expected = case_mix(make_design(rows, age, np.arange(200) > 100), ["age"])
    >>> bool(expected[150] > 0.9 > 0.1 > expected[50])
    True
    """
    expected = np.full(len(design.outcome), np.nan)
    if not columns:
        return expected
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    place = np.flatnonzero(design.known & design.whole)
    some = design.take(place)
    matrix = some.matrix[list(columns)].to_numpy("float64")
    for fold in grouped_kfold(some, folds, 1, seed):
        logistic = LogisticRegression(max_iter=2000)
        fit = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), logistic)
        fit.fit(matrix[fold.train], some.outcome[fold.train])
        expected[place[fold.test]] = fit.predict_proba(matrix[fold.test])[:, 1]
    return expected
