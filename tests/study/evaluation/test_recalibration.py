"""Intercept and slope of forecasts, once and for many replicates at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from eriq.model.calibrator import expit
from eriq.study.evaluation import recalibration
from eriq.study.evaluation.bootstrap import client_weights
from eriq.study.evaluation.metrics import GapError, OneClassError, RangeError
from tests.study.evaluation.conftest import FORECASTS, OUTCOME, SCORES, R, drawn


def test_two_groups_have_a_slope_that_can_be_written_down() -> None:
    """Forecasts 0.2 and 0.7 with observed 1/3 and 2/3: slope (2 log 2) / (logit 0.7 - logit 0.2)."""
    y, p = np.array([0, 0, 1, 0, 1, 1]), np.array([0.2, 0.2, 0.2, 0.7, 0.7, 0.7])
    slope = 2 * np.log(2) / (np.log(7 / 3) - np.log(1 / 4))
    fit = recalibration.logistic_recalibration(y, p)

    assert (-np.log(2) + slope * np.log(4), slope) == pytest.approx((fit.intercept, fit.slope), abs=1e-9)


@pytest.mark.parametrize("score", SCORES)
def test_intercept_and_slope_equal_rms_and_glm(score: str) -> None:
    """Intercept and slope of rms::val.prob to 1e-6; those and calibration in the large of glm to 1e-9."""
    fit = recalibration.logistic_recalibration(OUTCOME, FORECASTS[score].to_numpy())

    expected = R[f"{score}.val.prob.Intercept"], R[f"{score}.val.prob.Slope"]
    assert expected == pytest.approx((fit.intercept, fit.slope), abs=1e-6)
    expected = tuple(R[f"{score}.glm.{name}"] for name in ("in_the_large", "intercept", "slope"))
    assert expected == pytest.approx((fit.in_the_large, fit.intercept, fit.slope), abs=1e-9)


@pytest.mark.parametrize("score", SCORES)
def test_weighted_fits_equal_glm(score: str) -> None:
    """Weights 0, 1, 2, 1, 3 in turn: one fit and the batched fits equal R's weighted glm."""
    weights = np.tile([0, 1, 2, 1, 3], 80)
    p = FORECASTS[score].to_numpy()
    expected = R[f"{score}.weighted.intercept"], R[f"{score}.weighted.slope"]
    fit = recalibration.logistic_recalibration(OUTCOME, p, weights)
    many = recalibration.recalibration_weighted(OUTCOME, recalibration.log_odds(p), np.stack([weights, 2 * weights]))

    assert expected == pytest.approx((fit.intercept, fit.slope), abs=1e-9)
    np.testing.assert_allclose(many, [expected, expected], atol=1e-9)


def test_a_true_forecast_has_slope_one_and_a_stretched_one_less() -> None:
    """On 40,000 drawn rows the true forecast has level 0 and slope 1, within about three standard errors.

    Log-odds twice too large have half its slope, and log-odds 0.4 too small have level 0.4.
    """
    y, p = drawn(1, 40_000)
    true = recalibration.logistic_recalibration(y, p)
    stretched = recalibration.logistic_recalibration(y, expit(2 * recalibration.log_odds(p)))
    y_more, _ = drawn(2, 40_000, intercept=0.4)
    low = recalibration.logistic_recalibration(y_more, drawn(2, 40_000)[1])

    assert (0, 0, 1) == pytest.approx((true.in_the_large, true.intercept, true.slope), abs=0.05)
    assert true.slope / 2 == pytest.approx(stretched.slope, abs=1e-9)
    assert 0.4 == pytest.approx(low.in_the_large, abs=0.05)


