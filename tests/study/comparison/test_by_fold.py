"""The declared pair by period and centre: each by itself, never together."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from eriq.config import Experiment, Headline, load_experiment
from eriq.errors import CohortError
from eriq.study.comparison.by_fold import fold_tables, heterogeneity
from eriq.study.comparison.calibrated import cross_calibrated
from eriq.study.comparison.compare import compare
from eriq.study.comparison.designs import declared_auc
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.design.design import make_design
from eriq.study.design.folds import grouped_kfold, leave_one_centre_out, rolling_origin
from eriq.study.evaluation.heterogeneity import random_effects_of_auc
from eriq.study.evaluation.metrics import auc
from eriq.study.evaluation.recalibration import logistic_recalibration
from eriq.tables.results import SAVED
from tests.study.comparison.conftest import named

WITH, WITHOUT = "q | logistic", "r | logistic"


@pytest.fixture(scope="module")
def plan() -> Experiment:
    """Return a plan with few replicates that declares two contenders."""
    quick = load_experiment("quick")
    intervals = quick.intervals.model_copy(update={"replicates": 100, "refit_replicates": 10})
    headline = Headline.model_validate({"with": "q", "without": "r"})
    return quick.model_copy(update={"intervals": intervals, "headline": headline, "choose_from": ()})


@pytest.fixture(scope="module")
def drifting() -> OutOfFold:
    """Return forecasts in calendar time for people whose chances rise from year to year, which both contenders know.

    Beyond the year the contender with knows something, the other one nothing.
    """
    rng, n = np.random.default_rng(1), 3000
    days = np.sort(rng.integers(0, 1600, n))
    chance, mine = -3.5 + 3.5 * days / 1600, rng.normal(size=n)
    outcome = (chance + mine + rng.logistic(size=n) > 0).astype(int)
    rows = pd.DataFrame(
        {
            "client_id": np.arange(n) // 2,
            "answered_on": (pd.Timestamp("2012-01-01") + pd.to_timedelta(days, unit="D")).as_unit("us"),
            "job_centre": rng.choice(list("abcd"), n),
        }
    )
    design = make_design(rows, pd.DataFrame({"client.q": mine}), outcome)
    folds = rolling_origin(design, 3, 365)
    log_odds = np.column_stack([chance + mine, chance + 0.01 * rng.normal(size=n)])
    log_odds[: min(fold.test.min() for fold in folds)] = np.nan
    return OutOfFold(named(("q", "logistic"), ("r", "logistic")), design, log_odds, tuple(folds))


def centres(held: OutOfFold) -> OutOfFold:
    """Return the same people and forecasts by job centre, everyone of them tested."""
    known = held.design.take(held.tested)
    alone = replace(known, client=np.arange(len(held.tested)))  # who moves would train for nobody
    return OutOfFold(held.contenders, alone, held.log_odds[held.tested], tuple(leave_one_centre_out(alone)))


def test_the_auc_of_periods_is_the_mean_within_them_and_not_the_one_over_them(drifting, plan) -> None:
    """A contender that knows the year alone has 0.5 within periods, and far more over all of them together."""
    table = declared_auc(drifting, plan).set_index("contender")["auc"]
    tested = drifting.forecasts()
    for place, name in enumerate((WITH, WITHOUT)):
        column = drifting.log_odds[:, place]
        within = [roc_auc_score(drifting.design.outcome[f.test], column[f.test]) for f in drifting.folds]
        assert table[name] == pytest.approx(np.mean(within), abs=1e-12)
    assert auc(tested.outcome, tested.log_odds[:, 1]) > table[WITHOUT] + 0.05
    assert table[WITHOUT] < 0.6


def test_each_period_and_each_centre_has_its_own_numbers(drifting, plan) -> None:
    """Counts, AUCs, slope and calibration in the large are those of the rows of that fold."""
    held = {"rolling_origin": drifting, "leave_one_centre_out": centres(drifting)}
    table = fold_tables(held, plan)["by_fold"]
    assert table.groupby("design")["fold"].nunique().to_dict() == {"leave_one_centre_out": 4, "rolling_origin": 3}
    for (design, name), part in table.groupby(["design", "fold"]):
        fold = next(f for f in held[design].folds if f.name == name)
        outcome, log_odds = held[design].design.outcome[fold.test], held[design].log_odds[fold.test]
        row = part.iloc[0]
        assert (row["rows"], row["events"]) == (len(fold.test), outcome.sum())
        assert row["clients"] == len(set(held[design].design.client[fold.test]))
        assert row["rate"] == pytest.approx(outcome.mean())
        both = [roc_auc_score(outcome, column) for column in log_odds.T]
        found = part.assign(baseline=part["baseline"].fillna("")).set_index(["contender", "baseline", "measure"])
        assert found["estimate"][WITH, "", "auc"] == pytest.approx(both[0], abs=1e-12)
        assert found["estimate"][WITHOUT, "", "auc"] == pytest.approx(both[1], abs=1e-12)
        assert found["estimate"][WITH, WITHOUT, "auc"] == pytest.approx(both[0] - both[1], abs=1e-12)
        assert found["low"][WITH, WITHOUT, "auc"] < both[0] - both[1] < found["high"][WITH, WITHOUT, "auc"]
        again = logistic_recalibration(outcome, 1 / (1 + np.exp(-log_odds[:, 0])))
        assert found["estimate"][WITH, "", "calibration_slope"] == pytest.approx(again.slope)
        assert found["estimate"][WITH, "", "calibration_in_the_large"] == pytest.approx(again.in_the_large)


def test_centres_that_differ_by_chance_only_have_a_small_tau(drifting, plan) -> None:
    """Random effects over centres take each centre's AUC and its bootstrap error; periods have none."""
    tables = fold_tables({"rolling_origin": drifting, "leave_one_centre_out": centres(drifting)}, plan)
    found = tables["heterogeneity"]
    assert set(found["design"]) == {"leave_one_centre_out"}
    assert found["scale"].tolist() == ["logit", "logit", "as it is"]
    mine = tables["by_fold"].query("unit == 'centre' and measure == 'auc' and contender == @WITH and baseline.isna()")
    again = random_effects_of_auc(mine["estimate"].to_numpy(), mine["se"].to_numpy())
    assert found.loc[0, ["estimate", "tau", "prediction_low"]].tolist() == [
        again.estimate,
        again.tau,
        again.prediction_low,
    ]
    assert found["tau"].max() < 0.2
    assert found["words"].str.contains("Over 4 job centres").all()


