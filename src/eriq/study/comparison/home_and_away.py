"""The same contenders at home and on the fixed external set, side by side and in words."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from eriq.config import Experiment
from eriq.pages import interval, number, percent
from eriq.study.comparison.calibrated import calibration_measures
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.evaluation.intervals import summarise
from eriq.study.evaluation.wanted import Wanted

ASKED = ("calibration_slope", "calibration_in_the_large", "auc")  # in the order in which they are said
ENDS = ("estimate", "low", "high")


def home_and_away(home: Forecasts, away: Forecasts, found_away: pd.DataFrame, experiment: Experiment) -> pd.DataFrame:
    """Return AUC, slope and calibration in the large of each contender at home and away, and both base rates.

    Parameters
    ----------
    home, away : Forecasts
        Of the same contenders: out of fold at home, and for the external set by models fitted on all of home.
    found_away : DataFrame
        What was measured away: contender, measure, estimate, low, high.
    experiment : Experiment
        Intervals and seed.
    """
    plan = experiment.intervals
    made = home.bootstrap(Wanted(("auc",)), replicates=plan.replicates, seed=experiment.seed)
    found_home = pd.concat([summarise(made, home.names, plan.level), calibration_measures(home, experiment)])
    both = [_keyed(found_home, home.names).add_prefix("home_"), _keyed(found_away, home.names).add_prefix("away_")]
    table = pd.concat(both, axis="columns").rename(columns={"home_estimate": "home", "away_estimate": "away"})
    order = [(name, measure) for name in home.names for measure in ASKED if (name, measure) in table.index]
    table = table.loc[order].reset_index()
    rates = {"measure": "base_rate", "home": _rate(home), "away": _rate(away)}
    table = pd.concat([table, pd.DataFrame([rates])], ignore_index=True)
    return table.assign(words=[_words(*row) for row in table[["measure", *WORDED]].itertuples(index=False)])


WORDED = ["home", "away", "away_low", "away_high"]


def _keyed(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    known = table[table["contender"].isin(names) & table["measure"].isin(ASKED)]
    return known.set_index(["contender", "measure"])[list(ENDS)]


def _rate(forecasts: Forecasts) -> float:
    return float(np.average(forecasts.outcome, weights=forecasts.weights))


def _words(measure: str, home: float, away: float, low: float, high: float) -> str:
    r"""Return one measure in words; what an interval cannot tell is not said.

    >>> _words("calibration_slope", 1.0, 0.39, 0.3, 0.48)
    'forecasts were too extreme away from home: slope 0.39 (0.30 to 0.48; 1.00 at home)'
    >>> _words("base_rate", 0.12, 0.07, float("nan"), float("nan"))
    'base rate 12\xa0% at home, 7\xa0% away'
    """
    if measure == "base_rate":
        return f"base rate {percent(home, 0)} at home, {percent(away, 0)} away"
    there = f"{number(away, 2)} ({interval(low, high, 2)}; {number(home, 2)} at home)"
    if measure == "auc":
        return f"AUC {there}"
    if measure == "calibration_slope":
        said = _side(low, high, 1, "too extreme", "not extreme enough", "not shown to be too extreme or too narrow")
        return f"forecasts were {said} away from home: slope {there}"
    said = _side(low, high, 0, "too high", "too low", "not shown to be too high or too low")
    return f"on average they were {said}: calibration in the large {there}"


def _side(low: float, high: float, ideal: float, below: str, above: str, neither: str) -> str:
    return below if high < ideal else above if low > ideal else neither


def sentence(table: pd.DataFrame, contender: str) -> str:
    """Return what is said of one contender, its rows joined; nothing where it has none.

    >>> rows = pd.DataFrame({"contender": ["a", None], "words": ["forecasts were fine", "base rate 1 %"]})
    >>> sentence(rows, "a"), sentence(rows, "b")
    ('Forecasts were fine; base rate 1 %.', '')
    """
    mine = table.loc[table["contender"] == contender, "words"].tolist()
    said = "; ".join([*mine, *table.loc[table["contender"].isna(), "words"]])
    return f"{said[:1].upper()}{said[1:]}." if mine else ""
