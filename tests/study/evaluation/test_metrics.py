"""Discrimination, accuracy of probabilities, net benefit, capacity and DeLong."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from eriq.study.evaluation import metrics

REFERENCE = Path(__file__).parents[2] / "reference"
FORECASTS = pd.read_csv(REFERENCE / "forecasts.csv")
R = pd.read_csv(REFERENCE / "reference_r.csv").set_index("quantity")["value"]
SCORES = ["first", "second", "third"]
OUTCOME = FORECASTS["outcome"].to_numpy()

WEIGHTED = {
    "auc": (metrics.auc, sklearn_metrics.roc_auc_score),
    "average_precision": (metrics.average_precision, sklearn_metrics.average_precision_score),
    "log_loss": (metrics.log_loss, sklearn_metrics.log_loss),
    "brier": (metrics.brier, sklearn_metrics.brier_score_loss),
}


@st.composite
def rows(draw):
    """Between 4 and 40 rows with both outcomes, scores on a grid of 21 so that ties are common, and whole weights."""
    n = draw(st.integers(4, 40))
    outcome = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    outcome[:2] = 0, 1
    probability = np.array(draw(st.lists(st.integers(0, 20), min_size=n, max_size=n))) / 20
    weights = np.array(draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    weights[:2] = np.maximum(weights[:2], 1)
    return outcome, probability, weights


def every_measure(y, p, w=None):
    """Return each weighted measure once, as an array."""
    listed = [metrics.at_capacity(y, p, k, w) for k in (0.3, 2)]
    return np.array(
        [ours(y, p, w) for ours, _ in WEIGHTED.values()]
        + [metrics.brier_skill(y, p, weights=w), metrics.accuracy_at(y, p, 0.4, w), metrics.majority_accuracy(y, w)]
        + [metrics.net_benefit(y, p, 0.2, w), metrics.net_benefit_all(y, 0.2, w)]
        + [value for at in listed for value in (at.precision, at.recall, at.lift, at.n_flagged)]
        + metrics.decision_curve(y, p, [0.2, 0.7], w).to_numpy().ravel().tolist()
    )


# --- by hand -------------------------------------------------------------------------------


def test_auc_counts_pairs_and_halves_ties() -> None:
    """Of the 4 pairs, 0.4 over 0.1, 0.8 over 0.1 and 0.8 over 0.4 are right and 0.4 with 0.4 is half: 3.5 / 4."""
    assert 0.875 == metrics.auc(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.8]))


def test_average_precision_of_two_cases() -> None:
    """Cases at ranks 1 and 3 have precision 1 and 2/3, each adding half of the recall: 5/6."""
    found = metrics.average_precision(np.array([0, 1, 0, 1]), np.array([0.1, 0.3, 0.6, 0.8]))

    assert 5 / 6 == pytest.approx(found, abs=1e-15)


def test_log_loss_of_a_certain_error_is_finite() -> None:
    """A forecast of exactly 0 that comes true costs -log(1e-15), about 34.5."""
    assert -np.log(1e-15) == pytest.approx(metrics.log_loss(np.array([1]), np.array([0.0])), abs=1e-12)


def test_brier_and_its_skill() -> None:
    """Errors 0.2 and 0.4 give (0.04 + 0.16) / 2 = 0.1, which removes 0.6 of the 0.25 at prevalence 1/2.

    Against forecasts 0.2 and 0.4, with errors 0.2 and 0.6 and a Brier score of 0.2, it removes half.
    """
    y, p = np.array([0, 1]), np.array([0.2, 0.6])

    assert 0.1 == pytest.approx(metrics.brier(y, p))
    assert 0.6 == pytest.approx(metrics.brier_skill(y, p))
    assert 0.6 == pytest.approx(metrics.brier_skill(y, p, 0.5))
    assert 0.5 == pytest.approx(metrics.brier_skill(y, p, np.array([0.2, 0.4])))


def test_skill_against_a_perfect_reference_is_refused() -> None:
    """Nothing is left to remove, so there is no share of it."""
    y = np.array([0, 1])

    with pytest.raises(metrics.RangeError, match="reference is perfect"):
        metrics.brier_skill(y, np.array([0.2, 0.6]), y)


def test_net_benefit_of_four_people() -> None:
    """At threshold 1/4 two hits and one false alarm in four give 2/4 - 1/4 * 1/3 = 5/12; all: 2/4 - 2/4 * 1/3."""
    y, p = np.array([1, 1, 0, 0]), np.array([0.9, 0.3, 0.6, 0.1])

    assert 5 / 12 == pytest.approx(metrics.net_benefit(y, p, 0.25), abs=1e-15)
    assert 1 / 3 == pytest.approx(metrics.net_benefit_all(y, 0.25), abs=1e-15)
    assert 0 == metrics.net_benefit(y, np.zeros(4), 0.25)


def test_decision_curve_equals_net_benefit_at_each_threshold() -> None:
    """The curve is computed from one sort; each point equals the single function, also where scores tie with it."""
    cut = [0.9, 0.1, 0.2, 0.35, 0.999]
    table = metrics.decision_curve(OUTCOME, FORECASTS["second"].to_numpy(), cut)

    assert cut == table["threshold"].tolist()
    for column, function in (
        ("net_benefit", lambda t: metrics.net_benefit(OUTCOME, FORECASTS["second"].to_numpy(), t)),
        ("net_benefit_all", lambda t: metrics.net_benefit_all(OUTCOME, t)),
        ("share_flagged", lambda t: (FORECASTS["second"] >= t).mean()),
    ):
        np.testing.assert_allclose(table[column], [function(t) for t in cut], atol=1e-14)


def test_rows_tied_at_the_cut_share_the_places_left() -> None:
    """Three rows tie for one place after the first: each is flagged to a third, in any order."""
    assert [1, 1 / 3, 1 / 3, 1 / 3, 0] == pytest.approx(metrics.flagged(np.array([0.9, 0.5, 0.5, 0.5, 0.1]), 2))


def test_precision_recall_and_lift_of_a_short_list() -> None:
    """Of 10 people with 4 cases, the list of 2 holds one case for sure and half of a tied pair with one case.

    So precision is 1.5 / 2, recall 1.5 / 4 and lift 0.75 / 0.4.
    """
    y = np.array([1, 1, 0, 1, 1, 0, 0, 0, 0, 0])
    p = np.array([0.9, 0.8, 0.8, 0.3, 0.3, 0.3, 0.2, 0.1, 0.1, 0.1])

    for k in (2, np.int64(2), 0.2):
        at = metrics.at_capacity(y, p, k)
        assert (0.75, 0.375, 1.875, 2.0) == pytest.approx((at.precision, at.recall, at.lift, at.n_flagged))


def test_a_list_longer_than_the_rows_flags_everyone() -> None:
    """Capacity 10 for 4 people means 4 flagged, precision equal to prevalence and lift 1."""
    at = metrics.at_capacity(np.array([1, 0, 0, 0]), np.array([0.4, 0.3, 0.2, 0.1]), 10)

    assert metrics.AtCapacity(0.25, 1.0, 1.0, 4.0) == at


def test_overlap_is_shared_over_all_flagged() -> None:
    """Lists {1, 2} and {1, 3} share one of three rows; a list with itself overlaps fully, ties or not."""
    a, b = np.array([0.9, 0.8, 0.1]), np.array([0.9, 0.1, 0.8])

    assert 1 / 3 == pytest.approx(metrics.overlap(a, b, 2))
    assert 1 == metrics.overlap(np.array([0.5, 0.5, 0.1]), np.array([0.5, 0.5, 0.1]), 1)
    assert 0 == metrics.overlap(a, -a, 1)


def test_accuracy_is_read_beside_the_majority() -> None:
    """Forecasting "no" for 3 of 4 people is right in 3 of 4, as often as the majority rate."""
    y = np.array([0, 0, 0, 1])

    assert 0.75 == metrics.majority_accuracy(y) == metrics.accuracy_at(y, np.zeros(4))


def test_delong_of_two_cases_and_two_others() -> None:
    """Placements 0.75 and 1 on both sides have variance 1/32 each, so the variance is 1/32 / 2 + 1/32 / 2 = 1/32."""
    area, covariance = metrics.delong(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.8]))

    assert ([0.875], [[1 / 32]]) == (area.tolist(), covariance.tolist())


def test_limits_of_an_auc_stay_between_0_and_1() -> None:
    """0.875 and 0.125 with standard error 0.177 would reach beyond 1 and below 0, and are cut there."""
    y, p = np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.8])

    assert 1 == metrics.delong_interval(y, p).high
    assert 0 == metrics.delong_interval(y, -p).low
    assert 0.875 - 0.6744898 * np.sqrt(1 / 32) == pytest.approx(metrics.delong_interval(y, p, level=0.5).low, abs=1e-7)


def test_two_scores_that_rank_alike_do_not_differ() -> None:
    """A monotone rescaling leaves difference 0, interval [0, 0], z 0 and p 1."""
    p = FORECASTS["first"].to_numpy()
    found = metrics.delong_difference(OUTCOME, p, np.log(p))

    assert metrics.Difference(0.0, 0.0, 0.0, 0.0, 1.0) == found


def test_a_perfect_score_against_its_reverse_has_no_spread() -> None:
    """AUC 1 against 0: the difference is 1 with no variance, so z is infinite and p is 0."""
    y = np.array([0, 0, 1, 1])

    assert metrics.Difference(1.0, 1.0, 1.0, np.inf, 0.0) == metrics.delong_difference(y, y, -y)


# --- other software ------------------------------------------------------------------------


@pytest.mark.parametrize("score", SCORES)
def test_auc_and_its_interval_equal_proc(score: str) -> None:
    """AUC and DeLong limits of R's pROC."""
    found = metrics.delong_interval(OUTCOME, FORECASTS[score].to_numpy())

    expected = (R[f"{score}.auc"], R[f"{score}.auc_low"], R[f"{score}.auc_high"])
    assert expected == pytest.approx((found.estimate, found.low, found.high), abs=1e-12)
    assert expected[0] == pytest.approx(metrics.auc(OUTCOME, FORECASTS[score].to_numpy()), abs=1e-12)


