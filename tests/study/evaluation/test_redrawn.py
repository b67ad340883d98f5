"""Curves of many draws at a time: against a curve fitted to the rows of each draw."""

import numpy as np
import pytest

from eriq.study.evaluation.bootstrap import client_weights
from eriq.study.evaluation.logit_curve import curve_and_emax
from eriq.study.evaluation.redrawn import Grouped, redrawn_curves
from eriq.study.evaluation.smooth import smooth_curve

DRAWS = 60


def one_by_one(outcome: np.ndarray, probability: np.ndarray, counts: np.ndarray, grid: np.ndarray):
    """Fit both curves to the rows of each draw, with windows and knots of its own."""
    bands, distances = [], []
    for count in counts:
        rows = np.repeat(np.arange(len(outcome)), count.astype(int))
        y, p = outcome[rows], probability[rows]
        fitted = smooth_curve(y, p)
        x, observed = fitted["forecast"].to_numpy(), fitted["observed"].to_numpy()
        distance = np.abs(np.interp(p, x, observed) - p)
        smooth = np.interp(grid, x, observed, left=np.nan, right=np.nan).clip(0, 1)
        on_logit, emax = curve_and_emax(y, p, grid)
        bands.append([smooth, on_logit])
        distances.append([distance.mean(), *np.quantile(distance, [0.5, 0.9]), emax])
    return np.array(bands), np.array(distances)


def people(n: int, levels: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return outcome, forecasts that are too extreme, and the client of each row."""
    rng = np.random.default_rng(8)
    client = rng.integers(0, n // 3, n)
    margin = rng.normal(size=n // 3)[client] - 2
    outcome = (rng.random(n) < 1 / (1 + np.exp(-margin))).astype(int)
    forecast = 1 / (1 + np.exp(-1.4 * margin + rng.normal(0, 0.3, n)))
    return outcome, np.round(forecast * levels) / levels if levels else forecast, client


@pytest.mark.parametrize(("n", "levels"), [(4000, 0), (4000, 20), (300, 0)])
def test_bands_and_intervals_are_those_of_single_draws(n: int, levels: int) -> None:
    """Ends of bands and of the intervals of distances move by at most 3 % of their width, of few rows 5 %."""
    outcome, probability, client = people(n, levels)
    counts, most = np.concatenate(list(client_weights(client, DRAWS, 3))), 0.03 if n > 1000 else 0.05
    grid = np.unique(np.quantile(probability, np.linspace(0.05, 0.95, 20)))
    rows = Grouped.of(outcome, probability)
    ours, again = redrawn_curves(rows, rows.tally(counts), grid)
    theirs, singly = one_by_one(outcome, probability, counts, grid)

    ends = [np.nanquantile(bands, [0.025, 0.975], axis=0) for bands in (ours, theirs)]
    width = ends[1][1] - ends[1][0]
    assert (np.abs(ends[0] - ends[1]) / width).max() <= most
    ends = [np.quantile(distances, [0.025, 0.975], axis=0) for distances in (again, singly)]
    assert (np.abs(ends[0] - ends[1]) / (ends[1][1] - ends[1][0])).max() <= most


def test_groups_of_few_forecasts_are_the_forecasts_themselves() -> None:
    """Of forecasts that take few values, each is a group of its own with the rows that have it."""
    outcome, probability, _ = people(300, 4)
    rows = Grouped.of(outcome, probability)
    assert rows.forecast.tolist() == np.unique(probability).tolist()
    assert rows.tally(np.ones((1, 300)))[0, 0].tolist() == np.unique(probability, return_counts=True)[1].tolist()


def test_a_draw_with_one_outcome_gets_its_share() -> None:
    """The spline of a draw without the outcome is 0, and the other draws are fitted as without it."""
    outcome, probability, _ = people(300)
    rows, counts, grid = Grouped.of(outcome, probability), np.ones((2, 300)), np.array([0.1, 0.2])
    counts[1] = outcome == 0
    bands, distances = redrawn_curves(rows, rows.tally(counts), grid)
    assert bands[1, 1].tolist() == [0.0, 0.0]
    assert distances[1, 3] == pytest.approx(np.quantile(probability[outcome == 0], 0.99), abs=0.02)
    np.testing.assert_allclose(bands[0, 1], redrawn_curves(rows, rows.tally(counts[:1]), grid)[0][0, 1], atol=1e-7)
