"""Calibration: intercept, slope, smooth curve, errors and the two-number calibrator."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from statsmodels.nonparametric.smoothers_lowess import lowess as statsmodels_lowess

from eriq.study.evaluation import calibration
from eriq.study.evaluation.metrics import GapError, OneClassError, RangeError

REFERENCE = Path(__file__).parents[2] / "reference"
FORECASTS = pd.read_csv(REFERENCE / "forecasts.csv")
R = pd.read_csv(REFERENCE / "reference_r.csv").set_index("quantity")["value"]
CURVES = pd.read_csv(REFERENCE / "lowess.csv")
SCORES = ["first", "second", "third"]
OUTCOME = FORECASTS["outcome"].to_numpy()


def drawn(seed: int, n: int, intercept: float = 0.0, slope: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return outcomes and forecasts whose true log-odds are intercept + slope * logit(forecast)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(-1, 1.2, n)
    y = (rng.random(n) < calibration.expit(intercept + slope * x)).astype(int)
    return y, calibration.expit(x)


# --- intercept and slope -------------------------------------------------------------------


def test_two_groups_have_a_slope_that_can_be_written_down() -> None:
    """Forecasts 0.2 and 0.7 with observed 1/3 and 2/3: slope (2 log 2) / (logit 0.7 - logit 0.2)."""
    y, p = np.array([0, 0, 1, 0, 1, 1]), np.array([0.2, 0.2, 0.2, 0.7, 0.7, 0.7])
    slope = 2 * np.log(2) / (np.log(7 / 3) - np.log(1 / 4))
    fit = calibration.logistic_recalibration(y, p)

    assert (-np.log(2) + slope * np.log(4), slope) == pytest.approx((fit.intercept, fit.slope), abs=1e-9)


@pytest.mark.parametrize("score", SCORES)
def test_intercept_and_slope_equal_rms_and_glm(score: str) -> None:
    """Intercept and slope of rms::val.prob to 1e-6; those and calibration in the large of glm to 1e-9."""
    fit = calibration.logistic_recalibration(OUTCOME, FORECASTS[score].to_numpy())

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
    fit = calibration.logistic_recalibration(OUTCOME, p, weights)
    many = calibration.recalibration_weighted(OUTCOME, calibration.log_odds(p), np.stack([weights, 2 * weights]))

    assert expected == pytest.approx((fit.intercept, fit.slope), abs=1e-9)
    np.testing.assert_allclose(many, [expected, expected], atol=1e-9)


def test_a_true_forecast_has_slope_one_and_a_stretched_one_less() -> None:
    """On 40,000 drawn rows the true forecast has level 0 and slope 1, within about three standard errors.

    Log-odds twice too large have half its slope, and log-odds 0.4 too small have level 0.4.
    """
    y, p = drawn(1, 40_000)
    true = calibration.logistic_recalibration(y, p)
    stretched = calibration.logistic_recalibration(y, calibration.expit(2 * calibration.log_odds(p)))
    y_more, _ = drawn(2, 40_000, intercept=0.4)
    low = calibration.logistic_recalibration(y_more, drawn(2, 40_000)[1])

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
    many = calibration.recalibration_weighted(y, calibration.log_odds(p), weights)

    for found, w in zip(many, weights, strict=True):
        rows = np.repeat(np.arange(n), w)
        if len(np.unique(y[rows])) < 2:
            assert np.isnan(found).all()
            continue
        single = calibration.logistic_recalibration(y[rows], p[rows])
        np.testing.assert_allclose(found, [single.intercept, single.slope], rtol=1e-6, atol=1e-6)


@given(seed=st.integers(0, 10_000))
def test_the_fit_is_a_maximum_or_there_is_none(seed: int) -> None:
    """A finite fit leaves residuals that sum to 0, also times the logit; without one a cut separates the outcomes."""
    rng = np.random.default_rng(seed)
    y = np.append([0, 1], rng.integers(0, 2, 10))
    p = rng.integers(1, 8, 12) / 8
    fit = calibration.logistic_recalibration(y, p)
    x = calibration.log_odds(p)

    if np.isnan(fit.slope):
        assert p[y == 1].min() >= p[y == 0].max() or p[y == 0].min() >= p[y == 1].max()
    else:
        residual = y - calibration.expit(fit.intercept + fit.slope * x)
        assert np.abs([residual.sum(), residual @ x]).max() < 1e-7
    assert abs((y - calibration.expit(x + fit.in_the_large)).sum()) < 1e-7


@pytest.mark.parametrize("p", [np.full(4, 0.3), np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.9, 0.5, 0.5, 0.1])])
def test_no_finite_maximum_gives_nan_and_a_level(p: np.ndarray) -> None:
    """One forecast for everyone, or one that separates the outcomes, has no slope; the level exists all the same."""
    y = np.array([0, 0, 1, 1])
    fit = calibration.logistic_recalibration(y, p)

    assert np.isnan([fit.intercept, fit.slope]).all()
    assert 2 == pytest.approx(calibration.expit(calibration.log_odds(p) + fit.in_the_large).sum(), abs=1e-9)
    assert np.isnan(calibration.recalibration_weighted(y, calibration.log_odds(p), np.ones((3, 4)))).all()


def test_very_unequal_weights_still_reach_the_maximum() -> None:
    """Plain Newton steps run away on these five rows; damped ones satisfy both score equations, batched as well."""
    y = np.array([1, 0, 1, 0, 1])
    x = np.array([-2.5, 4.0, 2.5, -1.0, 2.0])
    weights = np.array([1_000, 100_000, 10, 100_000, 10])
    fit = calibration.logistic_recalibration(y, calibration.expit(x), weights)
    many = calibration.recalibration_weighted(y, x, np.stack([weights, np.ones(5)]))
    residual = weights * (y - calibration.expit(fit.intercept + fit.slope * x))

    assert np.abs([residual.sum(), residual @ x]).max() < 1e-6
    assert (fit.intercept, fit.slope) == pytest.approx(tuple(many[0]), rel=1e-6)


def test_a_forecast_of_zero_or_one_is_clipped() -> None:
    """0 and 1 count as one in a million and its complement, so slope and intercept stay finite."""
    y = np.array([0, 1, 0, 1, 0, 1])
    hard = calibration.logistic_recalibration(y, np.array([0, 0, 0.2, 0.6, 1, 1]))
    soft = calibration.logistic_recalibration(y, np.array([1e-6, 1e-6, 0.2, 0.6, 1 - 1e-6, 1 - 1e-6]))

    assert hard == soft
    assert np.isfinite([hard.in_the_large, hard.intercept, hard.slope]).all()


def test_two_hundred_replicates_of_a_true_forecast_centre_on_intercept_0_and_slope_1() -> None:
    """200 weightings of 16,000 rows whose forecast is true give 0 and 1 on average, within 0.1."""
    y, p = drawn(3, 16_000)
    weights = np.random.default_rng(4).poisson(1, (200, 16_000)).astype(np.int16)
    fits = calibration.recalibration_weighted(y, calibration.log_odds(p), weights)

    assert (0, 1) == pytest.approx(tuple(fits.mean(axis=0)), abs=0.1)


def test_bad_rows_and_weights_are_refused() -> None:
    """One outcome, a probability above 1, gaps, negative weights and a wrong shape each raise their ValueError."""
    y, p = np.array([0, 1, 1]), np.array([0.2, 0.5, 0.4])
    x = calibration.log_odds(p)

    with pytest.raises(OneClassError):
        calibration.logistic_recalibration(np.ones(3), p)
    with pytest.raises(RangeError, match="outside 0 to 1"):
        calibration.logistic_recalibration(y, 3 * p)
    with pytest.raises(RangeError, match=r"weights must have shape \(replicates, 3\)"):
        calibration.recalibration_weighted(y, x, np.ones(3))
    with pytest.raises(RangeError, match="weights are negative"):
        calibration.recalibration_weighted(y, x, np.array([[1, -1, 1]]))
    with pytest.raises(GapError, match="weights are missing"):
        calibration.recalibration_weighted(y, x, np.array([[1, np.nan, 1]]))
    assert (0, 2) == calibration.recalibration_weighted(y, x, np.ones((0, 3))).shape


# --- curve ---------------------------------------------------------------------------------


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
    x, y = calibration.lowess(FORECASTS[score].to_numpy(), OUTCOME, **options)

    assert 100 == len(expected)
    np.testing.assert_allclose(x[::4], expected["x"], atol=1e-15)
    np.testing.assert_allclose(y[::4], expected["y"], atol=1e-9)


@pytest.mark.parametrize("n", [2, 3, 10, 333])
def test_curve_equals_statsmodels_without_ties(n: int) -> None:
    """A second implementation agrees on other sizes, down to two rows."""
    rng = np.random.default_rng(n)
    x, y = rng.permutation(n) / n + 0.001 * rng.random(n), rng.random(n)
    ours = calibration.lowess(x, y, delta=0.0)[1]

    if n > 3:  # statsmodels gives NaN where so few rows leave no weight beside the point itself
        np.testing.assert_allclose(ours, statsmodels_lowess(y, x, it=0, delta=0.0)[:, 1], atol=1e-9)
    assert np.isfinite(ours).all()


def test_a_straight_line_is_left_straight() -> None:
    """Local lines reproduce y = 2 x + 1 everywhere."""
    x = np.random.default_rng(5).random(200)
    at, curve = calibration.lowess(x, 2 * x + 1)

    np.testing.assert_allclose(curve, 2 * at + 1, atol=1e-9)


@pytest.mark.parametrize("score", SCORES)
def test_errors_equal_rms(score: str) -> None:
    """Emax, E90 and Eavg of rms::val.prob, and the median of the same distances."""
    found = calibration.calibration_errors(OUTCOME, FORECASTS[score].to_numpy())

    expected = [R[f"{score}.{name}"] for name in ("val.prob.Eavg", "e50", "val.prob.E90", "val.prob.Emax")]
    np.testing.assert_allclose([found.ici, found.e50, found.e90, found.emax], expected, atol=1e-9)


def test_smooth_curve_on_a_grid_and_outside_it() -> None:
    """Inside the forecasts the grid is interpolated, outside it is NaN; without a grid each forecast is there once."""
    p = FORECASTS["second"].to_numpy()
    whole = calibration.smooth_curve(OUTCOME, p)
    part = calibration.smooth_curve(OUTCOME, p, np.array([0.0, 0.1, 0.15, 1.0]))

    assert np.unique(p).tolist() == whole["forecast"].tolist()
    lookup = whole.set_index("forecast")["observed"]
    expected = [np.nan, lookup[0.1], (lookup[0.1] + lookup[0.2]) / 2, np.nan]
    np.testing.assert_allclose(part["observed"], expected, atol=1e-12)


@given(seed=st.integers(0, 10_000))
def test_curve_and_errors_do_not_depend_on_row_order(seed: int) -> None:
    """Shuffled rows give the same curve, also with forecasts that many people share."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 120))
    y, p = rng.integers(0, 2, n), rng.integers(0, int(rng.integers(2, 30)), n) / 30
    order = rng.permutation(n)
    one, other = calibration.smooth_curve(y, p), calibration.smooth_curve(y[order], p[order])

    np.testing.assert_allclose(one.to_numpy(), other.to_numpy(), atol=1e-9)
    assert calibration.calibration_errors(y, p).ici == pytest.approx(
        calibration.calibration_errors(y[order], p[order]).ici, abs=1e-9
    )


