"""Weights for censored rows: by hand, and in worlds whose truth is known."""

import numpy as np
import pandas as pd
import pytest
from tests.study.worlds import HORIZON, World, make

from eriq.config.censoring import Ipcw
from eriq.errors import CohortError
from eriq.study.design.censoring import EVERYONE, censoring_weights, strata
from eriq.study.evaluation.decisions import net_benefit
from eriq.study.evaluation.metrics import auc, brier, log_loss
from eriq.study.evaluation.recalibration import logistic_recalibration
from eriq.tables.time_to_entry import happened_by


def times(*rows: tuple[int, bool, int]) -> pd.DataFrame:
    """Return times from (days, event, followed_days)."""
    return pd.DataFrame(rows, columns=["days", "event", "followed_days"])


def one(frame: pd.DataFrame) -> np.ndarray:
    """Return one stratum for everyone."""
    return np.full(len(frame), EVERYONE, dtype=object)


def test_weights_by_hand():
    """Five people, horizon 10. One follow-up ends on day 4, the day of an event, which is still seen with everybody.

    Four were at risk of censoring on day 4 less the one with the event on it, so 3/4 stay: 1 / (3/4) for an event on
    day 5, on the horizon's own day, and for who is followed to it or beyond, also with an event after it.
    """
    frame = times((4, True, 20), (4, False, 4), (5, True, 9), (10, True, 10), (10, False, 10))
    made = censoring_weights(frame, 10, one(frame))
    np.testing.assert_allclose(made.weight, [1, 0, 4 / 3, 4 / 3, 4 / 3])
    later = times((4, True, 20), (4, False, 4), (5, True, 9), (11, True, 30), (10, False, 10))
    np.testing.assert_allclose(censoring_weights(later, 10, one(later)).weight, [1, 0, 4 / 3, 4 / 3, 4 / 3])
    assert happened_by(later, 10).tolist() == [True, False, True, False, False]


def test_the_end_of_follow_up_on_the_horizon_is_not_yet_lost():
    """Who is followed to the very day counts; the day before does not."""
    frame = times((10, False, 10), (9, False, 9), (12, False, 12))
    np.testing.assert_allclose(censoring_weights(frame, 10, one(frame)).weight, [1.5, 0, 1.5])


@pytest.mark.parametrize("seed", range(5))
def test_without_cuts_the_weights_of_a_stratum_sum_to_its_rows(seed):
    """Everybody is stood for once, in each stratum by its own people, whatever the ties."""
    rng = np.random.default_rng(seed)
    followed, first = rng.integers(1, 30, 300), rng.integers(1, 60, 300)
    frame = times(*zip(np.minimum(first, followed), first <= followed, followed, strict=True))
    stratum = np.where(rng.random(300) < 0.3, "a", "b").astype(object)
    made = censoring_weights(frame, 12, stratum, Ipcw(largest_weight=1e6))
    for name in ("a", "b"):
        assert made.weight[stratum == name].sum() == pytest.approx((stratum == name).sum())


def test_weights_are_cut_at_the_limit_and_at_the_quantile():
    """Of 10 people 9 of whom are lost the last has weight 10; the lower of both limits holds, and is counted."""
    frame = times(*((day, False, day) for day in range(1, 10)), (100, False, 100), (1, True, 50))
    for limits, largest, cut in (
        (Ipcw(largest_weight=10), 10, 0),
        (Ipcw(largest_weight=9.5), 9.5, 1),
        (Ipcw(largest_weight=10, quantile=0.75), 1 + 0.75 * 9, 1),
        (Ipcw(largest_weight=3, quantile=0.75), 3, 1),
    ):
        made = censoring_weights(frame, 100, one(frame), limits)
        assert made.weight.max() == pytest.approx(largest)
        (line,) = made.diagnostics.to_dict("records")
        assert line["largest"] == pytest.approx(10)
        assert line["cut"] == cut
        assert line["effective"] == pytest.approx((1 + largest) ** 2 / (1 + largest**2))  # the event's weight is 1


def test_a_stratum_followed_by_nobody_to_the_horizon_is_left_out_whole():
    """Its early events alone would raise the rate; the table says how many rows that are."""
    frame = times((5, True, 8), (7, False, 7), (10, False, 10), (3, True, 30), (20, False, 20))
    made = censoring_weights(frame, 10, np.array(["new", "new", "old", "old", "old"], dtype=object))
    assert made.weight.tolist() == [0, 0, 1, 1, 1]
    assert made.supported.tolist() == [False, False, True, True, True]
    table = made.diagnostics.set_index("stratum")
    assert table.index.tolist() == ["new", "old", EVERYONE]
    assert table["left_out"].tolist() == [2, 0, 2]
    assert table["rows"].tolist() == [2, 3, 5]
    assert table.loc[EVERYONE, ["known", "followed"]].tolist() == [4, 3]
    assert table.loc["old", ["rate", "rate_leave_out", "effective"]].tolist() == pytest.approx([1 / 3, 1 / 3, 3])
    assert np.isnan(table.loc["new", "rate"])


