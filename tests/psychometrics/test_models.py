"""Factor models and ordinal regressions."""

import numpy as np
import pandas as pd
import pytest

from eriq.psychometrics.models import factors_of, ordinal_fit
from tests.psychometrics.conftest import ITEMS


def test_loadings_of_one_factor_are_those_of_r(answers_r: pd.DataFrame, by_r: dict[str, float]) -> None:
    """Iterated principal axes end where psych's minimal residuals do, to four digits."""
    found = factors_of(answers_r[list(ITEMS)].corr().to_numpy(), 1)
    assert found is not None
    assert found.loadings[:, 0] == pytest.approx([by_r[f"loading_{n}"] for n in range(1, 10)], abs=1e-4)


def test_an_item_with_nothing_of_its_own_is_no_factor_model() -> None:
    """A Heywood case is told by None, never by loadings above one."""
    heywood = np.array([[1, 0.9, 0.9], [0.9, 1, 0.4], [0.9, 0.4, 1]])
    assert factors_of(heywood, 1) is None


def test_an_ordinal_regression_finds_what_was_planted() -> None:
    """A slope of 1.5 on the log-odds comes back within its sampling error; answers of one level give none."""
    rng = np.random.default_rng(4)
    column = rng.normal(size=1500)
    answers = pd.Series(np.digitize(1.5 * column + rng.logistic(size=1500), [-2, 0, 2]).astype(float))
    fit = ordinal_fit(answers, column[:, None])
    assert fit is not None
    assert fit.coefficients[0] == pytest.approx(1.5, abs=0.2)
    assert ordinal_fit(pd.Series(np.zeros(50)), column[:50, None]) is None
