"""The tables on groups: a planted gap is shown, alike groups are not, small ones never pass."""

import numpy as np
import pandas as pd
import pytest

from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.groups.audit import audit, audit_scores
from eriq.study.groups.verdicts import FEW, NONE, NOT, SHOWN
from eriq.tables.results import Results, as_result
from tests.study.groups.world import asked, people


def verdict(tables: Results, column: str, group: str, measure: str) -> str:
    return str(row_of(tables, column, group, measure)["verdict"])


def row_of(tables: Results, column: str, group: str, measure: str) -> pd.Series:
    gaps = tables["group_gaps"].set_index(["column", "group", "measure"])
    return gaps.loc[(column, group, measure)]


@pytest.fixture(scope="module")
def planted() -> Results:
    """2,500 people; forecasts of half of them are 1.2 too low on the log-odds; 15 people stand apart."""
    return audit(*people(2500, 3, missed=1.2, tiny=15), asked())


@pytest.fixture(scope="module")
def alike() -> Results:
    """Return the same people with forecasts that are alike, and wide tolerances for two measures."""
    tolerance = {"auc": 0.05, "calibration_in_the_large": 0.25, "share_picked": 0.1, "false_positive_rate": 0.1}
    return audit(*people(2500, 3, tiny=15), asked(gap_tolerance={**tolerance, "false_negative_rate": 0.1}))


def test_a_planted_gap_is_shown(planted):
    """Forecasts too low for half: calibration, who is picked and who is missed differ, and each gap has its sign."""
    for measure, sign in (
        ("calibration_in_the_large", 1),
        ("share_picked", -1),
        ("false_negative_rate", 1),
        ("false_positive_rate", -1),
    ):
        row = row_of(planted, "half", "b", measure)
        assert row["verdict"] == SHOWN
        assert np.sign(row["gap"]) == np.sign(row["gap_low"]) == np.sign(row["gap_high"]) == sign
        assert row["gap"] == pytest.approx(row["estimate"] - row["rest"])
        assert pd.isna(row["needed"])
    assert row_of(planted, "half", "b", "calibration_in_the_large")["gap"] == pytest.approx(1.2, abs=0.4)
    assert verdict(planted, "half", "b", "auc") != SHOWN


def test_without_a_planted_gap_none_is_shown(alike):
    """No verdict of any column; the halves are shown to be alike where an interval is narrow enough."""
    assert SHOWN not in set(alike["group_gaps"]["verdict"])
    assert verdict(alike, "half", "b", "share_picked") == NONE
    assert verdict(alike, "half", "b", "false_positive_rate") == NONE


def test_a_small_group_never_passes(planted, alike):
    """Of 15 people nothing can be assessed; groups of few hundred get how many it would take, and it is more."""
    for tables in (planted, alike):
        rare = tables["group_gaps"].query("column == 'rare'")
        assert set(rare["verdict"]) == {NOT}
        tiny = rare.query("group == 't'")
        assert tiny[["estimate", "low", "rest", "gap", "gap_low"]].isna().all(axis=None)
        few = tables["group_gaps"].query("verdict == @FEW and column == 'third'", local_dict={"FEW": FEW})
        people_of = tables["groups"].set_index(["column", "group"])["people"]
        assert len(few)
        for _, row in few[few["tolerance"] < few["gap_high"] - few["gap"]].iterrows():
            assert row["needed"] > people_of[row["column"], row["group"]]


def test_a_group_of_forty_is_insufficient_evidence():
    """Enough to give a number, far from enough to call it alike."""
    tables = audit(*people(1500, 4, tiny=40), asked(least=10))
    assert verdict(tables, "rare", "t", "share_picked") == FEW
    assert row_of(tables, "rare", "t", "share_picked")["needed"] > 40


def test_a_group_with_too_small_a_rest_keeps_its_own_numbers(alike):
    """Everybody but 15 people: an AUC with an interval, and no gap to so few."""
    row = row_of(alike, "rare", "u", "auc")
    assert row["low"] < row["estimate"] < row["high"]
    assert row[["rest", "gap", "gap_low", "gap_high"]].isna().all()
    assert row["verdict"] == NOT


def test_a_threshold_that_picks_nobody_is_not_assessable():
    """Nobody reaches 99.9 %: shares and errors say nothing, and the other gaps keep their intervals."""
    tables = audit(*people(600, 5), asked(50, thresholds=(0.999,)))
    found = tables["group_gaps"].query("column == 'half'").set_index("measure")
    assert (found.loc["share_picked", "verdict"] == NOT).all()
    assert np.isfinite(found.loc["auc", "gap_low"]).all()


