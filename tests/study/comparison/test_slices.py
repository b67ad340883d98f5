"""The declared pair within groups by register facts, with nobody to be worked out."""

import numpy as np
import pandas as pd
import pytest

from eriq.study.comparison import slices
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.comparison.slices import OTHER, UNKNOWN, by_slices
from eriq.study.design.design import make_design
from eriq.study.evaluation.metrics import auc
from eriq.tables.cohort import Registers
from tests.study.comparison.conftest import named

PAIR = named(("q", "logistic"), ("r", "logistic"))
NOTHING = Registers(pd.DataFrame(), pd.DataFrame(), pd.DataFrame())


def held_out(n: int) -> OutOfFold:
    """Return forecasts of two contenders for n people with two rows each, every second of whom has the outcome."""
    rng = np.random.default_rng(4)
    rows = pd.DataFrame({"client_id": np.repeat([f"c{k}" for k in range(n)], 2)})
    design = make_design(rows, pd.DataFrame(index=rows.index), np.repeat(np.arange(n) % 2, 2))
    return OutOfFold(PAIR, design, rng.normal(size=(2 * n, 2)), ())


def sliced(monkeypatch: pytest.MonkeyPatch, groups: list[str | None], name: str = "track") -> pd.DataFrame:
    """Return the slices of people in these groups, by one slice."""
    made = pd.DataFrame({name: pd.Series(np.repeat(np.array(groups, dtype=object), 2), dtype="str")})
    monkeypatch.setattr(slices, "register_slices", lambda *_: made)
    return by_slices(held_out(len(groups)), NOTHING, 30, PAIR)


def test_a_group_counts_people_rows_and_events_and_has_both_aucs(monkeypatch):
    """Of 40 people with two rows each, 24 are in track 1; its AUCs are those of its rows alone."""
    found = sliced(monkeypatch, ["track 1"] * 24 + ["track 2"] * 16)
    held, mine = held_out(40), slice(0, 48)

    assert found[["group", "clients", "rows", "events", "rate"]].to_numpy().tolist() == [
        ["track 1", 24, 48, 24, 0.5],
        ["track 2", 16, 32, 16, 0.5],
    ]
    assert found["auc_with"][0] == pytest.approx(auc(held.design.outcome[mine], held.log_odds[mine, 0]))
    assert found["auc_without"][0] == pytest.approx(auc(held.design.outcome[mine], held.log_odds[mine, 1]))


def test_small_groups_stand_together(monkeypatch):
    """Three in track 3, eight in track 4: neither is shown, nor can be worked out; who is not known comes last."""
    found = sliced(monkeypatch, ["track 1"] * 20 + ["track 3"] * 3 + ["track 4"] * 8 + [None] * 14)

    assert [["track 1", 20], [OTHER, 11], [UNKNOWN, 14]] == found[["group", "clients"]].to_numpy().tolist()


def test_without_a_code_there_are_no_days_until_it(monkeypatch):
    """Who has no length of time is not unknown, but without a code."""
    found = sliced(monkeypatch, ["longer"] * 20 + [None] * 20, "days_to_code")

    assert ["longer", "no code known"] == found["group"].tolist()


def test_a_slice_with_one_large_group_is_left_out(monkeypatch):
    """Beside 40 of one track, three of another would be told by the total."""
    assert sliced(monkeypatch, ["track 1"] * 40 + ["track 2"] * 3).empty


def test_a_group_of_many_with_few_events_is_not_shown(monkeypatch):
    """Nine people, of whom four entered, are too few of either outcome."""
    assert sliced(monkeypatch, ["track 1"] * 40 + ["track 2"] * 9).empty


def test_made_up_people_are_sliced_by_what_their_registers_hold(held, study, experiment):
    """Every slice counts every tested row once, and the rates follow from the counts."""
    table = by_slices(held, study.intake.registers, experiment.lag_days, held.contenders[:2])

    assert (table.groupby("slice")["rows"].sum() == len(held.tested)).all()
    np.testing.assert_allclose(table["rate"], table["events"] / table["rows"])
    assert table[["auc_with", "auc_without"]].notna().all(axis=None)
