"""From files to checked tables: every kind of bad input ends with one named error, counted and located."""

import datetime as dt

import pandas as pd
import pytest

from eriq.config import Csv, Simulated, Tables
from eriq.errors import ConfigError, EriqError, SchemaError, SourceError
from eriq.simulation.intake import simulate_tables
from eriq.tables import schema
from eriq.tables.between import check_known
from eriq.tables.intake import check_answers, check_registers, read_tables, rename

TODAY = dt.date(2020, 1, 1)
PERSONS = {"client_id": ["c1", "c2", "c3"], "born_on": ["1980-01-01", "1981-01-01", "1982-01-01"]}
SPELL = ("c1", "2015-06-01", "2016-12-31", "work_unsubsidised")


def spells(*rows: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["client_id", "started_on", "ended_on", "status"])


def refused(source: Tables, instrument, error: type[EriqError] = SchemaError) -> str:
    """Return the text a training on `source` ends with."""
    with pytest.raises(error) as caught:
        schema.refuse(read_tables(source, instrument, TODAY).problems)
    assert type(caught.value) is error
    return str(caught.value)


def test_good_tables_come_through_typed_with_a_digest_each(agency, instrument):
    """Four files give four typed tables, no problem, and a digest of every file."""
    intake = read_tables(agency(), instrument, TODAY)
    assert intake.problems == []
    assert len(intake.answers) == 3
    assert [len(t) for t in (intake.registers.persons, intake.registers.spells, intake.registers.events)] == [3, 2, 1]
    assert sorted(intake.digests) == ["answers", "events", "persons", "spells"]
    assert {len(d) for d in intake.digests.values()} == {64}


def test_a_form_is_a_fifth_table_with_the_same_checks(agency, instrument, tmp_path):
    """Forms are read, typed and counted among the digests; one twice on a day, or of an unknown client, is refused."""
    file = tmp_path / "forms.csv"
    good = pd.DataFrame({"client_id": ["c1", "c1"], "filled_on": ["2015-01-01", "2015-02-01"], "contacts": [3, 4]})
    good.to_csv(file, index=False)
    source = agency().model_copy(update={"forms": file})
    intake = read_tables(source, instrument, TODAY)
    assert intake.problems == []
    assert [str(d) for d in intake.registers.forms.dtypes] == [c.dtype for c in schema.FORMS]
    assert "forms" in intake.digests
    good.assign(client_id=["c1", "c9"]).to_csv(file, index=False)
    assert "forms: client_id: client not in persons in 1 row(s): 2" in refused(source, instrument)
    good.assign(filled_on="2015-01-01").to_csv(file, index=False)
    assert "forms: client_id: same client_id and filled_on as an earlier row" in refused(source, instrument)
    good.assign(filled_on="2999-01-01").to_csv(file, index=False)
    assert "forms: filled_on: in the future in 2 row(s)" in refused(source, instrument)


def test_registers_may_be_absent(agency, instrument):
    """A source of answers alone gives empty registers and no complaint about unknown clients."""
    source = agency().model_copy(update={"persons": None, "spells": None, "events": None})
    intake = read_tables(source, instrument, TODAY)
    assert intake.problems == []
    assert [str(d) for d in intake.registers.spells.dtypes] == [c.dtype for c in schema.SPELLS]
    assert sorted(intake.digests) == ["answers"]


