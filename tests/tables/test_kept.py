"""Columns as they are kept: gaps that take no memory, categories that stay as they were read, days left as they are."""

import numpy as np
import pandas as pd
import pytest

from eriq.tables import kept
from eriq.tables.kept import are_days, gaps, rows_of, taken
from eriq.tables.schema import EVENT_COLUMNS, PERSONS, SPELLS, Column, check, read_column


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch):
    """Keep one gap of columns of two rows or more."""
    monkeypatch.setattr(kept, "MANY", 2)


@pytest.mark.parametrize("dtype", ["datetime64[us]", "Int8", "Int16", "Float64", "str"])
def test_a_column_of_gaps_is_like_any_other(dtype):
    """It has the type of its contract, and may be taken from, joined, sorted and compared as if each gap were there."""
    made, plain = gaps(dtype, 5, coded=False), pd.Series([pd.NA] * 5, dtype=dtype)
    pd.testing.assert_series_equal(made, plain)
    pd.testing.assert_series_equal(made.take([4, 0]), plain.take([4, 0]))
    pd.testing.assert_series_equal(pd.concat([made, made]), pd.concat([plain, plain]))
    pd.testing.assert_series_equal(made.sort_values(), plain.sort_values())


@pytest.mark.parametrize(("name", "value"), [("known_on", "2020-01-01"), ("hours", 3.5), ("track", 2)])
def test_a_gap_that_is_filled_fills_no_other(name, value):
    """A cell is written into the table alone in which it is: not in the rows beside it, nor in any other column."""
    given = {"client_id": ["a", "b"], "status": "education", "started_on": "2020-01-01", "ended_on": ""}
    typed, again = (check(pd.DataFrame(given), SPELLS, "spells")[0] for _ in range(2))
    value = pd.Timestamp(value) if name == "known_on" else value
    typed.loc[1, name] = value
    assert typed[name].isna().tolist() == [True, False]
    assert typed.loc[1, name] == value
    chosen = rows_of(again, np.array([1, 0, 1]))
    assert chosen["client_id"].tolist() == ["b", "a", "b"]
    chosen.loc[0, name] = value
    assert chosen[name].isna().tolist() == [False, True, True]
    assert again[name].isna().all()
    assert gaps(str(again[name].dtype), 2, coded=False).isna().all()


def test_a_few_gaps_are_each_kept(monkeypatch):
    """Below the limit a column is as any other; of text every gap is there."""
    monkeypatch.setattr(kept, "MANY", 6)
    assert gaps("datetime64[us]", 5, coded=False).to_numpy().strides == (8,)
    assert gaps("datetime64[us]", 6, coded=False).to_numpy().strides == (0,)


def test_a_table_of_contract_columns_without_values_takes_memory_for_its_ids_only():
    """Columns that are absent, and those that are there and empty, are each one gap for all rows."""
    given = pd.DataFrame({"client_id": ["a", "b"] * 500, "kind": "gp_contact", "occurred_on": "2020-01-01"})
    for frame in (given, given.assign(known_on=pd.Series([pd.NaT] * 1000, dtype="datetime64[us]"))):
        typed, problems = check(frame, EVENT_COLUMNS, "events", coded=True)
        assert not problems
        assert typed["known_on"].to_numpy().strides == (0,)
        assert typed["known_on"].isna().all()
    spells, _ = check(given.assign(status="education", started_on="2020-01-01", ended_on=""), SPELLS, "spells",
                      extra="ignore", coded=True)  # fmt: skip
    assert spells["hours"].array._data.strides == spells["track"].array._data.strides == (0,)


@pytest.mark.parametrize("values", [["b", "a", "c"], ["b", " b", "a"], ["b", "", "a"]])
@pytest.mark.parametrize("coded", [False, True])
def test_values_that_are_read_as_another_one_are_that_one_in_every_row(values, coded):
    """Codes are kept only where every value stands for itself: two spellings of one id are one, a blank is a gap."""
    given = pd.Categorical.from_codes([2, 1, -1, 0, 1], categories=pd.Index(values, dtype="str"))
    typed, _ = check(pd.DataFrame({"language": given}), [Column("language", "str")], "persons", coded=coded)
    stripped = [values[code].strip() or np.nan if code >= 0 else np.nan for code in (2, 1, -1, 0, 1)]
    assert typed["language"].astype("str").tolist() == stripped
    assert isinstance(typed["language"].dtype, pd.CategoricalDtype) == coded


def test_moments_and_days_that_can_be_none_are_still_read_as_days():
    """A column is left as it is only where every date is a day from 1900 on."""
    born = next(column for column in PERSONS if column.name == "born_on")
    days = pd.Series(pd.to_datetime(["1980-05-01", None, "1999-12-31"])).astype("datetime64[us]")
    pd.testing.assert_series_equal(read_column(days, born), days)
    late = read_column(days + pd.Timedelta(hours=23), born)
    pd.testing.assert_series_equal(late, days)
    early = days.where(days.isna(), pd.Timestamp("1899-12-31"))
    assert read_column(early, born).isna().all()
    assert not are_days(early.to_numpy())
    many = np.full(1_000_001, np.datetime64("2020-01-01", "us"))
    many[-1] += np.timedelta64(1, "us")
    assert not are_days(many)


def test_text_without_codes_is_left_as_it_is():
    """Nothing is done to a column that came row by row, unless categories are asked for."""
    text = pd.Series(["b", None, "a", "b"], dtype="str")
    assert taken(text, None, coded=False) is text
    made = taken(text, None, coded=True)
    assert made.cat.codes.tolist() == [0, -1, 1, 0]
