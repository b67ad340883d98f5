"""The caseworker's share of variance, and shrunken optimism."""

import numpy as np
import pytest

from eriq.raters.variance import LEAST_CASEWORKERS, caseworker_share


def drawn(rng: np.random.Generator, share: float, staff: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return answers, who gave them, and the optimism of each caseworker; clients are few or many."""
    optimism = np.sqrt(share) * rng.normal(size=staff)
    who = np.repeat(np.arange(staff), rng.integers(6, 31, staff))
    return optimism[who] + np.sqrt(1 - share) * rng.normal(size=len(who)), who.astype(str).astype(object), optimism


def test_planted_optimism_is_found_within_its_interval() -> None:
    """A share of 0.15 lies in a narrow interval, and shrunken optimism spreads less than what was planted."""
    answer, who, optimism = drawn(np.random.default_rng(3), 0.15)
    share = caseworker_share(answer, who)
    assert share.low < 0.15 < share.high
    assert share.high - share.low < 0.08
    assert share.optimism.std() < optimism.std()
    order = np.unique(who).astype(int)
    assert np.corrcoef(share.optimism, optimism[order])[0, 1] > 0.8


def test_one_caseworker_alone_is_not_assessable() -> None:
    """Too few caseworkers, and answers that do not vary, give a reason and no number."""
    one = caseworker_share(np.arange(50.0), np.full(50, "a", dtype=object))
    same = caseworker_share(np.ones(400), np.repeat(np.arange(40), 10).astype(str).astype(object))
    assert f"fewer than {LEAST_CASEWORKERS} caseworkers" in one.why_not
    assert "do not vary" in same.why_not
    assert np.isnan([one.estimate, same.low]).all()
    assert not one.optimism.size


@pytest.mark.parametrize("share", [0.0, 0.15])
def test_the_interval_holds_what_was_planted(share: float) -> None:
    """Of 80 samples the interval holds the planted share in 90 of a hundred or more, and not in all."""
    rng = np.random.default_rng(11)
    held = [found.low <= share <= found.high for found in (caseworker_share(*drawn(rng, share)[:2]) for _ in range(80))]
    assert 0.90 <= np.mean(held) < 1
