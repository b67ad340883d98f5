"""Random effects over places: against statsmodels, by their definition, and by what they promise."""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import t
from statsmodels.stats.meta_analysis import combine_effects

from eriq.study.evaluation.heterogeneity import random_effects, random_effects_of_auc

PLACES = [
    (np.array([0.5, 0.7, 0.9, 0.2]), np.array([0.1, 0.2, 0.1, 0.2])),
    (np.array([0.9, 1.6, 1.1, 0.4, 1.3, 0.8, 1.9]), np.array([0.2, 0.3, 0.1, 0.25, 0.4, 0.15, 0.3])),
    (np.array([0.02, 0.03, 0.025, 0.01]), np.array([0.02, 0.03, 0.04, 0.02])),  # less spread than chance gives
]


@pytest.mark.parametrize(("effect", "se"), PLACES)
def test_tau_and_mean_are_those_of_statsmodels(effect: np.ndarray, se: np.ndarray) -> None:
    """Paule and Mandel's tau, the mean, and the interval of Hartung and Knapp where it is the wider one."""
    oracle = combine_effects(effect, se**2, method_re="iterated", atol=1e-12, maxiter=500)
    found = random_effects(effect, se)
    assert found.tau**2 == pytest.approx(max(oracle.tau2, 0), abs=1e-9)
    assert found.estimate == pytest.approx(oracle.mean_effect_re, abs=1e-9)
    spread = max(oracle.sd_eff_w_re_hksj, oracle.sd_eff_w_re)
    reach = t.ppf(0.975, len(effect) - 1) * spread
    assert (found.low, found.high) == pytest.approx((found.estimate - reach, found.estimate + reach), abs=1e-9)
    further = t.ppf(0.975, len(effect) - 2) * np.sqrt(max(oracle.tau2, 0) + spread**2)
    assert found.prediction_high - found.estimate == pytest.approx(further, abs=1e-8)
    assert found.estimate - found.prediction_low == pytest.approx(further, abs=1e-8)


def test_aucs_are_pooled_on_the_logit_scale_by_the_delta_method() -> None:
    """Estimate and ends go to the logit scale and back; tau stays there, and no end leaves 0 to 1."""
    auc, se = np.array([0.97, 0.99, 0.9, 0.6]), np.array([0.02, 0.01, 0.05, 0.1])
    found, plain = random_effects_of_auc(auc, se), random_effects(logit(auc), se / (auc * (1 - auc)))
    assert found.tau == plain.tau > 0
    ends = (plain.estimate, plain.low, plain.high, plain.prediction_low, plain.prediction_high)
    assert (found.estimate, found.low, found.high, found.prediction_low, found.prediction_high) == pytest.approx(
        tuple(expit(ends))
    )
    assert 0 < found.prediction_low < found.low < found.high < found.prediction_high < 1


def test_what_cannot_be_pooled_is_refused() -> None:
    """Two places leave no degree of freedom for a further one; a standard error of 0 is no estimate of one."""
    with pytest.raises(ValueError, match="at least 3 places"):
        random_effects(np.array([0.1, 0.2]), np.array([0.1, 0.1]))
    with pytest.raises(ValueError, match="standard error above 0"):
        random_effects(np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.0, 0.1]))


@pytest.mark.parametrize(("true_tau", "held"), [(1.0, 0.95), (0.3, 0.92), (0.1, 0.87)])
def test_the_prediction_interval_holds_a_further_place_where_places_differ(true_tau: float, held: float) -> None:
    """With ten places and errors of 0.1 to 0.3 it keeps its promise where tau is 1, and less where it is as small."""
    rng, inside, tau2 = np.random.default_rng(1), 0, []
    se = np.linspace(0.1, 0.3, 10)
    for _ in range(800):
        found = random_effects(1 + true_tau * rng.normal(size=10) + se * rng.normal(size=10), se)
        inside += found.prediction_low < 1 + true_tau * rng.normal() < found.prediction_high
        tau2.append(found.tau**2)
    assert inside / 800 == pytest.approx(held, abs=0.025)
    assert np.mean(tau2) == pytest.approx(true_tau**2, abs=0.06)
