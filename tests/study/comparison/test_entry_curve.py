"""Entries by month, and a whole comparison of weighted rows, in a cohort whose truth is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eriq.config import Cross, Experiment, Ipcw, Validation
from eriq.model.calibrator import expit
from eriq.study.comparison.compare import compare
from eriq.study.comparison.declared import declared_difference
from eriq.study.comparison.entry_curve import _observed, entry_curve, timed_contender
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.design.design import Design, make_design
from eriq.study.design.folds import make_folds
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study
from eriq.study.evaluation.calibration import calibration_errors
from eriq.study.evaluation.metrics import auc, brier
from eriq.study.evaluation.recalibration import logistic_recalibration
from eriq.study.learning.training import Learning, run_all
from eriq.study.saving import held_out
from tests.study.comparison.conftest import named
from tests.study.worlds import steady_intake

LOGISTIC = Cross(blocks=("register_basic", "questionnaire"), estimators=("logistic",))
HAZARD = Cross(blocks=("questionnaire",), estimators=("hazard",))
NOBODY = Cross(blocks=("none",), estimators=("prevalence",))


@pytest.fixture(scope="module")
def asked() -> Experiment:
    """Return a config of few contenders and replicates."""
    quick, _, _ = steady_intake(1500, seed=1)
    headline = quick.headline.model_copy(update={"without": "register_basic"})
    plan = quick.intervals.model_copy(update={"replicates": 60, "refit_replicates": 40})
    update = {"headline": headline, "intervals": plan, "validation": Validation(folds=3)}
    return quick.model_copy(update=update | {"contenders": (NOBODY, LOGISTIC, HAZARD), "censoring": "ipcw"})


@pytest.fixture(scope="module")
def study(asked: Experiment) -> Study:
    """Return the people of the config, a third of whom is not followed to the end."""
    return prepare(asked, steady_intake(1500, seed=1)[1])


def forecast(study: Study, experiment: Experiment) -> OutOfFold:
    """Return out-of-fold forecasts of every contender."""
    folds = make_folds(study.design, experiment, study.observe_days)
    learning = Learning(study.features, 1, experiment.tuning)
    log_odds = run_all(study.contenders, study.design, folds, learning)
    return OutOfFold(study.contenders, study.design, log_odds, tuple(folds))


@pytest.fixture(scope="module")
def held(study: Study, asked: Experiment) -> OutOfFold:
    """Return out-of-fold forecasts of weighted rows."""
    return forecast(study, asked)


@pytest.fixture(scope="module")
def curve(study: Study, asked: Experiment, held: OutOfFold) -> pd.DataFrame:
    """Return the monthly curve."""
    contender = timed_contender(study.contenders, asked)
    assert contender is not None
    return entry_curve(contender, study.design, held.folds, Learning(study.features, 1, asked.tuning), asked)


# --- known truth ---------------------------------------------------------------------------


def test_the_mean_forecast_of_a_year_is_the_share_that_enters(study, held, curve):
    """Had all rows been followed, as many would be seen to enter as the hazard forecasts, and as the curve shows.

    Without rows that are not followed, or with early events of theirs alone, the forecast would be out of the interval.
    """
    truth = steady_intake(1500, seed=1)[2]["outcome"].to_numpy("float64")
    year = curve.set_index("day").loc[365]
    half = (year["high"] - year["low"]) / 2
    assert 0.005 < half < 0.02
    assert abs(year["observed"] - truth.mean()) < half
    assert abs(year["forecast"] - truth.mean()) < half
    assert year["observed"] == pytest.approx(study.design.rate, abs=1e-9)  # weights and curve say the same
    place = [c.estimator for c in held.contenders].index("hazard")
    assert expit(held.log_odds[:, place]).mean() == pytest.approx(year["forecast"], abs=1e-9)
    assert study.judged.outcome.mean() > year["high"]  # what a mistake would give


def test_months_run_from_0_to_15_and_are_those_of_kaplan_meier(study, curve):
    """As the Swedish trial reports; statsmodels has the same curve."""
    from statsmodels.duration.survfunc import SurvfuncRight

    assert curve["month"].tolist() == list(range(16))
    assert curve.loc[[0, 12, 15], "day"].tolist() == [0, 365, 456]
    times = study.design.times
    oracle = SurvfuncRight(times["days"].to_numpy() + 1.0, times["event"].to_numpy(float))  # it takes no day 0
    place = np.searchsorted(oracle.surv_times, curve["day"][1:] + 1, side="right") - 1
    assert curve["observed"][1:].to_numpy() == pytest.approx(1 - oracle.surv_prob[place])
    assert (curve["low"] <= curve["observed"]).all()
    assert (curve["observed"] <= curve["high"]).all()
    assert curve["n"].is_monotonic_decreasing
    assert curve["n"].iloc[0] == len(np.unique(study.design.client))


# --- the comparison ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found(held, asked, study):
    """Return the comparison of weighted rows, with an interval that covers refitting."""
    declared = declared_difference(held, asked, Learning(study.features, 1, asked.tuning))
    return compare(held, asked, study.truth, declared=declared)


def test_every_contender_is_judged_on_the_same_known_rows_by_weight(found, held, study):
    """AUC, Brier score, slope and the majority rate are those of weighted rows; so is the headline's interval."""
    table = found.tables["measures"].set_index(["measure", "contender"])["estimate"]
    design = study.design
    rows = design.known
    y, w = design.outcome[rows], design.weight[rows]
    assert len(np.unique(w)) > 10
    for place, contender in enumerate(held.contenders[1:], 1):
        p = expit(held.log_odds[rows, place])
        assert table["auc", contender.name] == pytest.approx(auc(y, p, w))
        assert table["brier", contender.name] == pytest.approx(brier(y, p, w))
        slope = logistic_recalibration(y, p, w).slope
        assert table["calibration_slope", contender.name] == pytest.approx(slope)
    assert table["accuracy_majority", "majority"] == pytest.approx(1 - design.rate)
    line = found.tables["headline"].iloc[0]
    assert line["covers"] == "over clients and refits"
    assert line["low"] < line["estimate"] < line["high"]
    pair = [[c.name for c in held.contenders].index(f"{b} | logistic") for b in ("questionnaire", "register_basic")]
    gains = []
    for fold in held.folds:
        test = fold.test[rows[fold.test]]
        ours = (auc(design.outcome[test], held.log_odds[test, k], design.weight[test]) for k in pair)
        gains.append(next(ours) - next(ours))
    assert line["estimate"] == pytest.approx(np.mean(gains))