# Each fault of one table: (table, columns to replace, words of the error).
FAULTS = {
    "decimal comma": ("answers", {"cw01": ["3,0", "3", "3"]}, "answers: cw01: decimal comma where a point is expected"),
    "decimal": ("answers", {"cw01": ["3", "2.77", "3"]}, "answers: cw01: not a whole number in 1 row(s): 2"),
    "text": ("answers", {"cl11": ["SECRET-77", "3", "SECRET-77"]}, "cl11: not a whole number in 2 row(s): 1, 3"),
    "outside the scale": ("answers", {"cw11": ["77", "3", "3"]}, "cw11: not one of the allowed codes in 1 row(s): 1"),
    "unknown missing code": (
        "answers",
        {"cw11": ["3", "-77", "3"]},
        "cw11: not one of the allowed codes in 1 row(s): 2",
    ),
    "nobody": ("answers", {"client_id": ["c1", "", "c3"]}, "answers: client_id: missing in 1 row(s): 2"),
    "unknown client": (
        "answers",
        {"client_id": ["c1", "SECRET-77", "c3"]},
        "client_id: client not in persons in 1 row(s): 2",
    ),
    "client and wave twice": (
        "answers",
        {"client_id": ["c1", "c1", "c3"]},
        "client_id: same client_id and wave as an earlier row in 1 row(s): 2",
    ),
    "client and day twice": (
        "answers",
        {"client_id": ["c1", "c1", "c3"], "wave": ["1", "2", "1"], "answered_on": ["2015-03-01"] * 3},
        "client_id: same client_id and answered_on as an earlier row in 1 row(s): 2",
    ),
    "wave 0": ("answers", {"wave": ["0", "1", "1"]}, "wave: below 1 in 1 row(s): 1"),
    "answer in the future": (
        "answers",
        {"answered_on": ["2015-03-01", "2077-01-01", "2015-03-01"]},
        "answered_on: in the future",
    ),
    "answer before birth": (
        "answers",
        {"answered_on": ["1977-03-01", "2015-03-01", "2015-03-01"]},
        "answered_on: on or before the day the client was born in 1 row(s): 1",
    ),
    "no date": (
        "answers",
        {"answered_on": ["77/3/2015", "2015-03-01", "2015-03-01"]},
        "not a date written YYYY-MM-DD from 1900 on in 1 row(s): 1",
    ),
    "consent": (
        "answers",
        {"consent": ["yes SECRET-77", "1", "0"]},
        "answers: consent: not a whole number in 1 row(s): 1",
    ),
    "born in the future": (
        "persons",
        {"born_on": ["2077-01-01", "1981-01-01", "1982-01-01"]},
        "persons: born_on: in the future",
    ),
    "person twice": (
        "persons",
        {"client_id": ["c1", "c1", "c3"]},
        "persons: client_id: same client_id as an earlier row",
    ),
    "education": (
        "persons",
        {"education": ["SECRET-77", "higher", ""]},
        "persons: education: not one of the allowed codes",
    ),
    "registered before birth": (
        "persons",
        {"registered_on": ["1977-01-01", "", ""]},
        "persons: registered_on: on or before",
    ),
    "a reason for leaving without a day": (
        "persons",
        {"left_why": ["", "death", ""]},
        "persons: left_why: a reason for leaving without left_on in 1 row(s): 2",
    ),
    "a reason for leaving that is none": (
        "persons",
        {"left_on": ["2016-01-01"] * 3, "left_why": ["death", "SECRET-77", ""]},
        "persons: left_why: not one of the allowed codes in 1 row(s): 2",
    ),
    "left before birth": ("persons", {"left_on": ["1977-01-01", "", ""]}, "persons: left_on: on or before"),
    "leaves in the future": ("persons", {"left_on": ["2077-01-01", "", ""]}, "persons: left_on: in the future"),
    "spell backwards": (
        "spells",
        {"ended_on": ["2015-01-01", ""]},
        "spells: ended_on: end before start in 1 row(s): 1",
    ),
    "overlap": (
        "spells",
        {"client_id": ["c1", "c1"], "status": ["education"] * 2},
        "spells: started_on: overlaps an earlier",
    ),
    "spell of nobody": (
        "spells",
        {"client_id": ["c1", "SECRET-77"]},
        "spells: client_id: client not in persons in 1 row(s): 2",
    ),
    "spell in the future": (
        "spells",
        {"ended_on": ["2077-12-31", ""]},
        "spells: ended_on: in the future in 1 row(s): 1",
    ),
    "spell before birth": ("spells", {"started_on": ["1977-01-01", "2014-01-01"]}, "spells: started_on: on or before"),
    "status": (
        "spells",
        {"status": ["SECRET-77", "education"]},
        "spells: status: not one of the allowed codes in 1 row(s): 1",
    ),
    "hours": ("spells", {"hours": ["37,5", "177"]}, "spells: hours: decimal comma"),
    "event": ("events", {"kind": ["SECRET-77"]}, "events: kind: not one of the allowed codes in 1 row(s): 1"),
    "event before birth": ("events", {"occurred_on": ["1977-01-01"]}, "events: occurred_on: on or before"),
}


