"""Calibration: errors, bins and the two-number calibrator."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from eriq.model.calibrator import expit
from eriq.study.evaluation import calibration, recalibration, smooth
from eriq.study.evaluation.metrics import RangeError
from tests.study.evaluation.conftest import FORECASTS, OUTCOME, SCORES, R, drawn


@pytest.mark.parametrize("score", SCORES)
def test_errors_equal_rms(score: str) -> None:
    """E90 and Eavg of rms::val.prob, and the median of the same distances; Emax is not its."""
    found = calibration.calibration_errors(OUTCOME, FORECASTS[score].to_numpy())

    expected = [R[f"{score}.{name}"] for name in ("val.prob.Eavg", "e50", "val.prob.E90")]
    np.testing.assert_allclose([found.ici, found.e50, found.e90], expected, atol=1e-9)


@given(seed=st.integers(0, 10_000))
def test_curve_and_errors_do_not_depend_on_row_order(seed: int) -> None:
    """Shuffled rows give the same curve, also with forecasts that many people share."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 120))
    y, p = rng.integers(0, 2, n), rng.integers(0, int(rng.integers(2, 30)), n) / 30
    order = rng.permutation(n)
    one, other = smooth.smooth_curve(y, p), smooth.smooth_curve(y[order], p[order])

    np.testing.assert_allclose(one.to_numpy(), other.to_numpy(), atol=1e-9)
    assert calibration.calibration_errors(y, p).ici == pytest.approx(
        calibration.calibration_errors(y[order], p[order]).ici, abs=1e-9
    )


def test_one_forecast_for_everyone_has_one_point() -> None:
    """The prevalence of 1/4 forecast for all has a curve of one point at 1/4 and no error."""
    y, p = np.array([0, 1, 0, 0]), np.full(4, 0.25)

    assert [[0.25, 0.25]] == smooth.smooth_curve(y, p).to_numpy().tolist()
    assert calibration.CalibrationErrors(0, 0, 0, 0) == calibration.calibration_errors(y, p)


def test_the_largest_error_is_a_difference_of_probabilities() -> None:
    """Where rms::val.prob finds an Emax of 1.05, two probabilities still differ by less than 1."""
    assert R["third.val.prob.Emax"] > 1
    assert 0.3 < calibration.calibration_errors(OUTCOME, FORECASTS["third"].to_numpy()).emax < 1


def test_a_true_forecast_lies_near_its_curve() -> None:
    """Of 16,000 rows with a true forecast the mean distance to the smooth curve is below 0.02."""
    y, p = drawn(6, 16_000)
    errors = calibration.calibration_errors(y, p)

    assert errors.ici < 0.02  # the forecast is true


def test_equal_forecasts_share_a_bin() -> None:
    """Five bins of ten rows: six people with one forecast stay together, and every person is counted once."""
    p = np.array([0.1] * 6 + [0.2, 0.3, 0.4, 0.5])
    y = np.array([1, 0, 0, 0, 0, 0, 0, 1, 1, 1])
    table = calibration.calibration_table(y, p, n_bins=5)

    assert [6, 2, 2] == table["n"].tolist()
    np.testing.assert_allclose(table["forecast"], [0.1, 0.25, 0.45])
    np.testing.assert_allclose(table["observed"], [1 / 6, 1 / 2, 1])


def test_no_bins_are_refused() -> None:
    """Zero bins hold nobody."""
    with pytest.raises(RangeError, match="n_bins"):
        calibration.calibration_table(OUTCOME, FORECASTS["first"].to_numpy(), n_bins=0)


def test_calibrator_equals_an_unpenalised_logistic_regression() -> None:
    """scikit-learn without a penalty finds the same two numbers."""
    margin = recalibration.log_odds(FORECASTS["first"].to_numpy())
    ours = calibration.fit_calibrator(margin, OUTCOME)
    theirs = LogisticRegression(C=np.inf, tol=1e-10).fit(margin[:, None], OUTCOME)

    assert (theirs.intercept_[0], theirs.coef_[0, 0]) == pytest.approx((ours.intercept, ours.slope), abs=1e-5)


def test_calibrated_forecasts_have_slope_one() -> None:
    """On the rows it was fitted on, the calibrated forecast has level 0 and slope 1."""
    margin = recalibration.log_odds(FORECASTS["first"].to_numpy())
    log_odds = calibration.fit_calibrator(margin, OUTCOME).apply(margin)
    fit = recalibration.logistic_recalibration(OUTCOME, expit(log_odds))

    assert (0, 0, 1) == pytest.approx((fit.in_the_large, fit.intercept, fit.slope), abs=1e-8)


def test_a_margin_that_ranks_backwards_gets_the_prevalence() -> None:
    """`third` ranks the wrong way round: slope 0, and everyone gets the log-odds of the observed share."""
    share = OUTCOME.mean()
    found = calibration.fit_calibrator(recalibration.log_odds(FORECASTS["third"].to_numpy()), OUTCOME)

    assert 0 == found.slope
    assert np.log(share / (1 - share)) == pytest.approx(found.intercept)