@pytest.mark.parametrize("other", ["second", "third"])
def test_paired_test_equals_proc(other: str) -> None:
    """Difference limits, z and p of R's pROC, roc.test paired; p also where it is 1e-19."""
    found = metrics.delong_difference(OUTCOME, FORECASTS["first"].to_numpy(), FORECASTS[other].to_numpy())

    expected = [R[f"first-{other}.{name}"] for name in ("low", "high", "z", "p")]
    np.testing.assert_allclose([found.low, found.high, found.z, found.p], expected, rtol=1e-9)


def test_covariance_equals_proc() -> None:
    """All variances and covariances of three AUCs of R's pROC."""
    expected = pd.read_csv(REFERENCE / "delong_covariance.csv", index_col=0).to_numpy()

    np.testing.assert_allclose(metrics.delong(OUTCOME, FORECASTS[SCORES].to_numpy())[1], expected, rtol=1e-9)


@pytest.mark.parametrize("score", SCORES)
def test_brier_equals_rms(score: str) -> None:
    """Brier score of R's rms::val.prob."""
    found = metrics.brier(OUTCOME, FORECASTS[score].to_numpy())

    assert R[f"{score}.val.prob.Brier"] == pytest.approx(found, abs=1e-12)


def test_net_benefit_equals_dcurves() -> None:
    """Nine thresholds of three scores and of acting on everyone, in the Python package dcurves."""
    expected = pd.read_csv(REFERENCE / "net_benefit.csv")

    assert 36 == len(expected)
    for model, part in expected.groupby("model"):
        table = metrics.decision_curve(
            OUTCOME, FORECASTS["first" if model == "all" else model].to_numpy(), part["threshold"].to_numpy()
        )
        found = table["net_benefit_all" if model == "all" else "net_benefit"]
        np.testing.assert_allclose(found, part["net_benefit"], atol=1e-12)


