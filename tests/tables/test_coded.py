"""Text as categories is the same table: cells, gaps, names, problems and bytes that are no text."""

import datetime as dt

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eriq.tables import schema
from eriq.tables.coded import places_among
from eriq.tables.files import read_declared, write_table
from eriq.tables.intake import check_register

CELLS = """client_id,started_on,ended_on,status,hours
status,2015-01-01,2015-02-30,education,"12,5"
b, 2015-03-01 ,,Education,x
,2015-03-01,2014-01-01,work_subsidised,20
b,03/04/2015,2016-01-01,,900
"""


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_coded_tables_are_the_same_tables_with_the_same_problems(tmp_path, suffix):
    """Every cell, gap and name, and every problem with its rows, is that of the table read as text."""
    (tmp_path / "t.csv").write_text(CELLS, encoding="utf-8")
    file = tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        write_table(read_declared(tmp_path / "t.csv").frame, file)
    plain, coded = read_declared(file), read_declared(file, coded=True)
    assert coded.sha256 == plain.sha256
    assert all(isinstance(kind, pd.CategoricalDtype) for kind in coded.frame.dtypes)
    pd.testing.assert_frame_equal(coded.frame.astype("str"), plain.frame, check_dtype=False)
    found = [check_register(frame, "spells", dt.date(2020, 1, 1)) for frame in (plain.frame, coded.frame)]
    assert next(list(map(str, problems)) for _, problems in found) == list(map(str, found[1][1]))
    assert len(found[0][1]) > 5
    pd.testing.assert_frame_equal(found[0][0], found[1][0], check_categorical=False)


def test_a_repeated_name_and_a_name_that_is_a_value_stay(tmp_path):
    """The name of a column is no value of it, unless a cell holds it; a repeated one stays repeated."""
    file = tmp_path / "t.csv"
    file.write_text("a,a,b\nx,,b\nx,y,c\n", encoding="utf-8")
    frame = read_declared(file, coded=True).frame
    assert frame.columns.tolist() == ["a", "a", "b"]
    assert [frame.iloc[:, place].cat.categories.tolist() for place in range(3)] == [["x"], ["y"], ["b", "c"]]


def test_text_that_is_not_utf8_is_for_the_schema_to_judge(tmp_path):
    """A coded column with such a cell is read cell by cell, as without codes: one unreadable cell, the rest kept."""
    file = tmp_path / "t.parquet"
    raw = pa.array([b"a", b"\xff\xfe", None], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"client_id": raw, "status": pa.array(["x", "x", None])}), file)
    found = []
    for coded in (False, True):
        frame = read_declared(file, coded=coded).frame
        typed, problems = schema.check(frame, schema.SPELLS[:1], "spells", extra="ignore")
        found.append((typed["client_id"].fillna("-").tolist(), [(p.code, p.rows.tolist()) for p in problems]))
    assert found[0] == found[1]
    assert found[0][1] == [("unreadable", [1]), ("missing", [2])]


def test_places_among_names_are_those_of_a_look_up():
    """Text, text of another storage and anything else find the same places; gaps find none."""
    names, wanted = ["b", "a", "ö", "c"], ["c", None, "x", "b", "ö", "c"]
    for kind in ("str", "string[python]", object):
        found = places_among(pd.Index(names, dtype=kind), pd.Index(wanted, dtype=kind))
        assert found.tolist() == [3, -1, -1, 0, 2, 3]
    assert places_among(pd.Index([], dtype="str"), pd.Index(["a"], dtype="str")).tolist() == [-1]


@pytest.mark.parametrize("odd", ["a.b", "repeated"])
def test_parquet_with_odd_names_is_read_whole(tmp_path, odd):
    """A name with a dot and a repeated name are columns like any other; the metadata's questionnaire is there too."""
    names = ["a", "a" if odd == "repeated" else odd]
    table = pa.table([pa.array([1, 2]), pa.array(["x", None])], names=names)
    for label in (None, {"eriq.instrument": "eriq22 2.0.0"}):
        pq.write_table(table.replace_schema_metadata(label), tmp_path / "t.parquet")
        frame = read_declared(tmp_path / "t.parquet", coded=True).frame
        assert frame.columns.tolist() == [*names, *(["instrument"] if label else [])]
        assert frame.iloc[:, 0].tolist() == [1, 2]
        assert frame.iloc[:, 1].isna().tolist() == [False, True]
    pq.write_table(table.select([0]).replace_schema_metadata(label), tmp_path / "t.parquet")
    frame = read_declared(tmp_path / "t.parquet", coded=True).frame
    assert frame["instrument"].tolist() == ["eriq22 2.0.0"] * 2
