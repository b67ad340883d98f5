"""Flat trees: LightGBM's margins to the last bit, its SHAP values, or a refusal."""

import warnings
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from eriq.model import forest
from eriq.model.calibrator import Calibrator
from eriq.model.forest import Forest
from eriq.model.leaves import ZERO, CollapseError
from eriq.model.model import MANY_ROWS, Model

WIDTH = 12
SETTINGS = {"objective": "binary", "num_leaves": 31, "verbose": -1, "num_threads": 1, "seed": 1, "min_data_in_leaf": 5}
TREATED = [{}, {"use_missing": False}, {"zero_as_missing": True}]


def people(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return answers, counts with many zeros and continuous columns with gaps, and an outcome."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, WIDTH))
    matrix[:, 0] = rng.integers(0, 5, rows)
    matrix[:, 2] = np.where(rng.random(rows) < 0.6, 0, rng.poisson(8, rows))
    margin = matrix[:, 0] - 2 + matrix[:, 3] * (matrix[:, 1] > 0) + np.sin(3 * matrix[:, 4]) - 0.1 * matrix[:, 2]
    matrix[rng.random(matrix.shape) < 0.2] = np.nan
    return matrix, (margin + matrix[:, 5:].sum(axis=1, where=~np.isnan(matrix[:, 5:])) > 0).astype(int)


def fitted(trees: int = 40, **settings: Any) -> lgb.Booster:
    """Return a booster."""
    return lgb.train({**SETTINGS, **settings}, lgb.Dataset(*people(3000, seed=1)), trees)


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    """Give people it has not seen, some with values at the edges of what a number can be."""
    matrix, _ = people(1500, seed=2)
    edges = [np.nan, np.inf, -np.inf, 0.0, -0.0, ZERO, -ZERO, 2 * ZERO, 1e-300, 1e300]
    matrix[: len(edges)] = np.array(edges)[:, None]
    return matrix


@pytest.mark.parametrize("treated", TREATED)
def test_margins_are_the_librarys_to_the_last_bit(treated: dict[str, bool], rows: np.ndarray) -> None:
    """Whatever counts as missing, and at every threshold itself, a row ends in the library's leaf."""
    booster = fitted(**treated)
    flat = Forest.of(booster.dump_model())
    at = rows[:300].copy()
    for feature, threshold in zip(flat.splits.feature[:300], flat.splits.threshold[:300], strict=True):
        at[np.arange(300) % 7 == feature % 7, feature] = threshold

    for matrix in (rows, at):
        assert (flat.margin(matrix) == booster.predict(matrix, raw_score=True)).all()


@pytest.mark.parametrize("treated", TREATED)
def test_shap_values_are_the_librarys(treated: dict[str, bool], rows: np.ndarray) -> None:
    """Values and the expected margin equal TreeSHAP within 1e-12, and rows add up to the margin."""
    booster = fitted(**treated)
    flat = Forest.of(booster.dump_model())

    given = flat.contributions(rows)

    assert given == pytest.approx(booster.predict(rows, pred_contrib=True), abs=1e-12)
    assert given.sum(axis=1) == pytest.approx(flat.margin(rows), abs=1e-12)


def test_long_paths_are_worked_out_row_by_row(rows: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths without a table give the same values; some of this model's are longer than any table."""
    booster = fitted(trees=10, num_leaves=60, path_smooth=1.0)
    tables = Forest.of(booster.dump_model())
    monkeypatch.setattr(forest, "MOST_CELLS", 200)
    none = Forest.of(booster.dump_model())

    assert np.diff(tables.leaves.slots).max() > forest.WIDEST
    assert len(none.tables.shap) <= 200 < len(tables.tables.shap)
    assert none.contributions(rows) == pytest.approx(tables.contributions(rows), abs=1e-13)


def test_a_tree_that_is_one_leaf_moves_everyone(rows: np.ndarray) -> None:
    """A model that found nothing to split says the same of all."""
    booster = lgb.train({**SETTINGS, "min_data_in_leaf": 5000}, lgb.Dataset(*people(3000, seed=1)), 2)
    flat = Forest.of(booster.dump_model())

    assert (flat.margin(rows) == booster.predict(rows, raw_score=True)).all()
    assert flat.contributions(rows)[:, -1] == pytest.approx(flat.margin(rows))


def test_what_only_the_library_can_follow_is_refused() -> None:
    """Splits by category, more splits than a word has bits, linear leaves and averages are left to the library."""
    matrix, outcome = people(3000, seed=1)
    names = np.nan_to_num(matrix)
    kinds = {
        "category": lgb.train(
            {**SETTINGS, "min_data_per_group": 5}, lgb.Dataset(names, outcome, categorical_feature=[0]), 5
        ),
        "splits": fitted(trees=1, num_leaves=90),
        "linear": lgb.train({**SETTINGS, "linear_tree": True}, lgb.Dataset(names, outcome), 2),
        "sum": fitted(trees=2, boosting="rf", bagging_freq=1, bagging_fraction=0.5),
    }
    for word, booster in kinds.items():
        with pytest.raises(CollapseError, match=word):
            Forest.of(booster.dump_model())


def test_a_model_gives_the_same_for_few_rows_and_for_many() -> None:
    """Log-odds do not depend on how many rows are asked for, though another reader of the trees gives them."""
    booster = fitted()
    model = Model("booster", tuple(f"x{k}" for k in range(WIDTH)), booster, Calibrator(0.1, 0.9))
    many, _ = people(MANY_ROWS, seed=3)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (model.log_odds(many)[:200] == model.log_odds(many[:200])).all()
    assert model.contributions(many[:50]).sum(axis=1) == pytest.approx(model.log_odds(many[:50]), abs=1e-12)
