"""Text in chunks: every line accounted for, damage kept where it is."""

import codecs
from pathlib import Path

import pandas as pd
import pytest

from eriq.config import Csv
from eriq.errors import SourceError
from eriq.scoring.sources import text as chunks
from eriq.scoring.sources.files import open_files
from tests.scoring.sources.conftest import WANTED, csv_file, found, read


def test_a_plain_csv_gives_typed_wanted_columns_in_equal_parts(tmp_path: Path) -> None:
    """Five rows in chunks of two: 2, 2, 1; whole numbers come as such, unwanted columns stay in the file."""
    body = b"note,client_id,cw01,weeks\n" + b"".join(b"x,c%d,%d,1.5\n" % (k, k) for k in range(5))
    made = read(csv_file(tmp_path / "a.csv", body), chunk_rows=2)
    assert [(c.index, c.first_row, c.n_rows) for c in made] == [(0, 1, 2), (1, 3, 2), (2, 5, 1)]
    assert {n: str(d) for n, d in made[0].frame.dtypes.items()} == {
        "client_id": "str",
        "cw01": "Int8",
        "weeks": "float64",
    }
    assert pd.concat([c.frame for c in made])["cw01"].tolist() == [0, 1, 2, 3, 4]


def test_each_kind_of_damage_costs_its_own_line_only(tmp_path: Path) -> None:
    """A short line, a long one, bad bytes and an open quote are set aside by number; the lines between are read."""
    lines = [b"c1,1,1", b"c2,2", b"c3,3,3,3", b"c4\xff,4,4", b"c5,5,5", b'c6,6,"6', b"c7,7,7"]
    made = read(csv_file(tmp_path / "a.csv", b"client_id,cw01,weeks\n" + b"\n".join(lines)))
    rows, clients, broken = found(made)
    assert (rows, clients) == ([1, 5, 7], ["c1", "c5", "c7"])
    assert broken == [(2, "line:ragged"), (3, "line:ragged"), (4, "line:encoding"), (6, "line:ragged")]
    assert sum(c.n_rows for c in made) == 7


def test_a_line_break_inside_quotes_belongs_to_its_row(tmp_path: Path) -> None:
    """A remark over two lines is one row, and the rows after it keep their numbers."""
    body = b'client_id,note,cw01,weeks\nc1,"two\nlines",1,1\nc2,"say ""x""",2,2\n'
    assert found(read(csv_file(tmp_path / "a.csv", body))) == ([1, 2], ["c1", "c2"], [])


def test_a_line_break_outside_quotes_breaks_two_lines(tmp_path: Path) -> None:
    """Half a row is no row: both halves are set aside, the next row is read."""
    body = b"client_id,cw01,weeks\nc1,\n1,1\nc2,2,2\n"
    assert found(read(csv_file(tmp_path / "a.csv", body))) == ([3], ["c2"], [(1, "line:ragged"), (2, "line:ragged")])


@pytest.mark.parametrize("block", [40, 64, 100, 1000])
def test_block_borders_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """Rows, numbers and broken lines are the same however small the blocks, also when a quoted row spans two."""
    lines = [b"c%d,%d,%d" % (k, k % 5, k) if k % 7 else b'c%d,%d,"%d\n "' % (k, k % 5, k) for k in range(1, 60)]
    lines[20] = b"c21,1"
    lines[40] = b'c41,"1,1'
    file = csv_file(tmp_path / "a.csv", b"client_id,cw01,weeks\n" + b"\n".join(lines) + b"\n")
    whole = found(read(file))
    monkeypatch.setattr(chunks, "BLOCK_BYTES", block)
    assert found(read(file)) == whole
    assert whole[2] == [(21, "line:ragged"), (41, "line:ragged")]
    assert len(whole[0]) == 57