@pytest.mark.parametrize("measure", WEIGHTED)
@given(sample=rows())
def test_weighted_measures_equal_scikit_learn(measure: str, sample: tuple[np.ndarray, ...]) -> None:
    """With ties, weights and weights of 0, four measures equal scikit-learn's."""
    y, p, w = sample
    p = 0.01 + 0.98 * p  # scikit-learn clips a log loss elsewhere
    ours, theirs = WEIGHTED[measure]

    assert theirs(y, p, sample_weight=w) == pytest.approx(ours(y, p, w), abs=1e-12)


@given(sample=rows())
def test_accuracy_and_skill_equal_scikit_learn(sample: tuple[np.ndarray, ...]) -> None:
    """Accuracy at a half is scikit-learn's, and Brier skill against the prevalence is its d2_brier_score."""
    y, p, w = sample

    expected = sklearn_metrics.accuracy_score(y, p >= 0.5, sample_weight=w)
    assert expected == pytest.approx(metrics.accuracy_at(y, p, 0.5, w), abs=1e-12)
    expected = sklearn_metrics.d2_brier_score(y, p, sample_weight=w)
    assert expected == pytest.approx(metrics.brier_skill(y, p, weights=w), abs=1e-10)


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
        share = metrics.decision_curve(y, q, [0.25])["share_flagged"].iloc[0]
        recall = metrics.at_capacity(y, q, int(np.rint(share * len(y)))).recall
        assert tuple(theirs.loc[name]) == pytest.approx((share, recall), abs=1e-12)


