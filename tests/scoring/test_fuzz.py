"""Whatever comes in: rows in = rows scored + rows set aside, or a named error; never a fault of ours."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eriq.errors import EriqError
from eriq.model.bundle import Bundle
from eriq.scoring.chunk import score_rows
from eriq.scoring.job import Batch
from eriq.scoring.options import Options
from eriq.scoring.sinks.files import rejects_path
from eriq.workflows.score import job_of, run

Backlog = Callable[..., pd.DataFrame]
FIXED = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
CODES = {*range(10, 26)}
ODD = [
    "",
    " ",
    "3",
    " 3 ",
    "3.0",
    "3,0",
    "1e0",
    "0x3",
    "-1",
    "99",
    "128",
    "nan",
    "NA",
    "inf",
    "true",
    "=1+1",
    "é",
    "\u202e",
    "\x00",
    "'",
    "9" * 30,
]
COLUMNS = ["client_id", "answered_on", "wave", "consent", "cw01", "cw11", "cl05", "cl11", "note"]
cells = st.one_of(st.sampled_from(ODD), st.text(max_size=8))


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[int, str, str]]:
    """Return (row, column, cell) to overwrite."""
    return draw(st.lists(st.tuples(st.integers(0, 11), st.sampled_from(COLUMNS), cells), max_size=12))


def ended(frame_file: Path, bundle: Bundle, chunk_rows: int, out: str, **more: Any) -> tuple[int, int, int] | EriqError:
    """Return rows read, scored and set aside as files and report agree on them, or the named error."""
    target = frame_file.with_name(out)
    try:
        batch = run(job_of(str(bundle.folder), frame_file, target, chunk_rows=chunk_rows, **more), workers=1)
    except EriqError as named:
        error = named
    else:
        return counted(batch)
    assert error.exit_code in CODES
    assert not target.exists()
    return error


def counted(batch: Batch) -> tuple[int, int, int]:
    """Return rows read, scored and set aside after checking that each number occurs once in the files."""
    target = batch.out
    scores = pd.read_parquet(target) if target.suffix == ".parquet" else pd.read_csv(target)
    aside = pd.read_csv(rejects_path(target))
    numbers = sorted([*scores["row"], *aside["row"]])
    assert numbers == list(range(1, batch.read + 1))
    assert (len(scores), len(aside)) == (batch.scored, batch.rejected)
    assert scores["probability"].between(0, 1).all()
    assert aside["reason"].notna().all()
    return batch.read, batch.scored, batch.rejected


@settings(suppress_health_check=FIXED)
@given(
    changes=edits(),
    chunk_rows=st.sampled_from([1, 5, 100]),
    drop=st.sampled_from([None, None, *COLUMNS]),
    kind=st.sampled_from(["csv", "parquet"]),
)
def test_tables_with_odd_cells(
    small_bundle: Bundle,
    backlog: Backlog,
    changes: list[tuple[int, str, str]],
    chunk_rows: int,
    drop: str | None,
    kind: str,
) -> None:
    """Odd cells, repeats and missing columns in CSV and Parquet: every row is accounted for."""
    frame = backlog(12).assign(note="", consent="1")
    for row, column, cell in changes:
        frame.loc[row, column] = cell
    frame = frame.drop(columns=drop) if drop else frame
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"given.{kind}"
        if kind == "csv":
            file.write_bytes(frame.to_csv(index=False).encode("utf-8", errors="surrogatepass"))
        else:
            frame.to_parquet(file)
        made = ended(file, small_bundle, chunk_rows, "out.parquet", reasons=1)
    if kind == "parquet" and not isinstance(made, EriqError):
        assert made[0] == 12


def damaged(body: bytearray, data: st.DataObject) -> bytes:
    """Return bytes of which up to six places are changed, added to or cut."""
    for _ in range(data.draw(st.integers(0, 6))):
        place = data.draw(st.integers(0, len(body) - 1))
        length = data.draw(st.integers(0, 3))
        body[place : place + length] = data.draw(
            st.one_of(st.binary(max_size=4), st.sampled_from([b'"', b"\n", b"\r", b",", b"\x00", b"\xff"]))
        )
    return bytes(body)


@settings(suppress_health_check=FIXED)
@given(data=st.data(), chunk_rows=st.sampled_from([1, 4, 100]), kind=st.sampled_from(["csv", "csv", "parquet"]))
def test_files_with_damaged_bytes(
    small_bundle: Bundle, backlog: Backlog, data: st.DataObject, chunk_rows: int, kind: str
) -> None:
    """Bytes changed, put in and taken out anywhere, the header included: accounted for, or a named error."""
    frame = backlog(12).assign(consent="1")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"given.{kind}"
        frame.to_csv(file, index=False) if kind == "csv" else frame.to_parquet(file)
        file.write_bytes(damaged(bytearray(file.read_bytes()), data))
        ended(file, small_bundle, chunk_rows, "out.csv", reasons=1)


@settings(suppress_health_check=FIXED)
@given(body=st.binary(max_size=300), kind=st.sampled_from(["csv", "parquet", "xlsx", "txt"]))
def test_files_of_nothing_sensible(small_bundle: Bundle, body: bytes, kind: str) -> None:
    """Random bytes under any name end in a named error."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"given.{kind}"
        file.write_bytes(body)
        assert isinstance(ended(file, small_bundle, 10, "out.csv"), EriqError)


