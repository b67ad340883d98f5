"""Contributions by the model and by refits on resampled clients."""

from dataclasses import replace

import numpy as np
import pandas as pd

from eriq.config.streams import stream
from eriq.features import Feature
from eriq.features.matrix import to_matrix
from eriq.model.calibrator import Calibrator
from eriq.study.design.contender import Contender
from eriq.study.design.design import make_design, resampled
from eriq.study.explanation.explained import begin_refits, by_column, contributions
from eriq.study.learning.final import as_model, background_of
from eriq.study.learning.progress import Progress
from eriq.study.learning.training import fit
from tests.study.explanation.conftest import explained_of


def test_each_refit_is_that_of_other_clients_drawn(study, experiment, folds, everything) -> None:
    """The k-th refit is the fit, by hand, on the clients of the k-th draw; every one is told once."""
    explained = explained_of(Contender("l", "all", "logistic", everything), study, experiment, folds)
    told: list[str] = []
    found = contributions(explained, begin_refits(explained), Progress(step=lambda what, which: told.append(which)))
    assert told == ["1", "2", "3"]
    for k, values in enumerate(found.refits):
        again = resampled(explained.design, stream(experiment.seed + k, "explained refits"))
        by_hand = fit(explained.contender, again, study.features, seed=experiment.seed + k)
        model = replace(as_model(by_hand, explained.model.calibrator), background=explained.model.background)
        matrix = to_matrix(found.sample.matrix, everything).to_numpy()
        assert np.allclose(values, model.contributions(matrix)[:, :-1], atol=1e-9), k
    assert not np.allclose(found.refits[0], found.refits[1])


def test_a_value_just_above_a_cut_lies_above_it() -> None:
    """Two values that single precision cannot tell apart, told apart by the trees: contributions add up to log-odds."""
    rng = np.random.default_rng(4)
    just_below = 21.0 - 1e-10
    x = np.column_stack([rng.choice([5.0, just_below, 21.0], 900), rng.normal(size=900).round(1)])
    outcome = (rng.random(900) < np.where(x[:, 0] == 21.0, 0.8, 0.2)).astype(int)
    names = ("register.a", "register.b")
    rows = pd.DataFrame({"client_id": np.arange(900).astype(str)})
    design = make_design(rows, pd.DataFrame(x, columns=names), outcome)
    features = tuple(Feature(name, "register_history") for name in names)
    contender = Contender("two", "some", "lightgbm_pairs", names)
    fitted = fit(contender, design, features, seed=1)
    model = as_model(fitted, Calibrator(0.0, 1.0), background=background_of(contender, design, features, 1))
    assert np.ptp(model.log_odds(np.array([[just_below, 0.0], [21.0, 0.0]]))) > 1
    assert np.abs(by_column(model, x).sum(axis=1) - model.log_odds(x)).max() < 1e-9
