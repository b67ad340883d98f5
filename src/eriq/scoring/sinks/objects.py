"""Scores into a store: made whole on this machine, then written there, the manifest last; nothing is renamed."""

import hashlib
import shutil
from contextlib import suppress
from pathlib import Path

from eriq.config import FileOutput, ObjectOutput, shown
from eriq.errors import OutputError
from eriq.scoring.manifest import Begun, FileManifest, RunManifest
from eriq.scoring.ranks import RankWish
from eriq.scoring.sinks.base import Places
from eriq.scoring.sinks.files import FileSink, file_places, outputs
from eriq.tables.objects import Store

ENDINGS = ("", ".rejected.csv", ".manifest.json")  # in the order in which they are written: where the last is, all is
MARK = ENDINGS[-1]


class StoreSink(FileSink):
    """Chunks in a hidden folder of this machine, as of a file; at the end, three objects.

    A store has no rename that is done at once. Each object is seen when all of it has arrived, and the manifest, which
    holds counts and digests, is written after the others: where it is, they are what it says.

    Parameters
    ----------
    store : Store
        Where the objects go.
    out, begun, resume, overwrite, ranked
        As in `FileSink`; `out` is a name on this machine, in a folder of its own.
    """

    def __init__(
        self, store: Store, out: Path, begun: Begun, *, resume: bool, overwrite: bool, ranked: RankWish | None
    ) -> None:
        out.parent.mkdir(exist_ok=True)
        for draft in outputs(out):  # of a run that ended while it wrote into the store
            draft.unlink(missing_ok=True)
        super().__init__(out, begun, resume=resume, overwrite=overwrite, ranked=ranked)
        self._store, self._places = store, Places(store.shown, f"{store.shown}{ENDINGS[1]}")

    def finish(self, manifest: RunManifest) -> None:
        """Make the files here, and put them into the store."""
        super().finish(manifest)
        self._places = put(self._store, self.out)

    def places(self) -> Places:
        """Return the objects, and why most rows were set aside."""
        return self._places

    def abandon(self) -> None:
        """Leave no trace if no chunk was stored."""
        super().abandon()
        with suppress(OSError):  # it holds what --resume needs
            self.out.parent.rmdir()


def put(store: Store, out: Path) -> Places:
    """Write the three files of a finished run into a store, take them away here, and return what they are called there.

    Raises
    ------
    OutputError
        When the store refuses; the files stay, for --resume.
    """
    here = file_places(out)
    there = Places(*(words.replace(str(out), store.shown, 1) for words in (here.scored, here.set_aside)))
    try:
        store.remove(MARK)  # from here on what is there is no finished run
        for ending, file in zip(ENDINGS, outputs(out), strict=True):
            store.write(ending, file)
    except OutputError as why:
        wait = f"the scores wait in {out.parent}, and --resume writes them without making them anew"
        raise OutputError(f"{why}; {wait}") from None
    shutil.rmtree(out.parent, ignore_errors=True)
    return there


def store_of(given: ObjectOutput) -> Store:
    """Return the store that scores go to."""
    return Store(given.uri, OutputError)


def as_file(given: ObjectOutput) -> FileOutput:
    """Return the file of this machine that becomes the object: one and the same for each address.

    >>> as_file(ObjectOutput(kind="object", uri="s3://box/a/scores.csv?region=eu-north-1")).path.name
    'scores.csv'
    """
    address = shown(given.uri)
    folder = f".objects-{hashlib.sha256(address.encode()).hexdigest()[:12]}"
    return FileOutput(path=(given.work or Path()) / folder / address.rpartition("/")[2])


def finished(store: Store) -> FileManifest | None:
    """Return what a finished run has left there, if any.

    Raises
    ------
    OutputError
        When what has the name of its manifest is none.
    """
    if not store.holds(MARK):
        return None
    try:
        return FileManifest.model_validate_json(store.read(MARK))
    except ValueError:
        raise OutputError(f"{store.shown}{MARK} is no manifest of eriq; give another name for the scores") from None


def refuse_known_objects(store: Store) -> None:
    """Raise OutputError when a finished run is there, or objects that no manifest vouches for."""
    if store.holds(MARK):
        raise OutputError(f"{store.shown} is there already; give --overwrite to replace it")
    if any(store.holds(ending) for ending in ENDINGS):
        raise OutputError(
            f"{store.shown} is there without the manifest of a finished run: one that was stopped, or something else; "
            "give --resume or --overwrite to replace it"
        )
