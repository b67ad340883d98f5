"""The model that is saved: fitted on all rows, with refits on resampled clients."""

import numpy as np
import pytest

from eriq.config import Tuning
from eriq.config.streams import stream
from eriq.features.matrix import to_matrix
from eriq.model.calibrator import Calibrator
from eriq.study.design.design import resampled
from eriq.study.learning.final import as_model, final_model
from eriq.study.learning.progress import Progress
from eriq.study.learning.training import Learning, fit, margin
from tests.study.learning.conftest import FEATURES, contender


def test_the_saved_model_is_the_fit_on_all_rows_calibrated(design):
    """Its log-odds are intercept plus slope times those of the fit; each refit has clients and settings of its own."""
    learning, told = Learning(FEATURES, 5, Tuning(candidates=2, folds=2)), []
    model, settled = final_model(
        contender("logistic"),
        design,
        learning,
        Calibrator(-0.2, 0.9),
        2,
        Progress(step=lambda what, which: told.append((what, which))),
    )
    fitted = fit(contender("logistic"), design, FEATURES, seed=5, tuning=learning.tuning)
    matrix = to_matrix(design.matrix, model.columns).to_numpy()
    assert settled == fitted.settled
    assert model.log_odds(matrix) == pytest.approx(-0.2 + 0.9 * margin(fitted, design))
    again = fit(settled, resampled(design, stream(5, "stability refits", 1)), FEATURES, seed=5)
    assert np.array_equal(model.members[1].predict_proba(matrix), again.estimator.predict_proba(matrix))
    assert told == [("saved model", "all rows"), ("refits for stability", "1"), ("refits for stability", "2")]


def test_what_is_only_compared_is_no_model(design):
    """A random forest could not be saved without pickle, so it is refused and not saved as something else."""
    fitted = fit(contender("random_forest"), design, FEATURES, seed=1)
    with pytest.raises(ValueError, match="random_forest cannot be saved"):
        as_model(fitted, Calibrator(0.0, 1.0))
