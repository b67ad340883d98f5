"""Eleven ways of learning: each fits what people's tables hold, and the simple ones by hand."""

import sys
from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer

from eriq.config import EstimatorName
from eriq.errors import DependencyError
from eriq.features import Feature
from eriq.model.margin import raw_margin
from eriq.model.parts import LevelRates, middle
from eriq.study.design.contender import Contender
from eriq.study.design.design import make_design
from eriq.study.learning.estimators import ESTIMATORS, BestRule
from eriq.study.learning.training import fit, margin
from tests.study.learning.conftest import FEATURES

N = 160
ITEM = Feature("client.q1", "client", "ordinal", monotone=1, item="q1", indicate=False)
WEEKS = Feature("register.weeks", "register_history")
REGION = Feature("register.region", "register_basic", "category", levels=("east", "north", "south", "west"))
ALL = tuple(ESTIMATORS)


def trained(name, features, matrix, outcome, later=None):
    """Return log-odds of `later` (or of the training rows) from estimator `name`."""
    columns = tuple(f.name for f in features)
    rows = pd.DataFrame({"client_id": [f"c{k}" for k in range(len(outcome))]})
    design = make_design(rows, pd.DataFrame(matrix, columns=list(columns)), outcome)
    happened = design.outcome == 1
    times = pd.DataFrame({"days": np.where(happened, 100, 500), "event": happened, "followed_days": 500})
    design = replace(design, times=times, horizon_days=365)  # read by an estimator that learns from them
    fitted = fit(Contender(name, "some", name, columns), design, features, seed=1)
    if later is None:
        return margin(fitted, design)
    return raw_margin(fitted.estimator, later)


