"""Tables of a monitor page."""

import numpy as np
import pandas as pd

from eriq.disclosure import publishable
from eriq.features import Feature
from eriq.model.calibrator import expit
from eriq.model.distributions import binned
from eriq.model.manifest import Manifest
from eriq.monitoring.shift import UNKNOWN
from eriq.monitoring.watching import against, awaited, by_month, shifted


def months(off: float, n: int = 150) -> pd.DataFrame:
    """Return a year of people whose outcomes are `off` from their forecasts, in log-odds."""
    rng = np.random.default_rng(2)
    x = rng.normal(-1, 1, 12 * n)
    days = pd.to_datetime(np.repeat([f"2015-{m:02d}-15" for m in range(1, 13)], n))
    outcome = (rng.random(len(x)) < expit(x + off)).astype("int8")
    return pd.DataFrame({"client_id": np.arange(len(x)), "answered_on": days, "outcome": outcome, "log_odds": x})


def test_forecasts_that_are_off_alarm_and_others_do_not() -> None:
    """A level wrong by 0.6 alarms within the year; a right one is quiet in every month."""
    assert "alarm" in set(by_month(months(0.6))["verdict"])
    assert set(by_month(months(0.0))["verdict"]) == {"quiet"}


def test_the_slope_of_a_month_is_told_with_its_interval() -> None:
    """Forecasts 1.6 times too far apart have a slope of 1/1.6 in the interval of nearly every month, and 1 seldom."""
    people = months(0.0, 600)
    made = by_month(people.assign(log_odds=1.6 * people["log_odds"]))

    def within(value: float) -> int:
        return int(((made["slope_low"] < value) & (made["slope_high"] > value)).sum())

    assert within(1 / 1.6) >= 11
    assert within(1.0) <= 1
    assert by_month(months(0.0, 30))["slope"].isna().any()


def test_few_people_are_never_a_number() -> None:
    """Four people a month, a model of old, fourteen people: not assessable, and no number."""
    few = by_month(months(0.0, 4))
    assert set(few["verdict"]) == {UNKNOWN}
    silent = by_month(months(0.0, 15))  # forecasts add up to five, and yet no alarm could have been expected
    assert set(silent["verdict"]) == {UNKNOWN}
    assert publishable("monitor_months", few)[["n", "events", "auc"]].isna().all(axis=None)
    assert by_month(months(0.0).iloc[:0]).empty
    assert awaited(np.zeros(14))["estimate"].isna().all()
    assert shifted(pd.DataFrame({"client_id": ["a"]}), Manifest(), (), 0.05).empty


def test_a_job_centre_of_few_people_is_not_named() -> None:
    """A centre of five clients is a slice of its own; that of four clients, however many rows, is not there."""
    rows = pd.DataFrame({"client_id": np.arange(60) % 50, "x": 1.0, "job_centre": "north"})
    rows.loc[rows["client_id"] < 9, "job_centre"] = "five"
    rows.loc[rows["client_id"] < 4, "job_centre"] = "four"
    known = binned(np.arange(99.0), measured=True)
    assert known is not None
    manifest = Manifest(distributions={"x": known})
    some = (Feature("x", "register"),)
    assert set(shifted(rows, manifest, some, 0.05)["slice"]) == {"all", "job centre five", "job centre north"}


def test_a_challenger_is_compared_on_the_same_people() -> None:
    """The true log-odds beat the same with noise on every measure; against itself nothing can be told."""
    people = months(0.0)
    y, x = people["outcome"].to_numpy(), people["log_odds"].to_numpy()
    noisy = x + np.random.default_rng(4).normal(0, 2, len(x))

    assert set(against(y, noisy, x)["verdict"]) == {"challenger better"}
    assert set(against(y, x, noisy)["verdict"]) == {"champion better"}
    assert set(against(y, x, x)["verdict"]) == {"cannot tell"}
    assert against(y[:30], x[:30], x[:30])["estimate"].isna().all()


def test_a_slice_has_the_columns_its_people_can_have() -> None:
    """People of one half are looked at on its columns alone, and a table without days is one period."""
    kept = binned(np.repeat(np.arange(4.0), 500), measured=False)
    assert kept is not None
    told = Manifest(distributions={"client.a": kept, "caseworker.b": kept})
    used = tuple(Feature(name, name.split(".")[0]) for name in told.distributions)  # type: ignore[arg-type]
    both = pd.DataFrame({"client_id": np.arange(800), "client.a": np.resize(np.arange(4.0), 800)})
    both = both.assign(**{"caseworker.b": both["client.a"]})
    found = shifted(both, told, used, 0.05, {"client only": both[["client_id", "client.a"]].head(400)})
    assert found.groupby("slice")["column"].agg(list).to_dict() == {
        "all": ["client.a", "caseworker.b"],
        "client only": ["client.a"],
    }
    undated = by_month(months(0.0).assign(answered_on=pd.NaT))
    assert undated["month"].tolist() == ["whole period"]
