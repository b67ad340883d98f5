"""Fit one contender on one set of people, tuned inside; out-of-fold forecasts for all of them."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, clone
from sklearn.impute import MissingIndicator
from sklearn.model_selection import ParameterSampler
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from eriq.config import EstimatorName, Tuning
from eriq.config.streams import stream
from eriq.features import Feature
from eriq.features.matrix import to_matrix
from eriq.model.margin import TINY, raw_margin
from eriq.study.design.contender import Contender, Setting
from eriq.study.design.design import Design, resampled
from eriq.study.design.folds import Fold, apart, client_folds, kept_apart
from eriq.study.learning.estimators import ESTIMATORS, Recipe
from eriq.study.learning.progress import Progress, silent
from eriq.study.learning.queue import HERE, Given, Queue, Shared, as_done, one_thread
from eriq.study.learning.settling import Rows
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

    What an estimator settles for itself is settled first. Other settings are searched inside, on folds of whole
    clients, with the same number of candidates for every contender; the default settings are always the first. Rows
    whose outcome is not known teach only an estimator that learns from times.
    """
    tuning = tuning or Tuning()
    recipe = ESTIMATORS[contender.estimator]
    design = design if recipe.timed else design.judged()
    used = columns_of(contender, features)
    matrix = to_matrix(design.matrix, contender.columns).to_numpy()
    rows = Rows(matrix, design.outcome, design.together, design.weight)
    settings = settled(contender.estimator, used, seed, rows, dict(contender.settings))
    if not contender.settings and tuning.candidates > 1 and recipe.space:
        drawn = _search(contender, design, used, matrix, seed, (tuning, settings))
        settings = settled(contender.estimator, used, seed, rows, drawn) if drawn else settings
    return Fitted(contender, _made(recipe, used, seed, settings, matrix, design), settings)


def fit_shared(
    contender: Contender, rows: Shared[Design], learning: Learning, drawn: str = "", k: int | None = None
) -> Fitted:
    """Return `fit` on all of `rows`, or on clients drawn with replacement from the named stream of random numbers."""
    design = rows.get().only(contender.columns)
    if drawn:
        design = resampled(design, stream(learning.seed, drawn, *([] if k is None else [k])))
    return fit(contender, design, learning.features, seed=learning.seed, tuning=learning.tuning)


def fit_part(contender: Contender, rows: Shared[Design], learning: Learning, train: np.ndarray) -> Fitted:
    """Return `fit` on the rows of `rows` at the places `train`."""
    some = rows.get().only(contender.columns, train)
    return fit(contender, some, learning.features, seed=learning.seed, tuning=learning.tuning)