COLUMN_KINDS = {
    "ints": lambda n: pd.Series(range(n), dtype="int64"),
    "floats": lambda n: pd.Series([k / 2 for k in range(n)]),
    "bools": lambda n: pd.Series([k % 2 == 0 for k in range(n)]),
    "days": lambda n: pd.Series(pd.date_range("2015-01-01", periods=n)),
    "zoned": lambda n: pd.Series(pd.date_range("2015-01-01", periods=n, tz="Europe/Stockholm")),
    "words": lambda n: pd.Series([f"w{k}" for k in range(n)], dtype="category"),
    "objects": lambda n: pd.Series([(k, "x") if k % 2 else None for k in range(n)], dtype=object),
    "gaps": lambda n: pd.Series([None] * n, dtype=object),
    "bytes": lambda n: pd.Series([bytes([k]) for k in range(n)], dtype=object),
}


@pytest.mark.parametrize("column", ["client_id", "answered_on", "wave", "consent", "cw01"])
@pytest.mark.parametrize("kind", sorted(COLUMN_KINDS))
def test_columns_of_another_type(small_bundle: Bundle, backlog: Backlog, column: str, kind: str) -> None:
    """A column of any type in any place: the chunk function gives each row once."""
    frame = backlog(12).assign(consent="1")
    frame[column] = COLUMN_KINDS[kind](12)
    scored = score_rows(small_bundle, frame, Options(reasons=1))
    assert sorted([*scored.scores["row"], *scored.rejected["row"]]) == list(range(1, 13))
    assert len(scored.keys) == 12


@pytest.mark.parametrize("show", ["probability", "band", "reasons"])
@pytest.mark.parametrize("out", ["out.csv", "out.parquet"])
def test_all_rows_set_aside_is_a_result(
    small_bundle: Bundle, backlog: Backlog, tmp_path: Path, show: str, out: str
) -> None:
    """A file in which every row is broken gives an empty table of scores with all its columns."""
    backlog(7).assign(cw01="x").to_csv(tmp_path / "given.csv", index=False)
    job = job_of(str(small_bundle.folder), tmp_path / "given.csv", tmp_path / out, show=show, rank=True, capacity=3)
    batch = run(job.model_copy(update={"chunk_rows": 3}))
    assert (batch.read, batch.scored, batch.rejected) == (7, 0, 7)
    scores = pd.read_csv(tmp_path / out) if out.endswith("csv") else pd.read_parquet(tmp_path / out)
    assert len(scores) == 0
    assert {"row", "client_id", "rank", "reason_1"} <= set(scores)
