"""The calibration curve on the logit scale: against statsmodels, in its tails, and where there is little to fit."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from patsy import dmatrix

from eriq.model.calibrator import expit
from eriq.study.evaluation.logit_curve import KNOTS, curve_and_emax, logit_curve, spline
from eriq.study.evaluation.recalibration import log_odds, logistic_recalibration
from eriq.study.evaluation.smooth import lowess
from tests.study.evaluation.conftest import FORECASTS, OUTCOME


def rare(seed: int, n: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """Return outcomes of which one in fifty is a yes, and their true probabilities."""
    rng = np.random.default_rng(seed)
    probability = expit(rng.normal(-4.4, 1.0, n))
    return (rng.random(n) < probability).astype(int), probability


def test_curve_equals_a_logistic_regression_on_a_natural_spline() -> None:
    """Patsy's natural cubic spline with the same knots spans the same columns, and statsmodels' GLM fits the same."""
    p = FORECASTS["first"].to_numpy()
    x = log_odds(p)
    low, *inner, high = np.quantile(x, KNOTS)
    known = {"x": x, "inner": inner, "low": low, "high": high}
    basis = np.asarray(dmatrix("cr(x, knots=inner, lower_bound=low, upper_bound=high) - 1", known))
    theirs = sm.GLM(OUTCOME, basis, family=sm.families.Binomial()).fit(tol=1e-12)

    np.testing.assert_allclose(logit_curve(OUTCOME, p), theirs.fittedvalues, atol=1e-5)


def test_beyond_the_outer_knots_the_curve_is_straight() -> None:
    """Second differences on the log-odds vanish below the first knot and above the last, and not between."""
    y, p = rare(1)
    low, high = np.quantile(log_odds(p), KNOTS)[[0, -1]]

    def bend(first: float, last: float) -> float:
        at = expit(np.linspace(first, last, 9))
        return float(np.abs(np.diff(log_odds(logit_curve(y, p, at)), 2)).max())

    assert bend(low - 1, low) < 1e-9
    assert bend(high, high + 1) < 1e-9
    assert bend(low, high) > 1e-3


def test_of_a_true_forecast_the_largest_error_is_small() -> None:
    """At 3,000 rows and 2 % events the median Emax of a true forecast is below .03; that of lowess is above .08."""
    found = []
    for seed in range(20):
        y, p = rare(seed)
        x, curve = lowess(p, y)
        found.append((curve_and_emax(y, p, np.empty(0))[1], np.abs(x - curve).max()))
    on_logit, smooth = np.median(found, axis=0)

    assert on_logit < 0.03
    assert smooth > 0.08


def test_one_person_far_out_does_not_make_the_largest_error() -> None:
    """A forecast of .9 for one of 3,000 who does not enter lies beyond the 99th percentile."""
    y, p = rare(3)
    emax = curve_and_emax(y, p, np.empty(0))[1]
    alone = curve_and_emax(np.append(y, 0), np.append(p, 0.9), np.empty(0))[1]

    assert emax == pytest.approx(alone, abs=0.02)


def test_two_forecasts_give_the_straight_line() -> None:
    """With two values there are no inner knots, and the curve is that of a logistic recalibration."""
    y, p = np.array([0, 1, 0, 0, 0, 1, 1, 0]), np.repeat([0.2, 0.6], 4)
    fit = logistic_recalibration(y, p)

    assert 1 == spline(log_odds(p), np.unique(log_odds(p))).shape[1]
    np.testing.assert_allclose(logit_curve(y, p), expit(fit.intercept + fit.slope * log_odds(p)), atol=1e-5)


@given(seed=st.integers(0, 10_000))
def test_the_curve_is_always_a_probability(seed: int) -> None:
    """Whatever a few rows hold, also one outcome, one forecast, 0 and 1, or a cut that parts the outcomes."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 60))
    p = rng.integers(0, int(rng.integers(1, 30)) + 1, n) / 30
    y = (p > 0.3).astype(int) if seed % 2 else rng.integers(0, 2, n)
    curve, emax = curve_and_emax(y, p, np.linspace(0, 1, 5))

    assert ((curve >= 0) & (curve <= 1)).all()
    assert 0 <= emax <= 1
