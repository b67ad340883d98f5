"""The border: every rule is named, counted and located, and no value leaves it in an error."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eriq.errors import SchemaError
from eriq.tables import schema
from eriq.tables.between import check_known, check_spells
from eriq.tables.schema import Column, Problem, check

TODAY = dt.date(2020, 1, 1)


def codes(problems: list[Problem]) -> list[tuple[str, str, list[int]]]:
    """Return (column, code, row numbers counted from 0) of each problem."""
    return [(p.column, p.code, p.rows.tolist()) for p in problems]


def text_of(problems: list[Problem]) -> str:
    with pytest.raises(SchemaError) as caught:
        schema.refuse(problems)
    return str(caught.value)


# --- columns -------------------------------------------------------------------------------


def test_a_good_table_has_no_problem_and_the_declared_types(answer_text, instrument):
    """A table that meets the contract comes back typed, column by column, absent optional ones as missing."""
    columns = schema.answers_columns(instrument)
    typed, problems = check(answer_text(), columns, "answers")
    assert problems == []
    assert {c.name: str(typed[c.name].dtype) for c in columns} == {c.name: c.dtype for c in columns}
    assert typed["consent"].isna().all()
    assert typed["cw01"].tolist() == [3, 3, 3]


def test_a_missing_column_is_named(answer_text, instrument):
    """A column that is not there is one problem of the whole table."""
    _, problems = check(answer_text().drop(columns="cl04"), schema.answers_columns(instrument), "answers")
    assert codes(problems) == [("cl04", "no_column", [])]
    assert "answers: column cl04 is not there" in text_of(problems)


def test_a_repeated_column_is_named_and_none_of_the_two_is_used(answer_text, instrument):
    """Two columns of one name are refused, since nobody can say which one counts."""
    frame = answer_text()
    twice = pd.concat([frame, frame[["cw02"]]], axis="columns")
    typed, problems = check(twice, schema.answers_columns(instrument), "answers")
    assert codes(problems) == [("cw02", "repeated_column", [])]
    assert typed["cw02"].isna().all()


def test_the_order_of_columns_does_not_matter(answer_text, instrument):
    """Reordered columns give the same table."""
    frame, columns = answer_text(cw03=["1", "2", "5"]), schema.answers_columns(instrument)
    typed, _ = check(frame, columns, "answers")
    turned, problems = check(frame[frame.columns[::-1]], columns, "answers")
    assert problems == []
    pd.testing.assert_frame_equal(typed, turned)


def test_an_unknown_column_is_told_by_position_since_its_name_may_be_an_answer(answer_text, instrument, secret):
    """A file without a header has the first person's answers as column names."""
    frame = answer_text().assign(**{secret: "1"})
    _, problems = check(frame, schema.answers_columns(instrument), "answers")
    assert [p.code for p in problems] == ["unknown_column"]
    assert f"column number {len(frame.columns)} is not known" in text_of(problems)
    assert secret not in text_of(problems)
    assert check(frame, schema.answers_columns(instrument), "answers", extra="ignore")[1] == []


def test_a_misspelt_column_gets_the_nearest_absent_name(answer_text, instrument):
    """The hint names a column of the contract, never one of the file."""
    frame = answer_text().rename(columns={"answered_on": "anwsered_on"})
    text = text_of(check(frame, schema.answers_columns(instrument), "answers")[1])
    assert "column number 2 is not known. Did you mean 'answered_on'?" in text
    assert "anwsered_on" not in text


def test_ten_thousand_unknown_columns_are_told_in_few_words(answer_text, instrument):
    """The text of an error stays readable however wide the file."""
    wide = pd.concat(
        [answer_text(), pd.DataFrame("1", index=range(3), columns=[f"x{k}" for k in range(10_000)])], axis=1
    )
    text = text_of(check(wide, schema.answers_columns(instrument), "answers")[1])
    assert "9990 more columns are not known" in text
    assert len(text.splitlines()) < 15


# --- cells ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("3,0", "decimal_comma"),
        (" -2,5 ", "decimal_comma"),
        ("3.5", "unreadable"),
        ("three", "unreadable"),
        ("SECRET-77", "unreadable"),
        ("nan", "unreadable"),
        ("NA", "unreadable"),
        ("inf", "unreadable"),
        ("1e400", "unreadable"),
        ("0x3", "unreadable"),
        ("99999999999999999999", "unreadable"),
        ("1,000.0", "unreadable"),
        ("6", "outside_scale"),
        ("0", "outside_scale"),
        ("-5", "outside_scale"),
        ("77", "outside_scale"),
        ("127", "outside_scale"),
    ],
)
def test_a_bad_answer_is_one_problem_of_its_row(answer_text, instrument, cell, code):
    """An answer that is no whole number, or no code of the scale, is told by kind and row and never by value."""
    frame = answer_text(3, cl02=["3", cell, "3"])
    _, problems = check(frame, schema.answers_columns(instrument), "answers")
    assert codes(problems) == [("cl02", code, [1])]
    text = text_of(problems)
    assert "in 1 row(s): 2" in text
    assert cell.strip() not in text.split()
    assert "SECRET" not in text


