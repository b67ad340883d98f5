"""Contributions by the model and by refits on resampled clients."""

from dataclasses import replace

import numpy as np

from eriq.config.streams import stream
from eriq.features.matrix import to_matrix
from eriq.study.design.contender import Contender
from eriq.study.design.design import resampled
from eriq.study.explanation.explained import begin_refits, contributions
from eriq.study.learning.final import as_model
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