def test_a_line_without_end_is_set_aside_in_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line 50 times the limit is skipped block by block; its neighbours are read."""
    monkeypatch.setattr(chunks, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(chunks, "LONGEST_LINE", 2000)
    body = b"client_id,cw01,weeks\nc1,1,1\n" + b"x" * 100_000 + b"\nc3,3,3\n"
    assert found(read(csv_file(tmp_path / "a.csv", body))) == ([1, 3], ["c1", "c3"], [(2, "line:too_long")])


def test_a_header_without_end_is_a_named_error(tmp_path: Path) -> None:
    """What has no line break in its first million characters is no table."""
    with pytest.raises(SourceError, match="no first line"):
        read(csv_file(tmp_path / "a.csv", b"a," * 2_000_000))


@pytest.mark.parametrize(
    ("encoding", "delimiter", "mark"),
    [("utf-8", ";", codecs.BOM_UTF8), ("latin-1", "\t", b""), ("utf-16", ",", b""), ("cp1252", "|", b"")],
)
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str, mark: bytes) -> None:
    """A mark at the beginning, Latin-1 and UTF-16 are read, with whatever sign stands between the cells."""
    text = "client_id,cw01,weeks\r\nÅsa,3,2.5\r\n".replace(",", delimiter)
    made = read(csv_file(tmp_path / "a.csv", mark + text.encode(encoding)), csv=Csv(encoding=encoding))
    assert made[0].frame.loc[0].tolist() == ["Åsa", 3, 2.5]


def test_an_unknown_encoding_is_a_named_error(tmp_path: Path) -> None:
    """A misspelt encoding does not end in a traceback."""
    with pytest.raises(SourceError, match="utf-88"):
        read(csv_file(tmp_path / "a.csv", b"client_id,cw01,weeks\nc1,1,1\n"), csv=Csv(encoding="utf-88"))


def test_old_line_ends_and_blank_lines(tmp_path: Path) -> None:
    """Lines that end in a return alone are lines; blank ones are no rows."""
    body = b"client_id,cw01,weeks\rc1,1,1\r\rc2,2,2\r"
    assert found(read(csv_file(tmp_path / "a.csv", body))) == ([1, 2], ["c1", "c2"], [])


@pytest.mark.parametrize("cell", ["0x3", "3.0", " 3", "nan", "1_0", ""])
def test_what_is_not_a_plain_whole_number_stays_as_written(tmp_path: Path, cell: str) -> None:
    """The schema judges odd cells, so that a CSV and a table of text are judged alike."""
    body = f"client_id,cw01,weeks\nc1,{cell},1\nc2,2,1\n".encode()
    value = read(csv_file(tmp_path / "a.csv", body))[0].frame["cw01"][0]
    assert pd.isna(value) if cell == "" else value == cell


@pytest.mark.parametrize("cell", ["nan", "NaN"])
def test_words_for_no_number_are_not_gaps(tmp_path: Path, cell: str) -> None:
    """The word "nan" in a column of numbers is text that somebody wrote, not a gap."""
    body = f"client_id,cw01,weeks\nc1,1,{cell}\n".encode()
    assert read(csv_file(tmp_path / "a.csv", body))[0].frame["weeks"][0] == cell


def test_ten_thousand_columns_are_not_read(tmp_path: Path) -> None:
    """Of 10,000 columns the wanted three come out."""
    names = ",".join(["client_id", "cw01", "weeks", *(f"x{k}" for k in range(10_000))])
    cells = ",".join(["c1", "1", "2", *(["9"] * 10_000)])
    made = read(csv_file(tmp_path / "a.csv", f"{names}\n{cells}\n{cells}\n".encode()))
    assert made[0].frame.shape == (2, 3)


@pytest.mark.parametrize("body", [b"", b"\n\n", b"client_id,cw01\n", b"client_id,cw01"])
def test_nothing_to_read_is_an_error(tmp_path: Path, body: bytes) -> None:
    """An empty file and a header alone are mistakes of somebody."""
    with pytest.raises(SourceError):
        read(csv_file(tmp_path / "a.csv", body))


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    """Rows that came in between would be in one pass and not in the other."""
    file = csv_file(tmp_path / "a.csv", b"client_id,cw01\n" + b"c1,1\n" * 10)
    opened = open_files(file, WANTED, chunk_rows=2).chunks()
    next(opened)
    with file.open("ab") as more:
        more.write(b"c2,1\n")
    with pytest.raises(SourceError, match="changed while it was read"):
        list(opened)
