"""Which cells go, and which go with them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eriq.disclosure import MIN_PEOPLE, count_words, hide_parts
from eriq.disclosure.suppression import with_company


def test_hidden_parts_leave_room_for_doubt() -> None:
    """1 and 2 beside their sum would leave two guesses, so 30 goes as well; no small part, nothing hidden."""
    assert hide_parts([1, 2, 30, 400]) == (["<5", "<5", "withheld", "400"], True)
    assert hide_parts([1, 2]) == (["<5", "<5"], False)
    assert hide_parts([5, 6]) == (["5", "6"], True)
    assert [count_words(n) for n in (0, 1, 4, 5)] == ["0", "<5", "<5", "5"]


def test_two_blanks_that_hold_seven_are_too_few() -> None:
    """7 left for two blanks below 5 could only be 3 and 4, so 40 goes as well; 10 left for two are enough."""
    assert hide_parts([3, 4, 40]) == (["<5", "<5", "withheld"], True)
    assert hide_parts([4, 6, 40]) == (["<5", "withheld", "40"], True)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=8))
def test_no_total_gives_a_small_part_away(parts: list[tuple[int, int]]) -> None:
    """Whatever the counts: what is shown is not small, and beside a total two or more are hidden that hold ten."""
    counts = np.array(parts, "float64")
    hidden, total_may_show = with_company(counts)

    assert not ((counts[~hidden] > 0) & (counts[~hidden] < MIN_PEOPLE)).any()
    if hidden.any() and total_may_show:
        lost = counts[hidden].sum(axis=0)
        assert hidden.sum() >= 2
        assert all(n == 0 or n >= 2 * MIN_PEOPLE for n in lost)