def test_one_forecast_for_everyone_has_one_point() -> None:
    """The prevalence of 1/4 forecast for all has a curve of one point at 1/4 and no error."""
    y, p = np.array([0, 1, 0, 0]), np.full(4, 0.25)

    assert [[0.25, 0.25]] == calibration.smooth_curve(y, p).to_numpy().tolist()
    assert calibration.CalibrationErrors(0, 0, 0, 0) == calibration.calibration_errors(y, p)


def test_a_true_forecast_lies_near_its_curve() -> None:
    """Of 16,000 rows with a true forecast the mean distance to the smooth curve is below 0.02."""
    y, p = drawn(6, 16_000)
    errors = calibration.calibration_errors(y, p)

    assert errors.ici < 0.02  # the forecast is true


# --- table ---------------------------------------------------------------------------------


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


# --- calibrator ----------------------------------------------------------------------------


def test_calibrator_equals_an_unpenalised_logistic_regression() -> None:
    """scikit-learn without a penalty finds the same two numbers."""
    margin = calibration.log_odds(FORECASTS["first"].to_numpy())
    ours = calibration.fit_calibrator(margin, OUTCOME)
    theirs = LogisticRegression(C=np.inf, tol=1e-10).fit(margin[:, None], OUTCOME)

    assert (theirs.intercept_[0], theirs.coef_[0, 0]) == pytest.approx((ours.intercept, ours.slope), abs=1e-5)


