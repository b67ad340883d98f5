"""Text in chunks: every line accounted for, damage kept where it is."""

import codecs
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eriq.config import Csv
from eriq.errors import SourceError
from eriq.scoring.sources import records
from eriq.scoring.sources import text as chunks
from eriq.scoring.sources.files import open_files
from eriq.tables.schema import Column, read_column
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
    """A short line, a long one, bad bytes and quotes not doubled are set aside by number; others are read."""
    lines = [b"c1,1,1", b"c2,2", b"c3,3,3,3", b"c4\xff,4,4", b"c5,5,5", b'c6,6,"a "6" b"', b"c7,7,7"]
    made = read(csv_file(tmp_path / "a.csv", b"client_id,cw01,weeks\n" + b"\n".join(lines)))
    rows, clients, broken = found(made)
    assert (rows, clients) == ([1, 5, 7], ["c1", "c5", "c7"])
    assert broken == [(2, "line:ragged"), (3, "line:ragged"), (4, "line:encoding"), (6, "line:quotes")]
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
    """Rows, numbers and broken lines are the same however small the blocks, also when a quoted row spans several."""
    lines = [b"c%d,%d,%d" % (k, k % 5, k) if k % 7 else b'c%d,%d,"%d\n ""\n"' % (k, k % 5, k) for k in range(1, 60)]
    lines[20] = b"c21,1"
    lines[30] = b'c31,1,5" nail'
    lines[40] = b'c41,"1 "1" ",1'
    file = csv_file(tmp_path / "a.csv", b"client_id,cw01,weeks\n" + b"\n".join(lines) + b"\n")
    whole = found(read(file))
    monkeypatch.setattr(chunks, "BLOCK_BYTES", block)
    assert found(read(file)) == whole
    assert whole[2] == [(21, "line:ragged"), (41, "line:quotes")]
    assert len(whole[0]) == 57


LONG = {
    "a plain line": b"x" * 100_000,
    "a quoted cell": b'c2,2,"' + b'x\n""c9,9,9\r\n' * 10_000 + b'"',
    "a quoted cell and more": b'"' + b'""""' * 20_000 + b'",2,2',
    "a line of empty cells": b"," * 50_000,
}


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("block", [999, 1000, 1001, 1002])
@pytest.mark.parametrize("after", [b"c3,3,3", b'c3,3,"3"', b'"c3",3,5" nail'])
def test_a_record_too_long_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, block: int, after: bytes
) -> None:
    """A record 25 times the limit is skipped block by block, quoted or not; its neighbours are read."""
    monkeypatch.setattr(chunks, "BLOCK_BYTES", block)
    monkeypatch.setattr(records, "LONGEST_RECORD", 2000)
    file = csv_file(tmp_path / "a.csv", b"client_id,cw01,weeks\nc1,1,1\n" + LONG[kind] + b"\n" + after + b"\n")
    assert found(read(file)) == ([1, 3], ["c1", "c3"], [(2, "line:too_long")])


@pytest.mark.parametrize("where", ["in a block of its own", "within a block"])
def test_the_length_of_a_record_alone_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """A record over the limit is too long wherever the blocks end."""
    monkeypatch.setattr(records, "LONGEST_RECORD", 2000)
    if where == "in a block of its own":
        monkeypatch.setattr(chunks, "BLOCK_BYTES", 2500)
    body = b"client_id,cw01,weeks\n" + b"c1,1,1\n" * 20 + b'c2,2,"' + b"x" * 2100 + b'"\nc3,3,3\n'
    assert found(read(csv_file(tmp_path / "a.csv", body)))[2] == [(21, "line:too_long")]


MEASURED = """
import resource, sys
from pathlib import Path
from eriq.config import Csv
from eriq.errors import SourceError
from eriq.scoring.sources.files import open_files
from eriq.tables.schema import Column, read_column
from tests.scoring.sources.conftest import WANTED, found
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
file = Path(sys.argv[1])
small = file.with_name("small.csv")
small.write_bytes(b"client_id,cw01,weeks\\nc1,1,1\\n")
list(open_files(small, WANTED).chunks())
before = peak()
try:
    print(found(list(open_files(file, WANTED).chunks())))
except SourceError as why:
    print(why)
print(peak() - before)
"""


