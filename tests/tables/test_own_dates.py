"""Dates as an agency writes them."""

import pandas as pd
import pytest

from eriq.tables.own_dates import date_problems, iso_days
from eriq.tables.schema import Column

BORN = (Column("born_on", "datetime64[us]"),)


def told(cells, formats=None) -> list[str]:
    """Return problems as they are printed."""
    frame = pd.DataFrame({"born_on": pd.Series(cells, dtype="str")})
    return [str(problem) for problem in date_problems(frame, BORN, formats or {}, "persons")]


@pytest.mark.parametrize(
    ("day", "cell"),
    [("%d-%m-%Y", "03-02-1980"), ("%d.%m.%Y", " 3.2.1980 "), ("%Y%m%d", "19800203"), ("%d/%m/%y", "03/02/80")],
)
def test_a_day_is_read_by_its_format(day, cell):
    """The third of February 1980, whatever the signs between."""
    assert iso_days(pd.Series([cell]), day).tolist() == ["1980-02-03"]


def test_days_that_are_days_already_stay():
    """What a workbook or database keeps as a date is not read again."""
    day = pd.Timestamp("1980-02-03")
    assert iso_days(pd.Series([day]), "%d-%m-%Y").tolist() == [day]
    assert iso_days(pd.Series([day.date()], dtype=object), "%d-%m-%Y").tolist() == ["1980-02-03"]


def test_a_format_that_fits_two_ways_is_refused_with_both_and_a_count():
    """Every day is at most 12, so that day and month could be exchanged."""
    (text,) = told(["03-02-1980", "05-04-1981", None])
    assert "2 date(s) fit %d-%m-%Y and %m-%d-%Y alike" in text


def test_one_format_that_fits_is_named_and_not_taken():
    """A 13th of a month tells the order; it has to be said all the same, as the next extract may not have one."""
    (text,) = told(["13-02-1980", "05-04-1981"])
    assert "2 date(s) fit %d-%m-%Y; say in source.dates" in text


def test_a_date_that_does_not_fit_what_was_said_is_told_by_row():
    """The rows are numbered, the cells are not repeated."""
    made = iso_days(pd.Series(["13-02-1980", "1980-02-30x", "02-13-1980"], dtype="str"), "%d-%m-%Y")
    (text,) = told(made, {"born_on": "%d-%m-%Y"})
    assert text == "born_on: neither a date written %d-%m-%Y nor YYYY-MM-DD in 2 row(s): 2, 3"


def test_our_own_form_and_what_is_no_date_at_all_are_left_to_the_contract():
    """Slips among days of our form get their rows from the contract."""
    assert told(["1980-02-03", "1980-02-03 00:00:00", None]) == []
    assert told(["1980-02-03", "03-02-1980"]) == []
    assert told(["x", "y"]) == []