def test_with_no_support_anywhere_the_error_says_what_to_do():
    """CohortError, exit code 15."""
    frame = times((5, True, 8), (7, False, 7))
    with pytest.raises(CohortError, match=r"in none of the 1 strata is anybody followed for 10 days\. Declare wider"):
        censoring_weights(frame, 10, one(frame))


def test_strata_are_named_after_what_they_are_made_of():
    """An unknown job centre is one of its own; without columns all are one."""
    rows = pd.DataFrame(
        {"answered_on": pd.to_datetime(["2020-03-31", "2020-04-01"]), "job_centre": pd.Series(["north", None])}
    )
    assert strata(rows, ["quarter"]).tolist() == ["2020Q1", "2020Q2"]
    assert strata(rows, ["year", "job_centre"]).tolist() == ["2020, north", "2020, unknown"]
    assert strata(rows, []).tolist() == [EVERYONE, EVERYONE]


# --- known truth ---------------------------------------------------------------------------


def measured(world: World, forecast: np.ndarray, weights: np.ndarray, happened: np.ndarray) -> list[float]:
    """Return rate, AUC, Brier, log loss, net benefit at .2, calibration slope and in the large."""
    fit = logistic_recalibration(happened, forecast, weights)
    return [
        float(weights @ happened / weights.sum()),
        auc(happened, forecast, weights),
        brier(happened, forecast, weights),
        log_loss(happened, forecast, weights),
        net_benefit(happened, forecast, 0.2, weights),
        fit.slope,
        fit.in_the_large,
    ]


def errors(dependent: bool, runs: int) -> dict[str, np.ndarray]:
    """Return, per way of handling censored rows, each measure less the one on the same people followed throughout."""
    found: dict[str, list[np.ndarray]] = {"leave_out": [], "ipcw": [], "strata": [], "lost": []}
    for seed in range(2000, 2000 + runs):
        world = make(seed, dependent=dependent)
        forecast = 1 / (1 + np.exp(-(-1.7 + 1.2 * world.x)))  # too low and too extreme, so that no measure is at 0 or 1
        truth = np.array(measured(world, forecast, np.ones(len(world.x)), world.outcome))
        happened = happened_by(world.times, HORIZON).astype(int)
        whole = (world.times["followed_days"] >= HORIZON).to_numpy(float)
        pooled = np.full(len(world.x), EVERYONE, dtype=object)
        ways = {
            "leave_out": whole,
            "ipcw": censoring_weights(world.times, HORIZON, pooled).weight,
            "strata": censoring_weights(world.times, HORIZON, world.stratum).weight,
        }
        for name, weights in ways.items():
            found[name].append(np.array(measured(world, forecast, weights, happened)) - truth)
        found["lost"].append(np.array([1 - whole.mean()]))
    return {name: np.array(rows) for name, rows in found.items()}


def z(differences: np.ndarray) -> np.ndarray:
    """Return the mean of each column in its standard errors."""
    return differences.mean(axis=0) / (differences.std(axis=0, ddof=1) / np.sqrt(len(differences)))


def test_under_steady_intake_a_third_is_lost_and_weights_use_more_of_what_is_there():
    """36 % of the rows go; all ways are unbiased for every measure, and weights are nearer to the truth of the rate."""
    found = errors(dependent=False, runs=60)
    assert found["lost"].mean() == pytest.approx(0.36, abs=0.005)
    for name in ("leave_out", "ipcw", "strata"):
        assert np.abs(z(found[name])).max() < 3.5, name
    spread = {name: found[name].std(axis=0) for name in ("leave_out", "ipcw")}
    assert (spread["ipcw"][:4] < 0.97 * spread["leave_out"][:4]).all()


def test_where_periods_differ_in_risk_and_in_follow_up_only_declared_strata_repair_it():
    """Left out, the rate is a fifth too low; one curve for all helps a little; strata restore every measure."""
    found = errors(dependent=True, runs=60)
    assert np.abs(z(found["strata"])).max() < 3.5
    for name in ("leave_out", "ipcw"):
        assert (np.abs(z(found[name])[[0, 2, 3, 4, 6]]) > 20).all(), name  # AUC and slope need not be wrong
    assert found["leave_out"][:, 0].mean() < -0.03
    assert np.abs(found["strata"][:, 0].mean()) < 0.003
