"""Scores into files: whole chunks in a hidden folder, the final name only when all is done."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from eriq.errors import CountError, OutputError, ResumeError
from eriq.scoring.manifest import Begun, FileManifest, RunManifest, StoredChunk
from eriq.scoring.ranks import RankWish, rank_run
from eriq.scoring.set_aside import SET_ASIDE
from eriq.scoring.sinks.arrow import SAFE_CELLS, arrow, as_text
from eriq.scoring.sinks.base import Places, Sink
from eriq.scoring.sinks.folder import (
    as_line,
    beside,
    check_name,
    durable,
    job_folder,
    locked,
    part_name,
    proven,
    read_begun,
    read_journal,
    sync_path,
    written,
)

Extra = Callable[[int, pa.Table], pa.Table]  # (rows before, a chunk of scores) -> with columns of the whole run


def rejects_path(out: Path) -> Path:
    """Return where the rows set aside go: beside the scores.

    >>> rejects_path(Path("scores.csv")).name
    'scores.csv.rejected.csv'
    """
    return beside(out, "rejected.csv")


def outputs(out: Path) -> list[Path]:
    """Return the three files of a finished run."""
    return [out, rejects_path(out), beside(out, "manifest.json")]


def refuse_known(out: Path) -> None:
    """Raise OutputError when one of the three files is there."""
    if known := [file for file in outputs(out) if file.exists() or file.is_symlink()]:
        raise OutputError(f"{', '.join(map(str, known))} is there already; give --overwrite to replace it")


def file_places(out: Path, shown: int = 3, looked_at: int = 200_000) -> Places:
    """Return the files of a finished run, with the most frequent reasons among the first rows set aside."""
    rejects = rejects_path(out)
    if not rejects.is_file():
        return Places(str(out), str(rejects))
    lines = pd.read_csv(rejects, usecols=["code"], dtype="str", nrows=looked_at)["code"].value_counts()
    codes = lines.rename(index=lambda line: line.split("; ")).rename_axis("code").reset_index().explode("code")
    counts = codes.groupby("code", sort=False)["count"].sum().sort_values(ascending=False, kind="stable")
    most = ", ".join(f"{code}: {count:,}" for code, count in counts.head(shown).items())
    return Places(str(out), f"{rejects} (most often {most})" if most else str(rejects))


class FileSink(Sink):
    """Chunks as parts in ``.OUT.job``, with a journal line each; CSV or Parquet at the end.

    A part is on the disk before its journal line is, so a line tells the truth; what comes after the
    last whole line is written again. At the end the parts become OUT.rejected.csv, OUT.manifest.json
    and, last of all, OUT: where OUT is, all is there.

    Parameters
    ----------
    out : Path
        Ends in ``.csv`` or ``.parquet``.
    begun : Begun
        Which job this is, and what a resumed run must know.
    resume : bool
        Continue an interrupted run of this job.
    overwrite : bool
        Replace an output, and forget an interrupted run.
    ranked : RankWish, optional
        Rank the rows of the whole run; its chunks hold the hidden columns of `Options.ranked`.

    Raises
    ------
    OutputError
        When there is an output or an interrupted run, and neither `resume` nor `overwrite` is given.
    BusyError
        When another process works on the same output.
    ResumeError
        When the interrupted run had another input, model or options.
    """

    known = 0  # an output is new or replaced whole

    def __init__(
        self,
        out: Path,
        begun: Begun,
        *,
        resume: bool = False,
        overwrite: bool = False,
        ranked: RankWish | None = None,
    ) -> None:
        check_name(out)
        self.out, self.folder, self._begun, self._ranked = out, job_folder(out), begun, ranked
        if not overwrite and not (resume and self.folder.exists()):
            refuse_known(out)
        with written(out):
            self._lock = locked(self.folder, out)
            try:
                if self._continues(resume=resume, overwrite=overwrite):
                    self._begin(read_journal(self.folder))
                else:
                    self.forget()
            except BaseException:
                self._lock.close()
                raise

    def _continues(self, *, resume: bool, overwrite: bool) -> bool:
        """Return whether there is a run of this job to go on with; refuse what would be lost or mixed."""
        old, name = read_begun(self.out), self.out.name
        if old and resume and old.job != self._begun.job:
            raise ResumeError(f"the interrupted run of {name} had another input, model or options; give --overwrite")
        if old and not resume and not overwrite and read_journal(self.folder):
            raise OutputError(
                f"{name} has an interrupted run; give --resume to continue it or --overwrite to begin anew"
            )
        return bool(old and resume)

    def forget(self) -> None:
        """Drop what an interrupted run has stored, and begin anew."""
        for part in self.folder.iterdir():
            if part.name != "lock":
                part.unlink()
        self._begin([])

    def _begin(self, stored: list[StoredChunk]) -> None:
        self._stored = stored
        durable(self.folder / "job.json", as_line(self._begun))
        body = b"".join(as_line(chunk) + b"\n" for chunk in stored)
        durable(self.folder / "journal.jsonl", body)  # without what a crash tore
        self._journal: IO[bytes] = (self.folder / "journal.jsonl").open("ab")

    def completed(self) -> int:
        """Return how many chunks are stored."""
        return len(self._stored)

    def counted(self) -> tuple[int, int]:
        """Return rows scored and rows set aside in them."""
        return sum(chunk.scored for chunk in self._stored), sum(chunk.set_aside for chunk in self._stored)

    def write(self, index: int, scores: pd.DataFrame, rejected: pd.DataFrame) -> None:
        """Store one chunk; it is on the disk when this returns."""
        if index != len(self._stored):
            raise AssertionError(f"chunk {index} does not follow {len(self._stored)} chunks")
        with written(self.out):
            digests = {}
            for name, table in (("scores", arrow(scores)), ("rejected", arrow(rejected[list(SET_ASIDE)]))):
                with (self.folder / part_name(name, index)).open("wb") as file:
                    part, options = _Counted(file), pa.ipc.IpcWriteOptions(compression="lz4")
                    with pa.ipc.new_file(part, table.schema, options=options) as out:
                        out.write_table(table)
                    file.flush()
                    os.fsync(file.fileno())
                digests[name] = part.sha256.hexdigest()
            stored = StoredChunk(chunk=index, scored=len(scores), set_aside=len(rejected), sha256=digests)
            self._journal.write(as_line(stored) + b"\n")
            self._journal.flush()
            os.fsync(self._journal.fileno())
        self._stored.append(stored)

    def parts(self, name: str, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Yield the stored chunks, "scores" or "rejected", in their order.

        Raises
        ------
        ResumeError
            When a part is not what was written.
        """
        for stored in self._stored:
            body = proven(self.folder, stored, name)
            options = None
            if columns is not None:
                names = pa.ipc.open_file(body).schema.names
                options = pa.ipc.IpcReadOptions(included_fields=[names.index(column) for column in columns])
            yield pa.ipc.open_file(body, options=options).read_all()

    def finish(self, manifest: RunManifest) -> None:
        """Write the final files beside the parts, then give them their names, the scores last."""
        ranking = rank_run(lambda names: self.parts("scores", names), self._ranked) if self._ranked else None
        with written(self.out):
            rows: list[np.ndarray] = []  # numbers of all rows that were written
            made = {
                rejects_path(self.out): self._assemble("rejected", self.folder / "rejected.csv", None, rows),
                self.out: self._assemble(
                    "scores",
                    self.folder / f"final{self.out.suffix.lower()}",
                    ranking.columns if ranking else None,
                    rows,
                ),
            }
            each_once(np.concatenate([np.empty(0, "int64"), *rows]), manifest.counts.read)
            whole = FileManifest(
                **dict(manifest),
                rank=ranking and ranking.rules,
                sha256={name.name: sha256 for name, (_, sha256) in made.items()},
                cells=SAFE_CELLS,
            )
            durable(self.folder / "manifest.json", whole.to_json().encode())
            (self.folder / "manifest.json").replace(beside(self.out, "manifest.json"))
            for name, (draft, _) in made.items():
                draft.replace(name)
            sync_path(self.out.parent)
            self.close()
            (self.folder / "job.json").unlink(missing_ok=True)  # from here on there is nothing to resume
            shutil.rmtree(self.folder, ignore_errors=True)

    def places(self) -> Places:
        """Return the files, and why most rows were set aside."""
        return file_places(self.out)

    def abandon(self) -> None:
        """Leave no trace if no chunk was stored."""
        if not self._stored:
            shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """Let go of the lock."""
        with suppress(OSError):
            self._journal.close()
            self._lock.close()

    def _assemble(self, name: str, draft: Path, extra: Extra | None, seen: list[np.ndarray]) -> tuple[Path, str]:
        writer, rows = None, 0
        with draft.open("wb") as file:
            counted = _Counted(file)
            for table in self.parts(name):
                if extra is not None:
                    table = extra(rows, table)
                rows += len(table)
                seen.append(table.column("row").to_numpy())
                table = table.select([column for column in table.column_names if not column.startswith("_")])
                if draft.suffix == ".csv":
                    table = as_text(table)
                    if writer is None:
                        writer = pa.csv.CSVWriter(counted, table.schema)
                elif writer is None:
                    writer = pq.ParquetWriter(
                        counted, table.schema, store_schema=False, use_dictionary=repeating(table)
                    )
                writer.write_table(table)
            if writer is not None:
                writer.close()
            file.flush()
            os.fsync(file.fileno())
        return draft, counted.sha256.hexdigest()