def test_only_the_end_of_a_spell_may_be_planned(agency, instrument):
    """An end up to five years ahead is a plan, and one day more a slip; a start may not lie ahead at all."""
    for start, end, rows in (
        ("2019-06-01", "2025-01-01", []),
        ("2019-06-01", "2025-01-02", [("ended_on", [0])]),
        ("2020-01-02", "2020-02-01", [("started_on", [0])]),
    ):
        source = agency(spells=spells(("c1", start, end, "activation")))
        problems = read_tables(source, instrument, TODAY).problems
        assert [(p.column, p.rows.tolist()) for p in problems] == rows


@pytest.mark.parametrize(
    ("table", "column", "day", "told"),
    [
        ("spells", "started_on", "2017-01-01", False),
        ("spells", "started_on", "2017-01-02", True),
        ("answers", "answered_on", "2017-01-02", True),
        ("persons", "followed_until", "2017-01-02", True),
        ("persons", "left_on", "2017-01-02", True),
        ("events", "occurred_on", "2017-01-02", True),
        ("spells", "ended_on", "2018-01-01", False),
    ],
)
def test_nothing_is_known_of_the_days_after_the_extract(agency, answer_text, instrument, table, column, day, told):
    """Where the source says when the tables were drawn, that day stands for today; ends may be planned."""
    good = {
        "answers": answer_text(),
        "persons": pd.DataFrame(PERSONS),
        "spells": spells(("c1", "2016-06-01", "", "activation")),
        "events": pd.DataFrame({"client_id": ["c1"], "occurred_on": ["2014-05-05"], "kind": ["gp_contact"]}),
    }
    frame = good[table].assign(**{column: day}) if table == "spells" else good[table]
    if table != "spells":
        frame = frame.assign(
            **{column: [day, *(frame[column].iloc[1:] if column in frame else [""] * (len(frame) - 1))]}
        )
    source = agency({"extracted_on": dt.date(2017, 1, 1)}, **{**good, table: frame})
    if told:
        words = f"{table}: {column}: after the day the tables were drawn in 1 row(s): 1"
        assert words in refused(source, instrument)
    else:
        assert [p.column for p in read_tables(source, instrument, TODAY).problems if p.code == "future"] == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_by_table_column_and_row_and_never_by_value(agency, answer_text, instrument, fault):
    """One fault gives one SchemaError (exit code 11) that places it; no value with the mark 77 is repeated."""
    table, columns, words = FAULTS[fault]
    good = {
        "answers": answer_text(),
        "persons": pd.DataFrame(PERSONS),
        "spells": spells(SPELL, ("c2", "2015-06-01", "2016-12-31", "education")),
        "events": pd.DataFrame({"client_id": ["c1"], "occurred_on": ["2014-05-05"], "kind": ["gp_contact"]}),
    }
    text = refused(agency(**{**good, table: good[table].assign(**columns)}), instrument)
    assert words in text
    assert "77" not in text
    assert SchemaError.exit_code == 11


def test_problems_of_all_tables_are_told_at_once(agency, answer_text, instrument):
    """One run tells every fault of every table, so nobody mends a file ten times."""
    source = agency(
        answers=answer_text(cw01=["9", "3", "3"], cl01=["3", "x", "3"]),
        persons=pd.DataFrame(PERSONS).assign(children=["-1", "", ""]),
        spells=spells(("c1", "2015-06-01", "2015-01-01", "gone")),
    )
    text = refused(source, instrument)
    for table in ("answers: cw01", "answers: cl01", "persons: children", "spells: ended_on", "spells: status"):
        assert table in text
    assert text.startswith("the input has 5 problem(s); no row was used:")


def test_repeated_missing_and_unknown_columns_are_told_from_the_file(agency, answer_text, instrument, secret):
    """What is wrong with the header of a file is told as such, without its words."""
    source = agency({"extra_columns": "refuse"})
    frame = answer_text()
    twice = pd.concat([frame.drop(columns="cl07"), frame[["cw02"]]], axis="columns").assign(**{secret: "1"})
    twice.to_csv(source.answers, index=False)
    text = refused(source, instrument)
    assert "column cw02 is there 2 times" in text
    assert "column cl07 is not there" in text
    assert "column number 28 is not known" in text
    assert secret not in text


