"""Planted optimism and a planted part of belief, over many made-up samples."""

import numpy as np
import pytest
from tests.raters.test_variance import drawn as answers
from tests.raters.test_within import drawn as clients
from tests.simulation.test_same_client import acting

from eriq.raters.variance import caseworker_share
from eriq.raters.within import SHOWN, Within, within_clients
from eriq.simulation.same_client import planted, same_client

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


@pytest.mark.parametrize(
    ("preset", "share", "size", "least", "most"),
    [("believed", 1.0, 20_000, 0.8, 1.0), ("believed", 0.0, 20_000, 0.0, 0.1), ("literature", 1.0, 20_000, 0.0, 0.6)],
)
def test_belief_that_acts_is_recovered(preset: str, share: float, size: int, least: float, most: float) -> None:
    """In 100 cohorts C15 is found 80 times or more, knowledge alone 10 times or fewer; intervals hold the truth."""
    rows = [same_client(acting(share, preset), size, seed) for seed in range(300, 400)]
    found, truth = [within_clients(one, once=True) for one in rows], [planted(one) for one in rows]
    assert np.mean([one.low <= true <= one.high for one, true in zip(found, truth, strict=True)]) >= 0.9
    assert least <= np.mean([one.verdict == SHOWN for one in found]) <= most
