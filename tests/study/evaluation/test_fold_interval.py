"""The interval that covers refitting, by hand and against independent arithmetic."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t

from eriq.study.evaluation.delong import delong
from eriq.study.evaluation.fold_interval import FoldForecasts, fold_interval, fold_pairs


def people(n: int = 120, folds: int = 3, rows: int = 1, seed: int = 1) -> FoldForecasts:
    """Make n clients with `rows` rows each, two forecasts, and fits without two folds that are a little worse."""
    rng = np.random.default_rng(seed)
    client = np.repeat(np.arange(n), rows)
    outcome = (rng.random(len(client)) < 0.4).astype(np.int8)
    score = np.column_stack([outcome * 0.3, outcome * 1.0]) + rng.normal(size=(len(client), 2))
    fold = (client % folds)[None, :]
    less = {(0, k, m): score + 0.3 * rng.normal(size=score.shape) for k, m in fold_pairs(folds)}
    return FoldForecasts(outcome, client, fold, score[None], less)


def auc_gain(outcome: np.ndarray, score: np.ndarray) -> float:
    """Return the difference of two AUCs by counting pairs."""
    both = []
    for column in score.T:
        beats = column[outcome == 1][:, None] - column[outcome == 0][None, :]
        both.append(((beats > 0) + 0.5 * (beats == 0)).mean())
    return both[1] - both[0]


def test_the_estimate_is_the_mean_over_folds_of_differences_within_them() -> None:
    """Only rows of one test fold are compared with each other, by counting pairs."""
    given = people()
    by_hand = [auc_gain(given.outcome[given.fold[0] == k], given.forecast[0][given.fold[0] == k]) for k in range(3)]

    assert np.isclose(np.mean(by_hand), fold_interval(given).estimate, rtol=0, atol=1e-12)


def test_an_intercept_per_fold_changes_nothing() -> None:
    """A constant added to all forecasts of one fold leaves every number as it was."""
    given = people()
    shifted = FoldForecasts(
        given.outcome,
        given.cluster,
        given.fold,
        given.forecast + 5.0 * given.fold[:, :, None],
        {key: made + 5.0 * given.fold[0][:, None] for key, made in given.without_two.items()},
    )

    assert np.allclose(astuple(fold_interval(given)), astuple(fold_interval(shifted)), rtol=0, atol=1e-12)


def astuple(found: object) -> tuple[float, ...]:
    """Return the numbers of an interval."""
    return tuple(getattr(found, name) for name in ("estimate", "se", "low", "high", "df", "fixed", "refit"))


def test_the_fixed_part_is_delongs_variance_fold_by_fold() -> None:
    """With one row a client it is the mean of DeLong's variances over folds, by K, for large folds."""
    given = people(n=6000)
    by_fold = []
    for k in range(3):
        rows = given.fold[0] == k
        _, covariance = delong(given.outcome[rows], given.forecast[0][rows])
        by_fold.append(np.array([-1, 1]) @ covariance @ np.array([-1, 1]))

    assert np.isclose(np.sum(by_fold) / 9, fold_interval(given).fixed, rtol=2e-3)


def test_the_refitted_part_is_the_product_of_what_folds_teach_each_other() -> None:
    """Two thirds of the mean product over pairs of folds, recomputed by counting pairs; a negative mean counts as 0."""
    given = people()
    gain = [auc_gain(given.outcome[given.fold[0] == k], given.forecast[0][given.fold[0] == k]) for k in range(3)]
    products = []
    for (_, k, m), made in given.without_two.items():
        rows_k, rows_m = given.fold[0] == k, given.fold[0] == m
        taught_k = gain[k] - auc_gain(given.outcome[rows_k], made[rows_k])
        taught_m = gain[m] - auc_gain(given.outcome[rows_m], made[rows_m])
        products.append(taught_k * taught_m)

    assert len(products) == 3
    assert np.isclose(max(0.0, 2 / 3 * np.mean(products)), fold_interval(given).refit, rtol=0, atol=1e-12)


