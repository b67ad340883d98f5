"""Files whose bytes are known before they are used: what is read later is what was read first, or an error."""

import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from eriq.errors import SourceError

BLOCK = 1 << 18  # bytes that have a digest of their own
AT_ONCE = 32  # blocks: a store answers few large requests faster than many small ones


class Ranges(Protocol):
    """Bytes that can be read from any place, wherever they are kept."""

    def size(self) -> int:
        """Return how many there are."""
        ...

    def read_at(self, nbytes: int, offset: int) -> bytes:
        """Return so many from a place on, fewer where they end."""
        ...

    def close(self) -> None:
        """Let go of them."""
        ...


class _Regular(Ranges):
    """A regular file on this machine."""

    def __init__(self, path: Path) -> None:
        self._file = open_regular(path)

    def size(self) -> int:
        return os.fstat(self._file.fileno()).st_size

    def read_at(self, nbytes: int, offset: int) -> bytes:
        return os.pread(self._file.fileno(), nbytes, offset)

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True)
class Stamp:
    """A file as it was when it was first read, block by block."""

    path: Path
    size: int
    blocks: tuple[bytes, ...]
    opened: Callable[[Path], Ranges] = _Regular

    def open(self) -> io.BufferedReader:
        """Return the file to read from; bytes that are not those of the stamp raise SourceError instead of being given.

        The file may be opened again whenever it is convenient: one that was replaced meanwhile is noticed as well.
        """
        return io.BufferedReader(_Checked(self), BLOCK)

    def changed(self) -> SourceError:
        """Return the error to raise when the file is not what it was."""
        return SourceError(f"{self.path.name} changed while it was read; nothing was made of it")


def stamped(paths: Iterable[Path], opened: Callable[[Path], Ranges] = _Regular) -> tuple[str, list[Stamp]]:
    """Return the SHA-256 of some files one after the other, and the stamp of each.

    Raises
    ------
    SourceError
        When one is no regular file: a pipe may wait for ever, a device may never end.
    OSError
        When one cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = file.write_text("as it was")
    >>> sha256, (taken,) = stamped([file])
    >>> _ = file.write_text("as it is.")
    >>> taken.open().read()
    Traceback (most recent call last):
    eriq.errors.SourceError: a.txt changed while it was read; nothing was made of it
    """
    total, found = hashlib.sha256(), []
    for path in paths:
        with closing(opened(path)) as file:
            blocks, size = list[bytes](), 0
            while piece := file.read_at(AT_ONCE * BLOCK, size):
                blocks += [_digest(block) for block in _blocks(piece)]
                size += len(piece)
                total.update(piece)
        found.append(Stamp(path, size, tuple(blocks), opened))
    return total.hexdigest(), found


def open_regular(path: Path) -> io.FileIO:
    """Return a regular file opened for reading.

    Raises
    ------
    SourceError
        When it is something else.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe that nobody writes to is opened at once
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise SourceError(f"{path.name} is not a regular file; a pipe or device cannot be read twice")
    return io.FileIO(handle, "rb")


def _digest(block: bytes | memoryview) -> bytes:
    return hashlib.sha256(block).digest()


def _blocks(piece: bytes) -> list[memoryview]:
    return [memoryview(piece)[start : start + BLOCK] for start in range(0, len(piece), BLOCK)]


class _Checked(io.RawIOBase):
    """A file of which every block is compared with its stamp before a byte of it is given."""

    def __init__(self, taken: Stamp) -> None:
        self._stamp, self._place = taken, 0
        self._file = taken.opened(taken.path)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._stamp.size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        size = min(len(target), self._stamp.size - self._place)
        if size <= 0:
            if self._file.size() != self._stamp.size:
                raise self._stamp.changed()
            return 0
        first, last = self._place // BLOCK, (self._place + size - 1) // BLOCK
        found = memoryview(self._file.read_at((last - first + 1) * BLOCK, first * BLOCK))
        for number in range(first, last + 1):
            if _digest(found[(number - first) * BLOCK : (number - first + 1) * BLOCK]) != self._stamp.blocks[number]:
                raise self._stamp.changed()
        start = self._place - first * BLOCK
        target[:size] = found[start : start + size]
        self._place += size
        return size

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()