@pytest.mark.parametrize(("cell", "read"), [(" 4 ", 4), ("3.0", 3), ("+2", 2), ("1e0", 1), ("-2", -2), ("-4", -4)])
def test_an_exact_answer_is_read_however_it_is_written(answer_text, instrument, cell, read):
    """Spaces and a zero after the point change nothing; declared missing codes stay what they are."""
    typed, problems = check(answer_text(1, cl02=[cell]), schema.answers_columns(instrument), "answers")
    assert problems == []
    assert typed["cl02"].tolist() == [read]


@pytest.mark.parametrize("blank", ["", "   ", None])
def test_a_blank_answer_is_missing_and_no_problem(answer_text, instrument, blank):
    """A gap in an item is an answer not given; a gap in the client is a problem."""
    frame = answer_text(2, cl02=["3", blank], client_id=["c1", blank])
    typed, problems = check(frame, schema.answers_columns(instrument), "answers")
    assert typed["cl02"].isna().tolist() == [False, True]
    assert codes(problems) == [("client_id", "missing", [1])]


@pytest.mark.parametrize(
    "cell",
    ["01/05/2015", "2015-02-30", "20150501", "42125", "2015-05-01 14:30:00", "SECRET-77", "15-05-01", "2015-W05"],
)
def test_a_date_of_another_form_is_refused(answer_text, instrument, cell):
    """Only YYYY-MM-DD is a date: of 01/05 nobody knows which one is the month."""
    _, problems = check(answer_text(2, answered_on=["2015-05-01", cell]), schema.answers_columns(instrument), "answers")
    assert codes(problems) == [("answered_on", "unreadable", [1])]
    assert "not a date written YYYY-MM-DD from 1900 on in 1 row(s): 2" in text_of(problems)
    assert cell not in text_of(problems)


def test_a_midnight_is_a_date(answer_text, instrument):
    """A spreadsheet writes dates with the time of midnight."""
    days = ["2015-05-01 00:00:00", "2015-05-02T00:00:00", " 2015-05-03 "]
    typed, problems = check(answer_text(3, answered_on=days), schema.answers_columns(instrument), "answers")
    assert problems == []
    assert typed["answered_on"].dt.day.tolist() == [1, 2, 3]


@pytest.mark.parametrize("cell", ["c\n1", "c\x001", "c\r\n1", "c\t1"])
def test_a_name_with_a_line_break_or_control_sign_is_refused(answer_text, instrument, cell):
    """A line break within an id is what two stray quotes make of two rows."""
    _, problems = check(answer_text(2, client_id=["c1", cell]), schema.answers_columns(instrument), "answers")
    assert codes(problems) == [("client_id", "unreadable", [1])]


def test_a_category_that_is_not_declared_is_refused(secret):
    """Codes of the registers are as strict as the scales."""
    frame = pd.DataFrame({"client_id": ["c1"], "started_on": ["2015-01-01"], "ended_on": [None], "status": [secret]})
    _, problems = check(frame, schema.SPELLS, "spells")
    assert codes(problems) == [("status", "outside_scale", [0])]
    assert secret not in text_of(problems)


def test_numbers_out_of_range_are_told_with_the_range():
    """Hours beyond a week and a negative number of children are refused with the limit."""
    frame = pd.DataFrame({"client_id": ["a", "b"], "born_on": "1980-01-01", "children": ["-1", "21"]})
    _, problems = check(frame, schema.PERSONS, "persons")
    assert codes(problems) == [("children", "too_low", [0]), ("children", "too_high", [1])]
    assert "above 20" in text_of(problems)


def test_of_many_rows_ten_are_shown_and_all_are_counted(answer_text, instrument):
    """The count is whole, the list of rows is cut after ten."""
    _, problems = check(answer_text(14, cl02=["9"] * 14), schema.answers_columns(instrument), "answers")
    assert "in 14 row(s): 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 4 more" in text_of(problems)


def test_all_problems_are_told_at_once_with_the_exit_code_of_the_schema(answer_text, instrument, secret):
    """One error holds every problem, its class has exit code 11, and nothing is raised when all is well."""
    frame = answer_text(2, cw01=[secret, "3"], cw02=["9", "3"], answered_on=["", secret]).drop(columns="cl11")
    _, problems = check(frame, schema.answers_columns(instrument), "answers")
    text = text_of(problems)
    assert text.startswith("the input has 5 problem(s)")
    assert SchemaError.exit_code == 11
    assert secret not in text
    schema.refuse([])


