"""Fair choices: ties to the simpler, yardsticks never."""

from dataclasses import replace

import numpy as np
import pytest

from eriq.errors import ConfigError
from eriq.study.comparison.choose import choose
from eriq.study.evaluation.bootstrap import Replicates
from eriq.study.evaluation.wanted import Measure
from eriq.study.learning.estimators import ESTIMATORS
from tests.study.comparison.conftest import named


def losses(*means: float, spread: float) -> Replicates:
    """Return log losses of contenders whose paired differences have a standard error of `spread`.

    The first contender moves up and down over the replicates; the others stay.
    """
    draws = np.tile(np.array(means), (100, 1))
    draws[::2, 0] += spread
    draws[1::2, 0] -= spread
    return Replicates((Measure("log_loss"),), np.array([means]), draws[None])


@pytest.mark.parametrize(("behind", "winner"), [(0.009, "all | logistic"), (0.011, "all | lightgbm")])
def test_a_tie_within_one_standard_error_goes_to_the_simpler(behind, winner):
    """With a standard error of 0.010 a simpler contender 0.009 behind is taken, one 0.011 behind is not."""
    some = named(("all", "lightgbm"), ("all", "logistic"))
    assert choose(some, losses(0.30, 0.30 + behind, spread=0.010)).name == winner


def test_of_two_equally_simple_the_one_with_fewer_columns_is_taken():
    """Within a tie and the same estimator the smaller block wins, and then the lower loss."""
    large, small = named(("all", "logistic"), columns=("a", "b")) + named(("few", "logistic"), columns=("a",))
    assert choose((large, small), losses(0.30, 0.305, spread=0.01)) == small
    other = replace(small, name="other", block="other")
    assert choose((other, small), losses(0.30, 0.305, spread=0.01)) == other


@pytest.mark.parametrize("better", ["prevalence", *(n for n, r in ESTIMATORS.items() if not r.savable)])
def test_the_yardstick_and_what_cannot_be_saved_are_never_chosen(better):
    """However good they look, prevalence and estimators that need a pickle are only compared."""
    some = named(("all", "logistic"), ("all", better))
    assert choose(some, losses(0.5, 0.1, spread=0.001)).estimator == "logistic"


def test_what_knows_sex_or_origin_is_never_chosen():
    """An opponent that may use what is kept for audit is compared and never saved."""
    some = named(("all", "logistic"), ("more", "logistic"))
    told = (some[0], replace(some[1], compared_only=True))
    assert choose(told, losses(0.5, 0.1, spread=0.001)) == told[0]


def test_a_block_of_changes_is_never_chosen():
    """A model that needs the client's earlier waves could not score a first one."""
    plain, changes = named(("all", "logistic")) + named(
        ("with changes", "logistic"), columns=("client.q", "changes.belief")
    )
    assert choose((plain, changes), losses(0.5, 0.1, spread=0.001)) == plain


def test_the_config_can_restrict_the_choice():
    """`choose_from` names blocks; a better one outside them is not taken."""
    some = named(("a", "logistic"), ("b", "logistic"))
    made = losses(0.5, 0.1, spread=0.001)
    assert choose(some, made).block == "b"
    assert choose(some, made, ("a",)).block == "a"


def test_nothing_to_choose_from_is_a_config_error():
    """If only yardsticks take part, or no block fits, the error says what to name."""
    some = named(("none", "prevalence"), ("all", "random_forest"))
    with pytest.raises(ConfigError, match="no contender can be saved"):
        choose(some, losses(0.1, 0.1, spread=0.1))
    one = named(("a", "logistic"))
    with pytest.raises(ConfigError, match="choose_from"):
        choose(one, losses(0.1, spread=0.1), ("b",))