def test_centres_that_differ_are_seen_to_differ() -> None:
    """AUCs of 0.6, 0.75 and 0.9 with errors of 0.01 have a tau near the spread of their logits."""
    values = np.array([0.6, 0.75, 0.9])
    rows = pd.DataFrame({"fold": list("abc"), "estimate": values, "se": 0.01}).assign(
        design="leave_one_centre_out", unit="centre", contender=WITH, baseline=pd.NA, measure="auc"
    )
    found = heterogeneity(rows)
    assert found["tau"].item() == pytest.approx(np.std(np.log(values / (1 - values)), ddof=1), abs=0.01)
    assert found["prediction_high"].item() - found["prediction_low"].item() > 0.9
    assert heterogeneity(rows.head(2)).empty
    assert len(heterogeneity(rows.assign(se=[0.01, np.nan, 0.01]))) == 0


def test_a_fold_with_four_people_with_the_outcome_has_counts_and_no_numbers(drifting, plan) -> None:
    """Nothing is estimated from a handful; people are counted, not their questionnaires."""
    held = centres(drifting)
    outcome, test = held.design.outcome.copy(), held.folds[0].test
    outcome[test] = 0
    outcome[test[:8]] = 1
    client = held.design.client.copy()
    client[test[:8]] = np.repeat(client[test[:4]], 2)
    few = replace(held, design=replace(held.design, outcome=outcome, client=client))
    table = fold_tables({"leave_one_centre_out": few}, plan)["by_fold"]
    small = table[table["fold"] == "centre 1"]
    assert small[["events", "fewest"]].to_numpy().tolist() == [[8, 4]]
    assert small["estimate"].isna().all()
    assert table.loc[table["fold"] != "centre 1", "estimate"].notna().all()
    shown = table[(table["measure"] == "auc") & table["baseline"].isna()].groupby("contender")["estimate"].mean()
    assert declared_auc(few, plan).set_index("contender")["auc"].to_dict() == pytest.approx(shown.to_dict(), abs=1e-12)


def test_without_both_outcomes_in_any_period_there_is_no_auc(drifting) -> None:
    """Nobody in one period and everybody in the others: told as a cohort that does not allow it."""
    outcome = drifting.design.outcome.copy()
    for place, fold in enumerate(drifting.folds):
        outcome[fold.test] = place > 0
    with pytest.raises(CohortError, match="no period has people with and without the outcome"):
        replace(drifting, design=replace(drifting.design, outcome=outcome)).forecasts()


def test_folds_drawn_at_random_have_no_table(drifting, plan) -> None:
    """A fold of a grouped design is nothing that anybody could name."""
    held = replace(drifting, folds=tuple(grouped_kfold(drifting.design, 3, 1, 1)))
    assert all(table.empty for table in fold_tables({"grouped_kfold": held}, plan).values())
    assert held.forecasts().unit is None


def test_every_auc_of_a_comparison_in_time_is_within_periods(drifting, plan) -> None:
    """Measures, differences, headline, truth and saved model alike; DeLong, who knows no mean of AUCs, is not asked."""
    truth = 1 / (1 + np.exp(-np.nan_to_num(drifting.log_odds[:, 0])))
    tables = compare(drifting, plan, truth).tables

    def within(column: np.ndarray) -> float:
        return float(np.mean([roc_auc_score(drifting.design.outcome[f.test], column[f.test]) for f in drifting.folds]))

    mine, other = (within(column) for column in drifting.log_odds.T)
    measures = tables["measures"].query("measure == 'auc'").set_index("contender")["estimate"]
    assert measures[[WITH, WITHOUT]].tolist() == pytest.approx([mine, other], abs=1e-12)
    calibrated = cross_calibrated(drifting.design, drifting.of(drifting.contenders[0]), drifting.folds)
    assert measures[SAVED] == pytest.approx(within(calibrated), abs=1e-12)
    gain = tables["differences"].query("measure == 'auc' and contender == @WITH")["estimate"]
    assert tables["headline"]["estimate"].item() == gain.item() == pytest.approx(mine - other, abs=1e-12)
    assert tables["oracle"]["oracle_auc"].iloc[0] == pytest.approx(mine, abs=1e-12)
    assert "delong" not in tables
    alone = replace(drifting, design=replace(drifting.design, client=np.arange(len(drifting.log_odds))))
    assert "delong" not in compare(alone, plan).tables