# --- what other libraries hand over --------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        pd.Series([3, 4, None], dtype="Int64"),
        pd.Series([3, 4, None], dtype="float64"),
        pd.Series([3, 4, None], dtype=object),
        pd.Series(["3", 4, None], dtype=object),
        pd.Series([Decimal(3), Decimal("4.0"), None], dtype=object),
        pd.Series(["3", "4", None], dtype="category"),
        pd.Series([3, 4, None], dtype="category"),
        pd.Series([3, 4, None], dtype="UInt64"),
        pd.Series([3, 4, None], dtype="string"),
    ],
    ids=["Int64", "float", "object", "mixed", "decimal", "text category", "category", "unsigned", "string"],
)
def test_answers_are_read_from_every_type_a_file_can_have(given):
    """Whatever type a column has, the same answers are the same Int8 column."""
    typed, problems = check(pd.DataFrame({"cw01": given}), (Column("cw01", "Int8", allowed=(3, 4)),), "t")
    assert problems == []
    pd.testing.assert_series_equal(typed["cw01"], pd.Series([3, 4, None], dtype="Int8", name="cw01"))


@pytest.mark.parametrize(
    "given",
    [
        pd.Series([dt.date(2015, 5, 1), None], dtype=object),
        pd.Series([dt.datetime(2015, 5, 1), None], dtype=object),
        pd.Series(pd.to_datetime(["2015-05-01", None])),
        pd.Series(pd.to_datetime(["2015-05-01 10:00", None])),
        pd.Series(pd.to_datetime(["2015-05-01 23:30", None]).tz_localize("Europe/Copenhagen")),
        pd.Series(["2015-05-01", None], dtype="category"),
    ],
    ids=["date", "datetime", "datetime64", "time of day", "time zone", "category"],
)
def test_days_are_read_from_every_type_a_file_can_have(given):
    """A moment counts as its local day."""
    typed, problems = check(pd.DataFrame({"day": given}), (Column("day", "datetime64[us]"),), "t")
    assert problems == []
    assert typed["day"].dtype == "datetime64[us]"
    assert typed["day"].tolist() == [pd.Timestamp("2015-05-01"), pd.NaT]


@pytest.mark.parametrize(
    "given",
    [
        pd.Series([1.5, None]),
        pd.Series([1.0, None]),
        pd.Series([True, None], dtype=object),
        pd.Series([b"x", None], dtype=object),
        pd.Series(pd.to_datetime(["2015-05-01", None])),
        pd.Series([True, None], dtype="boolean"),
    ],
    ids=["float", "whole float", "bool", "bytes", "date", "boolean"],
)
def test_what_is_no_text_is_no_name(given):
    """An id that a file keeps as a float has lost its digits; it is refused, not guessed."""
    _, problems = check(pd.DataFrame({"id": given}), (Column("id", "str"),), "t")
    assert codes(problems) == [("id", "unreadable", [0])]


def test_whole_numbers_are_names_and_leading_zeros_stay():
    """A spreadsheet keeps ids as numbers; those written with zeros are text and keep them."""
    columns = (Column("id", "str"),)
    for column, read in (
        (pd.Series([7, None], dtype="Int64"), "7"),
        (pd.Series(["007", None], dtype="str"), "007"),
        (pd.Series([2**63 + 1, None], dtype="UInt64"), "9223372036854775809"),
        (pd.Series(["007", None], dtype="category"), "007"),
    ):
        typed, problems = check(pd.DataFrame({"id": column}), columns, "t")
        assert problems == []
        assert typed["id"].iloc[0] == read
        assert typed["id"].isna().tolist() == [False, True]


def test_a_date_is_no_number():
    """A column of dates where a number is expected is refused, not counted in nanoseconds."""
    given = pd.Series(pd.to_datetime(["2015-05-01"]))
    for dtype in ("Int16", "Float64"):
        _, problems = check(pd.DataFrame({"n": given}), (Column("n", dtype),), "t")
        assert codes(problems) == [("n", "unreadable", [0])]


_CELL = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.sampled_from(["3", "-1", " 2", "3,0", "9", "4.0", "2015-05-01", "2015-13-01", "", " ", "007", "1e3", "女"]),
)


