"""Answers to other versions and questionnaires: row by row, in our items and codes, or refused with a count."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eriq.errors import InstrumentError, SchemaError, SourceError
from eriq.instrument.instrument import Instrument, load_instrument
from eriq.tables import schema
from eriq.tables.files import read_table
from eriq.tables.intake import check_answers, read_tables
from eriq.tables.versions import declared, foreign_items, require_accepted, taken_over, translated

TODAY = dt.date(2020, 1, 1)


@pytest.fixture
def ours() -> Instrument:
    """Return a questionnaire of three items that takes two of another one, one of them turned round."""
    shipped = load_instrument("eriq22")
    accepts = {"old 1.0.0": {"cw01": "q1", "cw02": {"item": "q2", "codes": {1: 5, 2: 4, 3: 3, 4: 2, 5: 1}}}}
    items = [i for i in shipped.items if i.id in ("cw01", "cw02", "cl01")]
    least = {"caseworker": 1, "client": 0}
    return shipped.model_copy(update={"items": items, "accepts": accepts, "minimum_answered": least})


def rows(**columns: list[object]) -> pd.DataFrame:
    """Return three answers with the columns given."""
    return pd.DataFrame({"client_id": ["a", "b", "c"], "answered_on": ["2015-01-01"] * 3, **columns})


def test_each_row_is_read_by_its_own_version(ours):
    """Ours as it stands, theirs by the map, an item they do not have as not asked; a blank means ours."""
    given = rows(
        instrument=["old 1.0.0", None, ours.label],
        q1=[4, None, None],
        q2=[5, None, None],
        cw01=[None, 2, 3],
        cw02=[None, 2, 3],
        cl01=[1, 2, 3],
    )
    answers, problems = check_answers(given, ours, TODAY)
    assert problems == []
    assert answers[["cw01", "cw02", "cl01"]].to_numpy().tolist() == [[4, 1, -1], [2, 2, 2], [3, 3, 3]]
    turned, problems = check_answers(given.iloc[::-1].reset_index(drop=True), ours, TODAY)
    assert problems == []
    assert turned["cw01"].tolist() == [3, 2, 4]
    assert taken_over(answers, ours) == (
        "<5 answers to old 1.0.0 are taken over: 2 of 3 items, the others count as not asked.",
    )


@pytest.mark.parametrize("kind", ["Int8", "float64", "str"])
def test_codes_are_mapped_however_they_are_stored(ours, kind):
    """Small numbers, numbers and text give the same; no answer, missing codes and gaps stay what they are."""
    given = rows(instrument=["old 1.0.0"] * 3, q1=[1, -2, 3], q2=[5, -3, 1]).astype({"q1": kind, "q2": kind})
    answers, problems = check_answers(given, ours, TODAY)
    assert problems == []
    assert answers["cw02"].tolist() == [1, -3, 5]
    assert answers["cw01"].tolist() == [1, -2, 3]


def test_a_code_that_a_map_does_not_name_is_outside_the_scale(ours):
    """Neither it nor a cell that is no number is passed on as an answer of ours, though ours may have such a code."""
    some = {"old 1.0.0": {"cw01": "q1", "cw02": {"item": "q2", "codes": {1: 5, 2: 4}}}}
    ours = ours.model_copy(update={"accepts": some})
    given = rows(instrument=["old 1.0.0"] * 3, q1=["1"] * 3, q2=["3", "x", "2"])
    problems = check_answers(given, ours, TODAY)[1]
    assert {(p.column, p.code): p.rows.tolist() for p in problems} == {
        ("cw02", "outside_scale"): [0],
        ("cw02", "unreadable"): [1],
    }


def test_a_version_nobody_accepts_is_told_with_its_rows(ours):
    """Training refuses with count and rows, and says what would be accepted; the cell itself is not repeated."""
    given = rows(instrument=["Anna 5.0.0", ours.label, "old 1.0.1"], cw01=[1] * 3, cw02=[1] * 3, cl01=[1] * 3)
    with pytest.raises(
        SchemaError, match=r"does not accept .*eriq22 2\.0\.0, old 1\.0\.0.* in 2 row\(s\): 1, 3"
    ) as why:
        schema.refuse(check_answers(given, ours, TODAY)[1])
    assert "Anna" not in str(why.value)


def test_a_column_that_a_map_needs_must_be_there(ours):
    """Without it nothing is guessed: the column is named with the questionnaire it belongs to."""
    with pytest.raises(SchemaError, match=r"column q2 of old 1\.0\.0 is not there"):
        schema.refuse(check_answers(rows(instrument=["old 1.0.0"] * 3, q1=[1] * 3), ours, TODAY)[1])


def test_rows_of_ours_need_our_columns(ours):
    """One row of ours among theirs, and a column of ours that is not there is missing as ever."""
    given = rows(instrument=["old 1.0.0", "old 1.0.0", ours.label], q1=[1] * 3, q2=[1] * 3, cw01=[1] * 3, cw02=[1] * 3)
    with pytest.raises(SchemaError, match="column cl01 is not there"):
        schema.refuse(check_answers(given, ours, TODAY)[1])


def test_rows_without_a_version_are_left_alone(ours):
    """No column, or ours in every row: the table is the one that was given. No questions take every version."""
    plain = rows(cw01=[1] * 3)
    assert translated(plain, ours)[0] is plain
    named = plain.assign(instrument=ours.label)
    assert translated(named, ours)[0] is named
    other = plain.assign(instrument="any 9.9.9")
    assert translated(other, load_instrument("no-questions")) == (other, [])


def test_what_is_declared_stands_where_a_row_says_nothing(ours):
    """A declared version fills blanks, and blanks only; it must be one that is accepted."""
    given = rows(instrument=["a 1.0.0", " ", None])
    assert declared(given, "old 1.0.0")["instrument"].tolist() == ["a 1.0.0", "old 1.0.0", "old 1.0.0"]
    assert set(declared(rows(), "old 1.0.0")["instrument"]) == {"old 1.0.0"}
    assert declared(given, None) is given
    require_accepted(ours, "old 1.0.0", "m")
    with pytest.raises(InstrumentError, match=r"m rests on eriq22 2\.0\.0; these answers are to old 1\.0\.1"):
        require_accepted(ours, "old 1.0.1", "m")
    with pytest.raises(InstrumentError, match="ready table"):
        require_accepted(None, "old 1.0.0", "m")
    assert foreign_items(ours) == {"q1", "q2"}


def test_a_config_declares_what_was_answered(agency, instrument, ours):
    """`answers_to` of a source stands for a table without the column; one that is not accepted ends the reading."""
    source = agency().model_copy(update={"answers_to": "eriq-sv 2.0.0"})
    answers = read_tables(source, instrument, TODAY).answers
    assert set(answers["cw04"]) == {-1}
    assert set(answers["instrument"]) == {"eriq-sv 2.0.0"}
    with pytest.raises(InstrumentError, match="declares no mapping"):
        read_tables(source.model_copy(update={"answers_to": "eriq-sv 9.0.0"}), instrument, TODAY)


def as_parquet(folder: Path, name: str, label: str | None) -> Path:
    """Write three answers whose file says in its metadata what they answer."""
    table = pa.Table.from_pandas(rows(q1=[1, 2, 3]), preserve_index=False)
    metadata = {} if label is None else {"eriq.instrument": label}
    folder.mkdir(exist_ok=True)
    pq.write_table(table.replace_schema_metadata(metadata), folder / name)
    return folder / name


def test_the_metadata_of_a_file_say_what_was_answered(tmp_path):
    """`eriq.instrument` becomes the column; a column that is there counts more; files of a folder must agree."""
    file = as_parquet(tmp_path / "one", "a.parquet", "old 1.0.0")
    assert set(read_table(file)["instrument"]) == {"old 1.0.0"}
    assert "instrument" not in read_table(as_parquet(tmp_path / "none", "a.parquet", None))
    as_parquet(tmp_path / "one", "b.parquet", "old 1.0.0")
    assert read_table(tmp_path / "one")["instrument"].tolist() == ["old 1.0.0"] * 6
    as_parquet(tmp_path / "one", "c.parquet", None)
    with pytest.raises(SourceError, match="different questionnaires"):
        read_table(tmp_path / "one")
