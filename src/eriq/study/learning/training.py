"""Fit one contender on one set of people, tuned inside; out-of-fold forecasts for all of them."""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logit
from sklearn.base import BaseEstimator
from sklearn.model_selection import ParameterSampler
from sklearn.pipeline import Pipeline

from eriq.config import Tuning
from eriq.features import Feature
from eriq.features.matrix import to_matrix
from eriq.model.margin import TINY, raw_margin
from eriq.study.design.contender import Contender, Setting
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold, apart, client_folds, kept_apart
from eriq.study.learning.estimators import ESTIMATORS, Recipe
from eriq.study.learning.progress import Progress, silent
from eriq.study.learning.weights import fit_on_times, fit_weighted


@dataclass(frozen=True, slots=True)
class Learning:
    """How every contender of a study learns."""

    features: Sequence[Feature]  # all of the study; a contender uses those it names
    seed: int
    tuning: Tuning


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A contender after fitting, with the settings the search chose."""

    contender: Contender
    estimator: BaseEstimator
    settings: Mapping[str, Setting]

    @property
    def settled(self) -> Contender:
        """The contender with the settings the search chose, for refits that are to describe this model."""
        return replace(self.contender, settings=tuple(self.settings.items()))


def fit(
    contender: Contender, design: Design, features: Sequence[Feature], *, seed: int, tuning: Tuning | None = None
) -> Fitted:
    """Return `contender` fitted on every row of `design`.

    Settings are searched inside, on folds of whole clients, with the same number of candidates
    for every contender; the default settings are always the first candidate. Rows whose outcome is
    not known teach only an estimator that learns from times.
    """
    tuning = tuning or Tuning()
    recipe = ESTIMATORS[contender.estimator]
    design = design if recipe.timed else design.judged()
    used = columns_of(contender, features)
    matrix = to_matrix(design.matrix, contender.columns).to_numpy()
    settings = dict(contender.settings)
    if not settings and tuning.candidates > 1 and recipe.space:
        settings = _search(contender, design, used, matrix, seed, tuning)
    return Fitted(contender, _made(recipe, used, seed, settings, matrix, design), settings)


def n_parameters(contender: Contender, design: Design, features: Sequence[Feature]) -> int:
    """Return how many coefficients a contender fits: levels, splines and gaps each count; of trees, the columns."""
    estimator = ESTIMATORS[contender.estimator].make(columns_of(contender, features), 0)
    if not isinstance(estimator, Pipeline):
        return len(contender.columns)
    matrix = to_matrix(design.matrix, contender.columns).to_numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return int(estimator.named_steps["prepare"].fit_transform(matrix).shape[1])


def columns_of(contender: Contender, features: Sequence[Feature]) -> list[Feature]:
    """Return the features a contender uses, in the order of its columns: constraints and names go by place."""
    by_name = {f.name: f for f in features}
    return [by_name[name] for name in contender.columns]


def margin(fitted: Fitted, design: Design) -> np.ndarray:
    """Return the log-odds of each row of `design`, before any calibration."""
    return raw_margin(fitted.estimator, to_matrix(design.matrix, fitted.contender.columns).to_numpy())


def _made(
    recipe: Recipe,
    used: Sequence[Feature],
    seed: int,
    settings: Mapping[str, Setting],
    matrix: np.ndarray,
    design: Design,
) -> BaseEstimator:
    """Return an estimator fitted on `matrix`, without the libraries' remarks on columns that are constant in a fold."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if recipe.timed:
            return fit_on_times(recipe.make(used, seed, **settings), matrix, design)
        return fit_weighted(recipe.make(used, seed, **settings), matrix, design.outcome, design.weight)


def _search(
    contender: Contender, design: Design, used: Sequence[Feature], matrix: np.ndarray, seed: int, tuning: Tuning
) -> dict[str, Setting]:
    recipe = ESTIMATORS[contender.estimator]
    drawn = ParameterSampler(dict(recipe.space), tuning.candidates - 1, random_state=seed)
    candidates: list[dict[str, Setting]] = [{}, *drawn]
    label = client_folds(design.outcome, design.client, tuning.folds, seed, design.known)
    weight = np.ones(len(label)) if design.weight is None else design.weight
    losses = np.zeros(len(candidates))
    for k in range(tuning.folds):
        train, test = np.flatnonzero(label != k), np.flatnonzero(label == k)
        apart(design.client, train, test, "tuning")
        some = design.take(train)
        for place, settings in enumerate(candidates):
            estimator = _made(recipe, used, seed, settings, matrix[train], some)
            forecast = raw_margin(estimator, matrix[test])
            losses[place] += (weight[test] * margin_loss(design.outcome[test], forecast)).sum()
    return candidates[int(losses.argmin())]


