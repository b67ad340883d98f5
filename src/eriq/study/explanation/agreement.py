"""Whether other estimators see the same: agreement on what matters, and interactions of two columns."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from eriq.config import EstimatorName, Tuning
from eriq.features import Feature
from eriq.model.calibrator import Calibrator
from eriq.model.model import Model
from eriq.study.design.design import Design
from eriq.study.explanation.explained import Contributions, Explained
from eriq.study.learning.final import as_model, background_of
from eriq.study.learning.progress import Progress
from eriq.study.learning.queue import HERE, Given, Queue
from eriq.study.learning.training import Fitted, Learning, fit_shared
from eriq.tables.results import Results

OTHERS: tuple[EstimatorName, ...] = ("logistic", "lightgbm_pairs")  # both are explained exactly
MOST_PAIRS = 50


def begin_others(explained: Explained, queue: Queue = HERE) -> tuple[Given[Fitted], ...]:
    """Give fits of the other estimators on the model's columns and rows to a queue."""
    e, rows = explained, queue.share(explained.design, Design.bare)
    learning = Learning(e.features, e.experiment.seed, Tuning())
    # Settings that a search found for one estimator mean nothing to another.
    made = [
        replace(e.contender, estimator=other, settings=e.contender.settings if other == e.contender.estimator else ())
        for other in OTHERS
    ]
    return tuple(queue.start(fit_shared, contender, rows, learning) for contender in made)


def agreement(
    explained: Explained, found: Contributions, progress: Progress, others: Sequence[Given[Fitted]]
) -> Results:
    """Return ranked interactions of the depth-2 model, and how far estimators agree on what matters."""
    e = explained
    if len(e.contender.columns) < 2:
        return {}
    pairs, agreed = pd.DataFrame(), []
    background = e.model.background
    if background is None:
        background = background_of(e.contender, e.design, e.features, e.experiment.seed)
    # Path-dependent values of deep trees are left out: they differ by convention and not only by what models say.
    first = (e.contender.estimator, _weight(found.model)) if e.model.convention == "interventional" else None
    progress.begin(len(OTHERS))
    for estimator, other in zip(OTHERS, others, strict=True):
        same = estimator == e.contender.estimator
        model = as_model(other.result(), Calibrator(0.0, 1.0), (), background)
        progress("agreement", estimator)
        if model.pairs is not None:
            pairs = interactions(model, found.matrix, e.used)
        if same and e.model.convention == "interventional":
            continue
        theirs = _weight(model.contributions(found.matrix)[:, :-1])
        if first is None:
            first = (estimator, theirs)
        else:
            agreed.append((first[0], estimator, float(spearmanr(first[1], theirs).statistic)))
    columns = ["estimator", "other", "rank_correlation"]
    return {"pairs": pairs, "agreement": pd.DataFrame(agreed, columns=columns)}


def _weight(values: np.ndarray) -> np.ndarray:
    """Return the mean absolute contribution of each column."""
    return np.asarray(np.abs(values).mean(axis=0))


def interactions(model: Model, matrix: np.ndarray, used: Sequence[Feature]) -> pd.DataFrame:
    """Return pairs of columns by strength; those with sensitive columns are left out.

    Parameters
    ----------
    model : Model
        Of trees of depth 2; any other has no pairs.
    matrix : ndarray of shape (n_rows, n_columns)
    used : sequence of Feature
        In the order of the columns.
    """
    if model.pairs is None:
        return pd.DataFrame()
    found = model.pairs.interactions(matrix)
    hidden = {f.name for f in used if f.sensitive}
    shown = found[~found["first"].isin(hidden) & ~found["second"].isin(hidden)]
    if shown.empty:
        return pd.DataFrame()
    label = {f.name: f.labels.in_("en") for f in used}
    belief = shown["first"].str.startswith("belief.") | shown["second"].str.startswith("belief.")
    shown = shown.assign(
        first_label=shown["first"].map(label), second_label=shown["second"].map(label), with_belief=belief
    )
    return shown.reset_index(drop=True).head(MOST_PAIRS)
