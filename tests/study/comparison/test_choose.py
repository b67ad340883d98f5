"""Fair choices: ties to the simpler, yardsticks never."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logit

from eriq.errors import ConfigError
from eriq.study.comparison.choose import choose, why_not
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.design.folds import grouped_kfold
from eriq.study.evaluation.bootstrap import Replicates
from eriq.study.evaluation.wanted import Measure
from eriq.study.learning.estimators import ESTIMATORS
from tests.study.comparison.conftest import named, one_row_each


def losses(*means: float, spread: float) -> Replicates:
    """Return log losses of contenders whose paired differences have a standard error of `spread`.

    The first contender moves up and down over the replicates; the others stay.
    """
    draws = np.tile(np.array(means), (100, 1))
    draws[::2, 0] += spread
    draws[1::2, 0] -= spread
    return Replicates((Measure("log_loss"),), np.array([means]), draws[None])


@pytest.mark.parametrize(("behind", "winner"), [(0.014, "all | logistic"), (0.0143, "all | lightgbm")])
def test_a_tie_within_one_standard_error_goes_to_the_simpler(behind, winner):
    """With a standard error of 0.010, and 0.01414 with refits, one 0.0140 behind is taken and not one 0.0143 behind."""
    some = named(("all", "lightgbm"), ("all", "logistic"))
    assert choose(some, losses(0.30, 0.30 + behind, spread=0.010)).name == winner


def test_a_tie_never_drops_columns():
    """A smaller block within the tie, or even ahead, is not taken: the largest block is what was asked for."""
    large, small = named(("all", "logistic"), columns=("a", "b")) + named(("few", "logistic"), columns=("a",))
    assert choose((large, small), losses(0.30, 0.305, spread=0.01)) == large
    assert choose((large, small), losses(0.30, 0.295, spread=0.01)) == large
    assert choose((small, large), losses(0.30, 0.500, spread=0.01)) == large


def test_of_several_named_blocks_the_lowest_loss_decides_and_ties_do_not_cross():
    """With both blocks named, the larger one at a lower loss wins although a smaller and simpler one ties with it."""
    large, small = named(("all", "lightgbm"), columns=("a", "b")) + named(("few", "logistic"), columns=("a",))
    both = ("all", "few")
    assert choose((large, small), losses(0.30, 0.305, spread=0.01), both) == large
    assert choose((large, small), losses(0.30, 0.295, spread=0.01), both) == small


@pytest.mark.parametrize("step", [1e-4, -1e-4])
def test_what_is_no_better_than_the_overall_rate_is_not_worth_saving(step):
    """Forecasts a little better than the training rate of each fold are saved, a little worse ones are not."""
    design = one_row_each(200)
    folds = tuple(grouped_kfold(design, 4, 1, 1))
    rates = np.zeros(200)
    for fold in folds:
        rates[fold.test] = logit(design.outcome[fold.train].mean())
    held = OutOfFold((), design, np.empty((200, 0)), folds)
    why = why_not(held, rates + step * (design.outcome - 0.5))
    assert why == "" if step > 0 else "overall rate" in why
    assert why_not(held, rates)


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


def test_a_block_of_changes_can_be_chosen():
    """Scoring reads earlier waves from a declared source, so that a better block with changes is saved."""
    plain, changes = named(("all", "logistic")) + named(
        ("with changes", "logistic"), columns=("client.q", "changes.belief")
    )
    assert choose((plain, changes), losses(0.5, 0.1, spread=0.001)) == changes


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
