"""Four verdicts, and how many people it would take."""

import math

import pytest

from eriq.study.groups.verdicts import FEW, NONE, NOT, SHOWN, people_needed, verdict_of


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.049, 0.049, NONE),
        (0.001, 0.049, NONE),
        (-0.049, 0.05, FEW),
        (-0.05, 0.01, FEW),
        (0.001, 0.05, SHOWN),
        (-0.2, -0.001, SHOWN),
        (0.0, 0.2, FEW),
        (-0.2, 0.2, FEW),
        (-math.inf, math.inf, FEW),
        (math.nan, math.nan, NOT),
    ],
)
def test_the_interval_decides_and_never_the_estimate(low, high, verdict):
    """Within the tolerance alike, also beside 0; beyond it and beside 0 a gap; around 0 and wide, nothing is known."""
    assert verdict_of(low, high, 0.05) == verdict


def test_with_the_people_needed_an_interval_around_nothing_fits_four_times_in_five():
    """Then tolerance is (width + 1.28) standard errors, as both ends must fit."""
    n = people_needed(400, se=0.1, width=3.0, tolerance=0.05)
    assert (3.0 + 1.2816) * 0.1 * math.sqrt(400 / n) == pytest.approx(0.05, rel=0.02)
    assert n >= 400 * (4.2816 * 0.1 / 0.05) ** 2
    assert people_needed(400, se=0.1, width=math.inf, tolerance=0.05) == 10**9
