"""Months that add up to an alarm."""

import numpy as np

from eriq.monitoring.alarm import able, watch


def test_either_direction_alarms_and_noise_does_not() -> None:
    """Two standard errors off alarm after three months, up and down; half of one, or one outlier of four, never."""
    assert watch(np.full(12, 2.0)).alarm == 2
    assert watch(np.full(12, -2.0)).alarm == 2
    assert watch(np.full(12, 0.5)).alarm is None
    assert watch(np.array([0.0, 4.0, 0.0, 0.0])).alarm is None


def test_few_people_cannot_be_quiet() -> None:
    """Twelve months of 100 people would have shown a level off by 0.5, one month of 100 or twelve of ten would not."""
    a_hundred = 100 * 0.2 * 0.8
    assert able(np.full(12, a_hundred))
    assert not able(np.full(1, a_hundred))
    assert not able(np.full(12, a_hundred / 10))
    assert not able(np.array([]))
