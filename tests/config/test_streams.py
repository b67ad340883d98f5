"""Named random streams: the draws of earlier versions, one stream per purpose."""

import numpy as np
import pytest

from eriq.config.streams import NUMBERED, PURPOSES, stream


@pytest.mark.parametrize(
    ("purpose", "number", "entropy"),
    [
        ("bootstrap", (12,), [3, 12]),
        ("folds", (5,), [3, 5]),
        ("explained rows", (), [3, 7]),
        ("explained refits", (), [3, 11]),
        ("permutation", (), [3, 13]),
        ("stability refits", (2,), [3, 17, 2]),
        ("self-test rows", (), [3, 19]),
        ("held-out order", (), 3),
        ("days", (), [3, 100, 97, 121, 115]),
        ("item", ("cw01",), [3, *b"item cw01"]),
        ("missing half", ("client",), [3, *b"missing half client"]),
    ],
)
def test_a_named_stream_draws_what_was_drawn_before_it_had_a_name(purpose, number, entropy):
    """The integers behind a name are those of version 0.1, so the numbers of a run do not change."""
    before = np.random.default_rng(entropy)
    assert stream(3, purpose, *number).integers(1 << 62, size=4).tolist() == before.integers(1 << 62, size=4).tolist()


def test_a_seed_of_64_bits_draws_what_it_draws_alone():
    """The order of held-out rows comes from eight bytes of their content."""
    seed = 0xFEDCBA9876543210
    assert stream(seed, "held-out order").random() == np.random.default_rng(seed).random()


def test_purposes_of_their_own_do_not_share_a_stream():
    """Apart from those that a number tells apart, no two purposes have the same integers."""
    alone = [tags for purpose, tags in PURPOSES.items() if purpose not in NUMBERED]
    assert len(set(alone)) == len(alone)


def test_an_unknown_purpose_is_a_fault():
    """A misspelt purpose would silently draw something else."""
    with pytest.raises(ValueError, match="no random stream is called 'bootstraps'"):
        stream(1, "bootstraps", 1)


@pytest.mark.parametrize(
    ("purpose", "number"),
    [("bootstrap", ()), ("people", (1,)), ("folds", (1, 2)), ("folds", ("a",)), ("item", ()), ("item", (1,))],
)
def test_a_number_or_name_missing_or_in_vain_is_a_fault(purpose, number):
    """Two replicates without a number, or two items without a name, would be the same draw."""
    with pytest.raises(ValueError, match="takes"):
        stream(1, purpose, *number)
