"""Do the forecasts come true, and do those of the saved model once they are calibrated on other people."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from eriq.config import Experiment
from eriq.model.calibrator import Calibrator, expit
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold, kept_apart
from eriq.study.evaluation.bootstrap import client_weights
from eriq.study.evaluation.calibration import shrunk_calibrator
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.evaluation.intervals import from_refits
from eriq.study.evaluation.recalibration import (
    Groups,
    Recalibration,
    grouped,
    in_the_large_weighted,
    logistic_recalibration,
    recalibration_weighted,
)
from eriq.study.learning.training import margin_loss
from eriq.tables.results import SAVED

REFITTED = ["contender", "measure", "estimate", "low", "high", "replicates"]


def calibrator_of(held: OutOfFold, contender: Contender) -> Calibrator:
    """Return the calibration of a contender, from forecasts of single models for people they were not fitted on.

    One is fitted per repeat, shrunk by its own uncertainty, and their mean is taken. Where it does not lower the log
    loss of rows it was not fitted on, forecasts stay as they are.
    """
    return _calibrator(held.design, held.single_of(contender), held.folds)


def _calibrator(
    design: Design, single: np.ndarray, folds: Sequence[Fold], among: np.ndarray | None = None
) -> Calibrator:
    """Return the calibration from forecasts of shape (n_repeats, n_rows) for the rows `among`, or for all of them."""
    fits, gains = [], []
    for repeat, log_odds in enumerate(single):
        usable = ~np.isnan(log_odds) & design.known
        usable &= True if among is None else _marked(among, usable)
        fits.append(_fitted(design, log_odds, np.flatnonzero(usable)))
        for fold in (f for f in folds if f.repeat == repeat):
            others, tested = (np.flatnonzero(usable & _marked(part, usable)) for part in (fold.train, fold.test))
            if len(tested) and len(np.unique(design.outcome[others])) == 2:
                plain, y = log_odds[tested], design.outcome[tested]
                after = _fitted(design, log_odds, others).apply(plain)
                weight = 1.0 if design.weight is None else design.weight[tested]
                gains.append(float((weight * (margin_loss(y, plain) - margin_loss(y, after))).sum()))
    if sum(gains) <= 0:  # also where nobody can judge, as inside one of two folds
        return Calibrator(0.0, 1.0)
    return Calibrator(float(np.mean([c.intercept for c in fits])), float(np.mean([c.slope for c in fits])))


def _marked(rows: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return which of all rows are among these; much faster than sets, which sort."""
    marked = np.zeros(len(like), dtype=bool)
    marked[rows] = True
    return marked


def _fitted(design: Design, log_odds: np.ndarray, rows: np.ndarray) -> Calibrator:
    weight = None if design.weight is None else design.weight[rows]
    return shrunk_calibrator(log_odds[rows], design.outcome[rows], design.together[rows], weight)


def cross_calibrated(design: Design, log_odds: np.ndarray, folds: Sequence[Fold]) -> np.ndarray:
    """Return log-odds calibrated on other people: for each fold, tested rows that it could also train on.

    Under a design in calendar time those are earlier ones, whose outcome was known, perhaps of the same people; where
    there are none, nothing is changed.

    Parameters
    ----------
    design : Design
    log_odds : ndarray of shape (n_rows,)
        Of single models; NaN where no fold tested; such rows stay NaN.
    folds : sequence of Fold
        Those of the first repeat are used.

    Raises
    ------
    LeakageError
        When a client would calibrate its own forecast, or an outcome would that was not known then.
    """
    calibrated, first = np.full(len(log_odds), np.nan), [f for f in folds if f.repeat == 0]
    for fold in first:
        rest = fold.train[~np.isnan(log_odds[fold.train]) & design.known[fold.train]]
        kept_apart(design, replace(fold, train=rest), f"calibration, {fold.name}")
        if len(np.unique(design.outcome[rest])) == 2:
            calibrated[fold.test] = _calibrator(design, log_odds[None], first, rest).apply(log_odds[fold.test])
    return np.where(np.isnan(calibrated), log_odds, calibrated)


def as_saved(held: OutOfFold, chosen: Contender) -> np.ndarray:
    """Return the log-odds of a contender as the saved model gives them, each row calibrated on other people.

    What is saved is one model, so these are forecasts of one model: those of the first repeat, and not means.
    """
    return cross_calibrated(held.design, held.single_of(chosen)[0], held.folds)


def saved_forecasts(held: OutOfFold, chosen: Contender, home: OutOfFold | None = None) -> Forecasts:
    """Return the forecasts of the model that is saved, each person calibrated on others.

    With a fixed external set the calibration comes from `home`, where the model is learned.
    """
    rows = held.tested
    if home is None:
        calibrated = as_saved(held, chosen)[rows]
    else:
        calibrated = calibrator_of(home, chosen).apply(held.of(chosen)[rows])
    return held.judged((SAVED,), calibrated[:, None])


def calibration_measures(forecasts: Forecasts, experiment: Experiment, workers: int = 1) -> pd.DataFrame:
    """Return calibration in the large and slope; each replicate is a refit, so there are fewer.

    A contender with one forecast for everyone has no slope and no row.
    """
    n, level, counts = experiment.intervals.refit_replicates, experiment.intervals.level, forecasts.weights
    told = np.ptp(forecasts.log_odds, axis=0) >= 1e-9
    names = [name for name, varies in zip(forecasts.names, told, strict=True) if varies]
    columns = forecasts.log_odds.T[told]

    def whole_of(log_odds: np.ndarray) -> tuple[Recalibration, Groups]:
        whole = logistic_recalibration(forecasts.outcome, expit(log_odds), counts)
        return whole, grouped(forecasts.outcome, log_odds)

    def drawn_of(at: tuple[Recalibration, Groups], drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        (whole, groups), w = at, at[1].sums(drawn)
        slopes = recalibration_weighted(groups.outcome, groups.log_odds, w)[:, 1]
        return slopes, in_the_large_weighted(groups.outcome, groups.log_odds, w, whole.in_the_large)

    with ThreadPoolExecutor(workers) as pool:
        sample = list(pool.map(whole_of, columns))
        # A few replicates at a time: all of them have as many weights as rows x replicates.
        pieces = [
            list(pool.map(partial(drawn_of, drawn=drawn if counts is None else drawn * counts), sample))
            for drawn in (client_weights(forecasts.drawn, n, experiment.seed) if n else ())
        ]
    found = []
    for place, (name, (whole, _)) in enumerate(zip(names, sample, strict=True)):
        slopes, shifts = (_joined([piece[place][k] for piece in pieces]) for k in (0, 1))
        found.append(from_refits(name, "calibration_slope", whole.slope, slopes, level))
        found.append(from_refits(name, "calibration_in_the_large", whole.in_the_large, shifts, level))
    return pd.DataFrame(found, columns=REFITTED)


def _joined(pieces: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.empty(0), *pieces])
