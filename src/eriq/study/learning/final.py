"""A fitted contender as a model that can be saved."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from eriq.config import Tuning
from eriq.config.streams import stream
from eriq.features import Feature
from eriq.features.matrix import to_matrix
from eriq.model.background import invented_rows
from eriq.model.calibrator import Calibrator
from eriq.model.manifest import Kind
from eriq.model.model import Model
from eriq.model.tables import from_ebm
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.learning.estimators import ESTIMATORS
from eriq.study.learning.progress import Progress, silent
from eriq.study.learning.queue import HERE, Queue, as_done
from eriq.study.learning.scorecard import Scorecard
from eriq.study.learning.training import Fitted, Learning, columns_of, fit_shared


def final_model(
    chosen: Contender,
    home: Design,
    learning: Learning,
    calibrator: Calibrator,
    refits: int,
    progress: Progress = silent,
    queue: Queue = HERE,
) -> tuple[Model, Contender]:
    """Return a contender fitted on all rows, with refits on resampled clients, and as the search settled it.

    Parameters
    ----------
    chosen : Contender
    home : Design
        Every row that may be learned from.
    learning : Learning
    calibrator : Calibrator
        Fitted on forecasts for people the contender did not train on.
    refits : int
        How many are saved beside the model, to show how far a single forecast depends on who was in the data.
    progress : callable
        Told each fit.
    queue : Queue, optional
        Whose processes fit.

    Returns
    -------
    model : Model
    settled : Contender
        With the settings its search chose, for refits that are to describe this model.
    """
    progress.begin(1 + refits)
    rows = queue.share(home, Design.bare)
    fitted = queue.start(fit_shared, chosen, rows, learning).result()
    progress("saved model", "all rows")
    plain = replace(learning, tuning=Tuning())
    given = [queue.start(fit_shared, fitted.settled, rows, plain, "stability refits", k) for k in range(refits)]
    members: dict[int, Fitted] = {}
    for k, members[k] in as_done(given):
        progress("refits for stability", str(k + 1))
    background = background_of(chosen, home, learning.features, learning.seed)
    return as_model(fitted, calibrator, [members[k] for k in range(refits)], background), fitted.settled


def background_of(contender: Contender, home: Design, features: Sequence[Feature], seed: int) -> np.ndarray:
    """Return the invented rows that contributions of every estimator on these columns are measured against."""
    matrix = to_matrix(home.matrix, contender.columns).to_numpy()
    kinds = [f.kind for f in columns_of(contender, features)]
    return invented_rows(matrix, kinds, home.client, stream(seed, "background"))


def _saved_part(kind: Kind, estimator: Any, columns: tuple[str, ...], background: np.ndarray | None) -> Any:
    """Return what is saved of an estimator: a booster of boosted trees, tables of what is a sum of steps.

    Of a stack its members are saved, each as a model whose calibrator is its weight; the first has the intercept. A
    scorecard is a stack of one, so that its points stay whole.
    """
    if isinstance(estimator, Scorecard):
        return (Model("tables", columns, estimator.points_.named(columns), estimator.forecast_, (), background),)
    if kind == "stack":
        models: list[Model] = []
        for name, member in estimator.members.items():
            own = ESTIMATORS[name].kind or "prevalence"  # members can be saved
            part = _saved_part(own, member, columns, background)
            weighted = Calibrator(0.0 if models else estimator.intercept, estimator.weights[name])
            models.append(Model(own, columns, part, weighted, (), background))
        return tuple(models)
    if kind == "booster":
        return estimator.booster_
    return from_ebm(estimator, columns) if kind == "tables" else estimator


def as_model(
    fitted: Fitted, calibrator: Calibrator, members: Sequence[Fitted] = (), background: np.ndarray | None = None
) -> Model:
    """Return a fitted contender, and refits of it, as a model that can be saved.

    Raises
    ------
    ValueError
        When the estimator is one that is only compared.
    """
    kind = ESTIMATORS[fitted.contender.estimator].kind
    if kind is None:
        raise ValueError(f"{fitted.contender.estimator} cannot be saved")
    estimators = [f.estimator for f in (fitted, *members)]
    parts = [_saved_part(kind, estimator, fitted.contender.columns, background) for estimator in estimators]
    return Model(kind, fitted.contender.columns, parts[0], calibrator, tuple(parts[1:]), background)
