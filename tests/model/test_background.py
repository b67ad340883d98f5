"""Contributions against one background: Shapley's formula, shap's explainer, and rows that are nobody."""

import warnings
from dataclasses import replace
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest
from tests.model.test_model import FEATURES, NAMES, people

from eriq.disclosure import MIN_PEOPLE
from eriq.features import Feature
from eriq.features.matrix import to_matrix
from eriq.model.background import ROWS, against, invented_rows
from eriq.model.calibrator import Calibrator
from eriq.model.explanation import shap_values
from eriq.model.model import Model
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design, make_design
from eriq.study.learning.final import as_model, background_of
from eriq.study.learning.training import fit

CALIBRATOR = Calibrator(intercept=-0.3, slope=0.8)
KINDS = ("logistic", "elastic_net", "spline_logistic", "lightgbm_pairs", "level_rates")
SMALL = 12  # rows of a background for the definition


@pytest.fixture(scope="module")
def design() -> Design:
    """Return people with gaps, categories, a constant column and an interaction."""
    return people()


def model_of(kind: str, design: Design, background: np.ndarray | None) -> Model:
    """Return a model of one kind on all columns, or on the first where it takes one."""
    columns = NAMES[:1] if kind == "level_rates" else NAMES
    contender = Contender(kind, "all", kind, columns)  # type: ignore[arg-type]
    if background is not None:
        background = background[:, : len(columns)]
    return as_model(fit(contender, design, FEATURES, seed=1), CALIBRATOR, (), background)


def rows_of(design: Design, n: int) -> np.ndarray:
    """Return the first rows of a design as a model takes them."""
    return to_matrix(design.matrix, NAMES).to_numpy()[:n]


