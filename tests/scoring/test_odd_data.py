"""Odd data are set aside or refused with a named error: exit 70 is for faults of ours alone."""

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from eriq.config import Csv
from eriq.errors import EriqError, SourceError
from eriq.model.bundle import Bundle
from eriq.scoring.chunk import score_rows
from eriq.scoring.options import Options
from eriq.tables.files import read_table
from eriq.workflows.score import job_of, run
from tests.scoring.conftest import Backlog, read_both

ROWS = 3
DAYS = 2**30


def _not_utf8() -> pa.Array:
    offsets = np.arange(0, 2 * ROWS + 2, 2, dtype="int32").tobytes()
    return pa.Array.from_buffers(pa.string(), ROWS, [None, pa.py_buffer(offsets), pa.py_buffer(b"c1c2\xffa")])


ARRAYS: dict[str, Callable[[], pa.Array]] = {
    "text that is not UTF-8": _not_utf8,
    "binary": lambda: pa.array([b"c1", b"c2", b"\xff"]),
    "days far out": lambda: pa.array([2**31 - 1, -(2**31), 16000], pa.date32()),
    "seconds far out": lambda: pa.array([2**60, -(2**60), 0], pa.timestamp("ms")),
    "days of old": lambda: pa.array([-30000, -700000, 16000], pa.date32()),
    "truth values": lambda: pa.array([True, False, True]),
    "lists": lambda: pa.array([[1], [2], None]),
    "fractions": lambda: pa.array([float(2**53), float(2**53 + 2), float("nan")]),
}


@pytest.mark.parametrize("column", ["client_id", "answered_on", "cw01", "consent", "wave"])
@pytest.mark.parametrize("kind", ARRAYS)
def test_columns_of_any_kind_in_parquet(
    tmp_path: Path, backlog: Backlog, small_bundle: Bundle, kind: str, column: str
) -> None:
    """Each row ends once, whatever a column holds."""
    table = pa.Table.from_pandas(backlog(ROWS).assign(consent="1"), preserve_index=False)
    table = table.set_column(table.schema.get_field_index(column), column, ARRAYS[kind]())
    pq.write_table(table, tmp_path / "a.parquet")
    batch = run(job_of(str(small_bundle.folder), tmp_path / "a.parquet", tmp_path / "out.csv"), workers=1)
    scores, aside = read_both(batch)
    assert sorted([*scores["row"], *aside["row"]]) == [1, 2, 3]
    if kind == "text that is not UTF-8" and column == "client_id":  # its neighbours are read
        assert (scores["client_id"].tolist(), aside["code"].tolist()) == (["c1", "c2"], ["client_id:unreadable"])
    if column == "answered_on" and kind in ("days far out", "seconds far out", "days of old"):
        assert "answered_on:unreadable" in aside["code"].tolist()


def test_a_truth_value_is_no_answer(backlog: Backlog, small_bundle: Bundle) -> None:
    """True is not code 1 of a scale; as consent it is what it says."""
    scored = score_rows(small_bundle, backlog(2).assign(cw01=[True, False]), Options())
    assert scored.rejected["code"].tolist() == ["cw01:unreadable"] * 2
    scored = score_rows(small_bundle, backlog(2).assign(consent=[True, False]), Options())
    assert scored.rejected["code"].tolist() == ["consent:no_consent"]


@pytest.mark.parametrize("column", ["client_id", "answered_on", "cw01"])
def test_half_a_surrogate_pair_in_a_frame(backlog: Backlog, small_bundle: Bundle, column: str) -> None:
    """A program may hand over text that no file can hold; its row is set aside, with what of it can be written."""
    frame = backlog(2).astype(object)
    frame.loc[1, column] = "a\ud800"
    scored = score_rows(small_bundle, frame, Options())
    assert scored.rejected["code"].tolist() == [f"{column}:unreadable"]
    scored.rejected.to_csv(None)


@pytest.mark.parametrize("day", ["0001-01-01", "1582-10-10", "1899-12-31", "-001-01-01", "10000-01-01"])
def test_days_that_nobody_answered_on(backlog: Backlog, small_bundle: Bundle, day: str) -> None:
    """Years before 1900 are slips, and so are those with five digits."""
    scored = score_rows(small_bundle, backlog(2).assign(answered_on=["2015-03-01", day]), Options())
    assert scored.rejected["code"].tolist() == ["answered_on:unreadable"]


