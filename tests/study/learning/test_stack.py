"""Several ways of learning as one."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from eriq.features.matrix import to_matrix
from eriq.model.calibrator import Calibrator
from eriq.model.margin import raw_margin
from eriq.study.learning.final import as_model, background_of
from eriq.study.learning.stack import MEMBERS, stack_weights
from eriq.study.learning.training import fit, margin, margin_loss
from tests.study.learning.conftest import FEATURES, NAMES, contender, people


def test_weights_are_found_where_they_are_known():
    """With outcomes drawn at 0.3 + 0.7 a + 0.2 b, 100,000 rows give these back; a member that is noise gets none."""
    rng = np.random.default_rng(1)
    margins = rng.normal(size=(100_000, 3))
    outcome = (rng.random(100_000) < expit(0.3 + margins[:, :2] @ [0.7, 0.2])).astype(int)
    intercept, weights = stack_weights(margins, outcome)
    assert intercept == pytest.approx(0.3, abs=0.03)
    assert weights == pytest.approx([0.7, 0.2, 0.0], abs=0.03)


def test_no_weight_is_negative():
    """A member whose log-odds point the wrong way gets nothing instead of being turned round."""
    rng = np.random.default_rng(2)
    right = rng.normal(size=2000)
    outcome = (rng.random(2000) < expit(right)).astype(int)
    _, weights = stack_weights(np.column_stack([right, -right + rng.normal(size=2000)]), outcome)
    assert weights[1] == 0
    assert weights[0] > 0.8


def test_row_weights_count_as_rows():
    """A weight of 3 is the same as three equal rows."""
    rng = np.random.default_rng(3)
    margins, outcome = rng.normal(size=(300, 2)), rng.integers(0, 2, 300)
    count = np.where(np.arange(300) < 100, 3, 1)
    one = stack_weights(margins, outcome, count.astype(float))
    other = stack_weights(np.repeat(margins, count, 0), np.repeat(outcome, count))
    assert [one[0], *one[1]] == pytest.approx([other[0], *other[1]], abs=1e-4)


def test_a_stack_is_the_weighted_sum_of_its_members_as_it_is_saved():
    """Log-odds of the saved model are those of its members by weight, and contributions add up against a background."""
    design = people(150)
    fitted = fit(contender("stack"), design, FEATURES, seed=1)
    matrix = to_matrix(design.matrix, NAMES).to_numpy()
    settings = fitted.settings
    parts = [settings[f"{name}.weight"] * raw_margin(fitted.estimator.members[name], matrix) for name in MEMBERS]
    assert margin(fitted, design) == pytest.approx(settings["intercept"] + sum(parts))
    background = background_of(contender("stack"), design, FEATURES, 1)
    model = as_model(fitted, Calibrator(-0.2, 0.9), (), background)
    assert model.convention == "interventional"
    assert model.log_odds(matrix) == pytest.approx(-0.2 + 0.9 * margin(fitted, design), abs=1e-12)
    given = model.contributions(matrix)
    assert np.abs(given.sum(axis=1) - model.log_odds(matrix)).max() < 1e-9
    assert np.abs(given[:, 0]).max() > 0.1


def test_a_stack_does_not_do_much_worse_than_its_better_member():
    """On people it was not fitted on its log loss is at most 0.01 above that of the better member."""
    train, test = people(250, seed=5), people(600, seed=6)
    losses = {
        name: margin_loss(test.outcome, margin(fit(contender(name), train, FEATURES, seed=1), test)).mean()
        for name in ("stack", *MEMBERS)
    }
    assert losses["stack"] < min(losses[name] for name in MEMBERS) + 0.01


def test_refits_keep_weights_and_settings():
    """The settled contender is fitted again without looking for weights."""
    design = people(90)
    fitted = fit(contender("stack"), design, FEATURES, seed=1)
    again = fit(replace(fitted.settled), design, FEATURES, seed=1)
    assert again.settings == fitted.settings
    assert margin(again, design) == pytest.approx(margin(fitted, design))