def test_refits_for_intervals_are_weighted_too(found):
    """The intervals of slope and level lie round their estimates, which they would not without weights."""
    table = found.tables["measures"]
    level = table[table["measure"] == "calibration_in_the_large"]
    assert len(level) == 4
    assert ((level["low"] < level["estimate"]) & (level["estimate"] < level["high"])).all()


def test_what_knows_no_weights_is_of_rows_followed_to_the_end(found, held, study):
    """ICI is that of rows followed to the horizon, each once; early events of others would raise the curve."""
    name = "questionnaire | logistic"
    place = [c.name for c in held.contenders].index(name)
    rows = study.design.whole
    p = expit(held.log_odds[rows, place])
    table = found.tables["measures"].set_index(["measure", "contender"])["estimate"]
    assert table["ici", name] == pytest.approx(calibration_errors(study.design.outcome[rows], p).ici)
    assert found.tables["calibration_bins"].groupby("contender")["n"].sum().unique().tolist() == [rows.sum()]
    kept = held_out(found)  # for who compares models later, without weights
    assert len(kept) == rows.sum()


def test_the_hazard_contender_changes_no_number_of_the_others(asked, held):
    """Beside it, under leave_out, folds and forecasts of the logistic contenders are those they have alone."""
    intake = steady_intake(1500, seed=1)[1]
    beside = asked.model_copy(update={"censoring": "leave_out"})
    alone = beside.model_copy(update={"contenders": (NOBODY, LOGISTIC)})
    one, two = (forecast(prepare(e, intake), e) for e in (beside, alone))
    few = one.known()
    assert two.design.weight is None
    assert few.design.weight is None
    assert len(one.log_odds) > len(two.log_odds)
    np.testing.assert_allclose(few.log_odds[:, :3], two.log_odds, rtol=0, atol=1e-10)  # sums of longer tables
    assert [f.test.tolist() for f in few.folds] == [f.test.tolist() for f in two.folds]
    assert few.forecasts().outcome.tolist() == two.forecasts().outcome.tolist()


# --- by hand -------------------------------------------------------------------------------


def by_hand() -> tuple[Design, np.ndarray]:
    """Return two strata: of two rows one enters on day 10, of six three; the first is followed to day 30 only."""
    times = pd.DataFrame(
        {"days": [10, 30, 10, 10, 10, 60, 60, 60], "event": [True, False] + [True] * 3 + [False] * 3}
    ).assign(followed_days=[30, 30, 60, 60, 60, 60, 60, 60])
    design = make_design(pd.DataFrame({"client_id": list("abcdefgh")}), pd.DataFrame({"x": np.zeros(8)}), np.zeros(8))
    return replace(design, times=times, horizon_days=30), np.array([0, 0, 1, 1, 1, 1, 1, 1])


def test_strata_count_by_their_rows_and_end_where_one_ends():
    """(2 x 1/2 + 6 x 1/2) / 8; with one row of the first stratum drawn three times, (3 x 1 + 6 x 1/2) / 9."""
    design, stratum = by_hand()
    days = np.array([5, 30, 60])
    assert _observed(design, stratum, days, np.ones(8)).tolist() == pytest.approx([0, 0.5, np.nan], nan_ok=True)
    drawn = np.array([3.0, 0, 1, 1, 1, 1, 1, 1])
    assert _observed(design, stratum, days, drawn)[1] == pytest.approx(6 / 9)


def test_the_curve_is_that_of_the_declared_block_where_hazard_has_it(asked):
    """Else of the first contender that learns from times, and there may be none."""
    some = named(("client", "hazard"), ("questionnaire", "logistic"), ("questionnaire", "hazard"))
    assert timed_contender(some, asked) is some[2]
    assert timed_contender(some[:2], asked) is some[0]
    assert timed_contender(some[1:2], asked) is None
    calendar = asked.model_copy(update={"validation": Validation(design="rolling_origin")})
    assert timed_contender(some, calendar) is None


def test_declared_strata_reach_the_observed_curve(study, asked, held, curve):
    """Within years of intake the last one is not followed for long, and the curve ends with it."""
    contender = timed_contender(study.contenders, asked)
    other = asked.model_copy(update={"censoring": Ipcw(by=("year",))})
    again = entry_curve(contender, study.design, held.folds, Learning(study.features, 1, asked.tuning), other)
    assert len(again) < len(curve)
    assert again["forecast"].tolist() == curve["forecast"][: len(again)].tolist()
