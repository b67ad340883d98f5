"""The hazard contender: the fit of a long table, the curve of Kaplan-Meier, and true probabilities recovered."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from eriq.errors import CohortError
from eriq.model.margin import raw_margin
from eriq.study.design.survival import kaplan_meier
from eriq.study.evaluation.recalibration import logistic_recalibration
from eriq.study.learning.hazard import HazardLogistic, month_ends, person_months
from tests.study.worlds import HORIZON, World, make

ENDS = month_ends(HORIZON, 456)


def columns(world: World, noise: int = 3, seed: int = 1) -> np.ndarray:
    """Return the score of a world beside columns of noise."""
    return np.column_stack([world.x, np.random.default_rng(seed).normal(size=(len(world.x), noise))])


def test_months_are_twelfths_of_a_year_and_the_horizon_ends_one():
    """12 months are 365 days and 15 are 456; a horizon within a month cuts it."""
    assert ENDS.tolist() == [30, 61, 91, 122, 152, 182, 213, 243, 274, 304, 335, 365, 395, 426, 456]
    assert month_ends(456).tolist() == ENDS.tolist()
    assert month_ends(75).tolist() == [30, 61, 75]
    assert month_ends(75, 100).tolist() == [30, 61, 75, 91, 100]
    assert month_ends(20).tolist() == [20]


@pytest.mark.parametrize(
    ("days", "event", "followed", "at_risk", "entered"),
    [
        (30, True, 400, [1, 0, 0], [1, 0, 0]),
        (31, True, 400, [1, 1, 0], [0, 1, 0]),
        (61, True, 61, [1, 1, 0], [0, 1, 0]),
        (40, True, 60, [1, 0, 0], [0, 0, 0]),
        (20, True, 29, [0, 0, 0], [0, 0, 0]),
        (60, False, 60, [1, 0, 0], [0, 0, 0]),
        (61, False, 61, [1, 1, 0], [0, 0, 0]),
        (92, True, 400, [1, 1, 1], [0, 0, 0]),
    ],
)
def test_a_month_counts_if_it_was_followed_to_its_end(days, event, followed, at_risk, entered):
    """Also for who entered in it: seen in part, a month shows entries and hides who would not have entered."""
    times = pd.DataFrame({"days": [days], "event": [event], "followed_days": [followed]})
    risk, entry = person_months(times, ENDS[:3])
    assert (risk[0].tolist(), entry[0].tolist()) == (at_risk, entered)


def test_the_fit_is_that_of_a_long_table():
    """One row per person and month with a column per month, by scikit-learn, gives the same weights and months."""
    world = make(7, 900)
    x = columns(world)
    fitted = HazardLogistic(C=0.05, month_ridge=20.0).fit(x, world.times.to_numpy(float))
    risk, entry = person_months(world.times, ENDS)
    row, month = np.nonzero(risk)
    # The same ridge on both kinds of column, so that one penalty serves; a level of its own is not penalised.
    long = np.column_stack([x[row], np.eye(len(ENDS))[month]])
    oracle = LogisticRegression(C=0.05, tol=1e-10, max_iter=1000).fit(long, entry[row, month])
    np.testing.assert_allclose(fitted.coef_[0], oracle.coef_[0, :4], atol=1e-5)
    np.testing.assert_allclose(fitted.month_, oracle.intercept_ + oracle.coef_[0, 4:], atol=1e-5)


def test_without_columns_that_tell_the_curve_is_that_of_kaplan_meier():
    """Monthly to 15 months, from rows a third of which are lost before the year is over."""
    world = make(8, 8000, effect=0.0)
    fitted = HazardLogistic().fit(np.zeros((8000, 1)), world.times.to_numpy(float))
    curve = fitted.curve(np.zeros((1, 1)))[0]
    oracle = 1 - kaplan_meier(world.times["days"], world.times["event"]).after(ENDS)
    np.testing.assert_allclose(curve, oracle, atol=0.004)
    true = world.probability[0]
    assert abs(curve[11] - true) < 3 * np.sqrt(true * (1 - true) / (0.64 * 8000))
    assert (np.diff(curve) > 0).all()


def test_true_probabilities_come_back_calibrated():
    """Over 30 worlds slope 1 and level 0 against who would have entered, for people the model was not fitted on."""
    slopes, levels, gaps = [], [], []
    for seed in range(30):
        world = make(seed, 3000)
        model = make_pipeline(StandardScaler(), HazardLogistic(C=100.0))
        model.fit(columns(world), world.times.to_numpy(float))
        fresh = make(1000 + seed, 3000)
        forecast = model.predict_proba(columns(fresh, seed=2))[:, 1]
        found = logistic_recalibration(fresh.outcome, forecast)
        slopes.append(found.slope)
        levels.append(found.in_the_large)
        gaps.append(np.mean(forecast - fresh.probability))
    for values, truth in ((slopes, 1.0), (levels, 0.0), (gaps, 0.0)):
        error = np.std(values, ddof=1) / np.sqrt(len(values))
        assert abs(np.mean(values) - truth) < 3.5 * error + (0.01 if values is slopes else 0.0)
        assert error < 0.02


def test_the_log_odds_are_those_of_the_probability_and_rise_with_the_line():
    """Also far out, where the probability itself is 0 or 1; a pipeline hands them on as any other model does."""
    world = make(3, 1500)
    model = make_pipeline(StandardScaler(), HazardLogistic(C=1.0)).fit(columns(world), world.times.to_numpy(float))
    x = columns(make(4, 500))
    p = model.predict_proba(x)[:, 1]
    margin = raw_margin(model, x)
    np.testing.assert_allclose(1 / (1 + np.exp(-margin)), p, atol=1e-12)
    hazard, scaled = model[-1], model[0].transform(x)
    assert (np.diff(margin[np.argsort(hazard.line(scaled))]) > 0).all()
    np.testing.assert_array_equal(hazard.curve(scaled, [HORIZON])[:, 0], p)
    far = hazard.decision_function(np.array([[-300.0, 0, 0, 0], [300.0, 0, 0, 0]]))
    assert np.isfinite(far).all()
    assert far[0] < -100
    assert far[1] > 100


def test_the_curve_starts_at_0_and_is_known_at_ends_of_months_alone():
    """A day between them is refused rather than guessed."""
    world = make(5, 800)
    fitted = HazardLogistic().fit(columns(world), world.times.to_numpy(float))
    curve = fitted.curve(columns(world)[:3], [0, 365, 30])
    assert curve.shape == (3, 3)
    assert (curve[:, 0] == 0).all()
    assert (curve[:, 1] > curve[:, 2]).all()
    with pytest.raises(ValueError, match=r"up to day 456, not at \[100\]"):
        fitted.curve(columns(world)[:3], [100])


def test_months_that_nobody_was_followed_through_are_left_out_beyond_the_horizon_and_refused_within():
    """Follow-up of 400 days gives a curve to day 395; of 350 days no probability for a year."""
    world = make(6, 800)
    cut = world.times.assign(
        event=world.times["event"] & (world.times["days"] <= 400),
        followed_days=world.times["followed_days"].clip(upper=400),
    )
    cut["days"] = cut["days"].clip(upper=400)
    fitted = HazardLogistic().fit(columns(world), cut.to_numpy(float))
    assert fitted.month_ends_[-1] == 395
    short = cut.assign(event=cut["event"] & (cut["days"] <= 350), followed_days=cut["followed_days"].clip(upper=350))
    with pytest.raises(CohortError, match="curve of entries over 365 days"):
        HazardLogistic().fit(columns(world), short.assign(days=short["days"].clip(upper=350)).to_numpy(float))
    with pytest.raises(CohortError, match="needs entries"):
        HazardLogistic().fit(columns(world), world.times.assign(event=False).to_numpy(float))


def test_rows_that_break_off_make_the_forecast_better():
    """With 1,500 rows, a third of them lost, forecasts come nearer to the truth than from rows with a whole window."""
    gains = []
    for seed in range(20):
        world, fresh = make(7000 + seed, 1500), make(9000 + seed, 2000)
        x, z = columns(world, 10), columns(fresh, 10, seed=2)
        whole = (world.times["followed_days"] >= HORIZON).to_numpy()
        plain = LogisticRegression(C=0.05).fit(x[whole], world.outcome[whole])
        hazard = HazardLogistic(C=0.05).fit(x, world.times.to_numpy(float))
        off = [np.sqrt(np.mean((m.predict_proba(z)[:, 1] - fresh.probability) ** 2)) for m in (plain, hazard)]
        gains.append(off[0] - off[1])
    assert np.mean(gains) > 3 * np.std(gains, ddof=1) / np.sqrt(len(gains))
    assert np.mean(gains) > 0.005
