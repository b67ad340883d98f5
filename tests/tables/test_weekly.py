"""Weekly registers become spells."""

import datetime as dt

import pandas as pd
import pytest

from eriq.config import Weekly
from eriq.errors import ConfigError, EriqError, SchemaError
from eriq.tables.weekly import spells_of_weeks, week_columns

YYWW = r"y_(?P<year>\d{2})(?P<week>\d{2})"
CODES = {
    "111": "unemployment_benefit",
    "112": "unemployment_benefit",
    "730": "social_assistance",
    "": "no_status",
    "x": None,
}


def made(columns, *rows, pattern=YYWW, codes=CODES):
    """Return spells of (client, code, code, ...) rows."""
    frame = pd.DataFrame(rows, columns=["client_id", *columns], dtype="str")
    return spells_of_weeks(frame, Weekly(columns=pattern, codes=codes))


def test_runs_of_weeks_of_one_status_are_spells():
    """Monday to Sunday, over the end of a year of 53 weeks; two codes of one status are one spell, none is a gap."""
    weeks = ["y_1552", "y_1553", "y_1601", "y_1602"]
    found = made(weeks, ("a", "111", "112", None, "730"), ("b", "x", "x", "x", "x"), ("c", "730", "730", "111", ""))
    assert found.spells.fillna("").to_numpy().tolist() == [
        ["a", "2015-12-21", "2016-01-03", "unemployment_benefit"],
        ["a", "2016-01-11", "", "social_assistance"],
        ["c", "2015-12-21", "2016-01-03", "social_assistance"],
        ["c", "2016-01-04", "2016-01-10", "unemployment_benefit"],
    ]
    assert (found.first, found.until) == (dt.date(2015, 12, 21), dt.date(2016, 1, 17))
    assert found.problems == []


def test_columns_may_come_in_any_order_and_years_in_two_or_four_digits():
    """Weeks are put in order by the calendar; 91 is 1991, 08 is 2008."""
    names = pd.Index(["w2009_02", "id", "w2009_01"])
    assert list(week_columns(names, r"w(?P<year>\d{4})_(?P<week>\d\d)").values()) == [
        dt.date(2009, 1, 5),
        dt.date(2008, 12, 29),
    ]
    assert week_columns(pd.Index(["y_9101"]), YYWW)["y_9101"].year == 1990
    assert week_columns(pd.Index(["y_0801"]), YYWW)["y_0801"] == dt.date(2007, 12, 31)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (["y_1401", "y_1404"], "2 week(s) missing between others: 2014-W02, 2014-W03"),
        (["y_1401", "y_1453"], "y_1453: year 2014 has no week 53"),
        (["y_1401", "y_1402", "y_1402"], "y_1402: week 2014-W02 is there twice"),
        (["z1", "z2"], "fits no column of spells"),
    ],
)
def test_weeks_that_are_not_whole_are_refused(columns, words):
    """A gap would be taken for weeks without a benefit, and is named by its weeks."""
    with pytest.raises(EriqError, match=words.replace("(", r"\(").replace(")", r"\)")) as caught:
        made(columns, ("a", *["111"] * len(columns)))
    assert isinstance(caught.value, SchemaError | ConfigError)


def test_unknown_codes_and_blanks_are_counted():
    """A blank means something and has to be said; codes of few people are counted only."""
    rows = (
        [(f"c{n}", "7300", "730") for n in range(5)]
        + [(f"d{n}", None, "730") for n in range(5)]
        + [("e", "SECRET", "730")]
    )
    (problem,) = made(["y_1401", "y_1402"], *rows, codes={"730": "social_assistance"}).problems
    text = str(problem)
    assert "11 cell(s) of 3 unknown codes" in text
    assert "'7300' (5; '730'?)" in text
    assert "'(blank)' (5)" in text
    assert "SECRET" not in text


def test_a_person_twice_is_told():
    """One row per person: a second one would overlap the first."""
    (problem,) = made(["y_1401"], ("a", "111"), ("a", "730")).problems
    assert str(problem) == "client_id: same client_id as an earlier row in 1 row(s): 2"


def test_a_file_without_client_is_refused():
    """The map has to say which column is the person."""
    with pytest.raises(SchemaError, match="client_id is not there once"):
        spells_of_weeks(pd.DataFrame({"CPR": ["a"], "y_1401": ["111"]}), Weekly(columns=YYWW, codes=CODES))
