"""Saved kinds of models: log-odds, and contributions that add up to them and equal SHAP's."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from eriq.features import Feature
from eriq.features.matrix import to_matrix
from eriq.model.calibrator import Calibrator
from eriq.model.explanation import shap_values
from eriq.model.model import Model
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design, make_design, resampled
from eriq.study.learning.estimators import ESTIMATORS
from eriq.study.learning.final import as_model
from eriq.study.learning.training import Fitted, fit, margin

FEATURES = (
    Feature("belief.b1", "belief", "ordinal", monotone=1, item="b1", indicate=False),
    Feature("client.q1", "client", "ordinal", monotone=1, item="q1", indicate=False),
    Feature("register.weeks", "register_history"),
    Feature("register.never", "register_history"),
    Feature("register.region", "register_basic", "category", levels=("east", "north", "south")),
    Feature("register.flag", "register_basic", "flag"),
)
NAMES = tuple(f.name for f in FEATURES)
CALIBRATOR = Calibrator(intercept=-0.3, slope=0.8)
SAVABLE = tuple(name for name, recipe in ESTIMATORS.items() if recipe.savable)


def people(n: int = 400) -> Design:
    """Return people with gaps in two columns, one constant column, and an outcome with an interaction."""
    rng = np.random.default_rng(8)
    matrix = pd.DataFrame(
        {
            "belief.b1": rng.integers(0, 7, n).astype(float),
            "client.q1": rng.integers(0, 5, n).astype(float),
            "register.weeks": np.where(rng.random(n) < 0.5, 0.0, rng.exponential(40, n)),
            "register.never": np.full(n, 4.0),
            "register.region": rng.integers(0, 3, n).astype(float),
            "register.flag": rng.integers(0, 2, n).astype(float),
        }
    )
    log_odds = (
        matrix["belief.b1"] - 3.5 + matrix["client.q1"] * matrix["register.flag"] / 2 - matrix["register.weeks"] / 40
    )
    outcome = (log_odds + rng.logistic(size=n) > 0).astype(int).to_numpy()
    for name in ("client.q1", "register.weeks", "register.region"):
        matrix.loc[rng.random(n) < 0.15, name] = np.nan
    return make_design(pd.DataFrame({"client_id": [f"c{k}" for k in range(n)]}), matrix, outcome)


@dataclass(frozen=True)
class Made:
    """A fitted contender, the model of it, and rows to score."""

    fitted: Fitted
    model: Model
    matrix: np.ndarray


@pytest.fixture(scope="module")
def design() -> Design:
    """Return four hundred people."""
    return people()


@pytest.fixture(scope="module", params=SAVABLE)
def made(request: pytest.FixtureRequest, design: Design) -> Made:
    """Return a model of every kind that can be saved, with two refits."""
    columns = {"prevalence": (), "level_rates": ("belief.b1",)}.get(request.param, NAMES)
    contender = Contender(request.param, "all", request.param, columns)
    fitted = fit(contender, design, FEATURES, seed=1)
    refits = [fit(contender, resampled(design, np.random.default_rng(k)), FEATURES, seed=1) for k in range(2)]
    matrix = to_matrix(design.matrix, columns).to_numpy()
    unseen = np.where(np.arange(len(columns)) == 4, 7.0, np.nan)[None, :]  # a new region, all else unknown
    return Made(fitted, as_model(fitted, CALIBRATOR, refits), np.vstack([matrix, unseen]))


def test_log_odds_are_the_calibrated_margin(made, design):
    """What the model says of a row is intercept + slope x the margin of the fitted estimator."""
    expected = -0.3 + 0.8 * margin(made.fitted, design)
    assert made.model.log_odds(made.matrix)[:-1] == pytest.approx(expected, abs=1e-12)


def test_contributions_add_up_to_the_log_odds(made):
    """Every row's contributions and the common part sum to its calibrated log-odds, to 1e-9."""
    given = made.model.contributions(made.matrix)
    assert given.shape == (len(made.matrix), len(made.model.columns) + 1)
    assert np.abs(given.sum(axis=1) - made.model.log_odds(made.matrix)).max() < 1e-9


def test_both_at_once_are_those_asked_for_one_by_one(made):
    """Log-odds and contributions made together are the same to the last bit."""
    log_odds, contributions = made.model.explained(made.matrix)
    assert (log_odds == made.model.log_odds(made.matrix)).all()
    assert (contributions == made.model.contributions(made.matrix)).all()


def test_the_common_part_is_the_same_for_everyone(made):
    """The last column does not depend on the row."""
    assert np.ptp(made.model.contributions(made.matrix)[:, -1]) < 1e-9


def test_contributions_equal_those_of_the_shap_library(made):
    """The quick route of scoring and the independent one of the shap library agree to 1e-6."""
    theirs = shap_values(made.model, made.matrix)
    assert np.abs(made.model.contributions(made.matrix) - theirs).max() < 1e-6


