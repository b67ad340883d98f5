"""Calibration on other people."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eriq.config import load_experiment
from eriq.errors import LeakageError
from eriq.model.calibrator import expit
from eriq.study.comparison import calibrated
from eriq.study.comparison.calibrated import as_saved, calibrator_of, cross_calibrated, saved_forecasts
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold, grouped_kfold, rolling_origin
from eriq.study.evaluation.calibration import shrunk_calibrator
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.evaluation.metrics import auc
from eriq.tables.results import SAVED
from tests.study.comparison.conftest import named, one_row_each


@pytest.fixture(scope="module")
def calibrating() -> tuple[Design, np.ndarray, list[Fold]]:
    """Return people with one row each, log-odds that are too steep, and four folds."""
    design = one_row_each()
    return design, 3 * design.matrix["client.q"].to_numpy(), grouped_kfold(design, 4, 1, 1)


def test_a_fold_is_calibrated_on_the_other_folds(calibrating):
    """Each fold's values are those of the calibrator fitted on the rows of all other folds."""
    design, log_odds, folds = calibrating
    given = cross_calibrated(design, log_odds, folds)
    for fold in folds:
        made = shrunk_calibrator(log_odds[fold.train], design.outcome[fold.train], design.client[fold.train])
        assert given[fold.test] == pytest.approx(made.apply(log_odds[fold.test]))
        assert made.slope < 0.7


def test_outcomes_of_a_fold_do_not_reach_its_own_calibration(calibrating):
    """Turning all outcomes of a fold round leaves its calibrated values to the last digit, and moves the others."""
    design, log_odds, folds = calibrating
    turned = design.outcome.copy()
    turned[folds[0].test] = 1 - turned[folds[0].test]
    before, after = (cross_calibrated(replace(design, outcome=y), log_odds, folds) for y in (design.outcome, turned))
    assert np.array_equal(before[folds[0].test], after[folds[0].test])
    assert np.abs(before[folds[1].test] - after[folds[1].test]).max() > 0.05


def test_other_waves_of_a_client_do_not_calibrate_it():
    """A client whose waves lie in two test folds (as with job centres) calibrates neither of them."""
    design = one_row_each(360)
    client, everyone = np.arange(360), np.arange(360)
    client[120:150] = np.arange(30)  # thirty clients of the first fold answered at the second centre as well
    design = replace(design, client=client)
    rest = {"a": everyone[150:], "b": np.r_[30:120, 240:360], "c": everyone[:240]}
    folds = [Fold(name, 0, rest[name], everyone[k * 120 : k * 120 + 120]) for k, name in enumerate("abc")]
    log_odds = 3 * design.matrix["client.q"].to_numpy()
    given = cross_calibrated(design, log_odds, folds)
    for fold in folds:
        made = shrunk_calibrator(log_odds[fold.train], design.outcome[fold.train], client[fold.train])
        assert given[fold.test] == pytest.approx(made.apply(log_odds[fold.test]))


def test_where_nobody_can_judge_a_calibration_there_is_none(calibrating):
    """Inside one of two folds no other rows show that a calibration helps, so forecasts stay as they are."""
    design, log_odds, _ = calibrating
    assert np.array_equal(cross_calibrated(design, log_odds, grouped_kfold(design, 2, 1, 1)), log_odds)


def test_rows_without_forecast_stay_without(calibrating):
    """A row that no fold tested has no calibrated value and calibrates nobody."""
    design, log_odds, folds = calibrating
    gaps = np.where(np.arange(200) < 20, np.nan, log_odds)
    given = cross_calibrated(design, gaps, folds)
    assert np.array_equal(np.isnan(given), np.isnan(gaps))
    rest = np.setdiff1d(folds[0].train, np.arange(20))
    inside = np.setdiff1d(folds[0].test, np.arange(20))
    made = shrunk_calibrator(log_odds[rest], design.outcome[rest], design.client[rest])
    assert given[inside] == pytest.approx(made.apply(log_odds[inside]))


def test_a_leak_in_the_calibration_is_refused(calibrating, monkeypatch):
    """The check that keeps people apart is made for every fold of the calibration."""
    design, log_odds, folds = calibrating
    steps = []

    def refuse(design: Any, fold: Any, step: str) -> None:
        steps.append(step)
        if len(steps) == 3:
            raise LeakageError(step)

    monkeypatch.setattr(calibrated, "kept_apart", refuse)
    with pytest.raises(LeakageError, match="calibration, fold 3"):
        cross_calibrated(design, log_odds, folds)