# --- invariants ----------------------------------------------------------------------------


@given(sample=rows())
def test_ranking_measures_ignore_monotone_rescaling(sample: tuple[np.ndarray, ...]) -> None:
    """AUC, PR-AUC, DeLong and flagged rows are the same for probabilities and for three times their square less 7."""
    y, p, w = sample
    other = 3 * (p + 1) ** 2 - 7

    assert metrics.auc(y, p, w) == metrics.auc(y, other, w)
    assert metrics.average_precision(y, p, w) == metrics.average_precision(y, other, w)
    assert metrics.flagged(p, 0.3, w).tolist() == metrics.flagged(other, 0.3, w).tolist()
    assert metrics.auc(y, p, w) == pytest.approx(1 - metrics.auc(y, -p, w), abs=1e-12)


@given(sample=rows())
def test_weight_two_equals_a_doubled_row(sample: tuple[np.ndarray, ...]) -> None:
    """Every measure with whole weights equals itself on rows repeated as often."""
    y, p, w = sample

    np.testing.assert_allclose(
        every_measure(y, p, w), every_measure(np.repeat(y, w), np.repeat(p, w)), atol=1e-12, rtol=1e-12
    )


@given(sample=rows(), seed=st.integers(0, 1000))
def test_row_order_does_not_matter(sample: tuple[np.ndarray, ...], seed: int) -> None:
    """Every measure of shuffled rows is the same, lists with ties at the cut included."""
    y, p, w = sample
    order = np.random.default_rng(seed).permutation(len(y))

    np.testing.assert_allclose(every_measure(y, p, w), every_measure(y[order], p[order], w[order]), atol=1e-12)
    np.testing.assert_allclose(metrics.flagged(p, 2, w)[order], metrics.flagged(p[order], 2, w[order]), atol=1e-12)


@given(sample=rows(), k=st.one_of(st.integers(1, 60), st.floats(0.01, 1)))
def test_flagged_rows_add_up_to_the_capacity(sample: tuple[np.ndarray, ...], k: float) -> None:
    """The list holds k rows, or the share k of them, or everyone if there are fewer."""
    _, p, w = sample
    capacity = min(k, w.sum()) if isinstance(k, int) else k * w.sum()

    assert capacity == pytest.approx(metrics.flagged(p, k, w) @ w, abs=1e-9)


def test_delong_agrees_with_the_spread_of_simulated_aucs() -> None:
    """Over 400 samples of 150 people, DeLong's standard error is within 10 % of the spread of the AUCs."""
    rng = np.random.default_rng(7)
    areas, errors = [], []
    for _ in range(400):
        y = np.repeat([0, 1], [100, 50])
        area, covariance = metrics.delong(y, rng.normal(y * 0.9))
        areas.append(area[0])
        errors.append(covariance[0, 0])

    assert np.std(areas) == pytest.approx(np.sqrt(np.mean(errors)), rel=0.1)


# --- refusals ------------------------------------------------------------------------------

