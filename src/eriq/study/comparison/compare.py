"""Contenders on identical rows and folds -> the tables of the comparison."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.config import Capacity, Experiment
from eriq.study.comparison.calibrated import as_saved, calibration_measures, saved_forecasts
from eriq.study.comparison.choose import choose, savable, why_not
from eriq.study.comparison.curves import calibration_curves, decision_curves
from eriq.study.comparison.declared import Declared
from eriq.study.comparison.factorial import decomposition
from eriq.study.comparison.home_and_away import home_and_away
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.comparison.people import HUMAN, against_people
from eriq.study.comparison.ranked import histogram, roc
from eriq.study.comparison.verdict import FIXED, Difference, headline_pair, headline_table
from eriq.study.design.contender import Contender
from eriq.study.evaluation.bootstrap import Replicates
from eriq.study.evaluation.decisions import overlap
from eriq.study.evaluation.delong import delong_difference
from eriq.study.evaluation.detectable import error_of_interval
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.evaluation.intervals import differences, skill, summarise
from eriq.study.evaluation.metrics import auc_within, majority_accuracy
from eriq.study.evaluation.wanted import Wanted, share_label
from eriq.study.learning.estimators import ESTIMATORS
from eriq.tables.cohort import require_two_classes
from eriq.tables.results import MAJORITY, Results, as_result


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What a comparison found."""

    held: OutOfFold  # what was compared
    home: OutOfFold  # on what the saved model is chosen and calibrated: the same, unless an external set is tested
    chosen: Contender
    baseline: str
    tables: Results
    not_saved: str = ""  # why the chosen one is not worth saving, where it is not

    @property
    def contenders(self) -> tuple[Contender, ...]:
        """Who took part."""
        return self.held.contenders


def compare(
    held: OutOfFold,
    experiment: Experiment,
    truth: np.ndarray | None = None,
    *,
    workers: int = 1,
    home: OutOfFold | None = None,
    declared: Declared | None = None,
) -> Comparison:
    """Return every table of the comparison from out-of-fold log-odds.

    Parameters
    ----------
    held : OutOfFold
        Rows that some contender has no forecast for are left out, for everybody alike.
    experiment : Experiment
        Intervals, capacities, headline.
    truth : ndarray of shape (n_rows,), optional
        True probabilities, where people were made up.
    workers : int
        Threads of the bootstrap.
    home : OutOfFold, optional
        With a fixed external set: forecasts at home, on which the model to save is chosen and calibrated,
        so that the external rows are only tested on.
    declared : Declared, optional
        The headline's difference with an interval that covers refitting; without it the bootstrap's.

    Raises
    ------
    CohortError, ConfigError
        When the tested rows have one outcome only, or the declared contenders do not take part.
    """
    tested, plan, wanted = held.forecasts(), experiment.intervals, wanted_of(experiment.capacity)
    require_two_classes(tested.outcome, "Only rows that some fold tests count.")
    with_, without = (c.name for c in headline_pair(experiment.headline, held.contenders))
    made = tested.bootstrap(wanted, replicates=plan.replicates, seed=experiment.seed, workers=workers)
    losses = made if home is None else _losses(home.forecasts(), experiment)
    chosen = choose(held.contenders, losses, experiment.choose_from)
    not_saved = why_not(home or held, as_saved(home or held, chosen))
    saved = None if not_saved else saved_forecasts(held, chosen, home)
    shown = tested.only([with_, without, chosen.name])
    shown = shown.beside(saved) if saved else shown
    curves = calibration_curves(shown, experiment)
    from_baseline = differences(made, tested.names, without, plan.level)
    every_pair = differences(made, tested.names, None, plan.level)
    measures = _measures(made, tested, saved, without, experiment, workers)
    tables = {
        "contenders": _contender_table(held.contenders),
        "measures": pd.concat([measures, curves.errors, _majority(tested)]),
        "differences": from_baseline,
        "all_differences": every_pair,
        "overlap": _overlaps(tested.only([without, with_, chosen.name]), experiment.capacity),
        "headline": headline_table(
            experiment,
            _headline(declared, from_baseline, with_, plan.level),
            few_people=declared is not None and declared.few_people,
        ),
        "calibration_curve": curves.curve,
        "calibration_bins": curves.bins,
        "decision_curve": decision_curves(shown, experiment),
        "histogram": histogram(shown),
        "roc": roc(shown),
        "decomposition": decomposition(made, held.contenders, experiment),
        "human": against_people(every_pair, with_, held.contenders),
        "oracle": None if truth is None else _oracle(tested, without, truth[held.tested]),
        "delong": _delong(tested, without, plan.level),
        "home_and_away": None if home is None else _travelled(tested, saved, home, chosen, measures, experiment),
    }
    results = {name: as_result(name, table) for name, table in tables.items() if table is not None}
    return Comparison(held, home or held, chosen, without, results, not_saved)


def _travelled(
    tested: Forecasts,
    saved: Forecasts | None,
    home: OutOfFold,
    chosen: Contender,
    measures: pd.DataFrame,
    experiment: Experiment,
) -> pd.DataFrame:
    """Return the declared pair, and the saved model if there is one, at home and away."""
    names = [c.name for c in headline_pair(experiment.headline, home.contenders)]
    at_home, away = home.forecasts().only(names), tested.only(names)
    if saved is not None:
        at_home, away = at_home.beside(saved_forecasts(home, chosen)), away.beside(saved)
    return home_and_away(at_home, away, measures, experiment)


