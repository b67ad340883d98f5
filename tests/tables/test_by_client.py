"""Rows found by their client: every pair, whatever the order of rows and of blocks."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest

from eriq.features.register import register_columns
from eriq.tables import by_client as module
from eriq.tables.by_client import by_client
from eriq.tables.cohort import Registers
from eriq.tables.schema import EVENT_COLUMNS, EVENTS, PERSONS, SPELLS, STATUSES, check

DAY0 = np.datetime64("2015-01-01")


@pytest.mark.parametrize("coded", [False, True])
@pytest.mark.parametrize("in_order", [False, True])
def test_every_pair_of_a_client_is_found_once_in_order(coded, in_order):
    """Pairs are those of a loop over both tables; gaps and clients of one table only have none."""
    rng = np.random.default_rng(3)
    names = np.array([*"abcdefgh", None], dtype=object)
    facts, rows = (pd.Series(names[rng.integers(0, 9, n)], dtype="str") for n in (60, 25))
    facts = facts.sort_values().reset_index(drop=True) if in_order else facts
    rows = rows.where(rows != "c", "only here")
    expected = [(r, f) for r, who in enumerate(rows) for f, whom in enumerate(facts) if who == whom]
    found = by_client(facts.astype("category") if coded else facts)
    row, fact = found.pairs(found.place(rows))
    assert list(zip(row.tolist(), fact.tolist(), strict=True)) == expected
    assert found.order is None or not in_order or facts.isna().any()


def random_registers(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, Registers]:
    """Return answers and registers of `n` people, in any order, about half of the facts known late."""

    def days(size: int, low: int, high: int) -> np.ndarray:
        return DAY0 + rng.integers(low, high, size)

    ids = np.array([f"k{k:03d}" for k in range(n)])
    s, e = 6 * n, 9 * n
    started, occurred = days(s, -2500, 300), days(e, -2500, 300)
    late = [np.where(rng.random(m) < 0.5, d + rng.integers(-5, 200, m), np.datetime64("NaT")) for m, d in
            ((s, started), (e, occurred))]  # fmt: skip
    ended = np.where(rng.random(s) < 0.2, np.datetime64("NaT"), started + rng.integers(0, 500, s))
    spells = {"client_id": rng.choice(ids, s), "started_on": started, "ended_on": ended, "known_on": late[0]}
    spells |= {"status": rng.choice(STATUSES, s), "track": rng.integers(1, 10, s)}
    events = {"client_id": rng.choice(ids, e), "occurred_on": occurred, "kind": rng.choice(EVENTS, e)}
    persons = {"client_id": ids, "born_on": days(n, -20000, -8000), "registered_on": days(n, -900, 300)}
    tables = (
        (persons, PERSONS, "persons"),
        (spells, SPELLS, "spells"),
        (events | {"known_on": late[1]}, EVENT_COLUMNS, "events"),
    )
    typed = [check(pd.DataFrame(made), contract, name)[0] for made, contract, name in tables]
    rows = pd.DataFrame({"client_id": rng.choice([*ids, "nobody"], 3 * n), "answered_on": days(3 * n, -100, 200)})
    return rows.astype({"client_id": "str", "answered_on": "datetime64[us]"}), Registers(*typed)


def slow_columns(row: pd.Series, held: Registers, lag: int) -> dict[str, float]:
    """Return some register columns of one row, day by day and fact by fact."""
    cut, who = row["answered_on"] - pd.Timedelta(days=lag), row["client_id"]

    def known(table: pd.DataFrame, dated: str) -> pd.DataFrame:
        seen = (table["known_on"].isna() | (table["known_on"] <= row["answered_on"])) & (table[dated] <= cut)
        return table[(table["client_id"] == who) & seen]

    lives, events = known(held.spells, "started_on"), known(held.events, "occurred_on")
    work = lives[lives["status"].astype("str").str.startswith("work_")]
    worked = {
        back
        for begin, end in zip(work["started_on"], work["ended_on"].fillna(cut), strict=True)
        for back in range(max((cut - end).days, 0), (cut - begin).days + 1)
    }
    now = lives["ended_on"].isna() | (lives["ended_on"] >= cut)
    over = lives[(lives["status"] == "registered") & (lives["ended_on"] < cut)]
    coded = events[events["kind"] == "disability_code"]["occurred_on"]
    registered = held.persons.set_index("client_id")["registered_on"].get(who, pd.NaT)
    to_code = (coded.min() - registered).days if len(coded) and registered <= row["answered_on"] else np.nan
    year, kept = pd.Timedelta(days=364), (held.spells["status"] == "registered").any()  # by anybody at all
    return {
        "register.weeks_work_1y": len([back for back in worked if back < 364]) / 7,
        "register.never_worked": float(work.empty),
        "register.on_sickness_benefit": float(((lives["status"] == "sickness_benefit") & now).any()),
        "register.track": float(lives[(lives["status"] == "activation") & now]["track"].astype("float64").max()),
        "register.earlier_periods": float(len(over)) if kept else np.nan,
        "register.weeks_since_previous_period": (cut - over["ended_on"].max()).days / 7 if len(over) else np.nan,
        "register.conviction_1y": float(
            ((events["kind"] == "conviction") & (cut - events["occurred_on"] < year)).sum()
        ),
        "register.days_to_disability_code": max(to_code, 0.0) if to_code == to_code else np.nan,
    }


def test_register_columns_equal_a_slow_row_by_row_count(monkeypatch):
    """Columns made in blocks over coded facts are those of a loop over rows, days and facts, whatever the block."""
    worlds_that_agree(monkeypatch, (0, 30), people=9)


def worlds_that_agree(monkeypatch: pytest.MonkeyPatch, seeds: Iterable[int], people: int) -> None:
    """Hold register columns of random worlds against a loop, on text and on categories, in one block and in many."""
    for lag in seeds:
        rows, held = random_registers(np.random.default_rng([5, lag]), people)
        coded = Registers(
            held.persons,
            held.spells.astype({"client_id": "category", "status": "category"}),
            held.events.astype({"client_id": "category", "kind": "category"}),
        )
        made = register_columns(rows, held, lag % 31)
        slow = pd.DataFrame([slow_columns(row, held, lag % 31) for _, row in rows.iterrows()])
        pd.testing.assert_frame_equal(made[list(slow)], slow, check_exact=False, rtol=1e-12)
        monkeypatch.setattr(module, "BLOCK", 7)
        pd.testing.assert_frame_equal(register_columns(rows, coded, lag % 31), made, check_exact=True)
        monkeypatch.undo()