@pytest.mark.parametrize("closed", [True, False])
def test_a_cell_of_300_mb_is_never_held(tmp_path: Path, closed: bool) -> None:
    """A quoted cell of 300 MB is one row, set aside; if it never closes the file is refused: in 100 MB of memory."""
    file = tmp_path / "a.csv"
    with file.open("wb") as out:
        out.write(b'client_id,cw01,weeks\nc1,1,1\nc2,2,"')
        for _ in range(300):
            out.write(b"c9,9,9\n" * 143_000)
        out.write(b'"\nc3,3,3\n' if closed else b"\n")
    asked = [sys.executable, "-c", MEASURED, str(file)]
    said, peak = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == "([1, 3], ['c1', 'c3'], [(2, 'line:too_long')])" if closed else "line 3: a quote opens" in said
    assert int(peak) < 100


def test_a_cell_is_never_a_row(tmp_path: Path) -> None:
    """A remark of 200 lines, each of which looks like a row, is the remark of one row."""
    remark = "\n".join(f"c{k},5,5,x" for k in range(100, 300))
    body = f'client_id,cw01,weeks,note\nc1,1,1,"{remark}"\nc2,2,2,"x"\n'
    assert found(read(csv_file(tmp_path / "a.csv", body.encode()))) == ([1, 2], ["c1", "c2"], [])


@pytest.mark.parametrize(
    "lines",
    [
        [b'c2,2,"2', b"c3,3,3"],
        [b'c2,2,"2', b"c3,3,3", b'c4,4,"4"', b"c5,5,5"],
        [b'c2,2,"2', b"c3,3,3", b'c4,4,"4', b"c5,5,5"],
        [b'c2,2,"say "x', b'c3,3,3"', b"c4,4,4"],
        [b'c2,2,"say "x" and ""', b'c3,3,3"', b"c4,4,4"],
        [b'c2,2,"say "x"', b"c3,3,3", b'",4'],
    ],
)
def test_an_open_quote_is_refused(tmp_path: Path, lines: list[bytes]) -> None:
    """Where nobody can tell rows from a cell no row is read: the error names the line, and no value."""
    body = b"client_id,cw01,weeks\nc1,1,1\n" + b"\n".join(lines) + b"\n"
    with pytest.raises(SourceError, match="line 3: a quote opens a cell"):
        read(csv_file(tmp_path / "a.csv", body))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("odd", ["\0", "\u2028", "\u2029", "\x0b", "\x0c", "\x85", "\x1c", '5" nail', '"a\r\nb"'])
def test_odd_signs_end_no_row(tmp_path: Path, end: str, odd: str) -> None:
    """NUL, Unicode's own line ends, tabs that go up and pages that feed are signs within a cell like any other."""
    body = end.join(["client_id,cw01,weeks,note", "c1,1,1,x", f"c2,2,2,{odd}", "c3,3,", "c4,4,4,x"])
    made = found(read(csv_file(tmp_path / "a.csv", body.encode())))
    assert made == ([1, 2, 4], ["c1", "c2", "c4"], [(3, "line:ragged")])


def test_line_ends_may_be_mixed(tmp_path: Path) -> None:
    """Lines that end in any of three ways are rows; a return in the middle of one breaks it, and no other."""
    body = b"client_id,cw01,weeks\nc1,1,1\rc2,2,2\r\nc3,3,3\nc4,\r4,4\nc5,5,5\r\rc6,6,6"
    made = found(read(csv_file(tmp_path / "a.csv", body)))
    assert made == ([1, 2, 3, 6, 7], ["c1", "c2", "c3", "c5", "c6"], [(4, "line:ragged"), (5, "line:ragged")])


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_a_row_of_empty_cells_is_a_row(tmp_path: Path, delimiter: str) -> None:
    """Delimiters alone, blanks, and signs that count as blank are rows: only a line of nothing is none."""
    lines = ["client_id,cw01,weeks", "c1,1,1", ",,", "", " ", "\x0b", "c6,6,6"]
    body = "\n".join(lines).replace(",", delimiter).encode()
    rows, clients, broken = found(read(csv_file(tmp_path / "a.csv", body)))
    assert (rows, clients) == ([1, 2, 5], ["c1", "nan", "c6"])
    assert broken == [(3, "line:ragged"), (4, "line:ragged")]


