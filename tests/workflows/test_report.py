"""Reports are found by name or folder, and compared into one page."""

from pathlib import Path

import pytest

from eriq.errors import OutputError, SourceError
from eriq.workflows import report


def test_a_name_is_looked_for_below_the_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a report is taken as it is given; any other word is a config, or a config with a time."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "facts.json").write_text("{}")
    assert report.place_of("own") == Path("own")
    assert report.place_of("demo/20260105T093000Z") == Path("mlruns/reports/demo/20260105T093000Z")


def test_without_a_report_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is named, and no page is left."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match="mlruns/reports/a"):
        report.compare("a", "b", Path("compare.html"))
    assert not list(tmp_path.iterdir())


def test_a_page_that_is_there_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only --overwrite replaces it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(report, "read_kept", lambda folder: folder)
    monkeypatch.setattr(report, "beside_html", lambda first, second: f"{first} {second}")
    Path("compare.html").write_text("old")
    with pytest.raises(OutputError, match="overwrite"):
        report.compare("a", "b", Path("compare.html"))
    assert report.compare("a", "b", Path("compare.html"), overwrite=True).read_text() != "old"
