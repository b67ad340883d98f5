"""The hidden folder of an unfinished run: its lock, its journal, and writing that outlasts a crash."""

import fcntl
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from eriq.errors import BusyError, OutputError, ResumeError
from eriq.scoring.manifest import Begun, StoredChunk

SUFFIXES = (".csv", ".parquet")


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


def check_name(out: Path) -> None:
    """Raise OutputError unless `out` is a kind of file that can be written, in a folder that is there."""
    if out.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{out.name}: eriq writes {' and '.join(SUFFIXES)}")
    if out.is_dir():
        raise OutputError(f"{out} is a folder")
    if not out.parent.is_dir():
        raise OutputError(f"there is no folder {out.parent}; make it first, or look whether its name is as meant")


def job_folder(out: Path) -> Path:
    """Return the hidden folder of an unfinished run.

    >>> job_folder(Path("s.csv")).name
    '.s.csv.job'
    """
    return out.with_name(f".{out.name}.job")


OURS = re.compile(
    r"(lock|job\.json|journal\.jsonl|manifest\.json)(\.draft)?|(scores|rejected)-\d{6,}\.arrow|rejected\.csv"
    r"|final\.(csv|parquet)"
)


def refuse_foreign(folder: Path) -> None:
    """Raise OutputError unless what has the name of a job folder is one, or nothing.

    All of it is deleted in the end, so it must be a folder and no link to one, belong to us, and hold plain files that
    a run leaves behind and nothing else.
    """
    try:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise OutputError(f"{folder} is a link or a file, where eriq keeps an unfinished run; take it away first")
        if found.st_uid != os.geteuid():
            raise OutputError(f"{folder} belongs to another user; eriq keeps an unfinished run there")
        with os.scandir(folder) as inside:
            foreign = [e for e in inside if not (OURS.fullmatch(e.name) and e.is_file(follow_symlinks=False))]
    except FileNotFoundError:
        return
    except OSError as why:
        raise OutputError(f"{folder} cannot be looked into: {why.strerror}") from None
    if foreign:
        raise OutputError(
            f"{folder} holds {len(foreign)} file(s) that no unfinished run of eriq leaves; nothing was deleted: move "
            "them away, or give another name for the scores"
        )


def read_begun(out: Path) -> Begun | None:
    """Return what an interrupted run knows about itself, if there is one."""
    try:
        return Begun.model_validate_json((job_folder(out) / "job.json").read_bytes())
    except (OSError, ValueError):
        return None


def read_journal(folder: Path) -> list[StoredChunk]:
    """Return the whole lines of a journal whose parts are there, up to the first gap.

    Raises
    ------
    ResumeError
        When a part is there and is not what was written: whoever changed it, its rows are not those of the journal.
    """
    chunks: list[StoredChunk] = []
    try:
        text = (folder / "journal.jsonl").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return []
    for line in text.splitlines():
        try:
            stored = StoredChunk.model_validate_json(line)
        except ValueError:
            break
        parts = [folder / part_name(kind, len(chunks)) for kind in ("scores", "rejected")]
        if stored.chunk != len(chunks) or not all(part.is_file() for part in parts):
            break
        for kind in stored.sha256:
            proven(folder, stored, kind)
        chunks.append(stored)
    return chunks


def proven(folder: Path, stored: StoredChunk, kind: str) -> bytes:
    """Return a part, if it is what was written.

    Raises
    ------
    ResumeError
        When it is not.
    """
    body = (folder / part_name(kind, stored.chunk)).read_bytes()
    if hashlib.sha256(body).hexdigest() != stored.sha256[kind]:
        raise ResumeError(
            f"part {stored.chunk} of the interrupted run was changed since; give --overwrite to begin anew"
        )
    return body


def part_name(kind: str, index: int) -> str:
    """Return the file name of a stored chunk.

    >>> part_name("scores", 3)
    'scores-000003.arrow'
    """
    return f"{kind}-{index:06d}.arrow"


def as_line(said: Begun | StoredChunk) -> bytes:
    """Return a line of the journal, or the whole of ``job.json``."""
    return json.dumps(said.model_dump(mode="json")).encode()


def locked(folder: Path, out: Path) -> IO[bytes]:
    """Return the open lock of a job folder, made if it is not there.

    Raises
    ------
    OutputError
        When something else stands there.
    BusyError
        When another process works on it.
    """
    while True:
        refuse_foreign(folder)
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
    sync_path(path.parent)


def sync_path(path: Path) -> None:
    """Make the content of a file, or the renames in a folder, outlast a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
