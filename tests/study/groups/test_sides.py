"""Every measure of a group as ratios of sums over clients: against functions that know nothing of them."""

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate, selection_rate
from sklearn.metrics import roc_auc_score

from eriq.config import Capacity, Groups
from eriq.model.calibrator import expit
from eriq.study.evaluation.decisions import net_benefit
from eriq.study.evaluation.metrics import auc
from eriq.study.evaluation.recalibration import logistic_recalibration
from eriq.study.groups.picked import rule_of
from eriq.study.groups.sides import MEASURES, Rows, rows_of, side_of
from tests.study.groups.world import people

RULE = rule_of(Groups(thresholds=(0.3,)), Capacity())


@pytest.fixture(scope="module")
def rows() -> Rows:
    forecasts, _ = people(400, 1)
    return rows_of(forecasts.outcome, forecasts.log_odds[:, 0], forecasts.client, RULE)


def value(measure: str, rows: Rows, clients: int = 400) -> float:
    side = side_of(measure, rows, clients, 1)
    assert side is not None
    return side.estimate


def test_measures_by_group_equal_fairlearn_and_sklearn():
    """Share picked, both error rates and AUC of two groups, by two packages."""
    forecasts, labels = people(400, 1)
    p = expit(forecasts.log_odds[:, 0])
    theirs = MetricFrame(
        metrics={
            "share_picked": selection_rate,
            "false_negative_rate": false_negative_rate,
            "false_positive_rate": false_positive_rate,
        },
        y_true=forecasts.outcome,
        y_pred=(p >= 0.3).astype(int),
        sensitive_features=labels["half"],
    ).by_group
    whole = rows_of(forecasts.outcome, forecasts.log_odds[:, 0], forecasts.client, RULE)
    for group in ("a", "b"):
        part = np.flatnonzero(labels["half"] == group)
        mine = whole.take(part)
        for measure in theirs:
            assert value(measure, mine) == pytest.approx(theirs.loc[group, measure], abs=1e-12)
        assert value("auc", mine) == pytest.approx(roc_auc_score(forecasts.outcome[part], p[part]), abs=1e-12)


def test_calibration_and_net_benefit_are_those_of_the_whole_comparison(rows):
    """The same numbers as the functions the report uses for everybody."""
    p = expit(rows.log_odds)
    fit = logistic_recalibration(rows.outcome, p)
    assert value("calibration_slope", rows) == pytest.approx(fit.slope, abs=1e-8)
    assert value("calibration_in_the_large", rows) == pytest.approx(fit.in_the_large, abs=1e-8)
    assert value("net_benefit", rows) == pytest.approx(net_benefit(rows.outcome, p, RULE.benefit_threshold))
    assert value("mean_forecast", rows) == pytest.approx(p.mean())


@pytest.mark.parametrize("measure", ["auc", "calibration_in_the_large", "calibration_slope"])
def test_a_draw_of_clients_moves_ratios_as_it_moves_the_measure(rows, measure):
    """Over 40 draws the ratios of drawn sums follow the refitted measure, up to an eighth of its spread."""
    side, rng, p = side_of(measure, rows, 400, 1), np.random.default_rng(3), expit(rows.log_odds)
    assert side is not None
    quick, exact = [], []
    for _ in range(40):
        drawn = np.bincount(rng.integers(400, size=400), minlength=400)
        total = drawn @ side.sums
        quick.append(side.offset + (total[0::2] / total[1::2]).sum())
        weight = drawn[rows.client].astype(float)
        fit = logistic_recalibration(rows.outcome, p, weight)
        exact.append(
            {"auc": auc(rows.outcome, p, weight), "calibration_slope": fit.slope}.get(measure, fit.in_the_large)
        )
    assert np.std(np.array(quick) - exact) < np.std(exact) / 8
    assert abs(np.mean(np.array(quick) - exact)) < np.std(exact) / 4


@pytest.mark.parametrize("measure", [m for m in MEASURES if m != "mean_forecast"])
def test_a_row_of_weight_two_is_two_rows(rows, measure):
    """Doubling a third of the rows, and giving them weight 2."""
    twice = np.arange(len(rows.client)) % 3 == 0
    doubled = rows.take(np.concatenate([np.arange(len(rows.client)), np.flatnonzero(twice)]))
    weighted = Rows(*(getattr(rows, name) for name in rows.__slots__[:-1]), weight=1.0 + twice)
    assert value(measure, weighted) == pytest.approx(value(measure, doubled), abs=1e-7)


def test_too_few_people_carry_no_number(rows):
    """A false negative rate rests on people with the outcome, a share on all, and an AUC on the scarcer of two."""
    few = rows.take(np.flatnonzero(rows.client < 60))
    people_with = len(np.unique(few.client[few.outcome == 1]))
    assert 60 > people_with > 5
    for measure in ("false_negative_rate", "auc", "calibration_slope", "net_benefit"):
        assert side_of(measure, few, 400, people_with + 1) is None
        side = side_of(measure, few, 400, people_with)
        assert side is not None
        assert side.people == people_with
    assert side_of("share_picked", few, 400, 60) is not None
    assert side_of("share_picked", few, 400, 61) is None


def test_one_forecast_for_everyone_has_no_slope(rows):
    """No finite slope, no side."""
    flat = rows_of(rows.outcome, np.full(len(rows.outcome), -1.0), rows.client, RULE)
    assert side_of("calibration_slope", flat, 400, 1) is None
