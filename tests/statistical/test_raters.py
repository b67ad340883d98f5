"""Planted optimism and a planted part of belief, over many made-up samples."""

import numpy as np
import pytest
from tests.raters.test_variance import drawn as answers
from tests.raters.test_within import drawn as clients

from eriq.raters.variance import caseworker_share
from eriq.raters.within import SHOWN, Within, within_clients

pytestmark = pytest.mark.long


@pytest.mark.parametrize("share", [0.02, 0.05, 0.15])
def test_intervals_of_the_share_hold_what_was_planted(share: float) -> None:
    """In 1,000 samples of 300 caseworkers, 93.5 to 96.5 of a hundred intervals hold the planted share."""
    rng = np.random.default_rng(21)
    found = [caseworker_share(*answers(rng, share)[:2]) for _ in range(1000)]
    held = np.mean([one.low <= share <= one.high for one in found])
    assert 0.935 <= held <= 0.965


@pytest.mark.parametrize(
    ("effect", "size", "power"), [(0.0, 20_000, 0.0), (0.02, 20_000, 0.0), (0.15, 20_000, 0.99), (0.15, 5_512, 0.95)]
)
def test_a_planted_part_of_belief_is_held_and_found(effect: float, size: int, power: float) -> None:
    """In 200 samples, 91 to 99 of a hundred intervals hold what was planted; 15 points are found nearly always."""
    rng = np.random.default_rng(22)
    found: list[Within] = [within_clients(clients(rng, effect, size)) for _ in range(200)]
    held = np.mean([one.low <= effect <= one.high for one in found])
    shown = np.mean([one.verdict == SHOWN for one in found])
    assert 0.91 <= held <= 0.99
    assert shown >= power