def repeating(table: pa.Table) -> list[str]:
    """Return the columns whose cells repeat: a dictionary of the others costs time and room, and is given up half-way.

    >>> repeating(pa.table({"row": [1], "client_id": ["a"], "probability": [0.2], "basis": ["both halves"]}))
    ['basis']
    """
    return [c.name for c in table.schema if c.name not in ("row", "client_id") and not pa.types.is_floating(c.type)]


def each_once(rows: np.ndarray, read: int) -> None:
    """Raise CountError unless the rows that were written are numbers 1 to `read`, each once.

    >>> each_once(np.array([2, 1, 2]), 3)
    Traceback (most recent call last):
    eriq.errors.CountError: 3 rows read; of 3 written, 1 is there again and 1 is missing
    """
    written = np.sort(rows)
    if len(written) == read and np.array_equal(written, np.arange(1, read + 1)):
        return
    known = np.unique(written)
    missing = read - int(((known >= 1) & (known <= read)).sum())
    raise CountError(
        f"{read:,} rows read; of {len(written):,} written, {len(written) - len(known):,} is there again and "
        f"{missing:,} is missing"
    )


class _Counted:
    """A file to write to that knows the digest of what went through."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.sha256, self.closed = file, hashlib.sha256(), False

    def write(self, content: bytes) -> int:
        self.sha256.update(content)
        return int(self._file.write(content))

    def flush(self) -> None:
        self._file.flush()

    def tell(self) -> int:
        return int(self._file.tell())

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True