def test_calibration_scales_contributions(made):
    """Doubling the slope doubles each contribution; the intercept goes to the common part alone."""
    twice = Model(made.model.kind, made.model.columns, made.model.estimator, Calibrator(0.7, 1.6))
    before, after = made.model.contributions(made.matrix), twice.contributions(made.matrix)
    assert after[:, :-1] == pytest.approx(2 * before[:, :-1], abs=1e-12)
    assert after[:, -1] - 0.7 == pytest.approx(2 * (before[:, -1] + 0.3), abs=1e-12)


def test_a_flat_calibration_leaves_nothing_to_explain(made):
    """With slope 0 everybody gets the intercept, and no column contributes."""
    flat = Model(made.model.kind, made.model.columns, made.model.estimator, Calibrator(-2.0, 0.0))
    assert np.abs(flat.contributions(made.matrix)[:, :-1]).sum() == 0
    assert flat.log_odds(made.matrix) == pytest.approx(np.full(len(made.matrix), -2.0))


def test_a_column_that_tells_nothing_contributes_nothing(made):
    """A column that was constant in training has no contribution anywhere."""
    if "register.never" in made.model.columns:
        given = made.model.contributions(made.matrix[:-1])
        assert np.abs(given[:, NAMES.index("register.never")]).max() < 1e-12
    else:
        assert len(made.model.columns) <= 1


def test_explaining_does_not_depend_on_the_other_rows(made):
    """A row alone gets the numbers it gets among others."""
    alone = np.vstack([made.model.contributions(made.matrix[[k]]) for k in range(5)])
    assert alone == pytest.approx(made.model.contributions(made.matrix)[:5], abs=1e-12)


def test_refits_give_a_calibrated_spread(made, design):
    """One column of log-odds per refit, calibrated like the model; with people drawn anew they differ."""
    spread = made.model.spread(made.matrix)
    assert spread.shape == (len(made.matrix), 2)
    assert np.isfinite(spread).all()
    assert np.abs(spread[:, 0] - spread[:, 1]).max() > 1e-3


def test_additive_contributions_are_centred_on_the_training_rows(design):
    """Contributions of the ridge logistic have mean 0 over the rows it learned from, by column."""
    fitted = fit(Contender("l", "all", "logistic", NAMES), design, FEATURES, seed=1)
    given = as_model(fitted, Calibrator(0.0, 1.0)).contributions(design.matrix.to_numpy())
    assert np.abs(given[:, :-1].mean(axis=0)).max() < 1e-10


def test_derived_columns_go_to_the_input_they_come_from(design):
    """Changing one input moves its own contribution alone in an additive model, gaps and categories included."""
    fitted = fit(Contender("s", "all", "spline_logistic", NAMES), design, FEATURES, seed=1)
    model = as_model(fitted, CALIBRATOR)
    before = design.matrix.to_numpy()[:50]
    base = model.contributions(before)
    for place, value in [(0, 6.0), (1, np.nan), (2, np.nan), (2, 90.0), (4, np.nan), (4, 2.0), (5, 1.0)]:
        after = before.copy()
        after[:, place] = value
        moved = np.abs(model.contributions(after) - base).max(axis=0) > 1e-12
        assert np.flatnonzero(moved).tolist() == [place]


def test_pair_tables_explain_the_depth_two_model(design):
    """The model of depth 2 is explained by its tables, and they equal LightGBM's own tree walk."""
    fitted = fit(Contender("p", "all", "lightgbm_pairs", NAMES), design, FEATURES, seed=1)
    model = as_model(fitted, Calibrator(0.0, 1.0))
    matrix = design.matrix.to_numpy()
    assert model.pairs is not None
    assert model.contributions(matrix) == pytest.approx(
        np.asarray(model.estimator.predict(matrix, pred_contrib=True)), abs=1e-9
    )


def test_deeper_trees_have_no_pair_tables(design):
    """Trees of seven leaves go through the tree walk."""
    fitted = fit(Contender("t", "all", "lightgbm", NAMES), design, FEATURES, seed=1)
    assert as_model(fitted, CALIBRATOR).pairs is None


def test_linear_contributions_are_shapley_values_by_the_formula(design):
    """On one row, the mean gain over all orders of four known inputs equals the closed form of the ridge logistic."""
    names = ("belief.b1", "register.flag", "client.q1", "register.weeks")
    features = [f for name in names for f in FEATURES if f.name == name]
    whole = design.matrix[list(names)].dropna().index.to_numpy()
    rows = design.take(whole)
    fitted = fit(Contender("l", "four", "logistic", names), rows, features, seed=1)
    model = as_model(fitted, Calibrator(0.0, 1.0))
    mean, row = rows.matrix[list(names)].mean().to_numpy(), rows.matrix[list(names)].to_numpy()[3]
    gains = np.zeros(4)
    for order in permutations(range(4)):
        seen = mean.copy()
        value = model.log_odds(seen[None])[0]
        for place in order:
            seen[place] = row[place]
            value, before = model.log_odds(seen[None])[0], value
            gains[place] += (value - before) / 24
    assert model.contributions(row[None])[0, :4] == pytest.approx(gains, abs=1e-9)
