"""Discrimination and accuracy of probabilities, and what holds for every weighted measure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from eriq.study.evaluation import decisions, delong, metrics
from tests.study.evaluation.conftest import FORECASTS, OUTCOME, SCORES, R, rows

WEIGHTED = {
    "auc": (metrics.auc, sklearn_metrics.roc_auc_score),
    "average_precision": (metrics.average_precision, sklearn_metrics.average_precision_score),
    "log_loss": (metrics.log_loss, sklearn_metrics.log_loss),
    "brier": (metrics.brier, sklearn_metrics.brier_score_loss),
}


def every_measure(y, p, w=None):
    """Return each weighted measure once, as an array."""
    listed = [decisions.at_capacity(y, p, k, w) for k in (0.3, 2)]
    return np.array(
        [ours(y, p, w) for ours, _ in WEIGHTED.values()]
        + [metrics.brier_skill(y, p, weights=w), metrics.accuracy_at(y, p, 0.4, w), metrics.majority_accuracy(y, w)]
        + [decisions.net_benefit(y, p, 0.2, w), decisions.net_benefit_all(y, 0.2, w)]
        + [value for at in listed for value in (at.precision, at.recall, at.lift, at.n_flagged)]
        + decisions.decision_curve(y, p, [0.2, 0.7], w).to_numpy().ravel().tolist()
    )


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


def test_accuracy_is_read_beside_the_majority() -> None:
    """Forecasting "no" for 3 of 4 people is right in 3 of 4, as often as the majority rate."""
    y = np.array([0, 0, 0, 1])

    assert 0.75 == metrics.majority_accuracy(y) == metrics.accuracy_at(y, np.zeros(4))


@pytest.mark.parametrize("score", SCORES)
def test_brier_equals_rms(score: str) -> None:
    """Brier score of R's rms::val.prob."""
    found = metrics.brier(OUTCOME, FORECASTS[score].to_numpy())

    assert R[f"{score}.val.prob.Brier"] == pytest.approx(found, abs=1e-12)


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


@given(sample=rows())
def test_ranking_measures_ignore_monotone_rescaling(sample: tuple[np.ndarray, ...]) -> None:
    """AUC, PR-AUC, DeLong and flagged rows are the same for probabilities and for three times their square less 7."""
    y, p, w = sample
    other = 3 * (p + 1) ** 2 - 7

    assert metrics.auc(y, p, w) == metrics.auc(y, other, w)
    assert metrics.average_precision(y, p, w) == metrics.average_precision(y, other, w)
    assert decisions.flagged(p, 0.3, w).tolist() == decisions.flagged(other, 0.3, w).tolist()
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
    np.testing.assert_allclose(decisions.flagged(p, 2, w)[order], decisions.flagged(p[order], 2, w[order]), atol=1e-12)


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
@pytest.mark.parametrize("function", [metrics.auc, metrics.average_precision, metrics.brier_skill, delong.delong])
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


def test_weights_are_checked() -> None:
    """Negative weights, and weights that are all 0, are refused; so is an outcome that only occurs with weight 0."""
    y, p = np.array([0, 1]), np.array([0.1, 0.2])

    with pytest.raises(metrics.RangeError, match="weights are negative"):
        metrics.brier(y, p, np.array([1, -1]))
    with pytest.raises(metrics.RangeError, match="all weights are 0"):
        metrics.brier(y, p, np.zeros(2))
    with pytest.raises(metrics.OneClassError):
        metrics.auc(y, p, np.array([1, 0]))


def test_arguments_are_left_as_they_were() -> None:
    """No function writes into what it is given."""
    y, p = OUTCOME.copy(), FORECASTS["first"].to_numpy().copy()
    before = y.copy(), p.copy()
    every_measure(y, p)
    delong.delong(y, p)

    assert all(np.array_equal(a, b) for a, b in zip(before, (y, p), strict=True))
