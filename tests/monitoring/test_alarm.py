"""Months that add up to an alarm."""

import numpy as np

from eriq.monitoring.alarm import watch


def test_either_direction_alarms_and_noise_does_not() -> None:
    """Two standard errors off alarm after three months, up and down; half of one, or one outlier of four, never."""
    assert watch(np.full(12, 2.0)).alarm == 2
    assert watch(np.full(12, -2.0)).alarm == 2
    assert watch(np.full(12, 0.5)).alarm is None
    assert watch(np.array([0.0, 4.0, 0.0, 0.0])).alarm is None