def test_the_ends_are_those_of_a_t_interval_with_the_stated_degrees_of_freedom() -> None:
    """Both parts enter the variance; degrees of freedom follow Satterthwaite with n - K and K - 1."""
    given = people()
    found = fold_interval(given, level=0.9)
    variance = found.fixed + found.refit
    df = variance**2 / (found.fixed**2 / (120 - 3) + found.refit**2 / 2)

    assert np.isclose(df, found.df)
    assert np.isclose(found.se, np.sqrt(variance))
    assert np.allclose([found.low, found.high], found.estimate + np.array([-1, 1]) * t.ppf(0.95, df) * found.se)


def test_rows_of_a_client_count_together() -> None:
    """Every row given three times leaves the interval as it was, since the client is what varies."""
    given = people()
    thrice = FoldForecasts(
        np.repeat(given.outcome, 3),
        np.repeat(given.cluster, 3),
        np.repeat(given.fold, 3, axis=1),
        np.repeat(given.forecast, 3, axis=1),
        {key: np.repeat(made, 3, axis=0) for key, made in given.without_two.items()},
    )

    assert np.allclose(astuple(fold_interval(given)), astuple(fold_interval(thrice)), rtol=0, atol=1e-12)


def test_two_contenders_that_never_differ_have_an_interval_of_no_width() -> None:
    """Equal forecasts differ by 0, surely."""
    given = people()
    same = FoldForecasts(given.outcome, given.cluster, given.fold, given.forecast[:, :, [0, 0]], {})

    assert astuple(fold_interval(same))[:4] == (0.0, 0.0, 0.0, 0.0)


def test_what_cannot_be_told_is_an_error() -> None:
    """A fold without the outcome has no AUC; clusters that are folds say nothing of how clusters differ."""
    given = people()
    nobody = given.outcome * (given.fold[0] != 1).astype(np.int8)
    with pytest.raises(ValueError, match="one class only"):
        fold_interval(FoldForecasts(nobody, given.cluster, given.fold, given.forecast, {}))
    with pytest.raises(ValueError, match="fold of its own"):
        fold_interval(FoldForecasts(given.outcome, given.fold[0], given.fold, given.forecast, {}))
    with pytest.raises(ValueError, match="at least 3, not 2"):
        fold_pairs(2)


@pytest.mark.parametrize(("folds", "fits"), [(3, 3), (4, 6), (5, 10), (6, 12), (10, 20)])
def test_a_fold_takes_part_in_at_most_four_pairs(folds: int, fits: int) -> None:
    """Each fold is left out with the next two and the two before: at most twice as many fits as folds."""
    pairs = fold_pairs(folds)

    assert len(pairs) == fits <= 2 * folds
    assert all(sum(k in pair for pair in pairs) <= 4 for k in range(folds))


def test_a_row_of_weight_2_is_two_rows_of_its_client() -> None:
    """Estimate, both parts of the variance and the interval are those of doubled rows; ties included."""
    given = people(rows=2)
    rng = np.random.default_rng(3)
    weight = rng.integers(1, 4, len(given.outcome))
    again = np.repeat(np.arange(len(weight)), weight)
    given = replace(given, forecast=given.forecast.round(1))
    doubled = FoldForecasts(
        given.outcome[again],
        given.cluster[again],
        given.fold[:, again],
        given.forecast[:, again],
        {key: made[again] for key, made in given.without_two.items()},
    )

    weighted = fold_interval(replace(given, weight=weight.astype(float)))

    assert np.allclose(astuple(weighted), astuple(fold_interval(doubled)), rtol=0, atol=1e-12)
    assert abs(weighted.estimate - fold_interval(given).estimate) > 1e-3


def test_equal_weights_change_nothing() -> None:
    """With every weight 1.7 all numbers are those without weights."""
    given = people(rows=2)
    weighted = fold_interval(replace(given, weight=np.full(len(given.outcome), 1.7)))

    assert np.allclose(astuple(weighted), astuple(fold_interval(given)), rtol=0, atol=1e-12)
