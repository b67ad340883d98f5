"""What is read later is what was read first, byte by byte."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eriq.errors import SourceError
from eriq.tables import stamped as module
from eriq.tables.stamped import stamped

BODY = bytes(range(256)) * 10


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a file of 2,560 bytes, known in blocks of 100."""
    monkeypatch.setattr(module, "BLOCK", 100)
    (tmp_path / "a.bin").write_bytes(BODY)
    return tmp_path / "a.bin"


@given(reads=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000)), max_size=5), block=st.integers(1, 3000))
def test_any_part_is_read_as_it_is(reads: list[tuple[int, int]], block: int) -> None:
    """Wherever one looks, and however much one asks for, the bytes are those of the file."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        (file := Path(folder) / "a.bin").write_bytes(BODY)
        sha256, (taken,) = stamped([file])
        assert sha256 == hashlib.sha256(BODY).hexdigest()
        with taken.open() as opened:
            for place, size in reads:
                opened.seek(place)
                assert opened.read(size) == BODY[place : place + size]
            assert opened.seek(-7, os.SEEK_END) == len(BODY) - 7
            assert opened.read() == BODY[-7:]


def _one_byte(file: Path) -> None:
    with file.open("r+b") as out:
        out.seek(1234)
        out.write(b"\xff")


CHANGES: dict[str, Callable[[Path], object]] = {
    "one byte": _one_byte,
    "grown": lambda file: file.write_bytes(BODY + b"x"),
    "shrunk": lambda file: file.write_bytes(BODY[:-1]),
    "emptied": lambda file: file.write_bytes(b""),
    "replaced": lambda file: (file.with_name("b").write_bytes(BODY[::-1]), file.with_name("b").replace(file)),
}


@pytest.mark.parametrize("opened_before", [True, False])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_noticed_whatever_the_clock_says(file: Path, change: str, opened_before: bool) -> None:
    """A file that is written to, cut or replaced is refused when it is read, with its old time and size as well."""
    (_, (taken,)), before = stamped([file]), file.stat()
    opened = taken.open() if opened_before else None
    CHANGES[change](file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    if opened and change == "replaced":  # what is open stays what it was
        assert opened.read() == BODY
        return
    with pytest.raises(SourceError, match=r"a\.bin changed while it was read"):
        (opened or taken.open()).read()


def test_several_files_have_one_digest(tmp_path: Path) -> None:
    """The digest of several files is that of their bytes one after the other."""
    for name in "ab":
        (tmp_path / name).write_bytes(name.encode())
    assert stamped([tmp_path / "a", tmp_path / "b"])[0] == hashlib.sha256(b"ab").hexdigest()


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_only_regular_files_are_read(tmp_path: Path, kind: str) -> None:
    """A pipe without a writer is refused at once, and a device that never ends as well."""
    os.mkfifo(tmp_path / "pipe")
    path = {"pipe": tmp_path / "pipe", "device": Path("/dev/zero"), "folder": tmp_path}[kind]
    with pytest.raises(SourceError, match="not a regular file"):
        stamped([path])