def test_a_constant_margin_keeps_slope_one() -> None:
    """Nothing is known about the slope; the level becomes that of the observed share, 1/4."""
    found = calibration.fit_calibrator(np.full(4, 2.0), np.array([0, 0, 0, 1]))

    assert 1 == found.slope
    assert 0.25 == pytest.approx(float(expit(found.apply(np.array(2.0)))))


def test_separated_margins_get_smoothed_targets() -> None:
    """Two below and two above: targets 1/4 and 3/4 at -1 and 1 give slope log 3 and intercept 0."""
    found = calibration.fit_calibrator(np.array([-1.0, -1.0, 1.0, 1.0]), np.array([0, 0, 1, 1]))

    assert (0, np.log(3)) == pytest.approx((found.intercept, found.slope), abs=1e-8)


@pytest.mark.parametrize("y", [np.zeros(3), np.ones(3)])
def test_one_outcome_alone_gives_a_bounded_level(y: np.ndarray) -> None:
    """Three of three give 4/5 for everyone, none of three gives 1/5."""
    found = calibration.fit_calibrator(np.array([-1.0, 0.0, 2.0]), y)

    assert 0 == pytest.approx(found.slope, abs=1e-8)
    assert (1 + 3 * y[0]) / 5 == pytest.approx(float(expit(np.array(found.intercept))), abs=1e-8)


@given(seed=st.integers(0, 10_000))
def test_a_calibrator_is_always_finite_and_never_turns_the_ranking_round(seed: int) -> None:
    """Whatever twelve rows hold, both numbers are finite and the slope is not negative."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 13))
    margin = rng.normal(0, 10.0 ** rng.integers(-3, 3), n).round(int(rng.integers(0, 4)))
    found = calibration.fit_calibrator(margin, rng.integers(0, 2, n))

    assert np.isfinite([found.intercept, found.slope]).all()
    assert found.slope >= 0


@pytest.mark.parametrize("kind", ["usual", "constant", "separated", "one outcome"])
def test_a_calibrator_of_weighted_rows_is_that_of_repeated_ones(kind):
    """Weight 2 is a doubled row in every branch, and weight 0 none."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=60)
    y = (x + rng.logistic(size=60) > 0).astype(int)
    w = rng.integers(0, 3, 60)
    if kind == "constant":
        x = np.zeros(60)
    if kind == "separated":
        y = (x > 0).astype(int)
    if kind == "one outcome":
        y = np.zeros(60, dtype=int)
    again = np.repeat(np.arange(60), w)
    one, two = calibration.fit_calibrator(x, y, w.astype(float)), calibration.fit_calibrator(x[again], y[again])
    assert (one.intercept, one.slope) == pytest.approx((two.intercept, two.slope), abs=1e-9)


def test_the_error_of_a_slope_is_that_of_its_spread():
    """Over 400 samples of 150 clients with two equal rows each, the error is the spread."""
    rng = np.random.default_rng(1)
    slopes, errors = [], []
    for _ in range(400):
        x = np.repeat(rng.normal(size=150), 2)
        y = np.repeat((rng.logistic(size=150) < x[::2]).astype(int), 2)
        fit = calibration.fit_calibrator(x, y)
        slopes.append(fit.slope)
        errors.append(calibration.slope_error(fit, x, y, np.repeat(np.arange(150), 2)))
    assert np.mean(errors) == pytest.approx(np.std(slopes), rel=0.1)


@pytest.mark.parametrize(("true", "low", "high"), [(1.0, 0.9, 1.1), (0.4, 0.35, 0.5)])
def test_a_slope_is_drawn_to_1_by_its_own_uncertainty(true, low, high):
    """Of 200 samples of 300 the shrunk slope is nearer the truth where that is 1, and keeps a real distance."""
    rng, fitted, shrunk = np.random.default_rng(2), [], []
    for _ in range(200):
        x = rng.normal(size=300)
        y = (rng.logistic(size=300) < true * x).astype(int)
        fitted.append(calibration.fit_calibrator(x, y).slope)
        shrunk.append(calibration.shrunk_calibrator(x, y, np.arange(300)).slope)
    assert low < np.mean(shrunk) < high
    if true == 1.0:
        assert np.std(shrunk) < 0.8 * np.std(fitted)
        assert np.median(np.abs(np.array(shrunk) - 1)) == 0


def test_a_shrunk_calibration_is_right_on_average():
    """After shrinking the level is fitted again: the mean forecast is the rate."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=400)
    y = (rng.logistic(size=400) < 0.5 * x - 1).astype(int)
    found = calibration.shrunk_calibrator(x, y, np.arange(400))
    assert expit(found.apply(x)).mean() == pytest.approx(y.mean())
