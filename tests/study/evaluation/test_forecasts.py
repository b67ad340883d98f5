"""Forecasts of several contenders for the same rows."""

import numpy as np
import pytest

from eriq.study.evaluation.bootstrap import bootstrap
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.evaluation.wanted import Wanted

ROWS = Forecasts(
    ("a", "b"), np.array([0, 1, 1, 0]), np.array([[-1.0, 0.0], [1.0, 2.0], [0.0, 1.0], [0.5, -3.0]]), np.arange(4)
)


def test_contenders_are_picked_by_name_each_once():
    """Names come in the order asked for, with their own columns; one named twice comes once."""
    picked = ROWS.only(["b", "a", "b"])
    assert picked.names == ("b", "a")
    assert np.array_equal(picked.log_odds, ROWS.log_odds[:, ::-1])
    assert picked.beside(ROWS.only(["a"])).names == ("b", "a", "a")


def test_the_bootstrap_of_log_odds_is_that_of_their_probabilities():
    """A log-odds of 0 is a half; the draws are those of the plain function with the same seed."""
    assert ROWS.probability[2, 0] == 0.5
    wanted = Wanted(("brier",))
    made = ROWS.bootstrap(wanted, replicates=20, seed=3)
    plain = bootstrap(ROWS.outcome, ROWS.probability, ROWS.client, wanted, replicates=20, seed=3)
    assert made.draws == pytest.approx(plain.draws, nan_ok=True, abs=0)
