"""The door for files about single persons."""

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from eriq.disclosure import about_people, only_for_owner


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """Set a umask for a test."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    """Return who may do what with a file."""
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize(("access", "file", "folder"), [("owner", 0o600, 0o700), ("group", 0o640, 0o750)])
def test_modes_do_not_hang_on_the_umask(umask: int, tmp_path: Path, access: str, file: int, folder: int) -> None:
    """Files are 0600 in folders 0700, or 0640 in 0750, under any umask, and the umask is back afterwards."""
    with about_people(access):
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "scores.csv").write_text("")
        made = tmp_path / "made"
        made.touch()
        made.chmod(0o666)
        only_for_owner(made)

    assert (mode(tmp_path / "folder"), mode(tmp_path / "folder" / "scores.csv"), mode(made)) == (folder, file, file)
    assert os.umask(umask) == umask


def test_the_strictest_of_all_open_blocks_holds(tmp_path: Path) -> None:
    """A block that another thread opens or closes meanwhile does not open the files of this one."""
    opened, close = Event(), Event()

    def other() -> None:
        with about_people("group"):
            opened.set()
            close.wait()

    before = os.umask(0o022)
    thread = Thread(target=other)
    with about_people():
        thread.start()
        opened.wait()
        (tmp_path / "scores.csv").touch()
        close.set()
        thread.join()
        (tmp_path / "rejected.csv").touch()
    assert mode(tmp_path / "scores.csv") == mode(tmp_path / "rejected.csv") == 0o600
    assert os.umask(before) == 0o022