def test_counts_are_those_of_the_labels(alike):
    """People, rows and events add up, and a client is once in a group."""
    forecasts, labels = people(2500, 3, tiny=15)
    counts = alike["groups"].set_index(["column", "group"])
    assert counts.loc["half", "rows"].sum() == len(labels)
    assert counts.loc["half", "events"].sum() == forecasts.outcome.sum()
    assert counts.loc["half", "people"].sum() == 2500
    assert counts.loc[("rare", "t"), "people"] == 15
    assert counts.loc["band", "people"].sum() > 2500  # some pass a birthday


@pytest.mark.parametrize(("pick", "share"), [("highest", 0.0), ("lowest", 0.3)])
def test_who_of_the_lowest_third_is_offered_support_depends_on_the_rule(pick, share):
    """From the top nobody of it; from below 10 % of all are 30 % of it."""
    tables = audit(*people(600, 5), asked(50, pick=pick))
    found = tables["groups"].query("column == 'half'")
    offered = np.average(found["lowest_third_picked"], weights=found["rows"] * found["lowest_third"])
    assert offered == pytest.approx(share, abs=0.01)


def test_false_negatives_turn_with_the_end_that_is_picked():
    """From the top they had the outcome; from below they had not, and most of these are beyond the room."""
    forecasts, labels = people(600, 5)
    top, low = (audit(forecasts, labels, asked(50, pick=p)) for p in ("highest", "lowest"))
    assert row_of(top, "half", "a", "false_negative_rate")["estimate"] < 0.8
    assert row_of(low, "half", "a", "false_negative_rate")["estimate"] > 0.85
    middle = audit(forecasts, labels, asked(50, pick="middle"))
    assert "net_benefit" not in set(middle["group_gaps"]["measure"])


def test_the_picture_over_room_ends_where_everybody_is_picked(alike):
    """With more room more are picked and fewer missed; groups that are too small are not drawn."""
    room = alike["group_capacity"]
    assert "rare" not in set(room.query("group == 't'")["column"])
    for _, line in room.groupby(["column", "group"]):
        assert line["share_picked"].is_monotonic_increasing
        assert line["false_negative_rate"].is_monotonic_decreasing
        assert line["at"].tolist() == pytest.approx(np.arange(0.05, 1, 0.05))
    at = room.query("column == 'half' and at == 0.1").set_index("group")["share_picked"]
    assert at["b"] == pytest.approx(row_of(alike, "half", "b", "share_picked")["estimate"])


def test_scores_alone_can_be_audited_before_outcomes_exist():
    """Who would be picked and the mean forecast: the planted difference is there without any outcome."""
    forecasts, labels = people(2500, 3, missed=1.2)
    table = audit_scores(forecasts.log_odds[:, 0], forecasts.client, labels, asked())
    found = table.set_index(["column", "group", "measure"])
    assert set(table["measure"]) == {"share_picked", "mean_forecast"}
    assert found.loc[("half", "b", "mean_forecast"), "verdict"] == SHOWN
    assert found.loc[("half", "b", "share_picked"), "gap"] == pytest.approx(
        row_of(audit(forecasts, labels, asked()), "half", "b", "share_picked")["gap"]
    )


def test_gaps_are_compared_between_arms():
    """A gap planted in one arm only is a gap of gaps: of calibration in the large, of about its size."""
    forecasts, labels = people(3000, 6)
    arm = np.where(np.random.default_rng(1).random(3000) < 0.5, "new", "old")[forecasts.client]
    hit = (labels["half"] == "a").to_numpy() & (arm == "new")
    given = Forecasts(("m",), forecasts.outcome, forecasts.log_odds - 1.5 * hit[:, None], forecasts.client)
    crossed = pd.DataFrame({"half": labels["half"], "arm": arm, "half x arm": labels["half"] + ", " + arm})
    tables = audit(given, crossed, asked())
    row = row_of(tables, "half x arm", "gap of a: new less elsewhere", "calibration_in_the_large")
    assert row["gap"] == pytest.approx(1.5, abs=0.4)
    assert row["verdict"] == SHOWN
    assert pd.isna(row["estimate"])


def test_without_groups_there_are_no_tables():
    """No column, or `groups: null`."""
    forecasts, labels = people(100, 1)
    assert audit(forecasts, labels[[]], asked(50)) == {}
    off = asked(50).model_copy(update={"groups": None})
    assert audit(forecasts, labels, off) == {}
    assert audit_scores(forecasts.log_odds[:, 0], forecasts.client, labels, off).equals(
        as_result("group_gaps", pd.DataFrame())
    )
