"""How often monitoring alarms where nothing moved, and how often it finds what did."""

import sys

import numpy as np
import pandas as pd
import pytest

from eriq.model.distributions import binned
from eriq.monitoring.alarm import watch
from eriq.monitoring.shift import MOVED, shift

pytestmark = pytest.mark.long
COLUMNS, PEOPLE, TRAINED = 20, 800, 3000


def told(words: str) -> None:
    """Show the numbers that docs/monitoring.md states: run with -s."""
    sys.stdout.write(f"{words}\n")


def found(rng: np.random.Generator, moved: float) -> tuple[bool, bool]:
    """Return whether anything is shown, and whether the first of 20 columns is; `moved` is the share a code higher."""

    def draw(n: int) -> np.ndarray:
        return rng.choice(5, (n, COLUMNS), p=[0.1, 0.2, 0.4, 0.2, 0.1]).astype("float64")

    names = [f"client.c{k}" for k in range(COLUMNS)]
    train, new = draw(TRAINED), draw(PEOPLE)
    new[:, 0] = np.minimum(4, new[:, 0] + (rng.random(PEOPLE) < moved))
    kept = {n: b for n, c in zip(names, train.T, strict=True) if (b := binned(c, measured=False))}
    table = shift(kept, dict.fromkeys(names, "client"), {"all": pd.DataFrame(new, columns=names)})
    hit = (table["verdict"] == MOVED).to_numpy()
    return bool(hit.any()), bool(hit[0])


def test_shift_is_called_as_seldom_and_found_as_often_as_stated() -> None:
    """Some column is called in 5 % or less of quiet periods; three in ten a code higher is found in 95 % or more."""
    rng = np.random.default_rng(1)
    quiet = np.mean([found(rng, 0.0)[0] for _ in range(400)])
    power = np.mean([found(rng, 0.3)[1] for _ in range(100)])
    told(f"shift: false {quiet:.3f}, power {power:.3f}")

    assert quiet <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)
    assert power >= 0.95


def test_cumulative_sums_alarm_as_stated() -> None:
    """Twelve months of calibrated forecasts, binomial and not normal, alarm in 5 % or less; one error off in 90 %."""
    rng = np.random.default_rng(2)

    def alarms(off: float, runs: int) -> float:
        p = 1 / (1 + np.exp(-rng.normal(-1, 1, (runs, 12, 100))))
        z = ((rng.random(p.shape) < p) - p).sum(2) / np.sqrt((p * (1 - p)).sum(2)) + off
        return float(np.mean([watch(one).alarm is not None for one in z]))

    quiet, one, two = alarms(0.0, 4000), alarms(1.0, 1000), alarms(1.5, 1000)
    told(f"cusum: false {quiet:.4f}, power one {one:.3f}, one and a half {two:.3f}")

    assert quiet <= 0.07
    assert two >= 0.95
