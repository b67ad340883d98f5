"""The smooth curve: against R and statsmodels, and by what must not matter."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.nonparametric.smoothers_lowess import lowess as statsmodels_lowess

from eriq.study.evaluation import smooth
from tests.study.evaluation.conftest import FORECASTS, OUTCOME, REFERENCE

CURVES = pd.read_csv(REFERENCE / "lowess.csv")


@pytest.mark.parametrize(
    ("score", "setting", "options"),
    [
        ("first", "default", {}),
        ("second", "default", {}),
        ("first", "delta=0", {"delta": 0.0}),
        ("second", "f=0.2", {"span": 0.2}),
        ("third", "f=0.2", {"span": 0.2}),
    ],
)
def test_curve_equals_r_lowess(score: str, setting: str, options: dict[str, float]) -> None:
    """Every fourth point of R's lowess(iter = 0), with its own spacing, with none, with ties and a narrow span."""
    expected = CURVES[(CURVES["score"] == score) & (CURVES["setting"] == setting)]
    x, y = smooth.lowess(FORECASTS[score].to_numpy(), OUTCOME, **options)

    assert 100 == len(expected)
    np.testing.assert_allclose(x[::4], expected["x"], atol=1e-15)
    np.testing.assert_allclose(y[::4], expected["y"], atol=1e-9)


@pytest.mark.parametrize("n", [2, 3, 10, 333])
def test_curve_equals_statsmodels_without_ties(n: int) -> None:
    """A second implementation agrees on other sizes, down to two rows."""
    rng = np.random.default_rng(n)
    x, y = rng.permutation(n) / n + 0.001 * rng.random(n), rng.random(n)
    ours = smooth.lowess(x, y, delta=0.0)[1]

    if n > 3:  # statsmodels gives NaN where so few rows leave no weight beside the point itself
        np.testing.assert_allclose(ours, statsmodels_lowess(y, x, it=0, delta=0.0)[:, 1], atol=1e-9)
    assert np.isfinite(ours).all()


def test_a_straight_line_is_left_straight() -> None:
    """Local lines reproduce y = 2 x + 1 everywhere."""
    x = np.random.default_rng(5).random(200)
    at, curve = smooth.lowess(x, 2 * x + 1)

    np.testing.assert_allclose(curve, 2 * at + 1, atol=1e-9)


def test_smooth_curve_on_a_grid_and_outside_it() -> None:
    """Inside the forecasts the grid is interpolated, outside it is NaN; without a grid each forecast is there once."""
    p = FORECASTS["second"].to_numpy()
    whole = smooth.smooth_curve(OUTCOME, p)
    part = smooth.smooth_curve(OUTCOME, p, np.array([0.0, 0.1, 0.15, 1.0]))

    assert np.unique(p).tolist() == whole["forecast"].tolist()
    lookup = whole.set_index("forecast")["observed"]
    expected = [np.nan, lookup[0.1], (lookup[0.1] + lookup[0.2]) / 2, np.nan]
    np.testing.assert_allclose(part["observed"], expected, atol=1e-12)