@pytest.mark.parametrize(
    "encoding", ["rot13", "base64", "bz2_codec", "quopri_codec", "undefined", "utf-8\0", "none", "utf-16"]
)
@pytest.mark.parametrize("whole", [True, False])
def test_what_is_no_encoding_of_the_file(
    tmp_path: Path, backlog: Backlog, small_bundle: Bundle, encoding: str, whole: bool
) -> None:
    """Names that Python knows for other things than text, and names it does not know, are one named error."""
    backlog(2).to_csv(tmp_path / "a.csv", index=False)
    csv, file = Csv(encoding=encoding), tmp_path / "a.csv"
    job = job_of(str(small_bundle.folder), file, tmp_path / "out.csv", csv=csv)
    with pytest.raises(SourceError, match=r"set csv\.encoding"):
        read_table(file, csv) if whole else run(job)


def test_a_header_in_another_encoding_is_told(tmp_path: Path, backlog: Backlog, small_bundle: Bundle) -> None:
    """A name that cannot be read would be a column that is left out without a word."""
    body = backlog(2).rename(columns={"wave": "vågor"}).to_csv(index=False).encode("latin-1")
    (tmp_path / "a.csv").write_bytes(body)
    with pytest.raises(SourceError, match="its header is not utf-8"):
        run(job_of(str(small_bundle.folder), tmp_path / "a.csv", tmp_path / "out.csv"))


@pytest.mark.parametrize("name", ["pipe.csv", "pipe.parquet", "pipe.xlsx", "zero.csv", "loop.csv", f"{'x' * 300}.csv"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, small_bundle: Bundle, name: str) -> None:
    """A pipe nobody writes to, a device without an end, a link to itself: nothing is waited for."""
    if name.startswith("pipe"):
        os.mkfifo(tmp_path / name)
    elif len(name) < 100:
        (tmp_path / name).symlink_to("/dev/zero" if name == "zero.csv" else name)
    with pytest.raises(EriqError) as refused:
        run(job_of(str(small_bundle.folder), tmp_path / name, tmp_path / "out.csv"))
    assert refused.value.exit_code == 17


def workbook(path: Path, frame: pd.DataFrame, cells: dict[tuple[int, int], Any]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [list(frame.columns), *frame.to_numpy().tolist()]:
        sheet.append(row)
    for (row, column), value in cells.items():
        sheet.cell(row, column, value)
    book.save(path)
    return path


@pytest.mark.parametrize("value", [float(2**53), 9007199254740993, 12345678901234567, 1e300])
def test_ids_that_a_workbook_has_rounded_are_told(tmp_path: Path, backlog: Backlog, value: float) -> None:
    """Beyond 2^53 two ids may be kept as one number: they are refused, never merged."""
    file = workbook(tmp_path / "a.xlsx", backlog(3), {(2, 1): value})
    with pytest.raises(SourceError, match=r"1 number.* of more than 15 digits"):
        read_table(file)
    assert read_table(workbook(tmp_path / "b.xlsx", backlog(3), {(2, 1): 2**53 - 1}))["client_id"][0] == str(2**53 - 1)


def test_a_cell_in_the_last_row_of_a_sheet_is_told(tmp_path: Path) -> None:
    """A slip of the mouse is not a million people without a name."""
    file = workbook(tmp_path / "a.xlsx", pd.DataFrame({"client_id": ["c1"]}), {(1_048_576, 1): "x"})
    with pytest.raises(SourceError, match="1,048,573 blank rows"):
        read_table(file)


def test_odd_cells_of_a_workbook_are_set_aside(tmp_path: Path, backlog: Backlog, small_bundle: Bundle) -> None:
    """Truth values among answers, times and days out of range among days: each costs its row."""
    cells = {(2, 5): True, (3, 2): dt.time(1, 2), (4, 2): -5.5, (5, 2): "1850-01-01"}
    file = workbook(tmp_path / "a.xlsx", backlog(5), cells)
    _, aside = read_both(run(job_of(str(small_bundle.folder), file, tmp_path / "out.csv"), workers=1))
    assert aside["row"].tolist() == [1, 2, 3, 4]
    assert set(aside["code"]) == {"cw01:unreadable", "answered_on:unreadable"}
