"""Files: every way a file can be broken has a name, and three formats give one table."""

import datetime as dt
import hashlib
import io
import warnings
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from eriq.config import Csv
from eriq.errors import OutputError, SourceError
from eriq.tables import schema
from eriq.tables.files import file_digest, finished_or_nothing, frame_digest, read_table, write_table


def refused(path: Path, csv: Csv | None = None) -> str:
    """Return the text of the error that reading `path` ends with."""
    with pytest.raises(SourceError) as caught:
        read_table(path, csv)
    assert SourceError.exit_code == 17
    return str(caught.value)


def put(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


# --- text files ----------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_from_the_header(tmp_path, delimiter):
    """Each of the four usual delimiters gives the same table."""
    lines = [["id", "day", "a"], ["007", "2015-05-01", "3"], ["012", "", "-2"]]
    path = put(tmp_path / "x.csv", "\n".join(delimiter.join(line) for line in lines))
    frame = read_table(path)
    assert frame.to_dict("list")["id"] == ["007", "012"]
    assert frame["day"].isna().tolist() == [False, True]
    assert list(frame.dtypes.astype(str)) == ["str"] * 3


def test_nothing_is_guessed_in_a_text_file(tmp_path):
    """Every cell is the text that was written; only an empty one is missing."""
    cells = ["007", "1e3", "NA", "null", "True", "1_0", "-", "3,5"]
    path = put(tmp_path / "x.csv", "a;b\n" + "".join(f"{cell};\n" for cell in cells))
    frame = read_table(path)
    assert frame["a"].tolist() == cells
    assert frame["b"].isna().all()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_changes_nothing(tmp_path, encoding):
    """Excel writes CSV with a mark before the first name; it is no part of the name."""
    frame = read_table(put(tmp_path / "x.csv", "id,å\n1,ö\n", encoding))
    assert frame.columns.tolist() == ["id", "å"]
    assert frame["å"].tolist() == ["ö"]


@pytest.mark.parametrize("where", ["header", "first row", "far down"])
def test_another_encoding_is_told_and_can_be_given(tmp_path, where):
    """Latin-1 read as UTF-8 is refused by name; with csv.encoding the letters are right."""
    text = {"header": "id,å\n1,2\n", "first row": "id,b\n1,å\n", "far down": "id,b\n" + "1,2\n" * 300_000 + "1,å\n"}[
        where
    ]
    path = put(tmp_path / "x.csv", text, "latin-1")
    assert "is not utf-8; set csv.encoding" in refused(path)
    frame = read_table(path, Csv(encoding="latin-1"))
    assert "å" in (*frame.columns, frame.iloc[-1, 1])


def test_an_encoding_that_does_not_exist_is_told(tmp_path):
    """A misspelt encoding is a named error, not a traceback."""
    assert "is not utf-99" in refused(put(tmp_path / "x.csv", "a,b\n1,2\n"), Csv(encoding="utf-99"))


def test_utf_16_is_read_when_it_is_named(tmp_path):
    """What Excel calls Unicode text comes through."""
    frame = read_table(put(tmp_path / "x.txt", "id\tb\n1\tå\n", "utf-16"), Csv(encoding="utf-16"))
    assert frame.loc[0, "b"] == "å"


@pytest.mark.parametrize("text", ["", "\n\n  \n", "\ufeff"])
def test_an_empty_file_is_told(tmp_path, text):
    """No name at all is an empty file, blank lines or not."""
    assert refused(put(tmp_path / "x.csv", text)) == "x.csv is empty"


def test_a_header_without_rows_is_told(tmp_path):
    """Names alone are no table."""
    assert refused(put(tmp_path / "x.csv", "a,b\n")) == "x.csv has a header and no rows"


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n1,2,SECRET-77\n",
        "a,b\n1,2,SECRET-77\n1,2,3\n",
        "a,b,c\n1,2,3\n1,SECRET-77\n",
        "a,b,c\n1,2\n1,SECRET-77\n",
    ],
    ids=["one long line", "all lines long", "one short line", "all lines short"],
)
def test_a_ragged_file_is_refused(tmp_path, text):
    """A line with more or fewer cells than the header has lost its columns; nothing is filled or cut."""
    path = put(tmp_path / "x.csv", text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as an operator has it: a warning would not stop anything
        told = refused(path)
    assert told == "x.csv: some line has more or fewer cells than the header"


@pytest.mark.parametrize("text", ['a,b\n1,"2\n3,4\n', 'a,"b\n1,2\n', 'a,b\n1,2\n3,"SECRET-77'])
def test_a_quote_that_never_closes_is_refused(tmp_path, text):
    """It would make one cell of all the rows after it."""
    assert refused(put(tmp_path / "x.csv", text)) == "x.csv: a quote is opened and never closed"


def test_quoted_cells_keep_delimiters_and_quotes(tmp_path):
    """A quoted cell may hold the delimiter, a doubled quote and a line break."""
    frame = read_table(put(tmp_path / "x.csv", 'a,b\n"x, ""y""","1\n2"\n'))
    assert frame.iloc[0].tolist() == ['x, "y"', "1\n2"]


def test_repeated_names_stay_repeated(tmp_path):
    """A second column of the same name is not renamed behind one's back."""
    assert read_table(put(tmp_path / "x.csv", "a, a ,b\n1,2,3\n")).columns.tolist() == ["a", "a", "b"]


def test_decimal_commas_are_read_when_they_are_declared(tmp_path):
    """With csv.decimal the comma of a number becomes a point, and other text stays."""
    path = put(tmp_path / "x.csv", "a;b\n3,5;one, two\n-2,0;3\n")
    frame = read_table(path, Csv(decimal=","))
    assert frame["a"].tolist() == ["3.5", "-2.0"]
    assert frame["b"].tolist() == ["one, two", "3"]
    assert read_table(path)["a"].tolist() == ["3,5", "-2,0"]


def test_line_ends_and_blank_lines_do_not_matter(tmp_path):
    """Windows, old Mac and blank lines give the same rows."""
    plain = read_table(put(tmp_path / "a.csv", "a,b\n1,2\n3,4\n"))
    for end in ("a,b\r\n1,2\r\n3,4\r\n", "a,b\r1,2\r3,4\r", "\n\na,b\n\n1,2\n3,4\n\n", "a,b\n1,2\n3,4"):
        pd.testing.assert_frame_equal(read_table(put(tmp_path / "b.csv", end)), plain)


# --- things that are not what their name says ----------------------------------------------


def test_a_path_that_is_not_there_is_told(tmp_path):
    """The path is in the text, since it comes from a config and from nobody's row."""
    assert refused(tmp_path / "none.csv") == f"there is no file {tmp_path / 'none.csv'}"


@pytest.mark.parametrize("name", ["x.csv", "x.txt", "x.xlsx"])
def test_a_folder_given_as_a_file_is_told(tmp_path, name):
    """Only Parquet may be a folder."""
    (tmp_path / name).mkdir()
    assert refused(tmp_path / name) == f"{name} is a folder; only Parquet may come as a folder"


def test_an_unknown_kind_of_file_is_told_with_the_known_ones(tmp_path):
    """The error names what is read."""
    known = ".csv, .txt, .xlsx, .parquet, .sav, .zsav, .dta, .sas7bdat, .xpt"
    assert refused(put(tmp_path / "x.ods", "a")) == f"x.ods: eriq reads {known}"


@pytest.mark.parametrize("name", ["x.csv", "x.xlsx", "x.parquet", "folder"])
def test_a_permission_that_is_missing_is_told(tmp_path, monkeypatch, name):
    """What the operating system refuses is told for every kind of file; acted, since a superuser is refused nothing."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    for target in (
        "eriq.tables.stamped.open_regular",
        "zipfile.ZipFile.__init__",
        "pyarrow.parquet.ParquetFile.__init__",
    ):
        monkeypatch.setattr(target, refuse)
    monkeypatch.setattr("pyarrow.parquet.read_table", refuse)
    path = tmp_path / name
    path.touch() if path.suffix else path.mkdir()
    (path / "a.parquet").touch() if path.is_dir() else None
    assert "may not be read by this user" in refused(path)


def test_a_disk_that_fails_is_told(tmp_path, monkeypatch):
    """Any other refusal of the operating system is one paragraph too."""

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(5, "Input/output error")

    path = put(tmp_path / "x.csv", "a\n1\n")
    monkeypatch.setattr("eriq.tables.stamped.open_regular", fail)
    assert refused(path) == "x.csv cannot be read: Input/output error"


def workbook(path: Path, rows: list[list[object]]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("kind", ["text", "cut", "zip", "bomb", "garbled"])
def test_a_workbook_that_is_none_is_refused(tmp_path, monkeypatch, kind):
    """A text file, half a workbook, another zip, a zip bomb and a damaged one: each is a named error."""
    monkeypatch.setattr("eriq.tables.workbooks.MAX_UNPACKED_BYTES", 5_000_000)
    path = workbook(tmp_path / "x.xlsx", [["id"], ["SECRET-77"]])
    whole = path.read_bytes()
    if kind == "text":
        path.write_text("id\nSECRET-77\n")
    elif kind == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif kind in ("zip", "bomb"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("SECRET-77", b"0" * (6_000_000 if kind == "bomb" else 10))
    else:
        with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(path, "w") as new:
            for part in old.infolist():
                content = old.read(part)
                new.writestr(part.filename, b"<broken" if "sheet1" in part.filename else content)
    told = refused(path)
    assert "unpacks to 6 MB" in told if kind == "bomb" else "is not an Excel workbook" in told
    assert "SECRET" not in told


def test_an_empty_sheet_is_told(tmp_path):
    """A workbook with nothing on its first sheet is empty."""
    assert refused(workbook(tmp_path / "x.xlsx", [])) == "x.xlsx is empty"


def test_a_sheet_is_read_as_its_csv_would_be(tmp_path):
    """Dates lose midnight, whole numbers their point, repeated names stay, formatted blanks around are left out."""
    rows = [
        ["id", "day", "n", "n", None],
        ["007", dt.datetime(2015, 5, 1), 3.0, 2.5, None],
        [12, dt.date(2015, 5, 2), None, True, None],
        [None, None, None, None, None],
    ]
    path = workbook(tmp_path / "x.xlsx", rows)
    frame = read_table(path)
    assert frame.columns.tolist() == ["id", "day", "n", "n"]
    assert frame.iloc[0].tolist() == ["007", "2015-05-01", "3", "2.5"]
    assert frame.iloc[1, [0, 1, 3]].tolist() == ["12", "2015-05-02", "True"]
    assert len(frame) == 2


def test_a_blank_row_within_a_sheet_stays_so_that_row_numbers_fit(tmp_path):
    """Only rows below the last filled one are left out."""
    frame = read_table(workbook(tmp_path / "x.xlsx", [["a"], ["1"], [None], ["2"]]))
    assert frame["a"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("damage", ["cut", "text", "empty"])
def test_a_parquet_file_that_is_none_is_refused(tmp_path, damage):
    """A truncated, foreign or empty file is a named error without its content."""
    path = tmp_path / "x.parquet"
    pd.DataFrame({"id": ["SECRET-77"] * 1000}).to_parquet(path)
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[: len(whole) // 2], "text": b"id\nSECRET-77\n" * 9, "empty": b""}[damage])
    told = refused(path)
    assert told.startswith("x.parquet is not a readable Parquet file")
    assert "SECRET" not in told


def test_a_folder_of_parquet_is_one_table(tmp_path):
    """The parts are read in the order of their names; a folder of something else is refused."""
    folder = tmp_path / "answers"
    folder.mkdir()
    for k in range(3):
        pd.DataFrame({"id": [f"{k}"]}).to_parquet(folder / f"part-{k}.parquet")
    assert read_table(folder)["id"].tolist() == ["0", "1", "2"]
    put(folder / "part-9.parquet", "no")
    assert "is not a readable Parquet file" in refused(folder)


def test_an_empty_folder_is_refused(tmp_path):
    """No part is no table."""
    (tmp_path / "answers").mkdir()
    refused(tmp_path / "answers")


def test_repeated_parquet_columns_and_named_indexes_are_kept(tmp_path):
    """Two columns of a name stay two; an index with a name is a column, one without only counts rows."""
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(table, tmp_path / "x.parquet")
    assert read_table(tmp_path / "x.parquet").columns.tolist() == ["a", "a"]
    frame = pd.DataFrame({"id": ["007", "008"], "a": [1, 2]})
    frame.set_index("id").to_parquet(tmp_path / "named.parquet")
    assert sorted(read_table(tmp_path / "named.parquet").columns) == ["a", "id"]
    frame[frame["a"] > 1].to_parquet(tmp_path / "unnamed.parquet")
    assert read_table(tmp_path / "unnamed.parquet").columns.tolist() == ["id", "a"]


# --- one table, three formats --------------------------------------------------------------


def test_csv_excel_and_parquet_give_the_same_typed_table(tmp_path, waves, instrument):
    """The same answers are the same table whatever file they came in, gaps and leading zeros included."""
    answers = waves(
        [("007", "2015-05-01"), ("12", "2015-05-02"), ("å", "2015-05-03")],
        wave=[1, 2, None],
        caseworker_id=["w1", None, "w2"],
        cw01=[1, None, -2],
        cl02=[5, 4, None],
    )
    columns = schema.answers_columns(instrument)
    write_table(answers, tmp_path / "x.csv")
    write_table(answers, tmp_path / "x.parquet")
    write_table(answers.astype({"cw01": "category", "client_id": "category"}), tmp_path / "y.parquet")
    answers.to_excel(tmp_path / "x.xlsx", index=False)
    write_table(answers, tmp_path / "semicolon.csv")
    text = (tmp_path / "semicolon.csv").read_text(encoding="utf-8").replace(",", ";")
    put(tmp_path / "semicolon.csv", text, "latin-1")
    for name, csv in (
        ("x.csv", None),
        ("x.parquet", None),
        ("y.parquet", None),
        ("x.xlsx", None),
        ("semicolon.csv", Csv(encoding="latin-1")),
    ):
        typed, problems = schema.check(read_table(tmp_path / name, csv), columns, "answers")
        assert problems == [], name
        pd.testing.assert_frame_equal(typed, answers, obj=name)


# --- digests -------------------------------------------------------------------------------


def test_a_file_digest_is_the_sha_256_of_its_bytes(tmp_path):
    """The digest can be checked with any other tool."""
    path = put(tmp_path / "x.csv", "a\n1\n")
    assert file_digest(path) == hashlib.sha256(b"a\n1\n").hexdigest()


def test_a_folder_digest_changes_with_any_part(tmp_path):
    """A part that changes, comes or goes changes the digest of the folder."""
    folder = tmp_path / "answers"
    folder.mkdir()
    put(folder / "a", "1")
    digests = {file_digest(folder)}
    put(folder / "a", "2")
    digests.add(file_digest(folder))
    put(folder / "b", "3")
    digests.add(file_digest(folder))
    assert len(digests) == 3


def test_a_frame_digest_tells_content_and_names_apart():
    """Equal tables have equal digests; another value, name or order of rows has another."""
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert frame_digest(frame) == frame_digest(frame.copy())
    others = [frame.assign(a=[1, 3]), frame.rename(columns={"a": "c"}), frame.iloc[::-1], frame.iloc[:1]]
    assert len({frame_digest(f) for f in [frame, *others]}) == 5


# --- writing -------------------------------------------------------------------------------


def test_a_file_that_is_there_is_not_replaced_unless_asked(tmp_path):
    """Without overwrite the old file stays; with it the new one takes its name."""
    path = put(tmp_path / "x.csv", "old")
    with pytest.raises(OutputError, match="is there already; give --overwrite"):
        write_table(pd.DataFrame({"a": [1]}), path)
    assert path.read_text() == "old"
    write_table(pd.DataFrame({"a": [1]}), path, overwrite=True)
    assert path.read_text() == "a\n1\n"


def half_written(path: Path, failure: BaseException | type[BaseException]) -> None:
    with finished_or_nothing(path, overwrite=True) as temporary:
        temporary.write_text("half")
        raise failure


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left on device"), ValueError])
def test_an_interrupted_write_leaves_nothing_behind(tmp_path, failure):
    """Ctrl-C, a full disk or a fault leave neither the final nor the temporary name, and the old file as it was."""
    old = put(tmp_path / "old.csv", "old")
    expected = OutputError if isinstance(failure, OSError) else failure
    for path in (tmp_path / "new.csv", old):
        with pytest.raises(expected):
            half_written(path, failure)
    assert [p.name for p in tmp_path.iterdir()] == ["old.csv"]
    assert old.read_text() == "old"


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    """A file where a folder should be, a folder where the file should be, and an unknown kind are named errors."""
    put(tmp_path / "file", "")
    (tmp_path / "x.csv").mkdir()
    for path, words in (
        (tmp_path / "file" / "x.csv", "cannot be written to"),
        (tmp_path / "x.csv", "could not be written"),
        (tmp_path / "x.sav", "eriq writes .csv and .parquet"),
    ):
        with pytest.raises(OutputError, match=words):
            write_table(pd.DataFrame({"a": [1]}), path, overwrite=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "x.csv"]
    assert OutputError.exit_code == 16


@pytest.mark.parametrize("state", ["visible", "hidden", "veryHidden"])
def test_a_second_sheet_with_data_is_told(tmp_path, state):
    """Rows on another sheet, shown or not, would be left out without a word; an empty one does not matter."""
    book = Workbook()
    book.active.append(["id"])
    book.active.append(["1"])
    other = book.create_sheet("more")
    other.sheet_state = state
    book.save(tmp_path / "x.xlsx")
    assert read_table(tmp_path / "x.xlsx")["id"].tolist() == ["1"]
    other["C7"] = "2"
    book.save(tmp_path / "x.xlsx")
    assert "1 more sheet(s) with data" in refused(tmp_path / "x.xlsx")
    assert f"({int(state != 'visible')} of them hidden)" in refused(tmp_path / "x.xlsx")


def test_a_hidden_first_sheet_is_told(tmp_path):
    """What somebody hid is not what was meant."""
    book = Workbook()
    book.active.append(["id"])
    book.active.append(["1"])
    book.active.sheet_state = "hidden"
    book.create_sheet("shown")
    book.save(tmp_path / "x.xlsx")
    assert "is hidden" in refused(tmp_path / "x.xlsx")


def test_commas_within_quoted_names_divide_nothing(tmp_path):
    """A whole question as a heading may hold more commas than the header has semicolons."""
    (tmp_path / "x.csv").write_text('"id";"How often, if at all, or never?"\n"1";"often"\n', encoding="utf-8")
    assert read_table(tmp_path / "x.csv").columns.tolist() == ["id", "How often, if at all, or never?"]
