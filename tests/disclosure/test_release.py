"""The release rule in force."""

import pytest

from eriq.disclosure import MIN_PEOPLE, Release, count_words, in_force, min_people
from eriq.disclosure.release import rounded


def test_a_rule_holds_within_its_block_only() -> None:
    """An error in the block does not leave its rule behind."""
    with pytest.raises(ZeroDivisionError), in_force(Release(min_people=20)):
        assert 1 // (min_people() - 20)
    assert min_people() == MIN_PEOPLE == 5


@pytest.mark.parametrize(("count", "words"), [(0, "0"), (9, "<10"), (12, "10"), (13, "15"), (1234, "1,235")])
def test_counts_are_rounded_after_small_ones_are_hidden(count: int, words: str) -> None:
    """Nine is below ten and not rounded up to it."""
    with in_force(Release(min_people=10, round_to=5)):
        assert count_words(count) == words
    assert rounded(13) == 13
