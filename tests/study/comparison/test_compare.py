"""The comparison: tables that agree with each other."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eriq.errors import CohortError
from eriq.model.calibrator import expit
from eriq.study.comparison import compare as module
from eriq.study.comparison.compare import compare
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.evaluation.metrics import auc
from eriq.study.learning.estimators import ESTIMATORS
from eriq.tables.results import CONTRACTS, SAVED, at_capacity
from tests.study.comparison.conftest import some_of


def test_the_one_chosen_is_within_its_own_rule(found, experiment):
    """In the whole comparison the chosen contender can be saved and is at most one standard error behind the best."""
    measures = found.tables["measures"]
    loss = measures[measures["measure"] == "log_loss"].set_index("contender")["estimate"]
    able = [c.name for c in found.contenders if ESTIMATORS[c.estimator].savable and c.columns]
    assert found.chosen.name in able
    assert loss[found.chosen.name] - loss[able].min() < 0.02


def test_every_table_keeps_its_contract(found):
    """The tables that apply to several waves of made-up people are there, filled, with the columns that were agreed."""
    assert set(found.tables) == {
        "contenders", "measures", "differences", "all_differences", "overlap", "headline", "calibration_curve",
        "calibration_bins", "decision_curve", "decomposition", "human", "oracle", "histogram", "roc",
    }  # fmt: skip
    for name, table in found.tables.items():
        assert len(table), name
        assert table.columns.tolist() == [c.name for c in CONTRACTS[name]], name


def test_measures_equal_a_computation_of_their_own(found, study, log_odds):
    """The AUC and Brier score of every contender in the table are those of its forecasts."""
    table = found.tables["measures"].set_index(["measure", "contender"])["estimate"]
    for place, contender in enumerate(study.contenders):
        probability = expit(log_odds[:, place])
        assert table["auc", contender.name] == pytest.approx(auc(study.design.outcome, probability))
        assert table["brier", contender.name] == pytest.approx(((probability - study.design.outcome) ** 2).mean())
    assert table["accuracy_majority", "majority"] == pytest.approx(1 - study.design.outcome.mean())


def test_every_interval_holds_its_order(found):
    """No interval has its ends the wrong way round, in any table."""
    tables = {**found.tables, "capacity": at_capacity(found.tables["measures"])}
    for name in ("measures", "differences", "all_differences", "capacity", "decomposition"):
        table = tables[name].dropna(subset=["low", "high"])
        assert len(table)
        assert (table["low"] <= table["high"]).all(), name


def test_every_pair_is_compared_once(found):
    """With n contenders there are n(n-1)/2 differences per measure, and n-1 from the baseline."""
    n = len(found.contenders)
    pairs = found.tables["all_differences"]
    assert len(pairs[pairs["measure"] == "auc"]) == n * (n - 1) / 2
    one = found.tables["differences"]
    assert len(one[one["measure"] == "auc"]) == n - 1


def test_a_contender_does_not_differ_from_itself(study, experiment, held):
    """The same forecasts under two names differ by exactly 0 in every measure, on every replicate."""
    wanted = ("register_full | logistic", "questionnaire | logistic")
    few = [next(c for c in study.contenders if c.name == name) for name in wanted]
    pair = some_of(held, *few)
    few.append(replace(few[1], name="twin", block="twin"))
    found = compare(replace(pair, contenders=tuple(few), log_odds=pair.log_odds[:, [0, 1, 1]]), experiment)
    table = found.tables["all_differences"]
    twin = table[(table["contender"] == "twin") & (table["baseline"] == few[1].name)]
    assert len(twin) >= 8
    assert (twin[["estimate", "low", "high"]] == 0).all(axis=None)


def test_the_oracle_line_by_hand():
    """From 0.5 to an oracle of 1, an AUC of 0.75 is half the way; the baseline is at 0."""
    outcome = np.array([0, 0, 1, 1])
    forecasts = np.array([[0.5, 0.2, 0.1], [0.5, 0.6, 0.2], [0.5, 0.5, 0.8], [0.5, 0.9, 0.9]])
    rows = Forecasts(("none", "some", "best"), outcome, np.log(forecasts / (1 - forecasts)), np.arange(4))
    table = module._oracle(rows, "none", np.array([0.1, 0.2, 0.8, 0.9]))
    assert table["share_of_way"].tolist() == [0.0, 0.5, 1.0]
    assert table["oracle_auc"].tolist() == [1.0] * 3


def test_the_oracle_is_the_truth_of_the_made_up_people(found, study):
    """The line equals the AUC of the true probabilities, and the register baseline starts the way at 0."""
    table = found.tables["oracle"].set_index("contender")
    assert table["oracle_auc"].unique().tolist() == [auc(study.design.outcome, study.truth)]
    assert table.loc["register_full | logistic", "share_of_way"] == 0


def test_capacity_leaves_out_room_for_more_people_than_there_are(found):
    """A number of places beyond the cohort is left out of the overlaps, shares are written as percentages."""
    assert set(found.tables["overlap"]["at"]) == {"5%", "10%", "20%", "50"}
    assert found.tables["overlap"]["overlap"].between(0, 1).all()


def test_delong_is_told_only_where_people_have_one_row(study, found):
    """DeLong's interval assumes independent rows: with several waves it is left out, with one it agrees."""
    assert "delong" not in found.tables
    first = np.unique(study.design.client, return_index=True)[1]
    few = [c for c in study.contenders if c.name in ("register_full | logistic", "questionnaire | logistic")]
    rows = some_of(found.held, *few).forecasts()
    once = replace(rows, outcome=rows.outcome[first], log_odds=rows.log_odds[first], client=rows.client[first])
    table = module._delong(once, rows.names[0], 0.95)
    assert table["contender"].tolist() == list(rows.names[1:])
    assert (table["low"] < table["estimate"]).all()
    assert (table["estimate"] < table["high"]).all()
    assert module._delong(rows, rows.names[0], 0.95) is None