@given(seed=st.integers(0, 10_000))
def test_batched_fits_equal_single_fits_on_repeated_rows(seed: int) -> None:
    """Whole weights give what the repeated rows give, one replicate at a time; NaN in the same places."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(6, 30))
    y = np.append([0, 1], rng.integers(0, 2, n - 2))
    p = rng.integers(1, 20, n) / 20
    weights = rng.multinomial(n, np.full(n, 1 / n), size=5)
    many = recalibration.recalibration_weighted(y, recalibration.log_odds(p), weights)

    for found, w in zip(many, weights, strict=True):
        rows = np.repeat(np.arange(n), w)
        if len(np.unique(y[rows])) < 2:
            assert np.isnan(found).all()
            continue
        single = recalibration.logistic_recalibration(y[rows], p[rows])
        np.testing.assert_allclose(found, [single.intercept, single.slope], rtol=1e-6, atol=1e-6)


@given(seed=st.integers(0, 10_000))
def test_the_fit_is_a_maximum_or_there_is_none(seed: int) -> None:
    """A finite fit leaves residuals that sum to 0, also times the logit; without one a cut separates the outcomes."""
    rng = np.random.default_rng(seed)
    y = np.append([0, 1], rng.integers(0, 2, 10))
    p = rng.integers(1, 8, 12) / 8
    fit = recalibration.logistic_recalibration(y, p)
    x = recalibration.log_odds(p)

    if np.isnan(fit.slope):
        assert p[y == 1].min() >= p[y == 0].max() or p[y == 0].min() >= p[y == 1].max()
    else:
        residual = y - expit(fit.intercept + fit.slope * x)
        assert np.abs([residual.sum(), residual @ x]).max() < 1e-7
    assert abs((y - expit(x + fit.in_the_large)).sum()) < 1e-7


@pytest.mark.parametrize("p", [np.full(4, 0.3), np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.9, 0.5, 0.5, 0.1])])
def test_no_finite_maximum_gives_nan_and_a_level(p: np.ndarray) -> None:
    """One forecast for everyone, or one that separates the outcomes, has no slope; the level exists all the same."""
    y = np.array([0, 0, 1, 1])
    fit = recalibration.logistic_recalibration(y, p)

    assert np.isnan([fit.intercept, fit.slope]).all()
    assert 2 == pytest.approx(expit(recalibration.log_odds(p) + fit.in_the_large).sum(), abs=1e-9)
    assert np.isnan(recalibration.recalibration_weighted(y, recalibration.log_odds(p), np.ones((3, 4)))).all()


def test_very_unequal_weights_still_reach_the_maximum() -> None:
    """Plain Newton steps run away on these five rows; damped ones satisfy both score equations, batched as well."""
    y = np.array([1, 0, 1, 0, 1])
    x = np.array([-2.5, 4.0, 2.5, -1.0, 2.0])
    weights = np.array([1_000, 100_000, 10, 100_000, 10])
    fit = recalibration.logistic_recalibration(y, expit(x), weights)
    many = recalibration.recalibration_weighted(y, x, np.stack([weights, np.ones(5)]))
    residual = weights * (y - expit(fit.intercept + fit.slope * x))

    assert np.abs([residual.sum(), residual @ x]).max() < 1e-6
    assert (fit.intercept, fit.slope) == pytest.approx(tuple(many[0]), rel=1e-6)


def test_a_forecast_of_zero_or_one_is_clipped() -> None:
    """0 and 1 count as one in a million and its complement, so slope and intercept stay finite."""
    y = np.array([0, 1, 0, 1, 0, 1])
    hard = recalibration.logistic_recalibration(y, np.array([0, 0, 0.2, 0.6, 1, 1]))
    soft = recalibration.logistic_recalibration(y, np.array([1e-6, 1e-6, 0.2, 0.6, 1 - 1e-6, 1 - 1e-6]))

    assert hard == soft
    assert np.isfinite([hard.in_the_large, hard.intercept, hard.slope]).all()


def test_two_hundred_replicates_of_a_true_forecast_centre_on_intercept_0_and_slope_1() -> None:
    """200 weightings of 16,000 rows whose forecast is true give 0 and 1 on average, within 0.1."""
    y, p = drawn(3, 16_000)
    weights = np.random.default_rng(4).poisson(1, (200, 16_000)).astype(np.int16)
    fits = recalibration.recalibration_weighted(y, recalibration.log_odds(p), weights)

    assert (0, 1) == pytest.approx(tuple(fits.mean(axis=0)), abs=0.1)


def test_bad_rows_and_weights_are_refused() -> None:
    """One outcome, a probability above 1, gaps, negative weights and a wrong shape each raise their ValueError."""
    y, p = np.array([0, 1, 1]), np.array([0.2, 0.5, 0.4])
    x = recalibration.log_odds(p)

    with pytest.raises(OneClassError):
        recalibration.logistic_recalibration(np.ones(3), p)
    with pytest.raises(RangeError, match="outside 0 to 1"):
        recalibration.logistic_recalibration(y, 3 * p)
    with pytest.raises(RangeError, match=r"weights must have shape \(replicates, 3\)"):
        recalibration.recalibration_weighted(y, x, np.ones(3))
    with pytest.raises(RangeError, match="weights are negative"):
        recalibration.recalibration_weighted(y, x, np.array([[1, -1, 1]]))
    with pytest.raises(GapError, match="weights are missing"):
        recalibration.recalibration_weighted(y, x, np.array([[1, np.nan, 1]]))
    assert (0, 2) == recalibration.recalibration_weighted(y, x, np.ones((0, 3))).shape


@pytest.mark.parametrize("certain", [False, True])
def test_the_mean_forecast_of_every_replicate_is_made_right(certain):
    """Root finding on each replicate alone gives the same shift, also where 30 guesses are called all but certain."""
    rng = np.random.default_rng(1)
    x = rng.choice([-12.0, 12.0], 30) if certain else rng.normal(-1.5, 1, 250)
    y = (rng.random(len(x)) < (0.5 if certain else expit(x))).astype(int)
    weights = np.concatenate(list(client_weights(np.arange(len(x)), 60, seed=1)))
    start, *expected = (
        brentq(lambda shift, w=w: w @ expit(x + shift) - w @ y, -60, 60, xtol=1e-12) for w in [x * 0 + 1, *weights]
    )
    assert recalibration.in_the_large_weighted(y, x, weights, start) == pytest.approx(expected, abs=1e-9)


def test_a_shift_is_found_where_newton_goes_to_and_fro():
    """On these ten rows Newton alone jumps between -2.9 and 3.1 for good; the mean forecast is right in between."""
    x = np.array([1.0, 1, 1, 1, 25, -6, 6, 6, -12, -12])
    y = np.array([1, 1, 1, 1, 1, 1, 0, 0, 0, 0])
    (shift,) = recalibration.in_the_large_weighted(y, x, np.ones((1, 10)), 3.1)
    assert expit(x + shift).mean() == pytest.approx(y.mean(), abs=1e-12)


def test_a_replicate_with_one_outcome_has_no_shift():
    """Whoever drew no event, or nothing else, has no finite shift; from half to 3 in 4 it is log 3."""
    y, weights = np.array([1, 0]), np.array([[3.0, 1.0], [2.0, 0.0], [0.0, 2.0]])
    given = recalibration.in_the_large_weighted(y, np.zeros(2), weights, 0.0)
    assert given == pytest.approx([np.log(3), np.nan, np.nan], abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("happened", [0.0, 1.0])
def test_a_shift_of_one_outcome_is_far_out_and_finite(happened: float) -> None:
    """Nothing makes the mean forecast 0 or 1: the search ends where forecasts are that, and raises nothing."""
    x = np.array([-1.0, 0.0, 2.0])
    found = recalibration.shift(x, np.full(3, happened), np.ones(3))
    assert np.isfinite(found)
    assert np.abs(expit(x + found) - happened).max() < 1e-12
