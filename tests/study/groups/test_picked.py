"""Who is picked, and what acting on it is worth."""

import numpy as np
import pytest

from eriq.config import Capacity, Groups
from eriq.study.evaluation.decisions import net_benefit
from eriq.study.groups.picked import Rule, benefit, case_of, picked, rule_of

FORECAST = np.array([0.05, 0.1, 0.2, 0.4, 0.8])


@pytest.mark.parametrize(
    ("pick", "whom"), [("highest", [0, 0, 0, 1, 1]), ("lowest", [1, 1, 0, 0, 0]), ("middle", [0, 0.5, 1, 0.5, 0])]
)
def test_room_is_filled_from_the_declared_end(pick, whom):
    """Room for two of five; from the middle the two neighbours of the median share the second place."""
    assert picked(FORECAST, rule_of(Groups(pick=pick, share=0.4), Capacity())).tolist() == pytest.approx(whom)


@pytest.mark.parametrize(
    ("pick", "thresholds", "whom"),
    [
        ("highest", (0.2,), [0, 0, 1, 1, 1]),
        ("lowest", (0.2,), [1, 1, 1, 0, 0]),
        ("middle", (0.1, 0.4), [0, 1, 1, 1, 0]),
    ],
)
def test_own_thresholds_decide_instead_of_room(pick, thresholds, whom):
    """Forecasts equal to a threshold are picked."""
    rule = rule_of(Groups(pick=pick, thresholds=thresholds), Capacity())
    assert picked(FORECAST, rule).tolist() == whom
    assert str(100 * thresholds[0]).rstrip("0").rstrip(".") in rule.words


def test_room_is_the_middle_of_the_capacities_unless_declared():
    """Of 5, 10 and 20 % it is 10; a config without any gets 10 % as well."""
    assert rule_of(Groups(), Capacity()).at == "10%"
    assert rule_of(Groups(), Capacity(shares=(), thresholds=())).share == 0.1
    assert rule_of(Groups(share=0.3), Capacity()).at == "30%"


def test_who_should_have_been_picked_depends_on_the_end():
    """From the top those with the outcome, from below and the middle those without."""
    outcome = np.array([0, 1])
    assert case_of(outcome, "highest").tolist() == [0, 1]
    assert case_of(outcome, "lowest").tolist() == case_of(outcome, "middle").tolist() == [1, 0]


def test_net_benefit_is_that_of_acting_from_either_side():
    """Upwards as `net_benefit` gives it; downwards that of the other outcome from 1 - t on."""
    outcome = np.array([0, 0, 1, 0, 1])
    upwards = benefit(outcome, FORECAST, Rule("highest", 0.1, (), 0.25))
    assert upwards.mean() == pytest.approx(net_benefit(outcome, FORECAST, 0.25))
    downwards = benefit(outcome, FORECAST, Rule("lowest", 0.1, (), 0.25))
    assert downwards.mean() == pytest.approx(net_benefit(1 - outcome, 1 - FORECAST, 0.75))