def test_earlier_waves_of_a_client_calibrate_it_once_their_outcome_was_known():
    """In calendar time the rows that could train calibrate; one whose outcome was not known then stops the run."""
    design = one_row_each(120)
    days = pd.date_range("2015-01-01", periods=120, freq="10D").as_unit("us")
    design = replace(design, rows=design.rows.assign(answered_on=days), client=np.arange(120) % 60)
    folds = rolling_origin(design, 3, 100)
    log_odds = np.where(np.arange(120) >= folds[0].test[0], 3 * design.matrix["client.q"].to_numpy(), np.nan)
    given = cross_calibrated(design, log_odds, folds)
    last = folds[-1]
    rest = last.train[~np.isnan(log_odds[last.train])]
    assert {*design.client[rest]} & {*design.client[last.test]}
    made = shrunk_calibrator(log_odds[rest], design.outcome[rest], design.client[rest])
    assert given[last.test] == pytest.approx(made.apply(log_odds[last.test]))
    late = replace(last, train=np.append(last.train, last.test[0] - 1))
    with pytest.raises(LeakageError, match=r"calibration, from .*: the outcome of 1 training row"):
        cross_calibrated(design, log_odds, [late])


def test_the_saved_model_is_judged_as_calibrated_on_others(found, study):
    """The measures of the saved model are those of the cross-calibrated forecasts of the chosen contender."""
    calibrated = cross_calibrated(study.design, found.held.of(found.chosen), found.held.folds)
    table = found.tables["measures"].set_index(["measure", "contender"])["estimate"]
    assert table["auc", SAVED] == pytest.approx(auc(study.design.outcome, expit(calibrated)))


def test_with_an_external_set_the_calibration_comes_from_home(held, found):
    """Rows that are only tested on are calibrated by the forecasts at home, and none of them by each other."""
    away = replace(held, design=replace(held.design, outcome=1 - held.design.outcome))
    given = saved_forecasts(away, found.chosen, held).log_odds[:, 0]
    made = calibrator_of(held, found.chosen)
    assert given == pytest.approx(made.apply(held.of(found.chosen)))
    assert made.slope > 0


def test_each_repeat_is_calibrated_and_the_mean_of_the_calibrations_is_taken():
    """With repeats of slopes 1/2 and 1/4 the slope is near 3/8; that of their averaged forecast lies elsewhere."""
    design = one_row_each(2000)
    folds = tuple(grouped_kfold(design, 4, 2, 1))
    right = design.matrix["client.q"].to_numpy() - 1
    single = np.stack([2 * right, 4 * right])[:, :, None]
    held = OutOfFold.of_repeats(named(("all", "logistic")), design, single, folds)
    parts = [shrunk_calibrator(part[:, 0], design.outcome, design.client) for part in single]
    found = calibrator_of(held, held.contenders[0])
    assert found.slope == pytest.approx(np.mean([part.slope for part in parts]))
    assert found.intercept == pytest.approx(np.mean([part.intercept for part in parts]))
    assert found.slope != pytest.approx(
        shrunk_calibrator(held.log_odds[:, 0], design.outcome, design.client).slope, abs=0.01
    )
    assert as_saved(held, held.contenders[0]) == pytest.approx(cross_calibrated(design, single[0, :, 0], folds))


def test_what_is_calibrated_already_stays_as_it_is():
    """Forecasts that are right are left alone in most samples, where two fitted numbers would move each of them."""
    untouched = 0
    for seed in range(12):
        design = one_row_each(300, seed)
        folds, right = tuple(grouped_kfold(design, 4, 1, 1)), design.matrix["client.q"].to_numpy() - 1
        held = OutOfFold(named(("all", "logistic")), design, right[:, None], folds)
        found = calibrator_of(held, held.contenders[0])
        untouched += (found.intercept, found.slope) == (0.0, 1.0)
    assert untouched >= 9


def test_a_row_of_weight_two_is_two_rows() -> None:
    """Slope, shift and their intervals of weighted rows are those of the rows written out as often as they count."""
    rng, n = np.random.default_rng(6), 240
    log_odds = rng.normal(size=n) - 0.5
    outcome = (rng.random(n) < expit(log_odds)).astype(int)
    weight = rng.integers(1, 4, n)
    rows = np.repeat(np.arange(n), weight)
    plan = load_experiment("quick")
    weighted = Forecasts(("one",), outcome, log_odds[:, None], np.arange(n) // 2, weights=weight.astype(float))
    written = Forecasts(("one",), outcome[rows], log_odds[rows, None], rows // 2)
    one, other = (calibrated.calibration_measures(each, plan) for each in (weighted, written))
    assert one["measure"].tolist() == ["calibration_slope", "calibration_in_the_large"]
    for column in ("estimate", "low", "high"):
        np.testing.assert_allclose(one[column], other[column], rtol=0, atol=1e-6)
    assert (one["low"] < one["high"]).all()
