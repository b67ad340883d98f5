"""Intervals by refits: around the estimate, wide where refits are few, and ranks that are sure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eriq.study.explanation.spread import around, ranks_around


def test_the_interval_is_that_of_students_t() -> None:
    """Three refits 1, 2 and 3 have a deviation of 1, and with two degrees of freedom 95 % reach 4.303 of it."""
    low, high = around(np.array([10.0]), np.array([[1.0], [2.0], [3.0]]), 0.95)

    assert (10 - 4.3027, 10 + 4.3027) == pytest.approx((low[0], high[0]), abs=1e-4)


def test_refits_that_all_lie_higher_move_nothing() -> None:
    """What refits have too much of all together says nothing of where the model on all clients stands."""
    value, again = np.array([0.1, 0.2]), np.array([[0.12, 0.2], [0.14, 0.25], [0.15, 0.22]])

    np.testing.assert_allclose(around(value, again, 0.9), around(value, again + 5, 0.9))
    np.testing.assert_allclose(ranks_around(value, again, 0.9), ranks_around(value, again + 5, 0.9))


def test_one_refit_says_nothing() -> None:
    """With one refit, or none, there is no interval of the value nor of its rank."""
    for refits in (0, 1):
        for ends in (around, ranks_around):
            assert np.isnan(ends(np.ones(3), np.ones((refits, 3)), 0.95)).all()


def test_ranks_are_sure_where_differences_are() -> None:
    """The first is far ahead of two that cannot be told apart; these share ranks 2 and 3."""
    rng = np.random.default_rng(1)
    value = np.array([0.5, 0.21, 0.2])
    again = value + 0.03 * rng.normal(size=(20, 3))

    assert [[1, 2, 2], [1, 3, 3]] == [ends.tolist() for ends in ranks_around(value, again, 0.95)]


def test_values_that_move_together_can_be_told_apart() -> None:
    """Each varies by far more than the two differ, and their difference does not vary at all."""
    value = np.array([0.3, 0.2])
    again = value + np.array([[0.2], [-0.2], [0.1], [-0.1]])
    low, high = around(value, again, 0.95)

    assert low[0] < high[1]
    assert [[1, 2], [1, 2]] == [ends.tolist() for ends in ranks_around(value, again, 0.95)]


@given(seed=st.integers(0, 10_000))
def test_a_rank_lies_within_its_own_ends(seed: int) -> None:
    """Whatever values and refits, ties included."""
    rng = np.random.default_rng(seed)
    n, refits = int(rng.integers(1, 7)), int(rng.integers(2, 6))
    value, again = rng.integers(0, 4, n) / 4, rng.integers(0, 5, (refits, n)) / 4
    rank = 1 + (value[None, :] > value[:, None]).sum(axis=1)
    low, high = ranks_around(value, again, 0.95)

    assert ((low >= 1) & (low <= rank) & (rank <= high) & (high <= n)).all()
