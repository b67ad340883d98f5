"""How often monitoring alarms where nothing moved, and how often it finds what did."""

import sys

import numpy as np
import pandas as pd
import pytest

from eriq.model.around import Around, around
from eriq.model.distributions import binned
from eriq.monitoring.alarm import LEVEL, POWER, able, watch
from eriq.monitoring.answering import answered, body
from eriq.monitoring.shift import MOVED, shift, standardised

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


def test_intervals_of_the_effect_hold_it_as_often_as_they_say() -> None:
    """Answers on five levels, skewed, and a rare flag: 95 % intervals hold the true difference in 93 to 97 of 100."""
    rng = np.random.default_rng(3)
    for then, now in (((0.5, 0.25, 0.15, 0.07, 0.03), (0.4, 0.25, 0.2, 0.1, 0.05)), ((0.95, 0.05), (0.9, 0.1))):
        levels = np.arange(len(then))
        mean, mean_now = levels @ np.array(then), levels @ np.array(now)
        true = (mean_now - mean) / np.sqrt((levels - mean) ** 2 @ np.array(then))
        hits = []
        for _ in range(2000):
            kept = binned(rng.choice(levels, TRAINED, p=then).astype("float64"), measured=False)
            assert kept is not None
            _, low, high = standardised(kept, rng.choice(levels, PEOPLE, p=now).astype("float64"))
            hits.append(low < true < high)
        told(f"effect: true {true:.3f}, held {np.mean(hits):.3f}")
        assert 0.93 <= np.mean(hits) <= 0.97


def test_a_body_and_its_halves_are_called_as_seldom_as_stated() -> None:
    """120 caseworkers then and 80 now with fewer clients each: a false call in about 5 %; half a deviation is found."""
    rng = np.random.default_rng(4)

    def rows(caseworkers: int, clients: int, up: float) -> pd.DataFrame:
        own = np.repeat(rng.normal(2 + up, 0.5, caseworkers), clients)
        belief = np.clip(np.round(own + rng.normal(0, 1, len(own))), 0, 4)
        who = np.repeat(np.arange(caseworkers), clients).astype("str")
        return pd.DataFrame({"client_id": np.arange(len(own)).astype("str"), "caseworker_id": who, "belief": belief})

    def called(up: float) -> bool:
        return bool(body(around(rows(120, 10, 0), None), rows(80, 4, up), None)["verdict"].iloc[0] == MOVED)

    def halves(share: float) -> bool:
        n = int(rng.binomial(PEOPLE, share))
        kept = Around(answered={"both halves": TRAINED - (m := int(rng.binomial(TRAINED, 0.2))), "client only": m})
        words = pd.Series(["client only"] * n + ["both halves"] * (PEOPLE - n))
        return bool((answered(kept, words)["verdict"] == MOVED).any())

    quiet, found_up = np.mean([called(0) for _ in range(1000)]), np.mean([called(0.4) for _ in range(200)])
    same, moved = np.mean([halves(0.2) for _ in range(2000)]), np.mean([halves(0.27) for _ in range(500)])
    told(f"body: false {quiet:.3f}, power {found_up:.3f}; halves: false {same:.3f}, power {moved:.3f}")
    assert quiet <= 0.07
    assert found_up >= 0.9
    assert same <= 0.07
    assert moved >= 0.9


def test_who_could_be_quiet_would_have_shown_a_level_that_is_off() -> None:
    """At the fewest people for which twelve months may be quiet, a level off by 0.5 alarms in 75 to 95 of 100 years."""
    rng = np.random.default_rng(5)
    x = rng.normal(-1, 1, 100_000)
    p = 1 / (1 + np.exp(-x))
    each = float((p * (1 - p)).mean())
    n = next(n for n in range(5, 400) if able(np.full(12, n * each)))
    alarms = []
    for _ in range(1000):
        some = rng.choice(x, (12, n))
        fore, true = 1 / (1 + np.exp(-some)), 1 / (1 + np.exp(-some - LEVEL))
        z = ((rng.random(some.shape) < true) - fore).sum(1) / np.sqrt((fore * (1 - fore)).sum(1))
        alarms.append(watch(z).alarm is not None)
    told(f"quiet: {n} people a month, found {np.mean(alarms):.3f}")
    assert POWER - 0.05 <= np.mean(alarms) <= 0.95
