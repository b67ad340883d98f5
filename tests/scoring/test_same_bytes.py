"""The rows scored are the rows stamped: a job whose input changes ends without a result."""

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eriq.config import DuckDbInput, DuckDbOutput
from eriq.errors import SourceError
from eriq.model.bundle import Bundle
from eriq.scoring.sources import text
from eriq.tables import stamped
from eriq.workflows import score as workflow
from eriq.workflows.score import job_of, run
from tests.scoring.conftest import Backlog


def _csv(frame: pd.DataFrame, file: Path) -> None:
    frame.to_csv(file, index=False)


def _parquet(frame: pd.DataFrame, file: Path) -> None:
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), file, row_group_size=20, compression="none")


def _in_place(made: bytes, file: Path) -> None:
    before = file.stat()
    with file.open("r+b") as out:
        out.write(made)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replaced(made: bytes, file: Path) -> None:
    file.with_suffix(".new").write_bytes(made)
    file.with_suffix(".new").replace(file)


@pytest.mark.parametrize("change", [_in_place, _replaced])
@pytest.mark.parametrize(("ending", "write"), [("csv", _csv), ("parquet", _parquet)])
def test_foreign_rows_are_never_scored(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    backlog: Backlog,
    small_bundle: Bundle,
    ending: str,
    write: Callable[[pd.DataFrame, Path], None],
    change: Callable[[bytes, Path], None],
) -> None:
    """A file that gets other rows of the same length after its first chunk, and its old time, ends the job with 17."""
    monkeypatch.setattr(text, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(stamped, "BLOCK", 500)
    given, out = tmp_path / f"given.{ending}", tmp_path / "out.csv"
    write(backlog(200), given)
    foreign = tmp_path / f"foreign.{ending}"
    write(backlog(200).assign(client_id=[f"d{k}" for k in range(1, 201)]), foreign)
    made = foreign.read_bytes()
    assert len(made) == given.stat().st_size
    job = job_of(str(small_bundle.folder), given, out, chunk_rows=20)
    swapped = []

    def swap(_: object) -> None:
        if not swapped:
            swapped.append(change(made, given))

    if change is _replaced and ending == "csv":  # what is open stays what it was: all rows are the old ones
        run(job, workers=1, on_chunk=swap)
        assert pd.read_csv(out)["client_id"].str.startswith("c").all()
        return
    with pytest.raises(SourceError, match="changed while it was read") as refused:
        run(job, workers=1, on_chunk=swap)
    assert refused.value.exit_code == 17
    assert not out.exists()


def test_a_duckdb_table_that_changes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backlog: Backlog, small_bundle: Bundle
) -> None:
    """Rows that are not those of the digest end the job, whoever changed them."""
    file = tmp_path / "agency.duckdb"
    with duckdb.connect(str(file)) as made:
        made.register("frame", backlog(60))
        made.execute("CREATE TABLE answers AS SELECT * FROM frame")
    source = DuckDbInput(kind="duckdb", file=file, table="answers")
    sink = DuckDbOutput(kind="duckdb", file=file, table="scores")  # else nobody can write to what is read
    job = job_of(str(small_bundle.folder), file, tmp_path / "out.csv")
    job = job.model_copy(update={"source": source, "sink": sink})
    real = workflow.begun_of

    def meanwhile(*given: object) -> object:
        with duckdb.connect(str(file)) as same:
            same.execute("UPDATE answers SET client_id = 'd1' WHERE client_id = 'c1'")
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(workflow, "begun_of", meanwhile)
    with pytest.raises(SourceError, match="changed while it was read"):
        run(job, workers=1)
    with duckdb.connect(str(file)) as made:
        assert "scores" not in {name for (name,) in made.execute("SELECT table_name FROM duckdb_tables()").fetchall()}


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_a_table_read_whole_is_the_one_of_its_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """Registers and workbooks: a file that changes between digest and reading is refused."""
    from eriq.tables import files

    file, other = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    for place, value in ((file, "x"), (other, "y")):
        frame = pd.DataFrame({"client_id": [value] * 50})
        write = {"csv": frame.to_csv, "parquet": frame.to_parquet, "xlsx": frame.to_excel}[ending]
        write(place, index=False)
    real = files.stamped

    def meanwhile(paths: list[Path]) -> object:
        taken = real(paths)
        other.replace(file)
        return taken

    monkeypatch.setattr(files, "stamped", meanwhile)
    with pytest.raises(SourceError, match="changed while it was read"):
        files.read_table(file)
