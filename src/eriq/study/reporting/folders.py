"""Where reports are kept: a dated folder for each training of a config, and the newest of them beside these folders."""

import datetime as dt
import re
import shutil
from pathlib import Path

from eriq.errors import OutputError

DATED = re.compile(r"\d{8}T\d{6}Z(-\d+)?")  # the name of a training's own folder
NEWEST = "latest.txt"  # names the one that the files beside it are a copy of


def dated_folder(home: Path, started: dt.datetime) -> Path:
    """Return a folder below `home` for the report of a training that started then; it is not there yet.

    Colons, which some file systems refuse, are left out.

    >>> dated_folder(Path("no such folder"), dt.datetime(2026, 1, 5, 9, 30, tzinfo=dt.UTC)).name
    '20260105T093000Z'
    """
    name = f"{started.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    others = (home / f"{name}-{n}" for n in range(2, 10_000))
    return next(place for place in (home / name, *others) if not place.exists())


def earlier_reports(reports: Path) -> list[Path]:
    """Return the dated folders of all configs but the newest of each."""
    found = []
    for home in sorted(reports.glob("*")):
        dated = sorted((f for f in home.glob("*Z*") if f.is_dir() and DATED.fullmatch(f.name)), key=_order)
        found += dated[:-1]
    return found


def _order(folder: Path) -> tuple[str, int]:
    stamp, _, n = folder.name.partition("-")
    return stamp, int(n or 1)


def show_newest(dated: Path) -> Path:
    """Copy a training's folder to the one above it, where the newest of its config is found under one name.

    Copies, as links do not work on every file system, nor in every archive.

    Returns
    -------
    Path
        The folder above.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    home = dated.parent
    try:
        for part in sorted(dated.iterdir()):
            place = home / part.name
            if part.is_dir():
                shutil.rmtree(place, ignore_errors=True)
                shutil.copytree(part, place)
            else:
                shutil.copyfile(part, place)
        (home / NEWEST).write_text(f"{dated.name}\n", encoding="utf-8")
    except OSError as why:
        raise OutputError(f"{home} cannot be written: {why.strerror}") from None
    return home