def _measures(
    made: Replicates, tested: Forecasts, saved: Forecasts | None, without: str, experiment: Experiment, workers: int
) -> pd.DataFrame:
    """Return every measure of the contenders and of the saved model, if one is saved."""
    plan, wanted = experiment.intervals, wanted_of(experiment.capacity)
    parts = [
        summarise(made, tested.names, plan.level),
        _skills(made, tested.names, without, plan.level),
        calibration_measures(tested, experiment, workers),
    ]
    if saved:
        made_saved = saved.bootstrap(wanted, replicates=plan.replicates, seed=experiment.seed, workers=workers)
        parts += [summarise(made_saved, saved.names, plan.level), calibration_measures(saved, experiment)]
    return pd.concat(parts, ignore_index=True)


def _headline(declared: Declared | None, from_baseline: pd.DataFrame, with_: str, level: float) -> Difference:
    """Return the declared difference, from the bootstrap of fixed forecasts where nothing covers refitting."""
    if declared is not None and (found := declared.interval) is not None:
        return Difference(found.estimate, found.low, found.high, found.se, declared.words, covers_refits=True)
    row = from_baseline[(from_baseline["contender"] == with_) & (from_baseline["measure"] == "auc")].iloc[0]
    words = FIXED if declared is None else declared.words
    estimate, low, high = (float(row[end]) for end in ("estimate", "low", "high"))
    return Difference(estimate, low, high, error_of_interval(low, high, level), words, covers_refits=False)


def wanted_of(capacity: Capacity) -> Wanted:
    """Return every measure, at the capacities and thresholds of a config."""
    return Wanted(shares=capacity.shares, numbers=capacity.numbers, thresholds=capacity.thresholds)


def _losses(forecasts: Forecasts, experiment: Experiment) -> Replicates:
    return forecasts.bootstrap(Wanted(("log_loss",)), replicates=experiment.intervals.replicates, seed=experiment.seed)


def _contender_table(contenders: Sequence[Contender]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "contender": c.name,
            "block": c.block,
            "estimator": c.estimator,
            "words": ESTIMATORS[c.estimator].words,
            "columns": len(c.columns),
            "savable": savable(c),
            "human": c.estimator in HUMAN,
        }
        for c in contenders
    )


def _skills(made: Replicates, names: Sequence[str], without: str, level: float) -> pd.DataFrame:
    tables = [
        skill(made, names, baseline, level).assign(measure=measure).drop(columns="baseline")
        for baseline, measure in (("prevalence", "brier_skill_prevalence"), (without, "brier_skill_register"))
        if baseline in names and len(names) > 1
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _majority(tested: Forecasts) -> pd.DataFrame:
    """Return the accuracy of saying for everyone what is commoner, without which no accuracy can be read."""
    row = {
        "contender": MAJORITY,
        "measure": "accuracy_majority",
        "estimate": majority_accuracy(tested.outcome, tested.weights),
    }
    return pd.DataFrame([row])


def _overlaps(shown: Forecasts, capacity: Capacity) -> pd.DataFrame:
    """Return how far the lists of two contenders name the same rows; more room than rows is left out; no weights."""
    shown = shown.unweighted()
    numbers = [number for number in capacity.numbers if number <= len(shown.outcome)]
    rows = []
    for k, at in [(s, share_label(s)) for s in capacity.shares] + [(n, str(n)) for n in numbers]:
        for i, first in enumerate(shown.names):
            for j, second in enumerate(shown.names[i + 1 :], i + 1):
                shared = overlap(shown.probability[:, i], shown.probability[:, j], k)
                rows.append({"contender": first, "other": second, "at": at, "overlap": shared})
    return pd.DataFrame(rows)


def _oracle(tested: Forecasts, without: str, truth: np.ndarray) -> pd.DataFrame:
    """Return how much of the way from register-only to the true probabilities each contender gets."""
    best = auc_within(tested.outcome, truth, tested.unit, tested.weights)
    values = np.array(
        [auc_within(tested.outcome, column, tested.unit, tested.weights) for column in tested.probability.T]
    )
    start = values[tested.names.index(without)]
    way = (values - start) / (best - start) if best > start else np.full(len(values), np.nan)
    return pd.DataFrame({"contender": tested.names, "auc": values, "oracle_auc": best, "share_of_way": way})


def _delong(tested: Forecasts, without: str, level: float) -> pd.DataFrame | None:
    """Return DeLong's paired differences, or None where a person has several rows: it takes rows as independent.

    None as well where AUCs are taken within periods or centres: it knows no mean of AUCs. It knows no weights: where
    rows have some, it is of those followed to the horizon, each once.
    """
    tested = tested.unweighted()
    if tested.unit is not None or len(np.unique(tested.drawn)) < len(tested.client):
        return None
    base = tested.probability[:, tested.names.index(without)]
    rows = []
    for name, column in zip(tested.names, tested.probability.T, strict=True):
        if name != without:
            found = delong_difference(tested.outcome, column, base, level)
            rows.append((name, without, found.estimate, found.low, found.high, found.p))
    return pd.DataFrame(rows, columns=["contender", "baseline", "estimate", "low", "high", "p"])
