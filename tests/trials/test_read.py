"""A made-up trial with the published figures, read back: shares and differences lie within their intervals."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from eriq.config.trial import load_trial
from eriq.disclosure.tables import publishable
from eriq.trials.read import read_trial
from eriq.trials.trial import open_trial

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
PRINTED = {"FS": 0.181, "SE": 0.260, "CM": 0.205}


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """Return the tables of the shipped trial."""
    return read_trial(open_trial(load_trial("swedish-trial")))


def within(row: pd.Series, value: float) -> bool:
    return bool(row["low"] <= value <= row["high"])


def test_printed_shares_lie_in_their_intervals(tables):
    """Share in work at month 15 of each arm is the printed one within its interval; kinds add up to it."""
    shares = tables["trial_shares"]
    last = shares[shares["month"] == 15].set_index(["arm", "outcome"])
    assert all(within(last.loc[arm, "work_any"], value) for arm, value in PRINTED.items())
    kinds = ["unsubsidised", "subsidised", "sheltered", "education"]
    for arm in PRINTED:
        assert last.loc[arm].loc[kinds, "estimate"].sum() == pytest.approx(last.loc[(arm, "work_any"), "estimate"])


@pytest.mark.skipif(not SHARED.is_dir(), reason="printed tables ../shared/data are not here")
def test_every_printed_kind_lies_in_its_interval(tables):
    """Twelve printed shares of kinds of work, and the differences of all, women and men, within their intervals."""
    shares, contrasts = tables["trial_shares"], tables["trial_contrasts"]
    last = shares[shares["month"] == 15].set_index(["arm", "outcome"])
    with (SHARED / "trial_outcomes.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["month"] == "15" and row["arm"] in PRINTED]
    printed = {(row["arm"], row["outcome_code"]): float(row["share"]) for row in rows}
    met = {key: within(last.loc[key], printed[key]) for key in printed if key in last.index}
    assert len(met) == 15
    assert all(met.values())
    said = contrasts[contrasts["month"] == 15].set_index(["contrast", "outcome", "group"])
    with (SHARED / "trial_contrasts.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["estimate_pp"] and row["month"] == "15":
                key = (row["contrast"].replace("-", " - "), row["outcome_code"], row["group"])
                assert within(said.loc[key], float(row["estimate_pp"]) / 100), key


def test_arms_part_late(tables):
    """Before month 7 the arms are alike; observed months end as published; survey response differs by arm."""
    shares = tables["trial_shares"]
    early = shares[(shares["month"] == 6) & (shares["outcome"] == "work_any")]
    assert early["estimate"].max() - early["estimate"].min() < 0.05
    n = shares[shares["outcome"] == "work_any"].groupby("month")["n"].sum()
    assert n[0] == n[13] == 1063
    assert n[14] / 1063 == pytest.approx(0.918, abs=0.03)
    assert n[15] / 1063 == pytest.approx(0.774, abs=0.03)
    answered = tables["trial_answered"].set_index("arm")
    expected = {"FS": 0.4718, "SE": 0.5514, "CM": 0.7296}
    assert all(within(answered.loc[arm], value) for arm, value in expected.items())
    assert answered.loc["CM", "gap_low"] > 0


def test_interval_has_the_width_of_the_trial(tables):
    """The standard error of SE less FS is that of two shares: the reach of a 95 % interval is about 7 points."""
    contrasts = tables["trial_contrasts"].set_index(["contrast", "month", "outcome", "group"])
    row = contrasts.loc[("SE - FS", 15, "work_any", "all")]
    assert (row["high"] - row["low"]) / 2 == pytest.approx(0.072, abs=0.01)


def test_lot_is_balanced(tables):
    """No baseline fact of a made-up lot lies a fifth of a deviation apart; sizes weigh less than they count."""
    assert tables["trial_balance"]["apart"].abs().max() < 0.2
    arms = tables["trial_arms"]
    assert (arms["effective"] <= arms["n"]).all()
    assert arms["n"].sum() == 1063


def test_small_cells_do_not_leave(tables):
    """Where fewer than five people are in a kind of work, its share is left out, and another kind's beside it."""
    shown = publishable("trial_shares", tables["trial_shares"])
    small = tables["trial_shares"]["people_with"] < 5
    assert small.any()
    assert shown.loc[small, ["estimate", "low", "people_with"]].isna().all(axis=None)
    kinds = shown[shown["of"] == "FS 15"]["estimate"]
    assert kinds.isna().sum() >= 2
    assert shown["month"].notna().all()