BAD = [
    (np.array([1, 1]), np.array([0.1, 0.2]), metrics.OneClassError, r"only one outcome occurs in 2 row\(s\)"),
    (np.array([0, 1]), np.array([0.1, np.nan]), metrics.GapError, r"probability is missing .* in 1 row\(s\), .* row 2"),
    (np.array([0, np.nan]), np.array([0.1, 0.2]), metrics.GapError, "outcome is missing"),
    (
        np.array([0, 1, 2]),
        np.array([0.1, 0.2, 0.3]),
        metrics.RangeError,
        r"neither 0 nor 1 in 1 row\(s\), first in row 3",
    ),
    (np.array([0, 1]), np.array([0.1]), metrics.RangeError, "probability must have shape"),
    (np.array([]), np.array([]), metrics.RangeError, "there are no rows"),
]


@pytest.mark.parametrize(("y", "p", "error", "text"), BAD)
@pytest.mark.parametrize("function", [metrics.auc, metrics.average_precision, metrics.brier_skill, metrics.delong])
def test_bad_rows_are_refused_by_name(function, y, p, error, text) -> None:
    """One outcome, a gap, a third value, unequal lengths and no rows each raise their own ValueError."""
    assert issubclass(error, ValueError)
    with pytest.raises(error, match=text):
        function(y, p)


def test_what_is_not_a_probability_is_refused_where_it_is_read_as_one() -> None:
    """1.2345 is a score and no probability: the AUC takes it, the others name the row and keep the value back."""
    y, p = np.array([0, 1]), np.array([0.1, 1.2345])

    assert 1 == metrics.auc(y, p)
    for function in (metrics.brier, metrics.log_loss, metrics.accuracy_at, metrics.brier_skill):
        with pytest.raises(metrics.RangeError, match=r"outside 0 to 1 in 1 row\(s\), first in row 2") as caught:
            function(y, p)
        assert "1.2345" not in str(caught.value)


@pytest.mark.parametrize("threshold", [0, 1, -0.1, np.nan])
def test_a_threshold_without_a_price_is_refused(threshold: float) -> None:
    """At 0 and 1 one kind of error would be free."""
    with pytest.raises(metrics.RangeError, match="threshold must lie strictly"):
        metrics.net_benefit(np.array([0, 1]), np.array([0.1, 0.2]), threshold)


@pytest.mark.parametrize("k", [0, -1, 1.5, 0.0, np.nan, True])
def test_a_capacity_that_is_neither_number_nor_share_is_refused(k: float) -> None:
    """1.5 is no number of rows and no share of them."""
    with pytest.raises(metrics.RangeError, match="k must be"):
        metrics.flagged(np.array([0.1, 0.2]), k)


def test_weights_are_checked() -> None:
    """Negative weights, and weights that are all 0, are refused; so is an outcome that only occurs with weight 0."""
    y, p = np.array([0, 1]), np.array([0.1, 0.2])

    with pytest.raises(metrics.RangeError, match="weights are negative"):
        metrics.brier(y, p, np.array([1, -1]))
    with pytest.raises(metrics.RangeError, match="all weights are 0"):
        metrics.brier(y, p, np.zeros(2))
    with pytest.raises(metrics.OneClassError):
        metrics.auc(y, p, np.array([1, 0]))


def test_delong_needs_two_of_each_outcome_and_the_same_rows() -> None:
    """One case has no variance among cases; scores of unequal length are not paired; level 1 has no limits."""
    with pytest.raises(metrics.OneClassError, match="at least twice"):
        metrics.delong(np.array([0, 0, 1]), np.array([0.1, 0.2, 0.3]))
    with pytest.raises(metrics.RangeError, match="same rows"):
        metrics.delong_difference(OUTCOME, FORECASTS["first"].to_numpy(), np.zeros(3))
    with pytest.raises(metrics.RangeError, match="same rows"):
        metrics.overlap(np.zeros(3), np.zeros(4), 1)
    with pytest.raises(metrics.RangeError, match="shape"):
        metrics.delong(OUTCOME, np.zeros((400, 2, 2)))
    with pytest.raises(metrics.RangeError, match="level"):
        metrics.delong_interval(OUTCOME, FORECASTS["first"].to_numpy(), level=1)


def test_arguments_are_left_as_they_were() -> None:
    """No function writes into what it is given."""
    y, p = OUTCOME.copy(), FORECASTS["first"].to_numpy().copy()
    before = y.copy(), p.copy()
    every_measure(y, p)
    metrics.delong(y, p)

    assert all(np.array_equal(a, b) for a, b in zip(before, (y, p), strict=True))
