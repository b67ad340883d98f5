"""How good forecasts are by what was answered."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from eriq.features.halves import fit_places
from eriq.study.comparison.bases import further_bases, whole_basis
from eriq.study.comparison.by_basis import basis_tables, population_words
from eriq.tables.results import AS_ANSWERED, MASKED, SET_ASIDE_ROWS
from tests.study.comparison.test_bases import CHOSEN, FEATURES, QUICK, fitted, home, people

PLAN = QUICK.model_copy(
    update={"intervals": QUICK.intervals.model_copy(update={"replicates": 60, "refit_replicates": 20})}
)


@pytest.fixture(scope="module")
def judged():
    held = home(people(1200))
    return (whole_basis(held, CHOSEN, FEATURES), *further_bases(held, CHOSEN, PLAN, FEATURES, fitted))


def test_counts_of_scored_rows_add_up_to_all(judged):
    """Every row with a known outcome is scored on one basis or set aside, as scoring would do it."""
    tables, halves = basis_tables(judged, PLAN), judged[0].held.design.halves
    scored = tables["scored_on"].set_index("basis")["rows"]
    assert scored.sum() == 1200
    assert scored[SET_ASIDE_ROWS] == (~halves.any(axis=1)).sum()
    assert scored["client's answers only and registers"] == (halves["client"] & ~halves["caseworker"]).sum()
    assert scored["both halves and registers"] == halves.all(axis=1).sum()
    assert tables["scored_on"]["share"].sum() == pytest.approx(1)


def test_a_basis_is_judged_on_just_the_rows_that_get_it(judged):
    """AUC as answered is that of the fit's own forecasts on the rows that lack the other half; masked, on all."""
    table = basis_tables(judged, PLAN)["by_basis"].set_index(["basis", "rows"])
    one = next(one for one in judged if one.basis == (("client",), True))
    halves, outcome = judged[0].held.design.halves, judged[0].held.design.outcome
    every = halves["client"].to_numpy()
    own = (every & ~halves["caseworker"].to_numpy())[every]
    name = "client's answers only and registers"
    assert table.loc[(name, MASKED), "auc"] == pytest.approx(roc_auc_score(outcome[every], one.log_odds))
    assert table.loc[(name, AS_ANSWERED), "auc"] == pytest.approx(roc_auc_score(outcome[every][own], one.log_odds[own]))
    assert table.loc[(name, MASKED), "n"] == every.sum()
    line = table.loc[(name, MASKED)]
    assert line["slope_low"] < line["slope"] < line["slope_high"]
    assert line["auc_low"] < line["auc"] < line["auc_high"]
    assert table.loc[("client's answers only", AS_ANSWERED), "n"] == 0


def test_small_groups_take_all_counts_with_them(judged):
    """Where a few people lack a half, no count is given: it would follow from the others."""
    design = judged[0].held.design
    halves = design.halves.assign(caseworker=True)
    halves.loc[:2, "caseworker"] = False
    halves.loc[:2, "client"] = True
    held = home(replace(people(1200), halves=halves))
    few = (whole_basis(held, CHOSEN, FEATURES), *further_bases(held, CHOSEN, PLAN, FEATURES, fitted))
    tables = basis_tables(few, PLAN)
    assert tables["by_basis"][["n", "clients", "events"]].isna().all(axis=None)
    assert tables["by_basis"]["auc"].notna().any()
    shown = tables["scored_on"].set_index("basis")["rows"]
    assert pd.isna(shown["client's answers only and registers"])
    assert "3 (" not in population_words(tables)


def test_a_basis_that_is_not_saved_is_shown_and_gets_no_row(judged):
    """Its rows go to the next fit that their content allows, or are set aside."""
    without = tuple(replace(one, not_saved="worse") if one.basis == (("client",), True) else one for one in judged)
    tables = basis_tables(without, PLAN)
    table = tables["by_basis"].set_index(["basis", "rows"])
    assert not table.loc[("client's answers only and registers", MASKED), "saved"]
    assert table.loc[("client's answers only", AS_ANSWERED), "n"] > 0
    halves = judged[0].held.design.halves
    fits = [one.basis for one in without if not one.not_saved]
    places = fit_places(fits, halves, np.ones(len(halves), dtype=bool))
    assert (places == fits.index((("client",), False))).sum() == table.loc[("client's answers only", AS_ANSWERED), "n"]


def test_the_headline_names_its_population(judged):
    """One sentence says how many of the judged questionnaires would be scored on what."""
    words = population_words(basis_tables(judged, PLAN))
    assert words.startswith("Judged over all questionnaires with a known outcome")
    assert "on both halves and registers" in words
    assert "would be set aside" in words
    assert population_words({}) == ""