def margin_loss(outcome: np.ndarray, log_odds: np.ndarray) -> np.ndarray:
    """Return the log loss of each row, from log-odds."""
    return np.logaddexp(0, np.where(outcome == 1, -log_odds, log_odds))


def run_all(
    contenders: Sequence[Contender],
    design: Design,
    folds: Sequence[Fold],
    learning: Learning,
    *,
    workers: int | None = None,
    progress: Progress = silent,
    finished: Callable[[Contender, np.ndarray], None] | None = None,
) -> np.ndarray:
    """Return the log-odds every contender gives to every row it did not train on.

    Parameters
    ----------
    contenders : sequence of Contender
    design : Design
    folds : sequence of Fold
        The same for everyone. Rows no fold tests stay NaN; a row tested in several repeats gets
        the log-odds of its mean probability.
    learning : Learning
    workers : int, optional
        Processes; one per core when not given, and just this one for small work. The numbers do
        not depend on it: each fit runs on one thread.
    progress : callable
        Called with the contender's name and the fold's after each fit.
    finished : callable, optional
        Called with each contender and its log-odds as soon as all its folds are done.

    Returns
    -------
    ndarray of shape (n_rows, n_contenders)
    """
    forecasts: dict[int, dict[int, np.ndarray]] = {c: {} for c in range(len(contenders))}
    columns = np.full((len(design.outcome), len(contenders)), np.nan)
    for (c, f), probability in run_folds(contenders, design, folds, learning, workers=workers, progress=progress):
        forecasts[c][f] = probability
        if len(forecasts[c]) == len(folds):
            columns[:, c] = _pooled(forecasts.pop(c), folds, design.known, contenders[c])
            if finished:
                finished(contenders[c], columns[:, c])
    return columns


def run_folds(
    contenders: Sequence[Contender],
    design: Design,
    folds: Sequence[Fold],
    learning: Learning,
    *,
    workers: int | None = None,
    progress: Progress = silent,
) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
    """Yield, in whatever order they are done, (contender, fold) by place and the probabilities of the fold's test rows.

    Parameters are those of `run_all`.
    """
    from joblib import Parallel, delayed

    tasks = [(c, f) for c in range(len(contenders)) for f in range(len(folds))]
    workers = workers or min(os.cpu_count() or 1, len(tasks) or 1)
    if len(design.outcome) * len(tasks) < SMALL_WORK:
        workers = 1
    jobs = (delayed(_one_fold)(contenders[c], design, folds[f], learning, (c, f)) for c, f in tasks)
    with one_thread():
        for place, probability in Parallel(n_jobs=workers, return_as="generator_unordered", max_nbytes="1M")(jobs):
            progress(contenders[place[0]].name, folds[place[1]].name)
            yield place, probability


def _pooled(
    forecasts: dict[int, np.ndarray], folds: Sequence[Fold], known: np.ndarray, contender: Contender
) -> np.ndarray:
    """Return one log-odds per row: the mean probability over the repeats that tested it."""
    n = len(known)
    total, count = np.zeros(n), np.zeros(n)
    for f, fold in enumerate(folds):  # in a fixed order: sums of floats depend on it
        total[fold.test] += forecasts[f]
        count[fold.test] += 1
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.clip(total / count, TINY, 1 - TINY)
    everyone = all(len(fold.train) + len(fold.test) == n for fold in folds)
    if contender.estimator == "prevalence" and everyone:  # one constant: rates of folds would rank them backwards
        mean = np.where(np.isnan(mean), np.nan, np.nanmean(mean[known]))
    return np.asarray(logit(mean))


SMALL_WORK = 60_000  # rows x fits below which starting processes costs more than it saves


def _one_fold(
    contender: Contender,
    design: Design,
    fold: Fold,
    learning: Learning,
    place: tuple[int, int],
) -> tuple[tuple[int, int], np.ndarray]:
    kept_apart(design, fold, f"{contender.name}, {fold.name}")
    with one_thread():
        fitted = fit(contender, design.take(fold.train), learning.features, seed=learning.seed, tuning=learning.tuning)
        log_odds = margin(fitted, design.take(fold.test))
    return place, 1 / (1 + np.exp(-log_odds))


def one_thread() -> AbstractContextManager[object]:
    """Keep native libraries to one thread: one level of parallelism at a time."""
    from threadpoolctl import threadpool_limits

    limited: AbstractContextManager[object] = threadpool_limits(limits=1)
    return limited
