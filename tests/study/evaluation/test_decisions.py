"""Net benefit, decision curves and lists of limited length."""

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame
from hypothesis import given
from hypothesis import strategies as st

from eriq.study.evaluation import decisions, metrics
from tests.study.evaluation.conftest import FORECASTS, OUTCOME, REFERENCE, rows


def test_net_benefit_of_four_people() -> None:
    """At threshold 1/4 two hits and one false alarm in four give 2/4 - 1/4 * 1/3 = 5/12; all: 2/4 - 2/4 * 1/3."""
    y, p = np.array([1, 1, 0, 0]), np.array([0.9, 0.3, 0.6, 0.1])

    assert 5 / 12 == pytest.approx(decisions.net_benefit(y, p, 0.25), abs=1e-15)
    assert 1 / 3 == pytest.approx(decisions.net_benefit_all(y, 0.25), abs=1e-15)
    assert 0 == decisions.net_benefit(y, np.zeros(4), 0.25)


def test_decision_curve_equals_net_benefit_at_each_threshold() -> None:
    """The curve is computed from one sort; each point equals the single function, also where scores tie with it."""
    cut = [0.9, 0.1, 0.2, 0.35, 0.999]
    table = decisions.decision_curve(OUTCOME, FORECASTS["second"].to_numpy(), cut)

    assert cut == table["threshold"].tolist()
    for column, function in (
        ("net_benefit", lambda t: decisions.net_benefit(OUTCOME, FORECASTS["second"].to_numpy(), t)),
        ("net_benefit_all", lambda t: decisions.net_benefit_all(OUTCOME, t)),
        ("share_flagged", lambda t: (FORECASTS["second"] >= t).mean()),
    ):
        np.testing.assert_allclose(table[column], [function(t) for t in cut], atol=1e-14)


def test_rows_tied_at_the_cut_share_the_places_left() -> None:
    """Three rows tie for one place after the first: each is flagged to a third, in any order."""
    assert [1, 1 / 3, 1 / 3, 1 / 3, 0] == pytest.approx(decisions.flagged(np.array([0.9, 0.5, 0.5, 0.5, 0.1]), 2))


def test_precision_recall_and_lift_of_a_short_list() -> None:
    """Of 10 people with 4 cases, the list of 2 holds one case for sure and half of a tied pair with one case.

    So precision is 1.5 / 2, recall 1.5 / 4 and lift 0.75 / 0.4.
    """
    y = np.array([1, 1, 0, 1, 1, 0, 0, 0, 0, 0])
    p = np.array([0.9, 0.8, 0.8, 0.3, 0.3, 0.3, 0.2, 0.1, 0.1, 0.1])

    for k in (2, np.int64(2), 0.2):
        at = decisions.at_capacity(y, p, k)
        assert (0.75, 0.375, 1.875, 2.0) == pytest.approx((at.precision, at.recall, at.lift, at.n_flagged))


def test_a_list_longer_than_the_rows_flags_everyone() -> None:
    """Capacity 10 for 4 people means 4 flagged, precision equal to prevalence and lift 1."""
    at = decisions.at_capacity(np.array([1, 0, 0, 0]), np.array([0.4, 0.3, 0.2, 0.1]), 10)

    assert decisions.AtCapacity(0.25, 1.0, 1.0, 4.0) == at


def test_overlap_is_shared_over_all_flagged() -> None:
    """Lists {1, 2} and {1, 3} share one of three rows; a list with itself overlaps fully, ties or not."""
    a, b = np.array([0.9, 0.8, 0.1]), np.array([0.9, 0.1, 0.8])

    assert 1 / 3 == pytest.approx(decisions.overlap(a, b, 2))
    assert 1 == decisions.overlap(np.array([0.5, 0.5, 0.1]), np.array([0.5, 0.5, 0.1]), 1)
    assert 0 == decisions.overlap(a, -a, 1)


def test_net_benefit_equals_dcurves() -> None:
    """Nine thresholds of three scores and of acting on everyone, in the Python package dcurves."""
    expected = pd.read_csv(REFERENCE / "net_benefit.csv")

    assert 36 == len(expected)
    for model, part in expected.groupby("model"):
        table = decisions.decision_curve(
            OUTCOME, FORECASTS["first" if model == "all" else model].to_numpy(), part["threshold"].to_numpy()
        )
        found = table["net_benefit_all" if model == "all" else "net_benefit"]
        np.testing.assert_allclose(found, part["net_benefit"], atol=1e-12)


def test_measures_by_group_equal_fairlearn() -> None:
    """Selection rate and recall per group in fairlearn equal share flagged and recall at a capacity of that size."""
    import fairlearn.metrics as fair

    p, group = FORECASTS["first"].to_numpy(), np.where(np.arange(len(OUTCOME)) % 3 == 0, "a", "b")
    theirs = MetricFrame(
        metrics={"flagged": fair.selection_rate, "recall": fair.true_positive_rate},
        y_true=OUTCOME,
        y_pred=(p >= 0.25).astype(int),
        sensitive_features=group,
    ).by_group
    for name in ("a", "b"):
        y, q = OUTCOME[group == name], p[group == name]
        share = decisions.decision_curve(y, q, [0.25])["share_flagged"].iloc[0]
        recall = decisions.at_capacity(y, q, int(np.rint(share * len(y)))).recall
        assert tuple(theirs.loc[name]) == pytest.approx((share, recall), abs=1e-12)


@given(sample=rows(), k=st.one_of(st.integers(1, 60), st.floats(0.01, 1)))
def test_flagged_rows_add_up_to_the_capacity(sample: tuple[np.ndarray, ...], k: float) -> None:
    """The list holds k rows, or the share k of them, or everyone if there are fewer."""
    _, p, w = sample
    capacity = min(k, w.sum()) if isinstance(k, int) else k * w.sum()

    assert capacity == pytest.approx(decisions.flagged(p, k, w) @ w, abs=1e-9)


@pytest.mark.parametrize("threshold", [0, 1, -0.1, np.nan])
def test_a_threshold_without_a_price_is_refused(threshold: float) -> None:
    """At 0 and 1 one kind of error would be free."""
    with pytest.raises(metrics.RangeError, match="threshold must lie strictly"):
        decisions.net_benefit(np.array([0, 1]), np.array([0.1, 0.2]), threshold)


@pytest.mark.parametrize("k", [0, -1, 1.5, 0.0, np.nan, True])
def test_a_capacity_that_is_neither_number_nor_share_is_refused(k: float) -> None:
    """1.5 is no number of rows and no share of them."""
    with pytest.raises(metrics.RangeError, match="k must be"):
        decisions.flagged(np.array([0.1, 0.2]), k)
