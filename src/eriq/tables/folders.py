"""Folders as inputs: what in them is read, and a refusal where something would be left out without a word."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from eriq.errors import SourceError

# What Spark and others leave beside the data, and what holds no rows.
MARKS = re.compile(r"_SUCCESS|_(common_)?metadata|_(committed|started)_\w+|_manifest\.json|\..*\.crc|\.DS_Store|\._.*")
TABLE_SUFFIXES = (".parquet", ".csv", ".xlsx", ".sav", ".zsav", ".dta", ".sas7bdat", ".xpt")


def parquet_files(path: Path) -> list[Path]:
    """Return a Parquet file, or those within a folder in the order of their names.

    Marks that hold no rows (``_SUCCESS``, checksums) are passed over.

    Raises
    ------
    SourceError
        When the folder holds none, or anything else that would be left out.
    """
    if not path.is_dir():
        return [path]
    found: list[Path] = []
    left: Counter[str] = Counter()
    for part in _within(path, left):
        if not MARKS.fullmatch(part.name):
            odd = _odd(part)
            left.update([odd] if odd else [])
            found += [] if odd else [part]
    if left:
        words = ", ".join(f"{count:,} {kind}" for kind, count in sorted(left.items()))
        raise SourceError(
            f"{path.name} holds what would not be read: {words}; such a folder holds Parquet files and nothing else"
        )
    if not found:
        raise SourceError(f"{path.name} holds no Parquet file")
    return sorted(found)


def find_table(folder: Path, name: str) -> Path | None:
    """Return the file of a table in a folder, whatever its format.

    Raises
    ------
    SourceError
        When there are several: nobody knows which of them counts.
    """
    found = [
        part for part in sorted(folder.iterdir()) if part.stem.lower() == name and part.suffix.lower() in TABLE_SUFFIXES
    ]
    if len(found) > 1:
        raise SourceError(f"{folder.name} holds {', '.join(part.name for part in found)}: leave the one that counts")
    return found[0] if found else None


def _within(folder: Path, left: Counter[str]) -> Iterator[Path]:
    """Yield every file and link in a folder and those below; folders of unfinished or other work are counted."""
    for here, folders, files in os.walk(folder, onerror=_stop):
        for name in list(folders):
            part = Path(here, name)
            if part.is_symlink():
                left["link(s)"] += 1
            elif name == "_temporary":
                left["folder(s) of a Spark job that has not ended (_temporary)"] += 1
                folders.remove(name)
            elif name.startswith(("_", ".")):
                left["hidden folder(s)"] += 1
                folders.remove(name)
        for name in files:
            yield Path(here, name)


def _stop(error: OSError) -> None:
    """Refuse a folder that cannot be looked into, which would be passed over otherwise."""
    raise error


def _odd(part: Path) -> str:
    """Return in words why a file would not be read, or nothing."""
    if part.is_symlink():
        return "link(s)"
    if part.name.startswith(("_", ".")):
        return "hidden file(s)"
    if part.suffix.lower() == ".parquet":
        return "" if part.is_file() else "pipe(s) or device(s)"
    suffix = part.suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", part.suffix) else ""
    return f"{suffix} file(s)" if suffix else "file(s) without an ending"
