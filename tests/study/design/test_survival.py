"""Kaplan-Meier against statsmodels, with ties everywhere."""

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from eriq.study.design.survival import censoring_curve, kaplan_meier


@pytest.fixture(params=range(6))
def world(request) -> tuple[np.ndarray, np.ndarray]:
    """Return days and events of a few people on very few days, so that ties are common."""
    rng = np.random.default_rng(request.param)
    n = int(rng.integers(5, 200))
    return rng.integers(1, 25, n), rng.random(n) < 0.6


def test_the_share_without_an_event_is_that_of_statsmodels(world):
    """After every day with an event, and in between."""
    days, event = world
    curve, oracle = kaplan_meier(days, event), SurvfuncRight(days, event.astype(int))
    np.testing.assert_array_equal(curve.days, oracle.surv_times)
    np.testing.assert_allclose(curve.after(oracle.surv_times), oracle.surv_prob, atol=1e-12)
    np.testing.assert_allclose(curve.before(oracle.surv_times), [1, *oracle.surv_prob[:-1]], atol=1e-12)
    assert float(curve.after(0)) == 1


def test_an_event_and_an_end_of_follow_up_on_one_day_are_an_event_first(world):
    """With days split in two, events in the first half and ends of follow-up in the second, statsmodels agrees."""
    days, event = world
    oracle = SurvfuncRight(2 * days + ~event, (~event).astype(int))
    curve = censoring_curve(days, event)
    np.testing.assert_allclose(curve.after(curve.days), oracle.surv_prob, atol=1e-12)


def test_where_all_days_of_follow_up_are_known_the_curve_of_censoring_is_their_share():
    """Without events it is just the share of people followed at least so long."""
    followed = np.array([3, 5, 5, 9])
    curve = censoring_curve(followed, np.zeros(4, dtype=bool))
    assert [float(curve.before(day)) for day in (3, 4, 5, 6, 9, 10)] == [1, 0.75, 0.75, 0.25, 0.25, 0]


def test_nobody_has_no_curve():
    """An empty stratum is a fault of the caller."""
    with pytest.raises(ValueError, match="no rows"):
        kaplan_meier([], [])
