"""Home and away, side by side and in words."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eriq.config import load_experiment
from eriq.study.comparison.calibrated import calibration_measures
from eriq.study.comparison.home_and_away import home_and_away, sentence
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.evaluation.intervals import summarise
from eriq.study.evaluation.wanted import Wanted


def people(shift: float, slope: float, seed: int, n: int = 4000) -> Forecasts:
    """Return forecasts for people whose log-odds are `slope` times the forecast's, and `shift`."""
    rng = np.random.default_rng(seed)
    log_odds = -2 + 1.5 * rng.normal(size=n)
    outcome = (shift + slope * log_odds + rng.logistic(size=n) > 0).astype("int8")
    return Forecasts(("q", "r"), outcome, np.column_stack([log_odds, rng.normal(size=n)]), np.arange(n))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Return the table of two contenders whose forecasts are right at home, and too extreme and too high away."""
    quick = load_experiment("quick")
    intervals = quick.intervals.model_copy(update={"replicates": 60, "refit_replicates": 60})
    plan = quick.model_copy(update={"intervals": intervals})
    home, away = people(0, 1, 1), people(-2.2, 0.4, 2)
    made = away.bootstrap(Wanted(("auc",)), replicates=60, seed=1)
    found = pd.concat([summarise(made, away.names), calibration_measures(away, plan)])
    return home_and_away(home, away, found, plan)


def test_known_calibration_is_found_at_home_and_away(table) -> None:
    """The true slope is 1 at home and 0.4 away; both lie within their intervals, and base rates are those of rows."""
    mine = table[table["contender"] == "q"].set_index("measure")
    slope = mine.loc["calibration_slope"]
    assert slope["home_low"] < 1 < slope["home_high"]
    assert slope["away_low"] < 0.4 < slope["away_high"]
    large = mine.loc["calibration_in_the_large"]
    assert large["home_low"] < 0 < large["home_high"]
    assert large["away_high"] < 0
    assert mine.loc["auc", "home"] > mine.loc["auc", "away"] > 0.5
    rate = table[table["measure"] == "base_rate"]
    expected = [people(0, 1, 1).outcome.mean(), people(-2.2, 0.4, 2).outcome.mean()]
    assert rate[["home", "away"]].to_numpy()[0].tolist() == pytest.approx(expected)


def test_it_is_said_in_words(table) -> None:
    """Too extreme and too high where the interval says so, with both base rates; nothing where it cannot tell."""
    words = sentence(table, "q")
    assert words.startswith("Forecasts were too extreme away from home: slope 0.")
    assert "on average they were too high: calibration in the large" in words
    assert words.endswith("away.")
    assert "base rate" in words
    wide = table.assign(away_low=-5.0, away_high=5.0)
    again = home_words(wide)
    assert "not shown to be too extreme or too narrow" in again
    assert "not shown to be too high or too low" in again
    assert sentence(table, "nobody") == ""


def home_words(table: pd.DataFrame) -> str:
    """Return the words of the first contender from numbers alone."""
    from eriq.study.comparison.home_and_away import WORDED, _words

    return sentence(table.assign(words=[_words(*row) for row in table[["measure", *WORDED]].to_numpy()]), "q")


def test_rates_follow_weights() -> None:
    """A row that stands for three counts three times in a base rate."""
    quick = load_experiment("quick")
    intervals = quick.intervals.model_copy(update={"replicates": 50, "refit_replicates": 0})
    plan, home = quick.model_copy(update={"intervals": intervals}), people(0, 1, 3, 400)
    heavy = replace(home, weights=np.where(home.outcome == 1, 3.0, 1.0))
    nothing = pd.DataFrame({"contender": [], "measure": [], "estimate": [], "low": [], "high": []})
    rate = home_and_away(heavy, home, nothing, plan).iloc[-1]
    events = home.outcome.sum()
    assert rate["home"] == pytest.approx(3 * events / (400 + 2 * events))
    assert rate["away"] == pytest.approx(events / 400)
