"""When entries come, month by month: as observed, and as a contender that learns from times forecasts it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from eriq.config import Experiment, censoring_model
from eriq.features.matrix import to_matrix
from eriq.study.design.censoring import strata
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold, apart
from eriq.study.design.survival import Floats, kaplan_meier
from eriq.study.evaluation.bootstrap import client_weights
from eriq.study.learning.estimators import ESTIMATORS
from eriq.study.learning.hazard import MONTHS, YEAR, month_ends
from eriq.study.learning.training import Learning, fit
from eriq.tables.results import as_result

CURVE_DAYS = 456  # 15 months, as the Swedish trial reports
BANDS = 200  # most replicates of the observed curve


def timed_contender(contenders: Sequence[Contender], experiment: Experiment) -> Contender | None:
    """Return the contender whose monthly curve is shown: one that learns from times, on the headline's block if any.

    In calendar time there is no curve: only rows with a known outcome are tested, and entries among those are too many.
    """
    if experiment.validation.design == "rolling_origin":
        return None
    timed = [c for c in contenders if ESTIMATORS[c.estimator].timed]
    declared = [c for c in timed if c.block == experiment.headline.with_]
    return next(iter([*declared, *timed]), None)


def entry_curve(
    contender: Contender, design: Design, folds: Sequence[Fold], learning: Learning, experiment: Experiment
) -> pd.DataFrame:
    """Return the share with an entry by the end of each month, observed and forecast for the same rows.

    Observed is 1 less Kaplan-Meier over all tested rows as far as they were followed, within the strata of the weights
    where some are declared, with an interval over clients; forecast is the mean over these rows of forecasts by fits
    on other people. Months that some stratum or some training rows were not followed through are left out.

    Parameters
    ----------
    contender : Contender
        One that learns from times.
    design : Design
        With times.
    folds : sequence of Fold
        Those of the first repeat are used.
    learning : Learning
    experiment : Experiment
        Strata, replicates and level of the interval.

    Returns
    -------
    DataFrame
        The result table `entry_curve`; the first line is day 0.

    Raises
    ------
    LeakageError
        When a client is in training and test of a fold.
    """
    ends = month_ends(design.horizon_days, CURVE_DAYS)
    forecast = np.full((len(design.outcome), len(ends)), np.nan)
    for fold in (f for f in folds if f.repeat == 0):
        apart(design.client, fold.train, fold.test, f"monthly curve, {fold.name}")
        pipeline = fit(
            contender, design.take(fold.train), learning.features, seed=learning.seed, tuning=learning.tuning
        )
        matrix = to_matrix(design.take(fold.test).matrix, contender.columns).to_numpy()
        hazard = pipeline.estimator[-1]
        reached = np.isin(ends, hazard.month_ends_)
        forecast[np.ix_(fold.test, reached)] = hazard.curve(pipeline.estimator[:-1].transform(matrix), ends[reached])
    rows = np.flatnonzero(~np.isnan(forecast[:, 0]))
    tested, mean = design.take(rows), forecast[rows].mean(axis=0)  # NaN where a month was not reached in some fold
    model, plan = censoring_model(experiment.censoring), experiment.intervals
    stratum, _ = pd.factorize(strata(tested.rows, model.by if model else ()))
    whole = _observed(tested, stratum, ends, np.ones(len(rows)))
    draws = client_weights(tested.client, min(plan.refit_replicates, BANDS), experiment.seed)
    again = [_observed(tested, stratum, ends, drawn) for some in draws for drawn in some]
    tail = (1 - plan.level) / 2
    low, high = np.full((2, len(ends)), np.nan)
    if again:
        kept = ~np.isnan(whole)  # a draw may end before a month that the sample reaches
        low[kept], high[kept] = np.nanquantile(np.array(again)[:, kept], [tail, 1 - tail], axis=0)
    followed = tested.times["followed_days"].to_numpy() if tested.times is not None else np.zeros(0)
    table = pd.DataFrame({"day": ends, "observed": whole, "low": low, "high": high, "forecast": mean})
    table["n"] = [len(np.unique(tested.client[followed >= day])) for day in ends]
    first = pd.DataFrame([{"day": 0, "observed": 0.0, "low": 0.0, "high": 0.0, "forecast": 0.0}])
    first["n"] = len(np.unique(tested.client))
    table = pd.concat([first, table.dropna(subset=["observed", "forecast"])], ignore_index=True)
    table["month"] = (table["day"] * MONTHS / YEAR).round(1)
    return as_result("entry_curve", table.assign(contender=contender.name))


def _observed(design: Design, stratum: np.ndarray, days: np.ndarray, drawn: Floats) -> Floats:
    """Return the share with an entry by each day if row i counts `drawn[i]` times; NaN where a stratum ends before."""
    assert design.times is not None
    when, event, followed = (design.times[name].to_numpy() for name in ("days", "event", "followed_days"))
    again = np.repeat(np.arange(len(drawn)), drawn.astype(int))
    entered = np.zeros(len(days))
    for code in np.unique(stratum[again]):
        rows = again[stratum[again] == code]
        share = 1 - kaplan_meier(when[rows], event[rows]).after(days)
        entered += len(rows) / len(again) * np.where(days <= followed[rows].max(), share, np.nan)
    return entered
