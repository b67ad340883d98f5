"""Estimators on weighted rows: a row of weight 2 is two rows, and one of weight 0 is not there."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eriq.config import Tuning
from eriq.model.parts import LevelRates
from eriq.study.design.design import Design, make_design
from eriq.study.learning.estimators import ESTIMATORS, BestRule
from eriq.study.learning.settling import STRENGTHS
from eriq.study.learning.training import fit, margin
from eriq.study.learning.weights import fit_on_times, fit_weighted
from tests.study.learning.conftest import FEATURES, contender, people

RNG = np.random.default_rng(2)
WEIGHTS = np.array([0.0, 1.0, 2.0])


def weighted_people() -> tuple[Design, Design]:
    """Return people with weights 0, 1 and 2, and the same with each row as often as its weight says; no gaps."""
    design = people(clients=150, waves=1)
    design = replace(design, matrix=design.matrix.fillna(1.0))
    weight = WEIGHTS[RNG.integers(0, 3, len(design.outcome))]
    outcome = np.where(weight > 0, design.outcome, 1 - design.outcome)  # not to be read
    rows = np.repeat(np.arange(len(weight)), weight.astype(int))
    return replace(design, outcome=outcome, weight=weight), design.take(rows)


@pytest.mark.parametrize("name", ["prevalence", "level_rates", "logistic"])
def test_a_row_of_weight_2_is_two_rows(name):
    """Weights reach the model and the scales of its columns; outcomes of rows of weight 0 are not read."""
    weighted, doubled = weighted_people()
    some = replace(contender(name), settings=(("C", 0.01),) if name == "logistic" else ())  # a search draws other folds
    one, two = (margin(fit(some, d, FEATURES, seed=1), doubled) for d in (weighted, doubled))
    np.testing.assert_allclose(one, two, atol=1e-6)


@pytest.mark.parametrize("name", [n for n, r in ESTIMATORS.items() if not r.timed])
def test_weights_reach_every_estimator(name):
    """Where those with the outcome weigh five times as much, everyone is forecast far more of it."""
    design = people(clients=200, waves=1)
    heavy = replace(design, weight=np.where(design.outcome == 1, 5.0, 1.0))
    plain, more = (margin(fit(contender(name), d, FEATURES, seed=1), design).mean() for d in (design, heavy))
    assert more - plain > 0.8


@pytest.mark.parametrize("estimator", [LevelRates(), BestRule()])
def test_our_own_estimators_by_doubling(estimator):
    """Rates per answer with gaps, and the one best question where its cuts stay the same."""
    x = np.array([0, 0, 1, 1, 2, 2, np.nan, np.nan])[:, None]
    y, w = np.array([0, 1, 0, 1, 1, 1, 0, 1]), np.array([2, 1, 1, 2, 2, 2, 1, 2])
    again = np.repeat(np.arange(8), w)
    one = fit_weighted(estimator, x, y, w.astype(float)).predict_proba(x)
    two = estimator.fit(x[again], y[again]).predict_proba(x)
    np.testing.assert_allclose(one, two, atol=1e-12)


def test_the_search_weighs_what_is_lost(monkeypatch):
    """Of what was drawn and what the ridge settles for itself the lower loss by weight is taken: heavy rows decide."""
    rng = np.random.default_rng(1)
    n = 300
    x = rng.normal(size=n)
    light = np.arange(n) % 3 > 0  # two of three rows, on which the column says nothing or the opposite
    outcome = (np.where(light, -x, 3 * x) + rng.logistic(size=n) > 0).astype(int)
    rows = pd.DataFrame({"client_id": [f"c{k}" for k in range(n)]})
    design = make_design(rows, pd.DataFrame({"register.r0": x}), outcome)
    recipe = replace(ESTIMATORS["logistic"], space={"C": (1e-9,)})
    monkeypatch.setitem(ESTIMATORS, "logistic", recipe)
    chosen = []
    for weight in (None, np.where(light, 0.01, 10.0)):
        found = fit(
            contender("logistic", ("register.r0",)),
            replace(design, weight=weight),
            FEATURES,
            seed=1,
            tuning=Tuning(candidates=2, folds=3),
        )
        chosen.append(dict(found.settings))
    assert chosen[1]["C"] >= STRENGTHS[0]  # what it settled for itself, and not the 1e-9 that was drawn


def test_without_weights_nothing_is_passed_on():
    """An estimator that knows none can be fitted, so that unweighted fits are what they were."""

    class Plain:
        def fit(self, X, y):
            return "fitted"

    assert fit_weighted(Plain(), np.zeros((2, 1)), np.array([0, 1]), None) == "fitted"


def test_an_estimator_that_learns_from_times_needs_them():
    """Rows without times are refused rather than guessed."""
    with pytest.raises(ValueError, match="learns from times"):
        fit_on_times(ESTIMATORS["hazard"].make(FEATURES, 1), np.zeros((2, 1)), replace(people(2, 1), times=None))
