"""DeLong's covariance: by hand, against R's pROC, and by simulation."""

import numpy as np
import pandas as pd
import pytest

from eriq.study.evaluation import decisions, delong, metrics
from tests.study.evaluation.conftest import FORECASTS, OUTCOME, REFERENCE, SCORES, R


def test_delong_of_two_cases_and_two_others() -> None:
    """Placements 0.75 and 1 on both sides have variance 1/32 each, so the variance is 1/32 / 2 + 1/32 / 2 = 1/32."""
    area, covariance = delong.delong(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.8]))

    assert ([0.875], [[1 / 32]]) == (area.tolist(), covariance.tolist())


def test_limits_of_an_auc_stay_between_0_and_1() -> None:
    """0.875 and 0.125 with standard error 0.177 would reach beyond 1 and below 0, and are cut there."""
    y, p = np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.8])

    assert 1 == delong.delong_interval(y, p).high
    assert 0 == delong.delong_interval(y, -p).low
    assert 0.875 - 0.6744898 * np.sqrt(1 / 32) == pytest.approx(delong.delong_interval(y, p, level=0.5).low, abs=1e-7)


def test_two_scores_that_rank_alike_do_not_differ() -> None:
    """A monotone rescaling leaves difference 0, interval [0, 0], z 0 and p 1."""
    p = FORECASTS["first"].to_numpy()
    found = delong.delong_difference(OUTCOME, p, np.log(p))

    assert delong.Difference(0.0, 0.0, 0.0, 0.0, 1.0) == found


def test_a_perfect_score_against_its_reverse_has_no_spread() -> None:
    """AUC 1 against 0: the difference is 1 with no variance, so z is infinite and p is 0."""
    y = np.array([0, 0, 1, 1])

    assert delong.Difference(1.0, 1.0, 1.0, np.inf, 0.0) == delong.delong_difference(y, y, -y)


@pytest.mark.parametrize("score", SCORES)
def test_auc_and_its_interval_equal_proc(score: str) -> None:
    """AUC and DeLong limits of R's pROC."""
    found = delong.delong_interval(OUTCOME, FORECASTS[score].to_numpy())

    expected = (R[f"{score}.auc"], R[f"{score}.auc_low"], R[f"{score}.auc_high"])
    assert expected == pytest.approx((found.estimate, found.low, found.high), abs=1e-12)
    assert expected[0] == pytest.approx(metrics.auc(OUTCOME, FORECASTS[score].to_numpy()), abs=1e-12)


@pytest.mark.parametrize("other", ["second", "third"])
def test_paired_test_equals_proc(other: str) -> None:
    """Difference limits, z and p of R's pROC, roc.test paired; p also where it is 1e-19."""
    found = delong.delong_difference(OUTCOME, FORECASTS["first"].to_numpy(), FORECASTS[other].to_numpy())

    expected = [R[f"first-{other}.{name}"] for name in ("low", "high", "z", "p")]
    np.testing.assert_allclose([found.low, found.high, found.z, found.p], expected, rtol=1e-9)


def test_covariance_equals_proc() -> None:
    """All variances and covariances of three AUCs of R's pROC."""
    expected = pd.read_csv(REFERENCE / "delong_covariance.csv", index_col=0).to_numpy()

    np.testing.assert_allclose(delong.delong(OUTCOME, FORECASTS[SCORES].to_numpy())[1], expected, rtol=1e-9)


def test_delong_agrees_with_the_spread_of_simulated_aucs() -> None:
    """Over 400 samples of 150 people, DeLong's standard error is within 10 % of the spread of the AUCs."""
    rng = np.random.default_rng(7)
    areas, errors = [], []
    for _ in range(400):
        y = np.repeat([0, 1], [100, 50])
        area, covariance = delong.delong(y, rng.normal(y * 0.9))
        areas.append(area[0])
        errors.append(covariance[0, 0])

    assert np.std(areas) == pytest.approx(np.sqrt(np.mean(errors)), rel=0.1)


def test_delong_needs_two_of_each_outcome_and_the_same_rows() -> None:
    """One case has no variance among cases; scores of unequal length are not paired; level 1 has no limits."""
    with pytest.raises(metrics.OneClassError, match="at least twice"):
        delong.delong(np.array([0, 0, 1]), np.array([0.1, 0.2, 0.3]))
    with pytest.raises(metrics.RangeError, match="same rows"):
        delong.delong_difference(OUTCOME, FORECASTS["first"].to_numpy(), np.zeros(3))
    with pytest.raises(metrics.RangeError, match="same rows"):
        decisions.overlap(np.zeros(3), np.zeros(4), 1)
    with pytest.raises(metrics.RangeError, match="shape"):
        delong.delong(OUTCOME, np.zeros((400, 2, 2)))
    with pytest.raises(metrics.RangeError, match="level"):
        delong.delong_interval(OUTCOME, FORECASTS["first"].to_numpy(), level=1)
