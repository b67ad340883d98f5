"""The door for files about single persons: readable by their owner alone, unless a group is let in on purpose."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Literal

Access = Literal["owner", "group"]
MASK: Mapping[Access, int] = {"owner": 0o077, "group": 0o027}  # what is taken away from 0666 and 0777
_LOCK, _ASKED = threading.Lock(), list[int]()  # masks of the blocks that are open, in whatever thread
_BEFORE = 0o022


@contextmanager
def about_people(access: Access = "owner") -> Iterator[None]:
    """Let files and folders made in the block be about people: 0600 and 0700 whatever the umask, or 0640 and 0750.

    It holds for the whole process, also for what libraries write: database files and their logs, parts, drafts.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with about_people():
    ...     _ = (folder / "scores.csv").write_text("")
    >>> f"{(folder / 'scores.csv').stat().st_mode & 0o777:o}"
    '600'
    """
    _change(_ASKED.append, MASK[access])
    try:
        yield
    finally:
        _change(_ASKED.remove, MASK[access])


def _change(how: Callable[[int], None], mask: int) -> None:
    """Open or close a block: the strictest of all open ones holds, and what was before once all are closed."""
    global _BEFORE
    with _LOCK:
        before = os.umask(mask)
        if not _ASKED:
            _BEFORE = before
        how(mask)
        os.umask(reduce(or_, _ASKED) if _ASKED else _BEFORE)


def only_for_owner(path: Path) -> None:
    """Give a file, or a folder with all it holds, the modes of the block it is in; outside of one, 0600 and 0700.

    For what was made by a library that sets modes itself.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "part").touch(mode=0o644)
    >>> only_for_owner(folder)
    >>> f"{(folder / 'part').stat().st_mode & 0o777:o}"
    '600'
    """
    whole = 0o777 & ~(reduce(or_, _ASKED) if _ASKED else MASK["owner"])
    for part in (*path.rglob("*"), path) if path.is_dir() else (path,):
        if not part.is_symlink():
            part.chmod(whole if part.is_dir() else whole & 0o666)