@given(st.lists(st.tuples(_CELL, _CELL, _CELL, _CELL), min_size=1, max_size=6))
def test_no_cell_is_lost_and_checking_twice_is_checking_once(cells):
    """Every cell that holds something is kept or reported, and a checked table passes unchanged."""
    columns = (
        Column("who", "str", required=True),
        Column("day", "datetime64[us]", required=True),
        Column("item", "Int8", allowed=(-1, 1, 2, 3, 4)),
        Column("hours", "Float64", low=0, high=100),
    )
    names = [c.name for c in columns]
    frame = pd.DataFrame(cells, columns=names, dtype="str")
    before = frame.copy(deep=True)
    typed, problems = check(frame, columns, "t")
    pd.testing.assert_frame_equal(frame, before)
    for name in names:
        told = {row for p in problems if p.column == name for row in p.rows.tolist()}
        something = frame[name].fillna("").str.strip() != ""
        lost = something & typed[name].isna()
        assert set(np.flatnonzero(lost.to_numpy(bool))) <= told
    again, later = check(typed, columns, "t")
    pd.testing.assert_frame_equal(again, typed)
    of_typed = ("outside_scale", "too_low", "too_high")
    assert [c for c in codes(later) if c[1] != "missing"] == [c for c in codes(problems) if c[1] in of_typed]


# --- rules between cells -------------------------------------------------------------------


def test_a_date_after_today_is_in_the_future():
    """Today itself is not in the future; tomorrow is."""
    frame = pd.DataFrame({"answered_on": pd.to_datetime(["2020-01-01", "2020-01-02", None]).astype("datetime64[us]")})
    problems = schema.check_dates(frame, "answers", TODAY)
    assert codes(problems) == [("answered_on", "future", [1])]


def test_a_second_row_of_the_same_client_and_wave_is_told():
    """The later row is the repeated one; a gap in a key repeats nothing."""
    frame = pd.DataFrame({"client_id": ["a", "a", "b", None, None], "wave": [1, 1, 1, 1, 1]})
    problems = schema.check_repeats(frame, ["client_id", "wave"], "answers")
    assert codes(problems) == [("client_id", "duplicate", [1])]
    assert "same client_id and wave as an earlier row in 1 row(s): 2" in text_of(problems)


def spells(*rows: tuple[str, str, str | None, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["client_id", "started_on", "ended_on", "status"])
    typed, problems = check(frame, schema.SPELLS, "spells")
    assert problems == []
    return typed


def test_a_spell_that_ends_before_it_starts_is_told():
    """A spell of one day is a spell; one that ends the day before is not."""
    given = spells(("a", "2015-01-02", "2015-01-01", "education"), ("b", "2015-01-01", "2015-01-01", "education"))
    assert codes(check_spells(given)) == [("ended_on", "end_before_start", [0])]


@pytest.mark.parametrize(
    ("rows", "overlapping"),
    [
        ([("a", "2015-01-01", "2015-01-31", "education"), ("a", "2015-01-31", "2015-02-05", "education")], [1]),
        ([("a", "2015-01-01", "2015-01-31", "education"), ("a", "2015-02-01", None, "education")], []),
        ([("a", "2015-01-01", None, "education"), ("a", "2019-01-01", None, "education")], [1]),
        ([("a", "2015-01-01", None, "education"), ("a", "2015-01-01", None, "activation")], []),
        ([("a", "2015-01-01", None, "education"), ("b", "2015-01-01", None, "education")], []),
        # One long spell covers two short ones that do not touch each other; rows come in any order.
        (
            [
                ("a", "2015-03-01", "2015-03-05", "education"),
                ("a", "2015-01-01", "2015-12-31", "education"),
                ("a", "2015-02-01", "2015-02-05", "education"),
            ],
            [0, 2],
        ),
    ],
    ids=["same day", "next day", "open", "other status", "other client", "within a long one"],
)
def test_overlapping_spells_of_one_status_are_told(rows, overlapping):
    """Both days belong to a spell, and different statuses may run side by side."""
    told = [p.rows.tolist() for p in check_spells(spells(*rows))]
    assert told == ([overlapping] if overlapping else [])


def test_a_client_who_is_not_in_persons_and_a_date_before_birth_are_told(secret):
    """Answers, spells, events and registration come after birth, and belong to somebody known."""
    persons, _ = check(
        pd.DataFrame({"client_id": ["a", "b"], "born_on": "1980-05-05", "registered_on": ["1980-05-05", "2000-01-01"]}),
        schema.PERSONS,
        "persons",
    )
    day = pd.to_datetime(["1980-05-05", "1980-05-06", "2015-01-01"]).astype("datetime64[us]")
    for name, table in (("answered_on", "answers"), ("started_on", "spells"), ("occurred_on", "events")):
        frame = pd.DataFrame({"client_id": ["a", "b", secret], name: day})
        problems = check_known(frame, persons, table)
        assert codes(problems) == [("client_id", "unknown_client", [2]), (name, "before_birth", [0])]
        assert secret not in text_of(problems)
    assert codes(check_known(persons, persons, "persons")) == [("registered_on", "before_birth", [0])]
