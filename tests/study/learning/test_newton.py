"""Newton's method for a ridge."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from eriq.study.learning.newton import newton_ridge


@pytest.mark.parametrize("weighted", [False, True])
def test_a_warm_path_is_that_of_scikit_learn(weighted: bool) -> None:
    """At each strength, from strong to weak, coefficients agree with newton-cholesky's to 1e-12."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(200, 12))
    y = (rng.random(200) < 1 / (1 + np.exp(2 - 2 * x[:, 0]))).astype(int)
    weight = rng.uniform(0.5, 3.0, 200) if weighted else np.ones(200)
    theirs, ours = LogisticRegression(solver="newton-cholesky", warm_start=True), np.zeros(13)
    for strength in (0.001, 0.1, 0.10001, 10.0):  # two so near that only the rule of the first step moves on
        theirs.set_params(C=strength).fit(x, y, weight if weighted else None)
        penalty = np.append(np.full(12, 1 / (strength * weight.sum())), 0.0)
        ours = newton_ridge(np.column_stack([x, np.ones(200)]), y, weight / weight.sum(), penalty, ours)
        np.testing.assert_allclose(ours, np.append(theirs.coef_, theirs.intercept_), rtol=0, atol=1e-12)


def test_a_start_far_off_is_brought_back() -> None:
    """From where a whole step overshoots, halved steps reach the answer that a start at zero reaches."""
    rng = np.random.default_rng(4)
    x = np.column_stack([rng.normal(size=100), np.ones(100)])
    y = (x[:, 0] + rng.logistic(size=100) > 0).astype(float)
    given = (x, y, np.full(100, 0.01), np.array([1e-3, 0.0]))
    near, far = (newton_ridge(*given, np.full(2, at), 1e-12) for at in (0.0, 6.0))

    np.testing.assert_allclose(far, near, rtol=0, atol=1e-9)
    assert np.abs(near).max() < 3
