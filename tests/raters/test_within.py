"""The same client under two caseworkers."""

import numpy as np
import pandas as pd

from eriq.raters.within import CANNOT_TELL, NOT_ASSESSABLE, NOT_SHOWN, SHOWN, within_clients


def drawn(
    rng: np.random.Generator, effect: float, clients: int = 4000, lenient: float = 1.0, seen: float = 0.04
) -> pd.DataFrame:
    """Return clients of two waves under two caseworkers, whose readiness moves belief and outcome alike."""
    client, wave = np.repeat(np.arange(clients), 2), np.tile([1, 2], clients)
    caseworker = rng.integers(0, 300, 2 * clients)
    ready = rng.normal(size=clients)[client] + 0.7 * rng.normal(size=2 * clients)
    believes = (ready + lenient * rng.normal(size=300)[caseworker] + rng.normal(size=2 * clients) > 0.8).astype(float)
    outcome = rng.random(2 * clients) < np.clip(0.15 + seen * ready + effect * believes, 0, 1)
    names = {"client": client.astype(str), "caseworker": caseworker.astype(str)}
    return pd.DataFrame({**names, "wave": wave, "believes": believes, "outcome": outcome * 1.0})


def test_a_planted_part_is_found() -> None:
    """What belief adds is recovered; where it adds nothing, the interval holds 0 and it cannot tell."""
    rng = np.random.default_rng(2)
    planted, none = (within_clients(drawn(rng, effect)) for effect in (0.15, 0.0))
    assert planted.low < 0.15 < planted.high
    assert planted.verdict == SHOWN
    assert none.low < 0 < none.high
    assert none.verdict == CANNOT_TELL


def test_a_wide_margin_lets_it_say_that_nothing_was_shown() -> None:
    """An interval inside the margin says that no association was shown."""
    assert within_clients(drawn(np.random.default_rng(4), 0.0), margin=2).verdict == NOT_SHOWN


def test_the_interval_holds_nothing_at_the_stated_rate() -> None:
    """Readiness is not taken for belief: of 40 intervals 36 or more hold 0, and their middle is near it."""
    rng = np.random.default_rng(9)
    found = [within_clients(drawn(rng, 0.0, clients=1500, seen=0.12)) for _ in range(40)]
    assert 0.9 <= np.mean([one.low < 0 < one.high for one in found])
    assert abs(np.mean([one.estimate for one in found])) < 0.03


def test_what_does_not_allow_a_comparison_gives_no_number() -> None:
    """Caseworkers who are alike, one caseworker only, and a period without outcomes: a reason and no number."""
    rng = np.random.default_rng(6)
    rows = drawn(rng, 0.0, clients=1500)
    alike = within_clients(drawn(rng, 0.0, clients=1500, lenient=0.0))
    one, none = within_clients(rows.assign(caseworker="x")), within_clients(rows.assign(outcome=0.0))
    assert [alike.verdict, one.verdict, none.verdict] == [CANNOT_TELL, NOT_ASSESSABLE, NOT_ASSESSABLE]
    assert np.isnan([alike.estimate, one.estimate, none.estimate]).all()
    assert "hardly differ" in alike.why
