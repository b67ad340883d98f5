"""Whole points: per answer, few columns, and what a sum means."""

import numpy as np
import pytest
from scipy.special import expit

from eriq.features.matrix import to_matrix
from eriq.model.calibrator import Calibrator
from eriq.study.learning.final import as_model, background_of
from eriq.study.learning.scorecard import MOST_COLUMNS, MOST_POINTS, Scorecard, Steps
from eriq.study.learning.training import fit, margin, margin_loss
from tests.study.learning.conftest import FEATURES, NAMES, contender, people


def world(rows: int = 3000, columns: int = 14) -> tuple[np.ndarray, np.ndarray]:
    """Return answers on four levels, the last column of names, and an outcome that rests on three columns."""
    rng = np.random.default_rng(1)
    matrix = rng.integers(0, 4, (rows, columns)).astype(float)
    log_odds = matrix[:, 0] + 0.5 * (matrix[:, 1] > 1) - 1.5 + 1.0 * (matrix[:, -1] == 2)
    outcome = (rng.random(rows) < expit(log_odds)).astype(int)
    matrix[rng.random(matrix.shape) < 0.05] = np.nan
    return matrix, outcome


@pytest.fixture(scope="module")
def card() -> tuple[Scorecard, np.ndarray, np.ndarray]:
    """Return a fitted scorecard with its rows."""
    matrix, outcome = world()
    return Scorecard((*[False] * 13, True), C=0.1).fit(matrix, outcome), matrix, outcome


def test_points_are_whole_start_at_0_and_fit_on_a_page(card):
    """Every point is a whole number from 0 to 10, the strongest column reaches 10, and at most ten columns have any."""
    mains = card[0].points_.mains
    assert all(np.array_equal(main, np.rint(main)) and main.min() == 0 for main in mains)
    assert max(main.max() for main in mains) == MOST_POINTS
    assert 1 <= sum(np.ptp(main) > 0 for main in mains) <= MOST_COLUMNS


def test_the_columns_that_tell_get_the_points_in_the_right_order(card):
    """The first column rises from 0 to 10, half of what it tells goes to others, and the right name gets points."""
    mains = card[0].points_.mains
    assert mains[0][:4].tolist() == sorted(mains[0][:4].tolist())
    assert mains[0][3] == MOST_POINTS
    assert 1 <= mains[1][2] <= 3
    names = card[0].steps_[-1].upper
    worth = [mains[-1][int(np.searchsorted(names, k))] for k in range(4)]
    assert int(np.argmax(worth)) == 2


def test_a_sum_of_points_is_the_forecast(card):
    """Log-odds are two numbers on the sum of points, and right on average."""
    scored, matrix, outcome = card
    total = np.sum(
        [main[place] for main, place in zip(scored.points_.mains, scored.points_.bins(matrix), strict=True)], axis=0
    )
    eta = scored.decision_function(matrix)
    assert eta == pytest.approx(scored.forecast_.intercept + scored.forecast_.slope * total)
    assert expit(eta).mean() == pytest.approx(outcome.mean(), abs=1e-3)
    best = margin_loss(outcome, np.full(len(outcome), np.log(outcome.mean() / (1 - outcome.mean())))).mean()
    assert margin_loss(outcome, eta).mean() < best - 0.05


def test_steps_lie_between_people_and_rare_ones_are_left_out():
    """Few values each begin a step unless under ten rows are on a side; many are cut at fifths with three digits."""
    few = Steps.of(np.repeat([0.0, 1.0, 2.0, 3.0], [5, 40, 40, 9]), names=False)
    assert few.at.tolist() == [1.0]
    many = Steps.of(np.linspace(0, 1000, 101) + 0.12345, names=False)
    assert many.at.tolist() == [200.0, 400.0, 600.0, 800.0]
    names = Steps.of(np.repeat([0.0, 1.0, 2.0], [30, 9, 30]), names=True)
    assert names.at.tolist() == [0.0, 2.0]
    assert names.indicators(np.array([0.0, 1.0, 2.0, np.nan])).tolist() == [[1, 0], [0, 0], [0, 1], [0, 0]]


def test_weights_of_0_leave_rows_out():
    """Rows with weight 0 change no point: turning their outcomes round does nothing."""
    matrix, outcome = world(600, 4)
    weight = (np.arange(600) < 400).astype(float)
    cards = [
        Scorecard((False,) * 4).fit(matrix, y, weight).decision_function(matrix)
        for y in (outcome, np.where(weight == 0, 1 - outcome, outcome))
    ]
    assert cards[0] == pytest.approx(cards[1])


def test_a_saved_scorecard_holds_whole_points_and_explains_itself():
    """The saved tables are the points; log-odds and contributions are those of the calibrated score."""
    design = people(150)
    fitted = fit(contender("scorecard"), design, FEATURES, seed=1)
    background = background_of(contender("scorecard"), design, FEATURES, 1)
    model = as_model(fitted, Calibrator(-0.2, 0.9), (), background)
    matrix = to_matrix(design.matrix, NAMES).to_numpy()
    (only,) = model.estimator
    assert all(np.array_equal(main, np.rint(main)) for main in only.estimator.mains)
    assert model.log_odds(matrix) == pytest.approx(-0.2 + 0.9 * margin(fitted, design), abs=1e-12)
    assert np.abs(model.contributions(matrix).sum(axis=1) - model.log_odds(matrix)).max() < 1e-9


def test_noise_gets_nearly_no_points():
    """Shuffled outcomes leave the score near the overall rate."""
    design = people(300)
    noise = type(design)(
        design.rows, design.matrix, np.random.default_rng(1).permutation(design.outcome), design.client
    )
    eta = margin(fit(contender("scorecard"), noise, FEATURES, seed=1), noise)
    assert np.ptp(eta) < 1.2
