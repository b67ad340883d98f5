"""What a folder holds is read, or told with its count."""

from collections.abc import Callable
from pathlib import Path

import pytest

from eriq.errors import SourceError
from eriq.tables.folders import find_table, parquet_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder as Spark leaves it, with two files of data, one of them in capital letters."""
    made = tmp_path / "in"
    (made / "b").mkdir(parents=True)
    for name in ("a.parquet", "b/C.PARQUET", "_SUCCESS", ".a.parquet.crc", "_metadata"):
        (made / name).write_bytes(b"x")
    return made


def test_files_come_in_the_order_of_their_names(folder: Path) -> None:
    """Capital letters in the ending, and folders within, change nothing; marks hold no rows."""
    assert [part.name for part in parquet_files(folder)] == ["a.parquet", "C.PARQUET"]
    assert parquet_files(folder / "a.parquet") == [folder / "a.parquet"]


def _made(name: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")

    return make


LEFT: dict[str, tuple[Callable[[Path], object], str]] = {
    "no ending": (_made("part-0"), "1 file(s) without an ending"),
    "text": (_made("b/answers.csv"), "1 .csv file(s)"),
    "odd ending": (_made("a.1980-01-01 Anna"), "1 file(s) without an ending"),
    "link": (lambda folder: (folder / "l.parquet").symlink_to(folder / "a.parquet"), "1 link(s)"),
    "dangling": (lambda folder: (folder / "l.parquet").symlink_to("nowhere"), "1 link(s)"),
    "linked folder": (lambda folder: (folder / "l").symlink_to(folder / "b"), "1 link(s)"),
    "unfinished": (_made("_temporary/0/a.parquet"), "a Spark job that has not ended"),
    "delta": (_made("_delta_log/0.json"), "1 hidden folder(s)"),
    "hidden file": (_made(".b.parquet"), "1 hidden file(s)"),
    "staged": (_made(".staging/b.parquet"), "1 hidden folder(s)"),
}


@pytest.mark.parametrize("kind", LEFT)
def test_what_would_be_left_out_is_told(folder: Path, kind: str) -> None:
    """Anything that is neither read nor a mark without rows is refused, with its count and without its name."""
    make, words = LEFT[kind]
    make(folder)
    with pytest.raises(SourceError) as refused:
        parquet_files(folder)
    assert words in str(refused.value)
    assert "Anna" not in str(refused.value)


def test_a_table_in_two_formats_is_refused(tmp_path: Path) -> None:
    """Nobody knows whether answers.csv or answers.parquet counts."""
    (tmp_path / "answers.csv").touch()
    assert find_table(tmp_path, "answers") == tmp_path / "answers.csv"
    (tmp_path / "Answers.PARQUET").touch()
    with pytest.raises(SourceError, match=r"Answers\.PARQUET, answers\.csv: leave the one that counts"):
        find_table(tmp_path, "answers")
    assert find_table(tmp_path, "persons") is None