def test_a_file_without_a_header_shows_nobody(agency, answer_text, instrument, secret):
    """The first person's answers stand where names should be; none of them is repeated."""
    source = agency()
    answer_text(client_id=[secret, "c2", "c3"]).to_csv(source.answers, index=False, header=False)
    text = refused(source, instrument)
    assert "column client_id is not there" in text
    assert secret not in text
    assert "2015-03" not in text


def test_extra_columns_can_be_ignored(agency, answer_text, instrument):
    """With extra_columns: ignore, columns nobody asked for are left out and the rest is the same."""
    plain = read_tables(agency(), instrument, TODAY).answers
    source = agency({"extra_columns": "ignore"}, answers=answer_text().assign(note="free text"))
    intake = read_tables(source, instrument, TODAY)
    assert intake.problems == []
    pd.testing.assert_frame_equal(intake.answers, plain)


def test_columns_nobody_asked_for_are_one_line(agency, answer_text, instrument):
    """By default they are named once, with the column that may be meant; the rest is the same."""
    plain = read_tables(agency(), instrument, TODAY)
    source = agency(answers=answer_text().assign(bemærkning="free text", consnt="1"))
    intake = read_tables(source, instrument, TODAY)
    assert plain.notices == ()
    assert intake.problems == []
    assert intake.notices == ("answers: not read: bemærkning, consnt (is it consent?)",)
    pd.testing.assert_frame_equal(intake.answers, plain.answers)


def test_a_column_written_almost_as_expected_is_no_notice(agency, answer_text, instrument):
    """A consent that is not read would count everybody in, so case and signs are no reason to pass over it."""
    text = refused(agency(answers=answer_text().assign(**{"Con-sent": "0"})), instrument)
    assert "column number 28 is written otherwise than consent" in text


def test_no_half_is_answered_after_the_questionnaire(agency, answer_text, instrument):
    """A forecast as of answered_on would see the future of the later half; on the day itself it does not."""
    days = pd.to_datetime(answer_text()["answered_on"])
    later = (days + pd.to_timedelta([0, 1, -5], unit="D")).dt.strftime("%Y-%m-%d")
    text = refused(agency(answers=answer_text().assign(client_answered_on=later)), instrument)
    assert "answers: client_answered_on: after answered_on in 1 row(s): 2" in text


# --- names of columns ----------------------------------------------------------------------


def test_columns_are_mapped_by_config_and_ids_keep_their_zeros(agency, answer_text, instrument):
    """The agency's own names are read as ours; "007" is not 7."""
    ids = ["007", "008", "009"]
    source = agency(
        {"columns": {"answers": {"client_id": "cpr", "cw11": "job?"}, "persons": {"client_id": "cpr"}}},
        answers=answer_text(client_id=ids, cw11=["1", "2", "4"]).rename(columns={"client_id": "cpr", "cw11": "job?"}),
        persons=pd.DataFrame({**PERSONS, "client_id": ids}).rename(columns={"client_id": "cpr"}),
        spells=spells(("007", *SPELL[1:])),
        events=pd.DataFrame({"client_id": ["008"], "occurred_on": ["2014-05-05"], "kind": ["gp_contact"]}),
    )
    intake = read_tables(source, instrument, TODAY)
    assert intake.problems == []
    assert intake.answers["client_id"].tolist() == ids
    assert intake.answers["cw11"].tolist() == [1, 2, 4]


def test_swapped_names_are_mapped_at_once():
    """Two columns can trade names."""
    frame = pd.DataFrame({"born_on": ["a"], "client_id": ["b"]})
    turned = rename(frame, {"born_on": "client_id", "client_id": "born_on"}, schema.PERSONS, "persons")
    assert turned.to_dict("list") == {"client_id": ["a"], "born_on": ["b"]}


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"clientid": "cpr"}, "clientid: not a column of persons. Did you mean 'client_id'?"),
        ({"sex": "gender"}, "sex: the file has no column 'gender'"),
        ({"sex": "cpr", "client_id": "cpr"}, "'cpr' is named 2 times"),
    ],
)
def test_a_mapping_that_does_not_fit_is_a_config_error(mapping, words):
    """A slip in the mapping would else drop an optional column without a word."""
    frame = pd.DataFrame({"cpr": ["1"], "born_on": ["1980-01-01"]})
    with pytest.raises(ConfigError) as caught:
        rename(frame, mapping, schema.PERSONS, "persons")
    assert words in str(caught.value)
    assert ConfigError.exit_code == 10


