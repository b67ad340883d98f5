"""Intervals with weights for censored rows hold the truth as often as they say."""

import numpy as np
import pytest
from tests.study.worlds import HORIZON, World, make

from eriq.study.design.censoring import EVERYONE, censoring_weights
from eriq.study.evaluation.bootstrap import Rows, weighted_bootstrap
from eriq.study.evaluation.intervals import percentiles
from eriq.study.evaluation.metrics import auc, brier
from eriq.study.evaluation.wanted import Wanted
from eriq.tables.time_to_entry import happened_by

RUNS = 400


def forecast(world: World) -> np.ndarray:
    """Return a forecast that is off in level and slope, so that no measure is at its best."""
    return np.asarray(1 / (1 + np.exp(1.7 - 1.2 * world.x)))


@pytest.mark.slow
def test_intervals_with_weights_cover_the_truth() -> None:
    """With 1,500 rows, 36 % of them lost, AUC and Brier are within .025 of 95 % (a standard error is .011)."""
    everyone = make(9, 400_000)
    truth = np.array([measure(everyone.outcome, forecast(everyone)) for measure in (auc, brier)])
    held = np.zeros(2)
    for run in range(RUNS):
        world = make(20_000 + run, 1500)
        weights = censoring_weights(world.times, HORIZON, np.full(1500, EVERYONE, dtype=object)).weight
        happened = happened_by(world.times, HORIZON).astype(int)
        rows = Rows(happened, forecast(world)[:, None], np.arange(1500), weights)
        made = weighted_bootstrap(rows, Wanted(("auc", "brier")), replicates=300, seed=run)
        low, high = percentiles(made.draws, 0.95)
        held += (low[:, 0] <= truth) & (truth <= high[:, 0])
    assert (np.abs(held / RUNS - 0.95) < 0.025).all()
