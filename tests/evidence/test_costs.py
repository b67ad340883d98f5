"""Costs: the printed tables of the Swedish trial, and money only from an effect that somebody entered."""

import csv
import math
from pathlib import Path

import pytest

from eriq.config.costs import load_costs
from eriq.evidence.costs import all_tables, break_even, gained, months_to

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
TRIAL = load_costs("swedish-trial")
TABLES = all_tables(TRIAL)
SUMS = {"FS": 18168, "SE": 22596, "CM": 22980}  # the report prints 22,979 for CM, one less than its items add up to


def item(arm: str, name: str) -> float:
    table = TABLES["per_participant"]
    return float(table[(table["arm"] == arm) & (table["item"] == name)]["value"].iloc[0])


def test_totals_are_printed():
    """Cost per participant of the three arms is what the printed items add up to, to the digit."""
    assert {arm: item(arm, "total") for arm in SUMS} == SUMS


@pytest.mark.skipif(not SHARED.is_dir(), reason="printed tables ../shared/data are not here")
def test_every_printed_cost_is_met():
    """Items to the digit, totals within 1, hours within 4 %, the cost of an hour within 0.5: what rounding leaves."""
    with (SHARED / "trial_costs.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    per_hour = TABLES["hours"].set_index("role")["per_hour"]
    time = TABLES["time"].set_index(["arm", "role"])
    met = 0
    for row in rows:
        value, arm, name = float(row["value"]), row["arm"], row["item"]
        if row["block"] == "per_participant" and name != "total_excluding_staff":
            assert item(arm, name) == pytest.approx(value, abs=1 if name == "total" else 0), (arm, name)
            met += 1
        elif name.endswith("_cost_per_hour"):
            assert per_hour[name.removesuffix("_cost_per_hour")] == pytest.approx(value, abs=0.5)
            met += 1
        elif name.endswith("_hours_total"):
            assert time.loc[(arm, name.removesuffix("_hours_total")), "hours"] == pytest.approx(value, rel=0.04)
            met += 1
        elif row["block"] == "arm_total" and name != "total_excluding_staff":
            assert TRIAL.arms[arm].totals[name] == value
            met += 1
    assert met == 18 + 5 + 8 + 12


@pytest.mark.skipif(not SHARED.is_dir(), reason="printed tables ../shared/data are not here")
def test_the_printed_benefit_is_met():
    """Revenue of 1 to 20 years within 1, and break-even within 0.05 months."""
    with (SHARED / "trial_benefit.csv").open(encoding="utf-8") as file:
        printed = {row["item"]: float(row["value"]) for row in csv.DictReader(file)}
    for years, estimate in TABLES["revenue"][["years", "estimate"]].itertuples(index=False):
        assert estimate == pytest.approx(printed[f"revenue_{years}_years"], abs=1)
    first = TABLES["break_even"].iloc[0]
    assert first["cost_difference"] == printed["cost_difference_SE_minus_FS"]
    assert first["months"] == pytest.approx(9.325, abs=0.001)
    assert first["months"] == pytest.approx(printed["break_even_months"], abs=0.05)


def test_the_benefit_without_the_shared_tables():
    """The five printed sums of revenue, here as the report has them."""
    revenue = TABLES["revenue"].set_index("years")["estimate"]
    expected = {1: 5698, 3: 17095, 5: 28491, 10: 56982, 20: 113965}
    assert all(abs(revenue[years] - value) <= 1 for years, value in expected.items())


def test_the_interval_of_the_effect_reaches_the_months():
    """A larger effect is back sooner, a smaller later; the low end of the trial takes over eight years."""
    first = TABLES["break_even"].iloc[0]
    assert first["months_low"] < first["months"] < first["months_high"]
    assert first["months_high"] == pytest.approx(first["months"] * 0.08 / 0.007)


def test_an_effect_of_nothing_never_pays():
    """No difference, or a loss: never; what costs less has paid at once; a gain that melts away may not suffice."""
    benefit = TRIAL.benefit
    assert benefit is not None
    assert months_to(benefit, 0, 1) == months_to(benefit, -0.1, 1) == math.inf
    assert months_to(benefit, 0.08, 0) == 0
    melting = benefit.model_copy(update={"yearly_loss": 0.5})
    assert gained(melting, 0.08, 3) == pytest.approx(gained(benefit, 0.08, 1) * 1.75)
    assert months_to(melting, 0.08, 2.1 * gained(benefit, 0.08, 1)) == math.inf
    assert months_to(melting, 0.08, 1.5 * gained(benefit, 0.08, 1)) == pytest.approx(24)


def test_one_thing_is_changed_at_a_time():
    """Half of the jobs taken from others doubles the months; nothing else moves."""
    assert TRIAL.benefit is not None
    table = break_even(TRIAL, TRIAL.benefit).set_index(["changed", "to"])["months"]
    assert table["displacement", 0.5] == pytest.approx(2 * table.iloc[0])


def test_a_list_has_money_only_from_its_own_effect():
    """With an effect entered for its people the sum is plain; its interval reaches the balance."""
    effect = {"difference": 0.05, "low": -0.01, "high": 0.11, "source": "x"}
    content = {**TRIAL.model_dump(), "for_list": {"people": 200, "years": 1, "effect": effect}}
    table = all_tables(type(TRIAL).model_validate(content))["for_list"].set_index("what")
    assert table.loc["more spent than on the reference", "estimate"] == 200 * 4428
    assert table.loc["brought", "estimate"] == pytest.approx(200 * 5698.2528 * 0.05 / 0.08)
    assert table.loc["brought less spent", "low"] < -200 * 4428
    assert (table.loc["brought less spent"] == table.loc["brought"] - 200 * 4428).all()
