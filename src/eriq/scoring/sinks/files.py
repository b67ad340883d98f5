"""Scores into files: whole chunks in a hidden folder, the final name only when all is done."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from eriq.errors import BusyError, OutputError, ResumeError

SUFFIXES = (".csv", ".parquet")
FORMULA = r"^([=+\-@\t\r])"  # how a cell begins that a spreadsheet would run
SAFE_CELLS = "text cells that begin with = + - @ tab or return carry a leading apostrophe"
REJECTED = ("row", "client_id", "answered_on", "code", "reason")
Extra = Callable[[int, pa.Table], pa.Table]  # (rows before, a chunk of scores) -> with columns of the whole run


def beside(out: Path, what: str) -> Path:
    """Return a file beside `out`.

    >>> beside(Path("s.csv"), "manifest.json").name
    's.csv.manifest.json'
    """
    return out.with_name(f"{out.name}.{what}")


@contextmanager
def written(place: Path) -> Iterator[None]:
    """Turn a full disk, a lost share and the like into one error of ours."""
    try:
        yield
    except OSError as why:
        words = os.strerror(why.errno) if why.errno else type(why).__name__
        raise OutputError(
            f"{place.name} could not be written: {words}; chunks stored before stay, and --resume continues after them"
        ) from None


class FileSink:
    """Chunks as parts in ``.OUT.job``, with a journal line each; CSV or Parquet at the end.

    A part is on the disk before its journal line is, so a line tells the truth; what comes after the
    last whole line is written again. At the end the parts become OUT.rejected.csv, OUT.manifest.json
    and, last of all, OUT: where OUT is, all is there.

    Parameters
    ----------
    out : Path
        Ends in ``.csv`` or ``.parquet``.
    job : str
        Digest of input, model and options.
    facts : mapping
        What a resumed run must know: the day the job began, the version of the model.
    resume : bool
        Continue an interrupted run of this job.
    overwrite : bool
        Replace an output, and forget an interrupted run.

    Raises
    ------
    OutputError
        When there is an output or an interrupted run, and neither `resume` nor `overwrite` is given.
    BusyError
        When another process works on the same output.
    ResumeError
        When the interrupted run had another input, model or options.
    """

    def __init__(
        self, out: Path, job: str, facts: Mapping[str, Any], *, resume: bool = False, overwrite: bool = False
    ) -> None:
        check_name(out)
        self.out, self.folder = out, job_folder(out)
        self._lines: list[dict[str, Any]] = []
        self.hidden: Extra | None = None
        if out.exists() and not overwrite and not (resume and self.folder.exists()):
            raise OutputError(f"{out} is there already; give --overwrite to replace it")
        with written(out):
            self._lock = _locked(self.folder, out)
            old = read_job(out)
            if old and resume and old["job"] != job:
                self._lock.close()
                raise ResumeError(
                    f"the interrupted run of {out.name} had another input, model or options; give --overwrite"
                )
            if old and not resume and not overwrite and read_journal(self.folder):
                self._lock.close()
                raise OutputError(
                    f"{out.name} has an interrupted run; give --resume to continue it or --overwrite to begin anew"
                )
            if old and resume:
                self._lines = read_journal(self.folder)
            else:
                for part in self.folder.iterdir():
                    if part.name != "lock":
                        part.unlink()
            durable(self.folder / "job.json", json.dumps({"job": job, **facts}).encode())
            body = "".join(json.dumps(line) + "\n" for line in self._lines)
            durable(self.folder / "journal.jsonl", body.encode())  # without what a crash tore
            self._journal = (self.folder / "journal.jsonl").open("ab")

    def completed(self) -> int:
        """Return how many chunks are stored."""
        return len(self._lines)

    def counted(self) -> tuple[int, int]:
        """Return rows scored and rows set aside in them."""
        return sum(line["scored"] for line in self._lines), sum(line["set_aside"] for line in self._lines)

    def write(self, index: int, scores: pd.DataFrame, rejected: pd.DataFrame) -> None:
        """Store one chunk; it is on the disk when this returns."""
        if index != len(self._lines):
            raise AssertionError(f"chunk {index} does not follow {len(self._lines)} chunks")
        with written(self.out):
            for name, table in (("scores", arrow(scores)), ("rejected", arrow(rejected[list(REJECTED)]))):
                part = self._part(name, index)
                with part.open("wb") as file:
                    with pa.ipc.new_file(file, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as out:
                        out.write_table(table)
                    file.flush()
                    os.fsync(file.fileno())
            line = {"chunk": index, "scored": len(scores), "set_aside": len(rejected)}
            self._journal.write(json.dumps(line).encode() + b"\n")
            self._journal.flush()
            os.fsync(self._journal.fileno())
        self._lines.append(line)

    def parts(self, name: str, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Yield the stored chunks, "scores" or "rejected", in their order."""
        for index in range(len(self._lines)):
            with pa.OSFile(str(self._part(name, index)), "rb") as file:
                options = None
                if columns is not None:
                    names = pa.ipc.open_file(file).schema.names
                    options = pa.ipc.IpcReadOptions(included_fields=[names.index(column) for column in columns])
                yield pa.ipc.open_file(file, options=options).read_all()

    def finish(self, manifest: dict[str, Any], extra: Extra | None = None) -> None:
        """Write the final files beside the parts, then give them their names, the scores last."""
        with written(self.out):
            made = {
                beside(self.out, "rejected.csv"): self._assemble("rejected", self.folder / "rejected.csv", None),
                self.out: self._assemble("scores", self.folder / f"final{self.out.suffix.lower()}", extra),
            }
            files = {name.name: sha256 for name, (_, sha256) in made.items()}
            content = {**manifest, "sha256": files, "cells": SAFE_CELLS}
            durable(self.folder / "manifest.json", (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
            (self.folder / "manifest.json").replace(beside(self.out, "manifest.json"))
            for name, (draft, _) in made.items():
                draft.replace(name)
            sync_folder(self.out.parent)
            self.close()
            (self.folder / "job.json").unlink(missing_ok=True)  # from here on there is nothing to resume
            shutil.rmtree(self.folder, ignore_errors=True)

    def discard(self) -> None:
        """Leave nothing behind, if no chunk was stored."""
        if not self._lines:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.close()

    def close(self) -> None:
        """Let go of the lock."""
        with suppress(OSError):
            self._journal.close()
            self._lock.close()

    def _part(self, name: str, index: int) -> Path:
        return self.folder / f"{name}-{index:06d}.arrow"

    def _assemble(self, name: str, draft: Path, extra: Extra | None) -> tuple[Path, str]:
        writer, rows = None, 0
        with draft.open("wb") as file:
            counted = _Counted(file)
            for table in self.parts(name):
                if extra is not None:
                    table = extra(rows, table)
                rows += len(table)
                table = table.select([column for column in table.column_names if not column.startswith("_")])
                if draft.suffix == ".csv":
                    table = as_text(table)
                    if writer is None:
                        writer = pa.csv.CSVWriter(counted, table.schema)
                elif writer is None:
                    writer = pq.ParquetWriter(counted, table.schema, store_schema=False)
                writer.write_table(table)
            if writer is not None:
                writer.close()
            file.flush()
            os.fsync(file.fileno())
        return draft, counted.sha256.hexdigest()


class _Counted:
    """A file to write to that knows the digest of what went through."""

    def __init__(self, file: Any) -> None:
        self._file, self.sha256, self.closed = file, hashlib.sha256(), False

    def write(self, content: Any) -> int:
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


# --- tables --------------------------------------------------------------------------------


def arrow(frame: pd.DataFrame) -> pa.Table:
    """Return a table whose column types do not depend on what a chunk happens to hold."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
    for place, given in enumerate(table.schema):
        kind = given.type
        if pa.types.is_dictionary(kind):
            kind = pa.dictionary(pa.int32(), pa.string())
        elif pa.types.is_large_string(kind) or pa.types.is_null(kind):
            kind = pa.string()
        elif pa.types.is_timestamp(kind):
            kind = pa.date32()
        if kind != given.type:
            table = table.set_column(place, given.name, table.column(place).cast(kind))
    return table


def as_text(table: pa.Table) -> pa.Table:
    """Return a table as a CSV may hold it: plain text, and no cell that a spreadsheet would run.

    >>> as_text(pa.table({"id": ["=1+1", "a-b", None], "n": [-1.5, 0.0, 1.0]})).to_pydict()
    {'id': ["'=1+1", 'a-b', None], 'n': [-1.5, 0.0, 1.0]}
    """
    for place, given in enumerate(table.schema):
        column = table.column(place)
        if pa.types.is_dictionary(given.type):
            # Words are few: made safe once, then looked up.
            column = pa.chunked_array(
                [_safe(chunk.dictionary).take(chunk.indices) for chunk in column.chunks], pa.string()
            )
        elif pa.types.is_string(given.type):
            column = _safe(column)
        else:
            continue
        table = table.set_column(place, given.name, column)
    return table


def _safe(cells: Any) -> Any:
    if not pc.any(pc.match_substring_regex(cells, FORMULA)).as_py():
        return cells
    return pc.replace_substring_regex(cells, FORMULA, r"'\1")


# --- the job folder ------------------------------------------------------------------------


def check_name(out: Path) -> None:
    """Raise OutputError unless `out` is a kind of file that can be written."""
    if out.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{out.name}: eriq writes {' and '.join(SUFFIXES)}")
    if out.is_dir():
        raise OutputError(f"{out} is a folder")


def job_folder(out: Path) -> Path:
    """Return the hidden folder of an unfinished run.

    >>> job_folder(Path("s.csv")).name
    '.s.csv.job'
    """
    return out.with_name(f".{out.name}.job")


def read_job(out: Path) -> dict[str, Any] | None:
    """Return what an interrupted run knows about itself, if there is one."""
    try:
        found = json.loads((job_folder(out) / "job.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "job" in found else None


def read_journal(folder: Path) -> list[dict[str, Any]]:
    """Return the whole lines of a journal whose parts are there, up to the first gap."""
    lines: list[dict[str, Any]] = []
    try:
        text = (folder / "journal.jsonl").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return []
    for raw in text.splitlines():
        try:
            line = json.loads(raw)
        except ValueError:
            break
        parts = [folder / f"{name}-{len(lines):06d}.arrow" for name in ("scores", "rejected")]
        if line.get("chunk") != len(lines) or not all(part.is_file() for part in parts):
            break
        lines.append(line)
    return lines


def _locked(folder: Path, out: Path) -> Any:
    """Return the open lock of a job folder, made if it is not there."""
    out.parent.mkdir(parents=True, exist_ok=True)
    while True:
        folder.mkdir(exist_ok=True)
        try:
            lock = (folder / "lock").open("ab")
        except FileNotFoundError:  # its owner finished and removed it just now
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise BusyError(f"another eriq is writing {out.name}") from None
        with suppress(FileNotFoundError):
            if os.fstat(lock.fileno()).st_ino == (folder / "lock").stat().st_ino:
                return lock
        lock.close()  # it was removed between opening and locking


def durable(path: Path, content: bytes) -> None:
    """Write a small file that is whole after a crash, in its old or its new form."""
    draft = path.with_name(f"{path.name}.draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
