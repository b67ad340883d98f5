"""Weights multiply how often a client is drawn, in every measure, and change nothing where all are 1."""

import numpy as np
import pytest

from eriq.study.evaluation.bootstrap import Rows, bootstrap, client_weights, weighted_bootstrap
from eriq.study.evaluation.decisions import at_capacity, net_benefit
from eriq.study.evaluation.metrics import auc, average_precision, brier, log_loss
from eriq.study.evaluation.wanted import Wanted

ALL = Wanted(shares=(0.1, 0.4), numbers=(7,), thresholds=(0.2, 0.5))


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return outcome, tied forecasts of two contenders, clients with one to many rows, and weights, some of them 0."""
    rng = np.random.default_rng(11)
    n = 240
    outcome = (rng.random(n) < 0.3).astype(int)
    forecast = np.clip(rng.random((n, 2)).round(2) + 0.1 * outcome[:, None], 0, 1)
    weights = np.where(rng.random(n) < 0.3, 0, 0.02 + 0.5 * rng.random(n))  # sums below 1 and above it
    return outcome, forecast, rng.integers(0, 70, n), weights


def slow(outcome, forecast, weights) -> list[float]:
    """Return all measures of one contender from the functions that take weights."""
    lists = [at_capacity(outcome, forecast, k, weights) for k in (0.1, 0.4, 7)]
    return [
        auc(outcome, forecast, weights),
        average_precision(outcome, forecast, weights),
        *(found.precision for found in lists),
        *(found.recall for found in lists),
        *(found.lift for found in lists),
        log_loss(outcome, forecast, weights),
        brier(outcome, forecast, weights),
        *(net_benefit(outcome, forecast, t, weights) for t in (0.2, 0.5)),
    ]


def test_every_replicate_is_the_weighted_measure_with_the_draws_as_further_weights(rows):
    """Estimate and draws agree with a slow second way, for ties, lists that cut them, and clients of weight 0 alone."""
    outcome, forecast, client, weights = rows
    made = weighted_bootstrap(Rows(outcome, forecast, client, weights), ALL, replicates=20, seed=3)
    drawn = np.concatenate(list(client_weights(client, 20, 3)))
    for c in range(2):
        np.testing.assert_allclose(made.estimate[:, c], slow(outcome, forecast[:, c], weights), atol=1e-12)
        for r, counts in enumerate(drawn):
            np.testing.assert_allclose(made.draws[:, r, c], slow(outcome, forecast[:, c], counts * weights), atol=1e-12)


def test_whole_weights_equal_repeated_rows(rows):
    """A row of weight 3 is three rows of its client, one of weight 0 is none though its client is drawn."""
    outcome, forecast, client, _ = rows
    weights = np.random.default_rng(4).integers(0, 4, len(outcome))
    weights[np.unique(client, return_index=True)[1]] = np.maximum(weights[np.unique(client, return_index=True)[1]], 1)
    again = np.repeat(np.arange(len(outcome)), weights)
    made = weighted_bootstrap(Rows(outcome, forecast, client, weights), ALL, replicates=30, seed=5)
    whole = bootstrap(outcome[again], forecast[again], client[again], ALL, replicates=30, seed=5)
    np.testing.assert_allclose(made.draws, whole.draws, atol=1e-12)
    np.testing.assert_allclose(made.estimate, whole.estimate, atol=1e-12)


def test_weights_of_1_change_nothing(rows):
    """Neither estimates nor draws."""
    outcome, forecast, client, _ = rows
    plain = bootstrap(outcome, forecast, client, ALL, replicates=40, seed=2)
    ones = weighted_bootstrap(Rows(outcome, forecast, client, np.ones(len(outcome))), ALL, replicates=40, seed=2)
    np.testing.assert_allclose(ones.draws, plain.draws, atol=1e-12)


def test_only_the_ratios_of_weights_count(rows):
    """Weights far below 1 give the same measures, of lists as long as a share of the rows."""
    outcome, forecast, client, weights = rows
    wanted = Wanted(shares=(0.1,), thresholds=(0.2,))
    made, small = (
        weighted_bootstrap(Rows(outcome, forecast, client, scale * weights), wanted, replicates=20, seed=6)
        for scale in (1, 0.001)
    )
    np.testing.assert_allclose(small.draws, made.draws, atol=1e-12)


def test_a_replicate_with_one_class_only_among_rows_with_weight_is_nothing(rows):
    """The only case counts as drawn or not by its client, whatever the weights sum to."""
    outcome, forecast, client = np.array([1, 0, 1, 0]), np.full((4, 1), 0.5), np.arange(4)
    weights = np.array([0.1, 0.7, 0.0, 0.3])
    only_losses = Wanted(("log_loss",))  # a ranking of one class would be nothing by itself
    made = weighted_bootstrap(Rows(outcome, forecast, client, weights), only_losses, replicates=60, seed=1)
    drawn = np.concatenate(list(client_weights(client, 60, 1)))
    both = (drawn[:, 0] > 0) & ((drawn[:, 1] > 0) | (drawn[:, 3] > 0))
    assert made.usable.tolist() == both.tolist()
    assert 0 < both.sum() < 60


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([1, 1, 1], "must have the shape"),
        ([1, -1, 1, 1], r"infinite or negative in 1 row"),
        ([np.nan, np.inf, 1, 1], r"infinite or negative in 2 row"),
        ([0, 1, 0, 1], "one class only among rows with a weight"),
    ],
)
def test_weights_that_cannot_be_are_refused(weights, words):
    """With the number of rows, and no value."""
    with pytest.raises(ValueError, match=words):
        weighted_bootstrap(Rows([1, 0, 1, 0], [[0.5]] * 4, [1, 2, 3, 4], weights), replicates=5, seed=1)