def test_calibrated_forecasts_have_slope_one() -> None:
    """On the rows it was fitted on, the calibrated forecast has level 0 and slope 1."""
    margin = calibration.log_odds(FORECASTS["first"].to_numpy())
    log_odds = calibration.fit_calibrator(margin, OUTCOME).apply(margin)
    fit = calibration.logistic_recalibration(OUTCOME, calibration.expit(log_odds))

    assert (0, 0, 1) == pytest.approx((fit.in_the_large, fit.intercept, fit.slope), abs=1e-8)


def test_a_margin_that_ranks_backwards_gets_the_prevalence() -> None:
    """`third` ranks the wrong way round: slope 0, and everyone gets the log-odds of the observed share."""
    share = OUTCOME.mean()
    found = calibration.fit_calibrator(calibration.log_odds(FORECASTS["third"].to_numpy()), OUTCOME)

    assert 0 == found.slope
    assert np.log(share / (1 - share)) == pytest.approx(found.intercept)


def test_a_constant_margin_keeps_slope_one() -> None:
    """Nothing is known about the slope; the level becomes that of the observed share, 1/4."""
    found = calibration.fit_calibrator(np.full(4, 2.0), np.array([0, 0, 0, 1]))

    assert 1 == found.slope
    assert 0.25 == pytest.approx(float(calibration.expit(found.apply(np.array(2.0)))))