def settled(
    estimator: EstimatorName, used: Sequence[Feature], seed: int, rows: Rows, given: Mapping[str, Setting]
) -> dict[str, Setting]:
    """Return settings with those that an estimator finds for itself, where they are not given."""
    recipe = ESTIMATORS[estimator]
    if recipe.settle is None or set(recipe.settles) <= set(given) or not used:
        return dict(given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in `_quietly`
        return {**given, **recipe.settle(recipe.make, used, seed, rows, given)}


def n_parameters(contender: Contender, design: Design, features: Sequence[Feature]) -> int:
    """Return how many coefficients a contender fits: levels, splines and gaps each count; of trees, the columns."""
    estimator = ESTIMATORS[contender.estimator].make(columns_of(contender, features), 0)
    if not isinstance(estimator, Pipeline):
        return len(contender.columns)
    steps = estimator.named_steps["prepare"].transformers
    return sum(_width(step, [contender.columns[place] for place in places], design.matrix) for _, step, places in steps)


def _width(step: BaseEstimator, names: Sequence[str], matrix: pd.DataFrame) -> int:
    """Return how many columns a step makes of these: gaps and levels are counted, of others the number alone counts."""
    if isinstance(step, MissingIndicator):
        return sum(bool(np.isnan(matrix[name].to_numpy()).any()) for name in names)
    if isinstance(step, OneHotEncoder):
        counts = [np.unique(matrix[name].to_numpy(), return_counts=True)[1] for name in names]
        return sum(int((n >= step.min_frequency).sum()) + bool((n < step.min_frequency).any()) for n in counts)
    few = np.tile(np.arange(10.0)[:, None], len(names))
    return int(clone(step).fit_transform(few).shape[1])


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
    contender: Contender,
    design: Design,
    used: Sequence[Feature],
    matrix: np.ndarray,
    seed: int,
    plan: tuple[Tuning, Mapping[str, Setting]],
) -> dict[str, Setting]:
    """Return what was drawn and won, nothing for the defaults; all candidates share what was settled with those."""
    (tuning, base), recipe = plan, ESTIMATORS[contender.estimator]
    drawn = ParameterSampler(dict(recipe.space), tuning.candidates - 1, random_state=seed)
    candidates: list[dict[str, Setting]] = [{}, *drawn]
    label = client_folds(design.outcome, design.together, tuning.folds, seed, design.known)
    weight = np.ones(len(label)) if design.weight is None else design.weight
    losses = np.zeros(len(candidates))
    for k in range(tuning.folds):
        train, test = np.flatnonzero(label != k), np.flatnonzero(label == k)
        apart(design.together, train, test, "tuning")
        some = design.take(train)
        for place, settings in enumerate(candidates):
            estimator = _made(recipe, used, seed, {**base, **settings}, matrix[train], some)
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
    queue: Queue = HERE,
    progress: Progress = silent,
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
    queue : Queue, optional
        Whose processes fit. The numbers do not depend on it: each fit runs on one thread.
    progress : callable
        Told how many fits there are, and after each the contender's name and the fold's.

    Returns
    -------
    ndarray of shape (n_rows, n_contenders)
    """
    return begin(contenders, design, folds, learning, queue).pooled(progress)


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """Fits of contenders on folds that were given to a queue."""

    contenders: tuple[Contender, ...]
    folds: tuple[Fold, ...]
    known: np.ndarray  # shape (n_rows,), which rows have a known outcome
    given: tuple[Given[np.ndarray], ...]  # fold by fold of each contender: the probabilities of its test rows

    def results(self, progress: Progress = silent) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
        """Yield, as they are done, (contender, fold) by place and the probabilities of the fold's test rows."""
        progress.begin(len(self.given))
        for place, probability in as_done(self.given):
            c, f = divmod(place, len(self.folds))
            progress(self.contenders[c].name, self.folds[f].name)
            yield (c, f), probability

    def repeats(
        self, progress: Progress = silent, finished: Callable[[Contender, np.ndarray], None] | None = None
    ) -> np.ndarray:
        """Return the log-odds of single models, before repeats are averaged.

        Returns
        -------
        ndarray of shape (n_repeats, n_rows, n_contenders)
            NaN where no fold of a repeat tests. `finished` is called with each contender and its part once it is done.
        """
        forecasts: dict[int, dict[int, np.ndarray]] = {c: {} for c in range(len(self.contenders))}
        repeats = max((fold.repeat for fold in self.folds), default=0) + 1
        single = np.full((repeats, len(self.known), len(self.contenders)), np.nan)
        for (c, f), probability in self.results(progress):
            forecasts[c][f] = probability
            if len(forecasts[c]) == len(self.folds):
                for place, found in forecasts.pop(c).items():
                    single[self.folds[place].repeat, self.folds[place].test, c] = logit(np.clip(found, TINY, 1 - TINY))
                if finished:
                    finished(self.contenders[c], single[:, :, c])
        return single

    def pooled(self, progress: Progress = silent) -> np.ndarray:
        """Return what `run_all` returns."""
        return pooled(self.repeats(progress), self.contenders, self.folds, self.known)


def begin(
    contenders: Sequence[Contender],
    design: Design,
    folds: Sequence[Fold],
    learning: Learning,
    queue: Queue = HERE,
) -> Begun:
    """Give the fits of contenders on folds to a queue, and return without waiting; parameters as in `run_all`."""
    tasks = [(c, f) for c in range(len(contenders)) for f in range(len(folds))]
    rows = queue.share(design, Design.bare)
    plan = queue.share(Plan(tuple(contenders), tuple(folds), learning))
    given = tuple(queue.start(_one_fold, rows, plan, c, f) for c, f in tasks)
    return Begun(tuple(contenders), tuple(folds), design.known, given)


def pooled(
    single: np.ndarray, contenders: Sequence[Contender], folds: Sequence[Fold], known: np.ndarray | None = None
) -> np.ndarray:
    """Return one log-odds per row and contender: that of the mean probability over the repeats that tested it.

    Parameters
    ----------
    single : ndarray of shape (n_repeats, n_rows, n_contenders)
    contenders, folds
        As in `run_all`.
    known : ndarray of shape (n_rows,), optional
        Which rows have a known outcome; without it, all.
    """
    told = slice(None) if known is None else known
    count = (~np.isnan(single)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(expit(single), axis=0) / count
    if all(len(fold.train) + len(fold.test) == single.shape[1] for fold in folds):
        for c, contender in enumerate(contenders):
            if contender.estimator == "prevalence":  # one constant: rates of folds would rank them backwards
                mean[:, c] = np.where(np.isnan(mean[:, c]), np.nan, np.nanmean(mean[told, c]))
    return np.asarray(logit(np.clip(mean, TINY, 1 - TINY)))


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Plan:
    """What is fitted on which rows, and how."""

    contenders: tuple[Contender, ...]
    folds: tuple[Fold, ...]
    learning: Learning


def _one_fold(rows: Shared[Design], plan: Shared[Plan], c: int, f: int) -> np.ndarray:
    """Return the probabilities of the test rows of one fold, by one contender fitted on its training rows."""
    every, fold, learning = plan.get(), plan.get().folds[f], plan.get().learning
    contender, design = every.contenders[c], rows.get()
    kept_apart(design, fold, f"{contender.name}, {fold.name}")
    with one_thread():
        train = design.only(contender.columns, fold.train)
        fitted = fit(contender, train, learning.features, seed=learning.seed, tuning=learning.tuning)
        log_odds = margin(fitted, design.only(contender.columns, fold.test))
    return np.asarray(1 / (1 + np.exp(-log_odds)))
