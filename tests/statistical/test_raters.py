"""Planted optimism and a planted part of belief, over many made-up samples."""

import numpy as np
import pytest
from scipy.stats import binomtest
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
    ("preset", "share", "size", "cohorts", "least", "most"),
    [
        ("believed", 1.0, 20_000, 100, 0.8, 1.0),  # C15: shown 92 times
        ("believed", 0.0, 20_000, 100, 0.0, 0.1),  # knowledge alone: 4
        ("literature", 1.0, 20_000, 100, 0.0, 0.25),  # C14: 11, 2 of them the wrong way: not recovered, only held
        ("believed", 1.0, 5_512, 20, 0.0, 1.0),  # 8 of 20: "cannot tell" is the usual answer
        ("literature", 1.0, 5_512, 20, 0.0, 0.5),  # 2 of 20
        ("believed", 0.0, 5_512, 20, 0.0, 0.5),  # 2 of 20
    ],
)
def test_belief_that_acts_is_recovered(
    preset: str, share: float, size: int, cohorts: int, least: float, most: float
) -> None:
    """At 20,000 clients C15 is shown in 80 of a hundred cohorts or more, knowledge alone in 10 or fewer.

    Both by the 95 % binomial interval of what was counted. 95 of a hundred intervals hold the truth, as far as so many
    cohorts can tell, and their middle is the truth within three standard errors, also of C14, which is seldom shown.
    """
    found, truth = [], []
    for seed in range(300, 300 + cohorts):
        rows = same_client(acting(share, preset), size, seed)
        found.append(within_clients(rows, once=True))
        truth.append(planted(rows))
    held = sum(one.low <= true <= one.high for one, true in zip(found, truth, strict=True))
    shown = binomtest(sum(one.verdict == SHOWN for one in found), cohorts).proportion_ci()
    assert binomtest(held, cohorts, 0.95).pvalue > 0.05
    assert least <= shown.low
    assert shown.high <= most
    off = np.array([one.estimate for one in found]) - np.array(truth)
    assert abs(off.mean()) < 3 * off.std(ddof=1) / np.sqrt(cohorts)