def test_workers_do_not_change_the_tables(study, experiment, held, found):
    """Two threads give the same measures as one."""
    again = compare(held, experiment, study.truth, workers=2)
    pd.testing.assert_frame_equal(again.tables["measures"], found.tables["measures"])


def test_rows_nobody_tested_are_left_out_for_all(study, experiment, held):
    """If one contender lacks a row, no contender is judged on it."""
    few = [c for c in study.contenders if c.name in ("register_full | logistic", "questionnaire | logistic")]
    pair = some_of(held, *few)
    columns = pair.log_odds.copy()
    columns[:100, 0] = np.nan
    tables = compare(replace(pair, log_odds=columns), experiment).tables
    table = tables["measures"].set_index(["measure", "contender"])["estimate"]
    assert table["auc", few[1].name] == pytest.approx(auc(study.design.outcome[100:], expit(columns[100:, 1])))


def test_one_class_among_the_tested_rows_cannot_be_compared(study, experiment, held):
    """If no tested row has the outcome the comparison is refused in one sentence."""
    few = [c for c in study.contenders if c.name in ("register_full | logistic", "questionnaire | logistic")]
    pair = some_of(held, *few)
    columns = np.where((study.design.outcome == 1)[:, None], np.nan, pair.log_odds)
    with pytest.raises(CohortError, match="nobody has the outcome"):
        compare(replace(pair, log_odds=columns), experiment)


def test_an_external_set_is_told_beside_home(held, experiment):
    """The declared pair and the saved model have each measure at home and away, with the base rate of either."""
    away = held.design.outcome.copy()
    away[: len(away) // 2] = 0
    tables = compare(replace(held, design=replace(held.design, outcome=away)), experiment, home=held).tables
    table, measures = tables["home_and_away"], tables["measures"]
    declared = ["questionnaire | logistic", "register_full | logistic", SAVED]
    assert table["contender"].dropna().unique().tolist() == declared
    rate = table[table["measure"] == "base_rate"]
    assert rate[["home", "away"]].to_numpy().tolist() == [[held.design.outcome.mean(), away.mean()]]
    found = table.dropna(subset="contender").merge(measures, on=["contender", "measure"])
    assert len(found) == 9
    assert found["away"].tolist() == found["estimate"].tolist()
    assert (found["home"] - found["away"]).abs().max() > 0.1
    assert "home_and_away" not in compare(held, experiment).tables
