"""Each training keeps its own folder, and the newest is found under one name."""

import datetime as dt
from pathlib import Path

import pytest

from eriq.errors import OutputError
from eriq.study.reporting.folders import dated_folder, earlier_reports, show_newest

STARTED = dt.datetime(2026, 1, 5, 9, 30, tzinfo=dt.UTC)


def kept(home: Path, started: dt.datetime = STARTED, text: str = "one") -> Path:
    folder = dated_folder(home, started)
    (folder / "tables").mkdir(parents=True)
    (folder / "report.html").write_text(text)
    (folder / "tables" / f"{text}.csv").write_text(text)
    return folder


def test_two_trainings_of_one_second_do_not_share_a_folder(tmp_path: Path) -> None:
    """The second of a second gets a number; names sort by time and have no colon."""
    names = [kept(tmp_path).name for _ in range(3)]
    assert names == ["20260105T093000Z", "20260105T093000Z-2", "20260105T093000Z-3"]


def test_the_newest_is_found_above_and_the_earlier_stays(tmp_path: Path) -> None:
    """After a second training the folder above shows it, without tables of the first, which stands as it was."""
    home = tmp_path / "quick"
    first = kept(home)
    show_newest(first)
    second = kept(home, STARTED + dt.timedelta(hours=1), "two")
    assert show_newest(second) == home
    assert (home / "report.html").read_text() == "two"
    assert [file.name for file in (home / "tables").iterdir()] == ["two.csv"]
    assert (first / "report.html").read_text() == "one"
    assert (home / "latest.txt").read_text() == "20260105T103000Z\n"
    assert not any(part.is_symlink() for part in home.rglob("*"))


def test_earlier_reports_are_all_but_the_newest_of_each_config(tmp_path: Path) -> None:
    """Folders with other names are no reports; the tenth of a second comes after the ninth."""
    for name in ("a", "b"):
        for hour in range(2):
            show_newest(kept(tmp_path / name, STARTED + dt.timedelta(hours=hour)))
    (tmp_path / "a" / "notes").mkdir()
    for n in range(2, 11):
        (tmp_path / "b" / f"20260105T103000Z-{n}").mkdir()
    found = [folder.relative_to(tmp_path).as_posix() for folder in earlier_reports(tmp_path)]
    assert found[0] == "a/20260105T093000Z"
    assert len(found) == 11
    assert "b/20260105T103000Z-10" not in found


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A file in the place of a folder is an output error, and no traceback."""
    folder = kept(tmp_path)
    (tmp_path / "latest.txt").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        show_newest(folder)
