"""Weighted means: the regression on arms with robust errors, and what weights are for."""

import numpy as np
import pytest
import statsmodels.api as sm

from eriq.trials.weighted import Mean, weighted_mean


def test_difference_is_that_of_a_weighted_regression():
    """Estimate and standard error are those of statsmodels' weighted least squares with HC0 errors."""
    draw = np.random.default_rng(3)
    arm = draw.integers(0, 2, 300)
    chance = draw.uniform(0.2, 0.6, 300)
    work = (draw.random(300) < 0.2 + 0.1 * arm).astype(float)
    fit = sm.WLS(work, sm.add_constant(arm), weights=1 / chance).fit(cov_type="HC0")
    ours = weighted_mean(work[arm == 1], chance[arm == 1]).less(weighted_mean(work[arm == 0], chance[arm == 0]))
    assert ours.value == pytest.approx(fit.params[1])
    assert ours.se == pytest.approx(fit.bse[1])
    assert ours.interval(0.95) == pytest.approx(tuple(fit.conf_int()[1]))


def test_weights_take_out_what_the_lot_put_in():
    """Two sites, one with more work and a smaller chance of the arm: unweighted the arm looks worse, weighted alike."""
    site = np.repeat([0, 1], 1000)
    chance = np.where(site == 1, 0.2, 0.6)
    treated = np.concatenate([np.arange(1000) < 600, np.arange(1000) < 200])
    work = np.where(site == 1, 0.5, 0.1)
    received = np.where(treated, chance, 1 - chance)
    ours = [weighted_mean(work[side], received[side]).value for side in (treated, ~treated)]
    assert ours[0] == pytest.approx(ours[1])
    assert work[treated].mean() - work[~treated].mean() < -0.1


def test_nobody_has_no_mean():
    """Of nobody there is no mean, and no warning."""
    none = weighted_mean(np.array([]), np.array([]))
    assert np.isnan([none.value, none.se]).all()
    assert np.isnan(none.less(Mean(0.1, 0.1)).value)


@pytest.mark.parametrize(("se", "fs", "z"), [((76, 292), (39, 216), 2.17), ((96.2, 370), (54.481, 301), 2.48)])
def test_printed_difference_over_its_error(se, fs, z):
    """SE less FS over its error is 2.17 with the numbers observed as inferred, 2.48 with those randomised."""
    rows = [np.r_[np.ones(round(k)), np.zeros(n - round(k))] for k, n in (se, fs)]
    apart = weighted_mean(rows[0], np.ones(se[1])).less(weighted_mean(rows[1], np.ones(fs[1])))
    assert (se[0] / se[1] - fs[0] / fs[1]) / apart.se == pytest.approx(z, abs=0.02)