def test_separated_margins_get_smoothed_targets() -> None:
    """Two below and two above: targets 1/4 and 3/4 at -1 and 1 give slope log 3 and intercept 0."""
    found = calibration.fit_calibrator(np.array([-1.0, -1.0, 1.0, 1.0]), np.array([0, 0, 1, 1]))

    assert (0, np.log(3)) == pytest.approx((found.intercept, found.slope), abs=1e-8)


@pytest.mark.parametrize("y", [np.zeros(3), np.ones(3)])
def test_one_outcome_alone_gives_a_bounded_level(y: np.ndarray) -> None:
    """Three of three give 4/5 for everyone, none of three gives 1/5."""
    found = calibration.fit_calibrator(np.array([-1.0, 0.0, 2.0]), y)

    assert 0 == pytest.approx(found.slope, abs=1e-8)
    assert (1 + 3 * y[0]) / 5 == pytest.approx(float(calibration.expit(np.array(found.intercept))), abs=1e-8)


@given(seed=st.integers(0, 10_000))
def test_a_calibrator_is_always_finite_and_never_turns_the_ranking_round(seed: int) -> None:
    """Whatever twelve rows hold, both numbers are finite and the slope is not negative."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 13))
    margin = rng.normal(0, 10.0 ** rng.integers(-3, 3), n).round(int(rng.integers(0, 4)))
    found = calibration.fit_calibrator(margin, rng.integers(0, 2, n))

    assert np.isfinite([found.intercept, found.slope]).all()
    assert found.slope >= 0
