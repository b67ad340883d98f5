"""What makes one doubt is told once, with a count, and hardly ever where there is nothing to doubt."""

import numpy as np
import pandas as pd
import pytest

from eriq.simulation.cohort import simulate
from eriq.simulation.settings import load_simulation
from eriq.tables.remarks import extreme_values, register_remarks, undated_facts

N = 2000
DRAWS = {
    "normal": lambda rng: rng.normal(40, 12, N),
    "whole numbers": lambda rng: rng.normal(40, 12, N).round(),
    "skewed": lambda rng: np.exp(rng.normal(5, 1.3, N)),
    "counts": lambda rng: rng.poisson(2.0, N),
    "rare counts": lambda rng: rng.poisson(0.03, N),
    "ages": lambda rng: rng.integers(18, 66, N),
    "old ages": lambda rng: rng.normal(84, 8, N).round(),
    "scale": lambda rng: rng.integers(1, 6, N),
    "days up to ten years": lambda rng: rng.integers(0, 3650, N),
    "mostly none": lambda rng: np.where(rng.random(N) < 0.8, 0, rng.exponential(300, N).round()),
    "years": lambda rng: rng.integers(1950, 2005, N),
    "heavy tail": lambda rng: rng.pareto(2.5, N) * 100,
}


def doubts(values: np.ndarray, client: np.ndarray | None = None) -> list[tuple[str, int]]:
    """Return code and people of every remark on one column."""
    whose = pd.Series(np.arange(len(values)) if client is None else client)
    return [(r.code, r.people) for r in extreme_values(pd.DataFrame({"x": values}), whose, "table")]


def days(n: int = 500) -> np.ndarray:
    """Return lengths of time in days, up to two years."""
    return np.random.default_rng(1).integers(0, 700, n).astype(float)


@pytest.mark.parametrize("draw", DRAWS)
def test_ordinary_numbers_raise_no_doubt(draw: str) -> None:
    """Of twenty columns of each ordinary kind at most one gets a remark."""
    found = [doubts(np.asarray(DRAWS[draw](np.random.default_rng(seed)), dtype=float)) for seed in range(20)]

    assert sum(1 for remarks in found if remarks) <= 1


@pytest.mark.parametrize("code", [99999, 9999, 999, 8888, -99, -1])
def test_a_code_for_missing_held_by_several_is_told_with_its_value(code: int) -> None:
    """Six people with 9999 among durations: the column, the six and the code; of three people the value is not told."""
    six, three = (np.concatenate([days() + 1, np.full(n, code)]) for n in (6, 3))

    assert [("missing_code", 6)] == doubts(six)
    told = " ".join(map(str, extreme_values(pd.DataFrame({"x": three}), pd.Series(range(503)), "table")))
    assert str(code) not in told


def test_a_code_within_the_range_is_told_where_it_crowds() -> None:
    """99 among ages up to 101 is told when fifty people have it, and not when six do."""
    ages = np.random.default_rng(2).normal(60, 12, 1000).round().clip(20, 96)
    ages[:2] = 101

    assert [("missing_code", 50)] == doubts(np.concatenate([ages, np.full(50, 99)]))
    assert [] == doubts(np.concatenate([ages[ages < 90], np.full(6, 88)]))


def test_years_among_durations_are_counted_and_not_shown() -> None:
    """1984 and 1991 among months are two people, given as fewer than five; where values reach 1,500 nothing is said."""
    months = days() % 240
    found = extreme_values(pd.DataFrame({"x": [*months, 1984, 1991]}), pd.Series(range(502)), "table")

    assert [("year", 2)] == [(r.code, r.people) for r in found]
    assert "<5 people" in str(found[0])
    assert "1984" not in str(found[0])
    assert [] == doubts(np.array([*(days() * 2.2), 1984]))


def test_a_slip_of_digits_is_counted() -> None:
    """99,999 or 400,000 beside hours up to 40 is far out, and so is a number far below."""
    hours = np.random.default_rng(3).integers(0, 41, 300).astype(float)

    assert [("far_out", 1)] == doubts(np.append(hours, 400_000))
    assert [("far_out", 2)] == doubts(np.append(hours, [70_001, 99_999]))
    assert [("far_out", 1)] == doubts(np.append(hours, -70_001))


def test_a_spike_at_the_end_is_a_question() -> None:
    """A tenth at 700 of durations spread evenly is asked about; 0, 100, 365 and 520 are where things end."""
    spread = np.random.default_rng(4).uniform(0.01, 0.99, 900)

    assert [("spike", 100)] == doubts(np.concatenate([spread * 700, np.full(100, 700)]))
    for end in (100, 365, 520):
        assert [] == doubts(np.concatenate([spread * end, np.full(100, end)]))
    assert [] == doubts(np.concatenate([spread * 700, np.zeros(100)]))


def test_people_are_counted_and_not_rows() -> None:
    """Six rows of two people with 999 are two people: no code is shown."""
    values = np.concatenate([days(), np.full(6, 9999)])
    client = np.concatenate([np.arange(500), [500, 500, 500, 501, 501, 501]])

    assert [("far_out", 2)] == doubts(values, client)


def test_a_column_of_gaps_or_of_one_value_is_no_news() -> None:
    """Nothing is said where nothing, or one value only, is known."""
    assert [] == doubts(np.full(50, np.nan)) + doubts(np.full(50, 99.0)) + doubts(np.array([1.0, 99.0]))


def test_facts_without_a_day_are_counted(registers) -> None:
    """Of three people one has children and no day; who has neither fact nor day, or the day, is not counted."""
    who = {"a": {"children": "2"}, "b": {"children": "1", "known_on": "2015-01-01"}, "c": {"sex": "female"}}
    (found,) = undated_facts(registers(persons=who).persons)

    assert (1, "undated") == (found.people, found.code)
    assert "(children)" in found.text
    assert "<5 of 3 people" in found.text
    assert [] == undated_facts(registers(persons={"b": who["b"]}).persons)


def test_made_up_registers_are_free_of_remarks(instrument) -> None:
    """Hours and children of the simulated cohort raise no doubt."""
    made = simulate(load_simulation("claim"), instrument, clients=300, seed=1)
    tables = {"persons": made.persons, "spells": made.spells, "events": made.events}

    assert {"undated"} >= {remark.code for remark in register_remarks(tables)}


def test_remarks_of_every_table_come_together(registers) -> None:
    """A column of each table with a code is named with its table."""
    made = registers([("a", "2015-01-01", None, "activation")], persons={"a": {"known_on": "2015-01-01"}})
    hours = pd.array([20.0, 30.0, *[99.0] * 6], dtype="Float64")
    spells = pd.DataFrame({"client_id": [str(n) for n in range(8)], "hours": hours})

    assert ["spells"] == [r.table for r in register_remarks({"persons": made.persons, "spells": spells})]
