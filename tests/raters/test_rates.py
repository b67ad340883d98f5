"""Ratios of rates with clustered intervals."""

import numpy as np

from eriq.raters.rates import rate_ratio


def test_rows_of_one_person_do_not_count_as_many() -> None:
    """The same people four times over give the same ratio and the same interval."""
    rng = np.random.default_rng(5)
    here = rng.random(3000) < 0.4
    outcome = (rng.random(3000) < np.where(here, 0.08, 0.10)).astype(np.float64)
    people = np.arange(3000).astype(object)
    once = rate_ratio(outcome, here, people)
    again = rate_ratio(np.tile(outcome, 4), np.tile(here, 4), np.tile(people, 4))
    assert once.low < 0.8 < once.high
    np.testing.assert_allclose([again.estimate, again.low, again.high], [once.estimate, once.low, once.high])


def test_what_was_expected_of_clients_is_taken_off() -> None:
    """Half the chances on one side: a ratio of a half as clients are, and of one where that was expected."""
    rng = np.random.default_rng(7)
    here = rng.random(8000) < 0.5
    expected = np.where(here, 0.1, 0.2)
    outcome = (rng.random(8000) < expected) * 1.0
    people = np.arange(8000).astype(object)
    plain, alike = (rate_ratio(outcome, here, people, expected=given) for given in (None, expected))
    assert plain.low < 0.5 < plain.high < 0.7
    assert alike.low < 1 < alike.high
    halves = rate_ratio(outcome, here, people, expected=np.full(8000, 0.5))
    np.testing.assert_allclose([halves.estimate, halves.low, halves.high], [plain.estimate, plain.low, plain.high])


def test_a_period_without_outcomes_gives_a_reason() -> None:
    """Nobody with the outcome: no ratio, and the words why."""
    ratio = rate_ratio(np.zeros(100), np.arange(100) < 50, np.arange(100).astype(object))
    assert np.isnan(ratio.estimate)
    assert "with the outcome" in ratio.why_not
