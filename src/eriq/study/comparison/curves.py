"""Calibration curves with bands, bins beside them, and decision curves."""

from collections.abc import Iterator, Mapping
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
from eriq.study.evaluation.logit_curve import logit_curve
from eriq.study.evaluation.redrawn import Grouped, redrawn_curves
from eriq.study.evaluation.smooth import smooth_curve
from eriq.study.evaluation.wanted import Wanted
from eriq.tables.results import ON_LOGIT, SMOOTH

BANDS = 100  # most replicates of a curve
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
    named = zip(forecasts.names, forecasts.probability.T, strict=True)
    several = {name: probability for name, probability in named if np.ptp(probability) >= 1e-9}
    grouped = {name: Grouped.of(outcome, probability) for name, probability in several.items()}
    tallies = _tallies(grouped, client_weights(forecasts.drawn, n, experiment.seed))
    curves, bins, errors = [], [], []
    for name, probability in several.items():
        grid = np.unique(np.quantile(probability, np.linspace(0.01, 0.99, 40)))
        bands, distances = np.full((n, len(CURVES), len(grid)), np.nan), np.full((n, len(ERRORS)), np.nan)
        if n:
            bands, distances = redrawn_curves(grouped[name], tallies[name], grid)
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


def _tallies(grouped: Mapping[str, Grouped], draws: Iterator[np.ndarray]) -> dict[str, np.ndarray]:
    """Return the tallies of all draws for each contender; rows are drawn a few times at once and not kept."""
    parts: dict[str, list[np.ndarray]] = {name: [] for name in grouped}
    for counts in draws:
        for name, rows in grouped.items():
            parts[name].append(rows.tally(counts))
    return {name: np.concatenate(some, axis=1) for name, some in parts.items() if some}


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
