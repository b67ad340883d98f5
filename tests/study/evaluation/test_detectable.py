"""How exact an AUC will be, and what difference people could show."""

import numpy as np
import pytest

from eriq.study.evaluation import delong, detectable, metrics


@pytest.mark.parametrize(
    ("persons", "prevalence", "half", "difference"),
    [(1000, 0.15, 0.047, 0.060), (5512, 0.15, 0.020, 0.026), (5512, 0.06, 0.031, 0.040)],
)
def test_half_widths_and_smallest_differences(persons: int, prevalence: float, half: float, difference: float) -> None:
    """The published settings at AUC 0.75: half-widths 0.047, 0.020, 0.031 and differences 0.060, 0.026, 0.040."""
    assert half == round(detectable.half_width_auc(persons, prevalence, 0.75), 3)
    assert difference == round(detectable.smallest_difference(persons, prevalence, 0.75, correlation=0.6), 3)


def test_questionnaires_counted_as_people_would_promise_too_much() -> None:
    """15,818 correlated questionnaires at 15 % would claim a difference of 0.015, where 5,512 people show 0.026."""
    assert 0.015 == round(detectable.smallest_difference(15_818, 0.15, 0.75, correlation=0.6), 3)


def test_smallest_difference_by_hand() -> None:
    """It is (1.95996 + 0.84162) * sqrt(2 * 0.4) standard errors, and the half-width is 1.95996 of them."""
    found = detectable.smallest_difference(900, 0.2, 0.7, correlation=0.6)
    ratio = found / detectable.half_width_auc(900, 0.2, 0.7)

    assert (1.959964 + 0.841621) * np.sqrt(0.8) / 1.959964 == pytest.approx(ratio, abs=1e-5)


def test_hanley_mcneil_is_close_to_delong() -> None:
    """For binormal scores of 2,000 people the half-width agrees with DeLong's within 10 %."""
    y = np.repeat([0, 1], [1600, 400])
    interval = delong.delong_interval(y, np.random.default_rng(3).normal(y * 0.954))
    half = (interval.high - interval.low) / 2

    assert half == pytest.approx(detectable.half_width_auc(2000, 0.2, interval.estimate), rel=0.1)


def test_the_smallest_difference_is_found_as_often_as_promised() -> None:
    """DeLong's test finds a planted difference about as often as the formula says for a difference of that size.

    In 400 samples of 500 people the power is known to 2 points; at the power and the correlation of the AUCs that
    the samples show, the formula gives the planted difference within 15 %.
    """
    rng = np.random.default_rng(12)
    y = np.repeat([0, 1], [350, 150])
    draws = []
    for _ in range(400):
        shared, own_a, own_b = rng.normal(size=(3, len(y)))
        a = 0.88 * y + 0.8 * shared + 0.6 * own_a
        b = 0.62 * y + 0.8 * shared + 0.6 * own_b
        area, covariance = delong.delong(y, np.column_stack([a, b]))
        correlation = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
        draws.append([*area, correlation, delong.delong_difference(y, a, b).p < 0.05])
    auc_a, auc_b, correlation, power = np.mean(draws, axis=0)
    smallest = detectable.smallest_difference(500, 0.3, (auc_a + auc_b) / 2, correlation=correlation, power=power)

    assert 0.6 < power < 0.95
    assert auc_a - auc_b == pytest.approx(smallest, rel=0.15)


def test_the_correlation_decides_what_can_be_shown() -> None:
    """From a correlation of 0.1 to one of 0.9 the smallest difference falls by a factor of three."""
    table = detectable.smallest_before(899, 0.35)

    assert [0.1, 0.5, 0.9] == table["correlation"].tolist()
    assert table["smallest_difference"].iloc[0] == pytest.approx(3 * table["smallest_difference"].iloc[2])


def test_after_a_run_its_own_standard_error_says_what_could_be_shown() -> None:
    """2.8 standard errors: an interval of +-0.005 could have shown 0.007, whatever the AUCs are."""
    error = detectable.error_of_interval(-0.005, 0.005)

    assert 0.005 / 1.959964 == pytest.approx(error, rel=1e-6)
    assert 2.801585 * error == pytest.approx(detectable.smallest_shown(error), rel=1e-6)
    assert 0 == detectable.smallest_shown(0.0)


def test_values_out_of_range_are_refused() -> None:
    """Each argument is named in the refusal."""
    with pytest.raises(metrics.RangeError, match="less than one person"):
        detectable.half_width_auc(10, 0.05, 0.7)
    with pytest.raises(metrics.RangeError, match="correlation"):
        detectable.smallest_difference(100, 0.2, 0.7, correlation=1)
    with pytest.raises(metrics.RangeError, match="power"):
        detectable.smallest_difference(100, 0.2, 0.7, correlation=0.5, power=1)
    with pytest.raises(metrics.RangeError, match="standard_error"):
        detectable.smallest_shown(-0.1)