def test_a_mapped_name_that_is_there_as_well_is_a_repeated_column(agency, answer_text, instrument):
    """If the file has our name too, nobody can say which column is meant."""
    source = agency({"columns": {"answers": {"cw11": "job?"}}}, answers=answer_text().assign(**{"job?": "1"}))
    assert "column cw11 is there 2 times" in refused(source, instrument)


# --- files ---------------------------------------------------------------------------------


def test_an_agency_file_of_the_north_is_read(agency, answer_text, instrument):
    """Semicolons, Latin-1, decimal commas and Danish letters in ids are a matter of three settings."""
    source = agency({"csv": Csv(encoding="latin-1", decimal=",")}, answers=answer_text(job_centre=["Århus"] * 3))
    for name in ("answers", "persons", "spells", "events"):
        path = getattr(source, name)
        frame = pd.read_csv(path, dtype="str")
        if name == "spells":
            frame["hours"] = ["37,5", "20,0"]
        frame.to_csv(path, index=False, sep=";", encoding="latin-1")
    intake = read_tables(source, instrument, TODAY)
    assert intake.problems == []
    assert intake.registers.spells["hours"].tolist() == [37.5, 20.0]
    assert set(intake.answers["job_centre"]) == {"Århus"}


@pytest.mark.parametrize("kind", ["missing", "empty", "header only", "ragged", "folder"])
def test_a_file_that_cannot_be_read_is_a_source_error(agency, instrument, kind):
    """The cause is told with the name of the file; exit code 17."""
    source = agency()
    path = source.spells
    words = {
        "missing": "there is no file",
        "empty": "spells.csv is empty",
        "header only": "spells.csv has a header and no rows",
        "ragged": "spells.csv: some line has more or fewer cells",
        "folder": "spells.csv is a folder",
    }[kind]
    text = path.read_text()
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_text({"empty": "", "header only": text.splitlines()[0], "ragged": f"{text}SECRET-77,1\n"}[kind])
    told = refused(source, instrument, SourceError)
    assert words in told
    assert "SECRET" not in told


# --- checks by themselves ------------------------------------------------------------------


def test_waves_may_be_unnumbered(answer_text, instrument):
    """Without a wave column the day tells answers of a client apart."""
    frame = answer_text(2, client_id=["a", "a"]).drop(columns="wave")
    answers, problems = check_answers(frame, instrument, TODAY)
    assert problems == []
    assert answers["wave"].isna().all()
    _, problems = check_answers(frame.assign(answered_on="2015-01-01"), instrument, TODAY)
    assert [p.code for p in problems] == ["duplicate"]


def test_checking_a_checked_table_changes_nothing(agency, instrument):
    """Typed tables pass the same checks unchanged, so a table may be checked at every border."""
    intake = read_tables(agency(), instrument, TODAY)
    answers, problems = check_answers(intake.answers, instrument, TODAY)
    assert problems == []
    pd.testing.assert_frame_equal(answers, intake.answers)
    frames = {name: getattr(intake.registers, name) for name in ("persons", "spells", "events")}
    kept = {name: frame.copy(deep=True) for name, frame in frames.items()}
    again, problems = check_registers(frames, TODAY)
    assert problems == []
    for name, frame in kept.items():
        pd.testing.assert_frame_equal(getattr(again, name), frame)
        pd.testing.assert_frame_equal(frames[name], frame)


def test_a_made_up_cohort_meets_the_same_contract(instrument):
    """Simulated people pass every check of real ones, and their truth stays apart from the tables."""
    intake = simulate_tables(Simulated(kind="simulated", clients=40, seed=3), instrument, TODAY)
    assert intake.problems == []
    assert intake.truth is not None
    assert "probability" not in {*intake.answers, *intake.registers.persons, *intake.registers.spells}
    for name in ("spells", "events"):
        frame = getattr(intake.registers, name)
        assert check_known(frame, intake.registers.persons, name) == []
    assert check_known(intake.answers, intake.registers.persons, "answers") == []
    again = simulate_tables(Simulated(kind="simulated", clients=40, seed=3), instrument, TODAY)
    assert again.digests == intake.digests
