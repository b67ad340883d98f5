"""Calibration curves with bands, bins beside them, and decision curves."""

from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd

from eriq.config import Experiment
from eriq.study.comparison.calibrated import REFITTED
from eriq.study.evaluation.bootstrap import client_weights
from eriq.study.evaluation.calibration import calibration_errors, calibration_table
from eriq.study.evaluation.decisions import decision_curve
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.evaluation.intervals import from_refits, summarise
from eriq.study.evaluation.logit_curve import curve_and_emax, logit_curve
from eriq.study.evaluation.smooth import smooth_curve
from eriq.study.evaluation.wanted import Wanted
from eriq.tables.results import ON_LOGIT, SMOOTH

BANDS = 100  # most replicates of a curve: a smooth line per replicate and contender is dear
ERRORS = ("ici", "e50", "e90", "emax")  # the fields of CalibrationErrors
CURVES = (SMOOTH, ON_LOGIT)


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """How forecasts lie beside what happened."""

    curve: pd.DataFrame
    bins: pd.DataFrame
    errors: pd.DataFrame  # distances from the diagonal, as measures


def calibration_curves(forecasts: Forecasts, experiment: Experiment) -> Curves:
    """Return calibration curves of both kinds with bands, ten bins beside them, and the distances from the diagonal.

    A contender with one forecast for everyone has no curve. A smooth curve outside [0, 1] is drawn at the end of it.
    Where rows have weights, the curves are of those followed to the horizon, each once.
    """
    forecasts = forecasts.unweighted()
    outcome, level = forecasts.outcome, experiment.intervals.level
    n = min(experiment.intervals.refit_replicates, BANDS)
    draws = [row for weights in client_weights(forecasts.drawn, n, experiment.seed) for row in weights]
    curves, bins, errors = [], [], []
    for name, probability in zip(forecasts.names, forecasts.probability.T, strict=True):
        if np.ptp(probability) < 1e-9:
            continue
        grid = np.unique(np.quantile(probability, np.linspace(0.01, 0.99, 40)))
        bands, distances = np.full((n, len(CURVES), len(grid)), np.nan), np.full((n, len(ERRORS)), np.nan)
        for place, weights in enumerate(draws):
            drawn = np.repeat(np.arange(len(outcome)), weights.astype(int))
            bands[place], distances[place] = _redrawn(outcome[drawn], probability[drawn], grid)
        low, high = np.nanquantile(bands, [(1 - level) / 2, (1 + level) / 2], axis=0) if n else np.full((2, 2), np.nan)
        both = smooth_curve(outcome, probability, grid)["observed"].clip(0, 1), logit_curve(outcome, probability, grid)
        for kind, observed, first, last in zip(CURVES, both, low, high, strict=True):
            line = {"contender": name, "curve": kind, "forecast": grid, "observed": observed}
            curves.append(pd.DataFrame(line).assign(low=first, high=last))
        bins.append(calibration_table(outcome, probability, n_bins=10).assign(contender=name))
        whole = astuple(calibration_errors(outcome, probability))
        for measure, value, again in zip(ERRORS, whole, distances.T, strict=True):
            errors.append(from_refits(name, measure, value, again, level))
    return Curves(
        pd.concat(curves, ignore_index=True),
        pd.concat(bins, ignore_index=True),
        pd.DataFrame(errors, columns=REFITTED),
    )


def _redrawn(outcome: np.ndarray, probability: np.ndarray, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both curves of one replicate on `grid` and its four distances from the diagonal."""
    fitted = smooth_curve(outcome, probability)
    x, observed = fitted["forecast"].to_numpy(), fitted["observed"].to_numpy()
    distance = np.abs(np.interp(probability, x, observed) - probability)
    smooth = np.interp(grid, x, observed, left=np.nan, right=np.nan).clip(0, 1)
    on_logit, emax = curve_and_emax(outcome, probability, grid)
    return np.array([smooth, on_logit]), np.array([distance.mean(), *np.quantile(distance, [0.5, 0.9]), emax])


def decision_curves(forecasts: Forecasts, experiment: Experiment) -> pd.DataFrame:
    """Return the net benefit of each forecast, of acting on everyone and on nobody, over thresholds that matter."""
    probability = forecasts.probability
    top = np.quantile(probability, 0.98, axis=0).max()
    thresholds = [float(t) for t in np.linspace(max(0.01, top / 40), max(0.05, top), 30).round(4)]
    made = forecasts.bootstrap(
        Wanted((), thresholds=tuple(thresholds)),
        replicates=min(500, experiment.intervals.replicates),
        seed=experiment.seed,
    )
    table = summarise(made, forecasts.names, experiment.intervals.level).rename(columns={"estimate": "net_benefit"})
    table["threshold"] = np.tile(thresholds, len(forecasts.names))
    everyone = decision_curve(forecasts.outcome, probability[:, 0], thresholds, forecasts.weights)["net_benefit_all"]
    lines = [
        table[["contender", "threshold", "net_benefit", "low", "high"]],
        pd.DataFrame({"contender": "treat all", "threshold": thresholds, "net_benefit": everyone}),
        pd.DataFrame({"contender": "treat none", "threshold": thresholds, "net_benefit": 0.0}),
    ]
    return pd.concat(lines, ignore_index=True)
