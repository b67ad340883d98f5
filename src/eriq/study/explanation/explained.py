"""What is explained, bound once, and the contributions that the explanations rest on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eriq.config import Experiment, Tuning
from eriq.config.streams import stream
from eriq.features import Feature
from eriq.features.matrix import to_matrix
from eriq.instrument.instrument import Instrument
from eriq.model.explanation import shap_values
from eriq.model.model import Model
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold
from eriq.study.learning.final import as_model
from eriq.study.learning.progress import Progress
from eriq.study.learning.queue import HERE, Given, Queue, as_done
from eriq.study.learning.training import Fitted, Learning, columns_of, fit_shared

DRAWN = "explained refits"  # the stream that their clients are drawn from


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """A model, and what it was made from."""

    model: Model  # fitted on all rows, calibrated
    contender: Contender  # what it was made from, for refits
    design: Design
    features: tuple[Feature, ...]  # all of the study
    folds: tuple[Fold, ...]  # for permutation on people the model did not see
    experiment: Experiment  # how many rows and refits
    instrument: Instrument | None = None

    @property
    def used(self) -> list[Feature]:
        """The features of the model, in the order of its columns."""
        return columns_of(self.contender, self.features)


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """Contributions to the log-odds of a sample of rows, by the model and by refits on resampled clients."""

    sample: Design
    matrix: np.ndarray  # shape (rows, columns), what the model saw
    model: np.ndarray  # shape (rows, columns), contributions of the model
    refits: tuple[np.ndarray, ...]  # and of each refit, of the same shape


def begin_refits(explained: Explained, queue: Queue = HERE) -> tuple[Given[Fitted], ...]:
    """Give refits on resampled clients to a queue."""
    e, rows = explained, queue.share(explained.design, Design.bare)
    return tuple(
        queue.start(fit_shared, e.contender, rows, Learning(e.features, e.experiment.seed + k, Tuning()), DRAWN)
        for k in range(e.experiment.explain.refits)
    )


def contributions(explained: Explained, begun: Sequence[Given[Fitted]], progress: Progress) -> Contributions:
    """Return the contributions on a random sample of rows, with those of refits, which `begin_refits` began."""
    e, seed = explained, explained.experiment.seed
    pick = stream(seed, "explained rows").permutation(len(e.design.outcome))[: e.experiment.explain.rows]
    sample = e.design.take(np.sort(pick))
    matrix = to_matrix(sample.matrix, e.contender.columns).to_numpy()
    progress.begin(len(begun))
    refits: dict[int, np.ndarray] = {}
    for k, fitted in as_done(begun):
        refitted = as_model(fitted, e.model.calibrator, background=e.model.background)
        refits[k] = np.asarray(refitted.contributions(matrix)[:, :-1])
        progress("refits for intervals", str(k + 1))
    whole = by_column(e.model, matrix)[:, :-1]
    return Contributions(sample, matrix, whole, tuple(refits[k] for k in range(len(begun))))


def by_column(model: Model, matrix: np.ndarray) -> np.ndarray:
    """Return `Model.contributions`; of deep trees, which have no closed form, by the shap library.

    Tests of the model hold the two equal. Against a background the library keeps cuts in single precision: a value that
    lies above a cut by less than that goes to the wrong side, and its own check of the sums stops a training for it.
    """
    return model.contributions(matrix) if model.convention == "interventional" else shap_values(model, matrix)