def world(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return an answer, zero-heavy weeks and a region, and an outcome that rises with the answer."""
    rng = np.random.default_rng(seed)
    answer = rng.integers(0, 5, N).astype(float)
    weeks = np.where(rng.random(N) < 0.6, 0.0, rng.exponential(30, N))
    region = rng.integers(0, 4, N).astype(float)
    outcome = (answer - 2 + (region == 1) + rng.logistic(size=N) > 0).astype(int)
    return np.column_stack([answer, weeks, region]), outcome


def test_names_in_configs_are_the_estimators_there_are():
    """Whatever a config may name can be made, and nothing else can be made."""
    assert set(get_args(EstimatorName)) == set(ESTIMATORS)


def test_no_two_estimators_are_equally_simple():
    """A tie between equally good contenders always has a simpler one."""
    ranks = [recipe.simplicity for recipe in ESTIMATORS.values()]
    assert len(set(ranks)) == len(ranks)
    assert min(ESTIMATORS, key=lambda name: ESTIMATORS[name].simplicity) == "prevalence"


# --- what people's tables hold -------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_gaps_and_zero_heavy_columns_give_finite_forecasts(name):
    """A third of the cells missing, in training and later, also whole rows: every forecast is finite."""
    matrix, outcome = world()
    matrix[np.random.default_rng(1).random(matrix.shape) < 0.3] = np.nan
    later = np.vstack([matrix, np.full((1, 3), np.nan)])
    found = trained(name, (ITEM, WEEKS, REGION), matrix, outcome, later)
    assert found.shape == (N + 1,)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("value", [2.0, np.nan], ids=["constant", "empty"])
def test_columns_that_say_nothing_give_everyone_the_same(name, value):
    """Constant or wholly empty columns fit, and everybody gets one forecast near the overall rate."""
    outcome = (np.arange(N) % 4 == 0).astype(int)
    found = trained(name, (ITEM, WEEKS, REGION), np.full((N, 3), value), outcome)
    assert np.ptp(found) < 1e-9
    assert 1 / (1 + np.exp(-found[0])) == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("place", [0, 1, 2], ids=["item", "weeks", "category"])
def test_one_column_of_each_kind_is_enough(name, place):
    """A block can hold a single column."""
    matrix, outcome = world()
    found = trained(name, ((ITEM, WEEKS, REGION)[place],), matrix[:, [place]], outcome)
    assert np.isfinite(found).all()


def test_prevalence_needs_no_column():
    """The yardstick without any column is the log-odds of the overall rate."""
    outcome = np.repeat([0, 1], [120, 40])
    assert trained("prevalence", (), np.empty((N, 0)), outcome) == pytest.approx(np.full(N, np.log(1 / 3)))


@pytest.mark.parametrize("name", ALL)
def test_a_level_never_seen_gets_a_finite_forecast(name):
    """A category that no training row has is scored, not refused."""
    matrix, outcome = world()
    later = matrix.copy()
    later[:, 2] = 17.0
    assert np.isfinite(trained(name, (ITEM, WEEKS, REGION), matrix, outcome, later)).all()


@pytest.mark.parametrize("name", ["logistic", "spline_logistic", "elastic_net"])
def test_an_additive_model_knows_no_order_of_categories(name):
    """Renumbering the regions leaves the forecasts of an additive model as they were."""
    matrix, outcome = world()
    other = matrix.copy()
    other[:, 2] = np.array([2.0, 0.0, 3.0, 1.0])[matrix[:, 2].astype(int)]
    one, two = (trained(name, (ITEM, WEEKS, REGION), m, outcome) for m in (matrix, other))
    assert one == pytest.approx(two, abs=0.02)
    regions = [one[matrix[:, 2] == k].mean() for k in range(4)]
    assert max(regions) - min(regions) > 0.1


@pytest.mark.parametrize("name", ["lightgbm", "lightgbm_pairs"])
@pytest.mark.parametrize("seed", range(3))
def test_a_better_answer_never_lowers_the_forecast_of_boosted_trees(name, seed):
    """Even where the data say the opposite, raising an oriented answer never lowers the forecast."""
    rng = np.random.default_rng(seed)
    matrix = np.column_stack([rng.integers(0, 5, 600).astype(float) for _ in range(3)])
    against = 2 - matrix[:, 0]  # the first answer works against its orientation
    outcome = (against + matrix[:, 1] * (matrix[:, 2] > 2) - 1 + rng.logistic(size=600) > 0).astype(int)
    items = tuple(Feature(f"client.q{k}", "client", "ordinal", monotone=1, item=f"q{k}") for k in range(3))
    for place in range(3):
        ladder = np.repeat(matrix[:100], 5, axis=0)
        ladder[:, place] = np.tile(np.arange(5.0), 100)
        steps = np.diff(trained(name, items, matrix, outcome, ladder).reshape(100, 5))
        assert steps.min() >= -1e-12
    free = tuple(Feature(f.name, f.part, f.kind) for f in items)
    ladder = np.repeat(matrix[:100], 5, axis=0)
    ladder[:, 0] = np.tile(np.arange(5.0), 100)
    assert np.diff(trained(name, free, matrix, outcome, ladder).reshape(100, 5)).min() < -0.05


def test_an_estimator_of_a_missing_extra_says_how_to_install_it(monkeypatch):
    """Without the extra the error names it."""
    monkeypatch.setitem(sys.modules, "interpret.glassbox", None)
    with pytest.raises(DependencyError, match=r"eriq\[ebm\]"):
        ESTIMATORS["ebm"].make((ITEM,), 1)


# --- rates per answer ----------------------------------------------------------------------


def column(*values: float) -> np.ndarray:
    """Return one column."""
    return np.array(values, dtype=float)[:, None]


def test_rates_per_answer_by_hand():
    """Each level gets (hits + 2 x overall) / (n + 2): with 4 of 8 overall, 1/4 for none of 2, 3/4 for both of 2."""
    answers = column(0, 0, 1, 1, 2, 2, np.nan, np.nan)
    outcome = np.array([0, 0, 0, 1, 1, 1, 0, 1])
    rates = LevelRates().fit(answers, outcome)
    assert rates.predict_proba(column(0, 1, 2, np.nan))[:, 1] == pytest.approx([0.25, 0.5, 0.75, 0.5])
    raw = LevelRates(weight=0.0).fit(answers, outcome)
    assert raw.predict_proba(column(0, 1, 2))[:, 1] == pytest.approx([0, 0.5, 1], abs=1e-5)


def test_no_answer_is_a_level_of_its_own():
    """People without an answer get their own rate, wherever it lies: (3 + 2 x 0.5) / (3 + 2) = 0.8."""
    rates = LevelRates().fit(column(0, 0, 0, np.nan, np.nan, np.nan), np.array([0, 0, 0, 1, 1, 1]))
    assert rates.predict_proba(column(np.nan, 0))[:, 1] == pytest.approx([0.8, 0.2])


def test_rates_never_fall_with_the_answer():
    """Levels in the wrong order are pooled, weighted by how many they hold."""
    answers = column(*[0] * 4, *[1] * 4, *[2] * 2)
    outcome = np.array([1, 1, 1, 0, 0, 0, 0, 1, 1, 1])  # 3/4, 1/4, 2/2; overall 6/10
    found = LevelRates().fit(answers, outcome).predict_proba(column(0, 1, 2))[:, 1]
    assert found == pytest.approx([(3 + 1.2 + 1 + 1.2) / 12] * 2 + [3.2 / 4])


@pytest.mark.parametrize("seed", range(5))
def test_rates_are_monotone_and_inside_0_and_1(seed):
    """On random answers the rates rise with the level and are proper probabilities."""
    rng = np.random.default_rng(seed)
    answers, outcome = rng.integers(0, 7, (60, 1)).astype(float), rng.integers(0, 2, 60)
    found = LevelRates().fit(answers, outcome).predict_proba(np.arange(-1.0, 9.0)[:, None])[:, 1]
    assert (np.diff(found) >= 0).all()
    assert found[0] == found[1]  # below the lowest level: as the lowest
    assert found[-1] == found[-2]
    assert found.min() > 0
    assert found.max() < 1


# --- the best rule -------------------------------------------------------------------------


def test_the_planted_rule_is_found():
    """Of five columns the search names the one that decides, cuts it near 0.3, and gets both rates."""
    rng = np.random.default_rng(4)
    matrix = rng.random((4000, 5))
    outcome = (rng.random(4000) < np.where(matrix[:, 3] >= 0.3125, 0.6, 0.2)).astype(int)
    rule = BestRule(names=("a", "b", "c", "age", "e")).fit(matrix, outcome)
    assert rule.rule.startswith("age >= 0.3")
    assert rule.rates_ == pytest.approx([0.2, 0.6], abs=0.03)
    assert rule.predict_proba(np.full((1, 5), 0.9))[0, 1] == rule.rates_[1]


def test_rates_of_a_rule_by_hand():
    """With 1 of 4 below and 4 of 4 above, drawn to 5/8 by two people: (1 + 1.25) / 6 and (4 + 1.25) / 6."""
    rule = BestRule().fit(column(0, 0, 0, 0, 1, 1, 1, 1), np.array([1, 0, 0, 0, 1, 1, 1, 1]))
    assert rule.rule == "column 0 >= 1"
    assert rule.rates_ == pytest.approx([2.25 / 6, 5.25 / 6])


def test_no_answer_counts_as_no():
    """A gap lies on the side of "no", in learning and later."""
    rule = BestRule().fit(column(np.nan, np.nan, 1, 1, 2, 2), np.array([0, 0, 0, 0, 1, 1]))
    found = rule.predict_proba(column(np.nan, 1, 2))[:, 1]
    assert found[0] == found[1] < found[2]


def test_gaps_are_filled_with_the_medians_of_the_library():
    """To the last bit, of even and odd counts, of whole numbers and others, and with 0 where a column has no value."""
    rng = np.random.default_rng(5)
    parts = rng.integers(0, 5, (201, 3)), rng.normal(size=(201, 3)), np.full(201, np.nan)
    matrix = np.column_stack(parts)
    matrix[rng.random(matrix.shape) < 0.2] = np.nan
    ours, theirs = (SimpleImputer(strategy=s, keep_empty_features=True).fit(matrix) for s in (middle, "median"))
    assert ours.statistics_.tolist() == theirs.statistics_.tolist()
    assert ours.statistics_[-1] == 0
    made = ESTIMATORS["logistic"].make(FEATURES, 1)
    assert made.named_steps["prepare"].transformers[0][1].strategy is middle
