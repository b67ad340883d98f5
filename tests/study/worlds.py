"""Made-up people with known chances to enter, and follow-up that breaks off."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

HORIZON = 365


@dataclass(frozen=True)
class World:
    """Rows with a score, their stratum, times as registers show them, and what would have been seen by the horizon."""

    x: np.ndarray
    stratum: np.ndarray
    times: pd.DataFrame
    outcome: np.ndarray  # by the horizon, had everybody been followed
    probability: np.ndarray  # true, by the horizon


def monthly(eta: np.ndarray) -> np.ndarray:
    """Return the true chance to have entered by the end of each of 16 months, of shape (n, 16)."""
    level = -4.2 - 0.3 * np.abs(np.arange(16) - 4) / 4
    return 1 - np.cumprod(1 - 1 / (1 + np.exp(-(eta[:, None] + level))), axis=1)


def make(seed: int, n: int = 4000, *, effect: float = 1.0, dependent: bool = False) -> World:
    """Return a world of steady intake: follow-up ends on a day drawn evenly, and 36 % do not reach the horizon.

    If `dependent`, two periods of intake differ in level of risk and in how long they are followed.
    """
    rng = np.random.default_rng(seed)
    ends = np.round(np.arange(17) * 365 / 12).astype(int)
    x = rng.normal(size=n)
    late = rng.random(n) < 0.5
    eta = effect * x + (1.2 * late if dependent else 0.0)
    entered = monthly(eta)
    month = (rng.random(n)[:, None] > entered).sum(axis=1)  # 16: not within the months that are made up
    day = ends[month] + 1 + (rng.random(n) * np.diff([*ends, ends[-1] + 30])[month]).astype(int)
    first = np.where(month < 16, day, 10_000)
    last = HORIZON / 0.36
    followed = (rng.random(n) * (np.where(late, 500, 1830) if dependent else last)).astype(int) + 1
    event = first <= followed
    times = pd.DataFrame({"days": np.where(event, first, followed), "event": event, "followed_days": followed})
    stratum = np.where(late, "2020Q2", "2020Q1").astype(object)
    return World(x, stratum, times, (first <= HORIZON).astype(int), entered[:, 11])
