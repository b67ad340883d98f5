"""Objects in a store, S3 or Google Cloud Storage: found, read by ranges, written whole; the only door to pyarrow.fs."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.fs

from eriq.config import shown
from eriq.errors import EriqError, OutputError, SourceError
from eriq.tables.folders import MARKS
from eriq.tables.stamped import Ranges, Stamp, stamped

BLOCK_BYTES = 8_000_000  # written at a time
# What a store says, by words in its error; its text is never shown, as it can repeat a request with its signature.
WORDS: Mapping[str, str] = {
    r"NO_SUCH_BUCKET": "there is no such bucket",
    r"ACCESS_DENIED|FORBIDDEN|PERMISSION_DENIED|UNAUTHENTICATED|TOKEN|SIGNATURE|ACCESS_KEY|CREDENTIALS": (
        "access was denied; look at the credentials in the environment and at the rights on the bucket (list, read, "
        "write, delete)"
    ),
    r"NETWORK|TIMEOUT|UNAVAILABLE|SLOW_DOWN": "the store cannot be reached; look at the endpoint and the region",
}


@contextmanager
def _naming(where: str, task: str, error: type[EriqError]) -> Iterator[None]:
    """Turn what a store's client raises into an error of ours, without its text."""
    try:
        yield
    except FileNotFoundError:
        raise error(f"there is no object {where}") from None
    except (pa.ArrowException, OSError, ValueError) as why:
        found = re.search(r"(?:AWS Error |Status\()([A-Z_]+)", str(why))
        code = found[1] if found else type(why).__name__
        words = next((words for pattern, words in WORDS.items() if re.search(pattern, code)), "the store refused")
        raise error(f"{where}: {words} (while {task}: {code})") from None


class Store:
    """An address in a store, and what lies at it, below it and beside it.

    Parameters
    ----------
    uri : str
        As ``s3://bucket/key?endpoint_override=...``; credentials come from the environment of the store's client.
    error : type of EriqError
        What is raised, by whether the store is read from or written to.

    Raises
    ------
    EriqError
        When it cannot be reached, or the address is wrong; the text holds neither query nor credentials.
    """

    def __init__(self, uri: str, error: type[EriqError] = SourceError) -> None:
        self.shown, self._error = shown(uri).rstrip("/"), error
        with _naming(self.shown, "being opened", error):
            self._files, key = pa.fs.FileSystem.from_uri(uri)
        self.path = Path(key.rstrip("/"))  # bucket and key
        with _naming(self.shown, "looking for the bucket", error):
            bucket = self._files.get_file_info(self.path.parts[0])
        if bucket.type == pa.fs.FileType.NotFound:
            raise error(f"{self.shown}: there is no such bucket")

    def stamped(self) -> tuple[str, list[Stamp]]:
        """Return the SHA-256 of the object, or of all Parquet below the address by name, and the stamp of each."""
        return stamped(self._found(), self._opened)

    def _opened(self, path: Path) -> Ranges:
        return _Object(self._files, path, f"{self.shown.partition('://')[0]}://{path}", self._error)

    def _found(self) -> list[Path]:
        with _naming(self.shown, "looking for it", self._error):
            here = self._files.get_file_info(str(self.path))
            if here.type == pa.fs.FileType.File:
                return [self.path]
            if here.type == pa.fs.FileType.NotFound:
                raise FileNotFoundError
            below = self._files.get_file_info(pa.fs.FileSelector(str(self.path), recursive=True))
        names = [PurePosixPath(one.path) for one in below if one.type == pa.fs.FileType.File]
        names = [name for name in names if not MARKS.fullmatch(name.name)]
        odd = Counter(name.suffix or "without an ending" for name in names if name.suffix.lower() != ".parquet")
        if odd:
            words = ", ".join(f"{count:,} object(s) {kind}" for kind, count in sorted(odd.items()))
            raise self._error(f"{self.shown} holds what would not be read: {words}; such a prefix holds Parquet only")
        if not names:
            raise self._error(f"{self.shown} holds no Parquet object")
        return sorted(map(Path, names))

    def holds(self, ending: str = "") -> bool:
        """Return whether there is an object at the address with this ending."""
        with _naming(f"{self.shown}{ending}", "looking for it", self._error):
            return bool(self._files.get_file_info(f"{self.path}{ending}").type == pa.fs.FileType.File)

    def read(self, ending: str) -> bytes:
        """Return a small object beside the address."""
        naming = _naming(f"{self.shown}{ending}", "reading", self._error)
        with naming, self._files.open_input_file(f"{self.path}{ending}") as file:
            return bytes(file.read())

    def write(self, ending: str, given: Path) -> None:
        """Put a file there; the store shows it whole when all of it has arrived, or not at all."""
        where, key = f"{self.shown}{ending}", f"{self.path}{ending}"
        with _naming(where, "writing", self._error):
            with given.open("rb") as file, self._files.open_output_stream(key) as out:
                while block := file.read(BLOCK_BYTES):
                    out.write(block)
            arrived = self._files.get_file_info(key).size
        if arrived != given.stat().st_size:
            raise OutputError(f"{where} is not what was written: somebody else writes there too")

    def remove(self, ending: str) -> None:
        """Take an object away, if it is there."""
        if self.holds(ending):
            with _naming(f"{self.shown}{ending}", "removing", self._error):
                self._files.delete_file(f"{self.path}{ending}")


class _Object(Ranges):
    """An object, read by ranges."""

    def __init__(self, files: "pa.fs.FileSystem", path: Path, where: str, error: type[EriqError]) -> None:
        self._where, self._error = where, error
        with _naming(where, "reading", error):
            self._file = files.open_input_file(str(path))
            self._size = int(self._file.size())

    def size(self) -> int:
        return self._size

    def read_at(self, nbytes: int, offset: int) -> bytes:
        if offset >= self._size:
            return b""
        with _naming(self._where, "reading", self._error):
            return bytes(self._file.read_at(nbytes, offset))

    def close(self) -> None:
        self._file.close()
