"""What killed runs leave behind: job folders that nobody works in, drafts of Spark, files without their final name."""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from eriq.scoring.manifest import FileManifest
from eriq.scoring.sinks.folder import beside, job_folder, read_begun
from eriq.tables.files import file_digest

JOB_PARTS = re.compile(
    r"(lock|job\.json|journal\.jsonl|manifest\.json|rejected\.csv|final\.(csv|parquet)|(scores|rejected)-\d{6}\.arrow)"
    r"(\.draft)?"
)
SPARK_PARTS = {"scores", "rejected", "old-scores", "old-rejected"}
DRAFT = re.compile(r"\..+-\w{8}\.part\.(csv|txt|parquet|html)")  # of `eriq.tables.files.finished_or_nothing`
WAITING = re.compile(r"\.objects-[0-9a-f]{12}")  # files of a finished run that a store has not taken yet
A_DAY = 86_400  # seconds: what has no lock, and was written to within them, may still be under way


def is_job_folder(folder: Path) -> bool:
    """Return whether a folder is the hidden folder of a scoring run, and holds nothing else."""
    if not re.fullmatch(r"\..+\.job", folder.name) or folder.is_symlink() or not folder.is_dir():
        return False
    return all(JOB_PARTS.fullmatch(part.name) and part.is_file() for part in folder.iterdir())


def abandoned(root: Path) -> Iterator[Path]:
    """Yield what killed runs have left below a folder, none of it in work; links are not followed."""
    for here, folders, files in os.walk(root):
        for name in list(folders):
            folder = Path(here, name)
            if is_job_folder(folder):
                folders.remove(name)
                if _is_free(folder):
                    yield folder
            elif _is_spark_draft(folder) or _waits(folder):
                folders.remove(name)
                yield folder
        yield from (Path(here, name) for name in files if DRAFT.fullmatch(name) and _rests(Path(here, name)))


def _is_spark_draft(folder: Path) -> bool:
    if not folder.name.startswith(".") or folder.name[-9:-8] != "-":
        return False
    names = {part.name for part in folder.iterdir()} if not folder.is_symlink() else set()
    return bool(names) and names <= SPARK_PARTS and _rests(folder)


def _waits(folder: Path) -> bool:
    """Return whether a folder holds what waits for a store and nothing else, and nobody has touched it for a day."""
    if not WAITING.fullmatch(folder.name) or folder.is_symlink() or not _rests(folder):
        return False
    return all(part.is_file() and re.search(r"\.(csv|parquet|manifest\.json)$", part.name) for part in folder.iterdir())


def _rests(path: Path) -> bool:
    return time.time() - newest(path) > A_DAY


def newest(path: Path) -> float:
    """Return when a file, or anything in a folder, was written last, in seconds."""
    with suppress(FileNotFoundError):
        return max(part.stat().st_mtime for part in (path, *path.rglob("*")))
    return time.time()  # it changes while it is looked at


@contextmanager
def _lock_of(folder: Path) -> Iterator[None]:
    """Hold the lock of a job folder, where it has one; raise BlockingIOError when somebody else does."""
    try:
        lock = (folder / "lock").open("rb")
    except FileNotFoundError:
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _is_free(folder: Path) -> bool:
    try:
        with _lock_of(folder):
            return True
    except BlockingIOError:
        return False


def remove(path: Path) -> bool:
    """Remove what `abandoned` found, unless somebody works in it meanwhile; return whether it is gone."""
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return True
    try:
        with _lock_of(path):
            shutil.rmtree(path, ignore_errors=True)
    except BlockingIOError:
        return False
    return not path.exists()


def tidy_finished(out: Path) -> None:
    """Remove the job folder of a run that was killed after its output had its name and before it had tidied up."""
    folder = job_folder(out)
    if not out.is_file() or not is_job_folder(folder):
        return
    begun = read_begun(out)
    try:
        done = FileManifest.model_validate_json(beside(out, "manifest.json").read_bytes())
        # Without job.json there is nothing to resume: it goes when all files have their names.
        if begun is None or (done.job == begun.job and done.sha256[out.name] == file_digest(out)):
            remove(folder)
    except (OSError, ValueError, KeyError):
        return
