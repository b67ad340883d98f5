"""An agency's own extract in our form."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from eriq.config import Tables
from eriq.errors import ConfigError, EriqError, SchemaError
from eriq.tables import schema
from eriq.tables.intake import read_tables

TODAY = dt.date(2019, 1, 1)


def intake(source: Tables, instrument):
    """Return what is read."""
    return read_tables(source, instrument, TODAY)


def refused(source: Tables, instrument) -> str:
    """Return the words of the refusal."""
    with pytest.raises(EriqError) as caught:
        schema.refuse(intake(source, instrument).problems)
    assert isinstance(caught.value, ConfigError | SchemaError)
    return str(caught.value)


@pytest.fixture
def halves(tmp_path, instrument):
    """Write two halves of three people, each column replaceable, and return their source."""

    def write(mine=None, theirs=None, **options) -> Tables:
        heads = {"client_id": ["c1", "c2", "c3"], "answered_on": ["13-03-2015", "14-03-2015", "15-03-2015"]}
        for name, whose, more in (("a", "caseworker", mine), ("b", "client", theirs)):
            items = {item.id: ["3"] * 3 for item in instrument.half(whose)}
            pd.DataFrame({**heads, **items, **(more or {})}).to_csv(tmp_path / f"{name}.csv", index=False)
        given = {"kind": "tables", "caseworker_answers": tmp_path / "a.csv", "client_answers": tmp_path / "b.csv"}
        return Tables.model_validate({**given, "within_days": 14, "dates": "%d-%m-%Y", **options})

    return write


def test_halves_are_joined_and_counted(halves, instrument):
    """Digests are those of the two files; what is with whom is counted."""
    made = intake(halves(theirs={"answered_on": ["13-03-2015", "20-03-2015", "01-06-2015"]}), instrument)
    assert made.problems == []
    assert set(made.digests) == {"caseworker_answers", "client_answers"}
    assert (made.halves.both, made.halves.caseworker, made.halves.client) == (2, 1, 1)
    assert made.answers["answered_on"].dt.strftime("%m-%d").tolist() == ["03-13", "03-20", "03-15", "06-01"]


def test_a_fault_in_a_half_is_told_once_with_its_own_row(halves, instrument):
    """A code outside the scale in row 2 of the client's file, and a day in row 3, are two lines and not four."""
    text = refused(
        halves(theirs={"cl01": ["3", "9", "3"], "answered_on": ["13-03-2015", "14-03-2015", "x"]}), instrument
    )
    assert text.startswith("the input has 2 problem(s)")
    assert "client_answers: cl01: not one of the allowed codes in 1 row(s): 2" in text
    assert "client_answers: answered_on: neither a date written %d-%m-%Y nor YYYY-MM-DD in 1 row(s): 3" in text


def test_a_window_that_joins_one_to_two_is_refused(halves, instrument):
    """With a hundred days the two halves of c1 have two partners each."""
    days = {"client_id": ["c1", "c1", "c3"], "answered_on": ["01-03-2015", "01-05-2015", "15-03-2015"]}
    text = refused(halves(days, days, within_days=100), instrument)
    assert "2 half/halves of the caseworker have two or more of the client within 100 days" in text


def test_names_of_answers_hold_for_both_halves_and_a_half_may_have_its_own(halves, instrument, tmp_path):
    """A column that only one half has is no fault; one that neither has is."""
    source = halves({"centre": ["n"] * 3}, columns={"answers": {"job_centre": "centre"}})
    assert intake(source, instrument).answers["job_centre"].tolist() == ["n"] * 3
    frame = pd.read_csv(tmp_path / "b.csv", dtype="str").rename(columns={"answered_on": "dato"})
    frame.to_csv(tmp_path / "b.csv", index=False)
    own = {"answers": {"job_centre": "centre"}, "client_answers": {"answered_on": "dato"}}
    assert intake(source.model_copy(update={"columns": own}), instrument).problems == []
    lost = source.model_copy(update={"columns": {"answers": {"consent": "samtykke"}}})
    assert "consent: no half has a column 'samtykke'" in refused(lost, instrument)


def test_columns_of_halves_that_nobody_asked_for_are_named(halves, instrument):
    """Free text, and an item of the other respondent, which is not the half's to give."""
    made = intake(halves({"bemærkning": ["x"] * 3, "cl01": ["5"] * 3}), instrument)
    assert "caseworker_answers: not read: bemærkning, cl01" in made.notices
    assert made.answers["cl01"].tolist() == [3, 3, 3]


def test_codes_that_a_map_leaves_are_told_once(agency, answer_text, instrument):
    """The line with counts stands for the contract's lines on the same cells."""
    source = agency({"codes": {"answers": {"cw01": {"a": 1}}}}, answers=answer_text(cw01=["a", "b", "3"]))
    text = refused(source, instrument)
    assert text.startswith("the input has 1 problem(s)")
    assert "cw01: 1 cell(s) of 1 unknown code: each of fewer than 5 people" in text


def test_dates_that_fit_two_ways_are_told_once(agency, instrument):
    """Both formats and the number of dates, without the contract's line on the same cells."""
    persons = pd.DataFrame({"client_id": ["c1", "c2", "c3"], "born_on": ["03-02-1980", "04-02-1980", "05-02-1980"]})
    text = refused(agency(persons=persons), instrument)
    assert "persons: born_on: 3 date(s) fit %d-%m-%Y and %m-%d-%Y alike" in text
    assert "not a date written" not in text


def test_long_answers_are_wide_ones(agency, answer_text, instrument):
    """The same answers a row per item, under the agency's names, an item of its own left unread by a line."""
    plain = intake(agency(), instrument).answers
    head = [name for name in answer_text().columns if name not in instrument.item_ids]
    long = answer_text().assign(Q9="free").melt(head, var_name="spm", value_name="svar")
    options = {
        "answers_form": "long",
        "columns": {"answers": {"item": "spm", "answer": "svar"}},
        "codes": {"answers": {"item": {"Q9": None}}},
    }
    made = intake(agency(options, answers=long), instrument)
    assert made.problems == []
    assert "answers: 3 answers to items that codes.answers.item leaves unread" in made.notices
    pd.testing.assert_frame_equal(made.answers, plain)


def test_weeks_say_how_far_they_reach_unless_it_is_said(agency, instrument):
    """The last Sunday is the last observed day; a stated day counts before it."""
    weeks = pd.DataFrame({"CPR": ["c1", "c2"], "y_1601": ["1", "1"], "y_1602": ["", "1"], "fri": ["x", "y"]})
    options = {
        "weekly": {"columns": r"y_(?P<year>\d\d)(?P<week>\d\d)", "codes": {1: "work_unsubsidised", "": None}},
        "columns": {"spells": {"client_id": "CPR"}},
    }
    made = intake(agency(options, spells=weeks), instrument)
    assert made.problems == []
    assert made.followed_until == dt.date(2016, 1, 17)
    assert made.registers.spells["ended_on"].isna().tolist() == [False, True]
    assert "spells: not read: fri" in made.notices
    stated = intake(agency({**options, "followed_until": "2016-01-10"}, spells=weeks), instrument)
    assert stated.followed_until == dt.date(2016, 1, 10)


def test_a_wrong_name_repeats_no_cell(agency, answer_text, instrument):
    """Without a header the names of columns are the first person's values: none is offered as the nearest."""
    source = agency({"columns": {"answers": {"client_id": "SECRET"}}})
    answer_text(client_id=["SECRET-77", "c2", "c3"]).to_csv(Path(source.answers), index=False, header=False)
    assert "77" not in refused(source, instrument)