def by_definition(model: Model, row: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return Shapley values of the game v(S) = mean log-odds of the background with the row's columns in S."""
    p = len(row)

    def worth(known: tuple[int, ...]) -> float:
        mixed = background.copy()
        mixed[:, known] = row[list(known)]
        return float(model.log_odds(mixed).mean())

    worths = {s: worth(s) for k in range(p + 1) for s in combinations(range(p), k)}
    values = np.zeros(p)
    for j in range(p):
        for s in (s for s in worths if j not in s):
            weight = factorial(len(s)) * factorial(p - len(s) - 1) / factorial(p)
            values[j] += weight * (worths[tuple(sorted((*s, j)))] - worths[s])
    return np.append(values, worths[()])


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_are_interventional_by_definition(kind: str, design: Design) -> None:
    """For rows and a background with gaps, the values equal those of the definition to 1e-9, the mean last."""
    background = rows_of(design, 60)[-SMALL:]
    model = model_of(kind, design, background)
    rows = rows_of(design, 8)[:, : len(model.columns)]
    assert np.isnan(background).any()

    expected = [by_definition(model, row, background[:, : len(model.columns)]) for row in rows]
    np.testing.assert_allclose(model.contributions(rows), expected, rtol=0, atol=1e-9)
    assert "interventional" == model.convention


@pytest.mark.parametrize("kind", [*KINDS, "lightgbm"])
def test_every_row_still_adds_up(kind: str, design: Design) -> None:
    """With any background a row's contributions add up to its log-odds to 1e-9."""
    model = model_of(kind, design, rows_of(design, 40))
    rows = rows_of(design, 400)[:, : len(model.columns)]

    np.testing.assert_allclose(model.contributions(rows).sum(axis=1), model.log_odds(rows), rtol=0, atol=1e-9)


@pytest.mark.parametrize(("kind", "within"), [("logistic", 1e-9), ("spline_logistic", 1e-9), ("lightgbm_pairs", 1e-7)])
def test_shap_agrees(kind: str, within: float, design: Design) -> None:
    """The library gives the same values on all of the background, of trees as far as its single precision goes."""
    known = [place for place, name in enumerate(NAMES) if name != "register.region"]
    contender = Contender(kind, "all", kind, tuple(NAMES[place] for place in known))  # type: ignore[arg-type]
    background, rows = rows_of(design, 168)[-ROWS:, known], rows_of(design, 50)[:, known]
    model = as_model(fit(contender, design, FEATURES, seed=1), CALIBRATOR, (), background)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = shap_values(model, rows)

    assert not model.by_name, "of which the library takes our own values"
    np.testing.assert_allclose(theirs, model.contributions(rows), rtol=0, atol=within)


def test_the_conventions_are_told_apart(design: Design) -> None:
    """Deep trees, and pair tables without a background, follow the paths of the training rows; all else does not."""
    some = rows_of(design, 30)
    found = {kind: model_of(kind, design, some).convention for kind in (*KINDS, "lightgbm")}

    assert {"lightgbm"} == {kind for kind, convention in found.items() if convention == "path-dependent"}
    assert "path-dependent" == model_of("lightgbm_pairs", design, None).convention
    assert "interventional" == model_of("logistic", design, None).convention


def test_only_the_numbers_in_the_tables_change(design: Design) -> None:
    """Intervals, pairs and the margin of a row stay: a look-up costs what it did."""
    tables = model_of("lightgbm_pairs", design, None).pairs
    assert tables is not None
    moved = against(tables, rows_of(design, 100)[50:])
    rows = rows_of(design, 400)

    assert tables.cuts is moved.cuts
    assert [p.table.shape for p in tables.pairs] == [p.table.shape for p in moved.pairs]
    np.testing.assert_allclose(moved.margin(rows), tables.margin(rows), rtol=0, atol=1e-9)
    assert np.abs(moved.contributions(rows) - tables.contributions(rows)).max() > 0.01


def test_two_models_of_one_truth_agree_on_one_background() -> None:
    """Where columns move together, trees and lines differ by convention; against one background they say the same."""
    rng = np.random.default_rng(3)
    first = rng.normal(size=4000)
    matrix = np.column_stack([first, first + 0.6 * rng.normal(size=4000)])
    log_odds = 1.5 * np.clip(matrix[:, 0], -2, 2)
    features = (Feature("register.a", "register_history"), Feature("register.b", "register_history"))
    outcome = (log_odds + rng.logistic(size=4000) > 0).astype(int)
    design = make_design(_ids(4000), to_frame(matrix, features), outcome)
    line, trees = (Contender(k, "all", k, tuple(f.name for f in features)) for k in ("logistic", "lightgbm_pairs"))
    plain, background = Calibrator(0.0, 1.0), background_of(line, design, features, seed=1)
    values = {
        (name, shared): as_model(
            fit(c, design, features, seed=1), plain, (), background if shared else None
        ).contributions(matrix)[:, 0]
        for name, c in (("line", line), ("trees", trees))
        for shared in (False, True)
    }
    apart, together = (np.abs(values["line", s] - values["trees", s]).mean() for s in (False, True))

    assert together < apart


def _ids(n: int) -> pd.DataFrame:
    """Return the ids of n clients as rows of a design."""
    return pd.DataFrame({"client_id": [f"c{k}" for k in range(n)]})


def to_frame(matrix: np.ndarray, features: tuple[Feature, ...]) -> pd.DataFrame:
    """Return a matrix under the names of its features."""
    return pd.DataFrame(matrix, columns=[f.name for f in features])


# --- invented rows -------------------------------------------------------------------------


def test_invented_rows_have_the_distribution_of_each_column(design: Design) -> None:
    """Means, gaps and shares of levels come within what so few rows can show; no column moves with another."""
    columns = Contender("x", "all", "logistic", NAMES)
    made = background_of(columns, design, FEATURES, seed=1)
    given = rows_of(design, 400)

    assert (len(given) // MIN_PEOPLE, len(NAMES)) == made.shape
    np.testing.assert_allclose(np.isnan(made).mean(axis=0), np.isnan(given).mean(axis=0), atol=0.01)
    np.testing.assert_allclose(np.nanmean(made, axis=0), np.nanmean(given, axis=0), rtol=0.05)
    assert abs(np.corrcoef(made[:, 0], made[:, 5])[0, 1]) < 0.3


def test_an_invented_row_is_nobody() -> None:
    """A measured value is the mean of five people or more, a level or a gap is one that five have, others are gone."""
    rng = np.random.default_rng(2)
    measured = rng.normal(size=1000)
    level = rng.integers(0, 3, 1000).astype(float)
    level[:4], measured[10:14] = 9.0, np.nan
    matrix = np.column_stack([measured, level])
    made = invented_rows(matrix, ["continuous", "ordinal"], np.arange(1000), np.random.default_rng(1))

    assert (ROWS, 2) == made.shape
    assert not np.isin(made[:, 0], measured).any()
    assert {0.0, 1.0, 2.0} == set(made[:, 1])
    assert not np.isnan(made).any()


def test_a_client_counts_once_and_few_people_give_few_rows() -> None:
    """Thirty rows of ten people give two rows, and a column nobody knows is a gap."""
    client = np.repeat(np.arange(10), 3)
    matrix = np.column_stack([np.where(np.arange(30) % 3 == 0, client, 99.0), np.full(30, np.nan)])
    made = invented_rows(matrix, ["continuous", "flag"], client, np.random.default_rng(1))

    assert [2.0, 7.0] == sorted(made[:, 0])
    assert np.isnan(made[:, 1]).all()
    assert (1, 0) == invented_rows(np.empty((3, 0)), [], np.arange(3), np.random.default_rng(1)).shape


def test_one_seed_gives_one_background(design: Design) -> None:
    """The same people and seed give the same rows, so that models of one study share them."""
    some = Contender("x", "all", "logistic", NAMES)
    again = [background_of(replace(some, name=n), design, FEATURES, seed=4) for n in ("a", "b")]

    np.testing.assert_array_equal(*again)