def test_what_ends_in_half_a_sign_is_counted(tmp_path: Path) -> None:
    """The last byte of a text in UTF-16 that was cut off is no sign, and its line is set aside."""
    body = "client_id,cw01,weeks\nc1,1,1\nc2,2,2".encode("utf-16") + b"x"
    made = found(read(csv_file(tmp_path / "a.csv", body), csv=Csv(encoding="utf-16")))
    assert made == ([1], ["c1"], [(2, "line:encoding")])


PARTS = [
    "c1,1,1,x", "c2,2,2", "c3,3,3,3,3", ",,,", " ", "\x0b", 'c4,4,4,"a\nc9,9,9,9\n"', 'c5,5,5,"say "5" x"',
    'c6,6,6,5" nail',
    '"c7","7","7","""x"""', "c8,8,8,\u2028", "c9,9,9,\0", 'c10,1,1,"\r\n\r"', "c11,x,nan,", '"",,,""', "c12,1,1,é",
    'c13,1,1,a"b"c', 'c14,1,1,""',
]  # fmt: skip


@given(
    chosen=st.lists(st.sampled_from([*(part.encode() for part in PARTS), b"c20,1,1,\xff", b"\xe9,1,1,"]), max_size=8),
    ends=st.lists(st.sampled_from([b"\n", b"\r\n", b"\r"]), min_size=8, max_size=8),
    block=st.integers(3, 90),
)
def test_the_fate_of_a_row_is_its_own(chosen: list[bytes], ends: list[bytes], block: int) -> None:
    """Each row ends as it ends alone in a file, whatever stands before and after it, and wherever blocks end."""
    head = b"client_id,cw01,weeks,note\n"
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        file = Path(folder) / "a.csv"

        def fates(rows: list[bytes]) -> list[str]:
            file.write_bytes(head + b"".join(row + end for row, end in zip(rows, ends, strict=False)))
            made = read(file) if rows else []
            whole = [str([*row]) for c in made for row in c.frame.astype("str").to_numpy()]
            read_rows = dict(zip([int(r) for c in made for r in c.rows], whole, strict=True))
            broken = {
                int(r): str(code) for c in made for r, code in zip(c.broken["row"], c.broken["code"], strict=True)
            }
            assert sorted(read_rows | broken) == list(range(1, len(rows) + 1))
            return [(read_rows | broken)[k] for k in range(1, len(rows) + 1)]

        alone = [fates([row])[0] for row in chosen]
        patch.setattr(chunks, "BLOCK_BYTES", block)
        assert [_number_free(fate) for fate in fates(chosen)] == [_number_free(fate) for fate in alone]


def _number_free(fate: str) -> str:
    """Return cells with whole numbers written one way: a column of numbers comes as such if all its cells are some."""
    return fate.replace(".0'", "'")


@pytest.mark.parametrize("body", [b'""', b'"",""\n', b'" "\n""\n'])
def test_a_header_of_quotes_alone_is_a_named_error(body: bytes, tmp_path: Path) -> None:
    """A file in which nothing but quotes stands has no header, and says so."""
    with pytest.raises(SourceError, match="no first line"):
        read(csv_file(tmp_path / "a.csv", body))


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


@pytest.mark.parametrize("cell", ["0x3", "3.0", "nan", "1_0", ""])
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


@pytest.mark.parametrize(
    "cell", ["4", " 3", "\t3", "+3", "1e2", "300", "x", "nan", "-inf", '"3"', "0x1", "1_0", "3,5", '" "', "٣"]
)
def test_numbers_read_at_once_are_those_read_as_text_first(tmp_path: Path, cell: str) -> None:
    """Whatever stands among plain numbers, a row means the same by both ways; ids with 0x force the slow one."""
    read_so = []
    for name in ("c", "0x"):
        rows = "".join(
            f"{name}{k},{cell if k == 2 and ',' not in cell else k},{cell if k == 3 else 1.5}\n" for k in range(5)
        )
        made = read(csv_file(tmp_path / "a.csv", f"client_id,cw01,weeks\n{rows}".encode()), chunk_rows=2)
        frame = pd.concat([chunk.frame for chunk in made], ignore_index=True)
        weeks = [read_column(chunk.frame["weeks"], Column("weeks", "Float64")) for chunk in made]
        read_so.append(
            (read_column(frame["cw01"].astype("object"), Column("cw01", "Int8")), pd.concat(weeks), found(made)[2])
        )
    for one, other in zip(*read_so, strict=True):
        assert str(list(one)) == str(list(other))


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
