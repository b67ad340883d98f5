"""Files in chunks: the same chunks each time, every line accounted for, damage kept where it is."""

import codecs
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eriq.config import Csv
from eriq.errors import ConfigError, EriqError, SchemaError, SourceError
from eriq.scoring.sources import text as chunks
from eriq.scoring.sources.base import Chunk, Wanted
from eriq.scoring.sources.files import open_files

WANTED = Wanted(frozenset({"client_id", "cw01", "weeks"}), frozenset({"cw01"}), frozenset({"weeks"}))


def read(path: Path, chunk_rows: int = 100, csv: Csv | None = None, start: int = 0) -> list[Chunk]:
    return list(open_files(path, WANTED, csv, chunk_rows).chunks(start))


def csv_file(path: Path, body: bytes) -> Path:
    path.write_bytes(body)
    return path


def found(made: list[Chunk]) -> tuple[list[int], list[str], list[tuple[int, str]]]:
    """Return numbers of rows read, their clients, and (number, code) of broken lines."""
    rows = np.concatenate([c.rows for c in made]).tolist()
    clients = [str(v) for c in made for v in c.frame["client_id"]]
    return rows, clients, [(r, code) for c in made for r, code in zip(c.broken["row"], c.broken["code"], strict=True)]


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


def test_a_column_twice_is_refused_and_a_mapping_must_fit(tmp_path: Path) -> None:
    """Which of two columns is meant cannot be known; a mapped column must be there."""
    file = csv_file(tmp_path / "a.csv", b"client_id,cw01,cw01\nc1,1,2\n")
    with pytest.raises(SchemaError, match="cw01 is there 2 times"):
        read(file)
    mapped = Wanted(frozenset({"client_id"}), mapping={"client_id": "cpr"})
    with pytest.raises(ConfigError, match="no column 'cpr'"):
        open_files(file, mapped)


@pytest.mark.parametrize("body", [b"", b"\n\n", b"client_id,cw01\n", b"client_id,cw01"])
def test_nothing_to_read_is_an_error(tmp_path: Path, body: bytes) -> None:
    """An empty file and a header alone are mistakes of somebody."""
    with pytest.raises(SourceError):
        read(csv_file(tmp_path / "a.csv", body))


def parquet(path: Path, n: int, group: int, first: int = 0) -> Path:
    rows = range(first, first + n)
    table = pa.table(
        {"client_id": [f"c{k}" for k in rows], "cw01": pa.array([k % 5 for k in rows], pa.int8()), "z": [0] * n}
    )
    pq.write_table(table, path, row_group_size=group)
    return path


@pytest.mark.parametrize("group", [3, 10, 100])
def test_parquet_in_chunks_whatever_the_row_groups(tmp_path: Path, group: int) -> None:
    """Small row groups are read together, large ones in slices; no chunk is over the limit."""
    made = read(parquet(tmp_path / "a.parquet", 100, group), chunk_rows=8)
    assert found(made)[0] == list(range(1, 101))
    assert max(c.n_rows for c in made) <= 8
    assert [c.index for c in made] == list(range(len(made)))
    assert list(made[0].frame) == ["client_id", "cw01"]


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_starting_later_gives_the_same_chunks(tmp_path: Path, kind: str) -> None:
    """From chunk 3 on: the same numbers, rows and content as when all are read."""
    file = tmp_path / f"a.{kind}"
    frame = pd.DataFrame({"client_id": [f"c{k}" for k in range(50)], "cw01": [k % 5 for k in range(50)]})
    {"csv": frame.to_csv, "parquet": frame.to_parquet, "xlsx": frame.to_excel}[kind](file, index=False)
    whole, later = read(file, chunk_rows=8), read(file, chunk_rows=8, start=3)
    assert [(c.index, c.first_row) for c in later] == [(c.index, c.first_row) for c in whole[3:]]
    for one, other in zip(whole[3:], later, strict=True):
        pd.testing.assert_frame_equal(one.frame, other.frame)


def test_a_folder_of_parquet_in_the_order_of_names(tmp_path: Path) -> None:
    """Files are read by name; what others leave beside them is not."""
    folder = tmp_path / "in"
    folder.mkdir()
    parquet(folder / "part-1.parquet", 5, 5, first=10)
    parquet(folder / "part-0.parquet", 10, 5)
    (folder / "_SUCCESS").touch()
    (folder / ".part-2.parquet.crc").write_bytes(b"x")
    assert found(read(folder))[1] == [f"c{k}" for k in range(15)]


def test_files_of_other_columns_in_a_folder_are_refused(tmp_path: Path) -> None:
    """A column that only some files have would be a gap that nobody left."""
    folder = tmp_path / "in"
    folder.mkdir()
    parquet(folder / "a.parquet", 5, 5)
    pd.DataFrame({"client_id": ["c9"]}).to_parquet(folder / "b.parquet")
    with pytest.raises(SourceError, match="same columns"):
        read(folder)


@pytest.mark.parametrize("keep", [0, 10, 500])
def test_a_truncated_parquet_file_is_a_named_error(tmp_path: Path, keep: int) -> None:
    """Without its end a Parquet file has no content; that is found before any row is given."""
    file = parquet(tmp_path / "a.parquet", 2000, 100)
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(SourceError, match="not a readable Parquet file"):
        open_files(file, WANTED)


def test_a_damaged_page_is_a_named_error(tmp_path: Path) -> None:
    """Bytes changed in the middle end the reading with an error of ours, or give rows that can be judged."""
    file = parquet(tmp_path / "a.parquet", 5000, 500)
    body = bytearray(file.read_bytes())
    body[200:2000] = bytes(1800)
    file.write_bytes(bytes(body))
    with pytest.raises(SourceError, match="cannot be read to its end"):
        read(file)


def test_the_stamp_follows_the_content(tmp_path: Path) -> None:
    """One changed cell changes the stamp; another name does not."""
    one = csv_file(tmp_path / "a.csv", b"client_id,cw01\nc1,1\n")
    same = csv_file(tmp_path / "b.csv", b"client_id,cw01\nc1,1\n")
    other = csv_file(tmp_path / "c.csv", b"client_id,cw01\nc1,2\n")
    stamps = [open_files(p, WANTED).stamp() for p in (one, same, other)]
    assert stamps[0] == stamps[1] != stamps[2]


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    """Rows that came in between would be in one pass and not in the other."""
    file = csv_file(tmp_path / "a.csv", b"client_id,cw01\n" + b"c1,1\n" * 10)
    opened = open_files(file, WANTED, chunk_rows=2).chunks()
    next(opened)
    with file.open("ab") as more:
        more.write(b"c2,1\n")
    with pytest.raises(SourceError, match="changed while it was read"):
        list(opened)


def test_no_file_and_a_wrong_kind(tmp_path: Path) -> None:
    """What is not there, or no table, is a named error."""
    for name in ("none.csv", "none.parquet", "a.docx", "none"):
        with pytest.raises(EriqError):
            open_files(tmp_path / name, WANTED)
