"""The output of a Spark job: made in a folder beside, checked, and given its names when all is done."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq

from eriq.disclosure import only_for_owner
from eriq.errors import OutputError
from eriq.scoring.manifest import Said
from eriq.scoring.sinks.folder import sync_path
from eriq.scoring.spark.errors import SparkError

NOTE = "_manifest.json"
OURS = re.compile(rf"part-\d{{5,}}\.parquet|{re.escape(NOTE)}")


class FolderManifest(Said):
    """What a finished job says about itself."""

    read: int
    scored: int
    rejected: int
    model: str
    seal: str


class TableManifest(Said):
    """What a finished table of answers with register columns says about itself."""

    rows: int
    model: str
    seal: str


def rejects_folder(out: Path) -> Path:
    """Return where the rows set aside go: beside the scores.

    >>> rejects_folder(Path("scores")).name
    'scores.rejected'
    """
    return out.with_name(f"{out.name}.rejected")


def refuse_foreign(out: Path) -> None:
    """Raise OutputError unless what `overwrite` would replace is the output of a job like this: it is deleted whole."""
    for folder in (out, rejects_folder(out)):
        if folder.exists() or folder.is_symlink():
            _refuse_foreign(folder)
    if out.exists() and any(out.iterdir()) and not (out / NOTE).is_file():
        raise OutputError(f"{out} has no {NOTE} of a Spark job of eriq, and all in it would be deleted; nothing was")


def _refuse_foreign(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise OutputError(f"{folder} is a link or a file, and would be deleted; take it away first")
    foreign = [e for e in folder.iterdir() if not OURS.fullmatch(e.name) or e.is_symlink() or e.is_dir()]
    if foreign:
        raise OutputError(
            f"{folder} holds {len(foreign)} file(s) that no Spark job of eriq leaves, and all would be deleted; "
            "nothing was: give another name for the scores"
        )


@contextmanager
def staging_beside(out: Path) -> Iterator[Path]:
    """Give a folder beside the output, gone when the job is over."""
    try:
        staging = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
    except OSError as why:
        raise OutputError(f"{out.parent} cannot be written to: {why.strerror}") from None
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def publish(staging: Path, out: Path, manifest: FolderManifest, *, overwrite: bool) -> None:
    """Check what was written, make it durable, and give it its names, the scores last."""
    found = {}
    try:
        for name in ("scores", "rejected"):
            found[name] = _numbered_parts(staging / name)
        if (found["scores"], found["rejected"]) != (manifest.scored, manifest.rejected):
            raise SparkError("the files written do not hold the rows that were scored")
        _say(manifest, staging / "scores")
        for name in ("scores", "rejected"):
            only_for_owner(staging / name)  # Spark sets modes itself
        _replace(staging / "rejected", rejects_folder(out), staging, overwrite=True)
        _replace(staging / "scores", out, staging, overwrite=overwrite)
        sync_path(out.parent)
    except OSError as why:
        raise OutputError(f"{out.name} could not be written: {why.strerror}") from None


def publish_table(staging: Path, out: Path, manifest: TableManifest, *, overwrite: bool) -> None:
    """Check the one table that was written, make it durable, and give it its name."""
    made = staging / "table"
    try:
        if _numbered_parts(made) != manifest.rows:
            raise SparkError("the files written do not hold the answers that were read")
        _say(manifest, made)
        only_for_owner(made)
        _replace(made, out, staging, overwrite=overwrite)
        sync_path(out.parent)
    except OSError as why:
        raise OutputError(f"{out.name} could not be written: {why.strerror}") from None


def _numbered_parts(folder: Path) -> int:
    """Give the files Spark wrote plain names, remove its marks, and return how many rows there are."""
    parts = sorted(folder.glob("part-*.parquet"))
    rows = int(sum(pq.read_metadata(part).num_rows for part in parts))
    for rest in set(folder.iterdir()) - set(parts):
        rest.unlink()
    for place, part in enumerate(parts):
        sync_path(part.rename(part.with_name(f"part-{place:05d}.parquet")))
    return rows


def _say(manifest: Said, folder: Path) -> None:
    note = folder / NOTE
    note.write_text(json.dumps(manifest.model_dump(), indent=1) + "\n", encoding="utf-8")
    sync_path(note)


def _replace(made: Path, final: Path, staging: Path, *, overwrite: bool) -> None:
    if final.exists():
        if not overwrite:
            raise OutputError(f"{final} appeared while this job ran; nothing was replaced")
        final.rename(staging / f"old-{made.name}")
    made.rename(final)
