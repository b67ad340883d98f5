"""Tables with keyed pseudonyms in place of ids, for who may work with them and not know whom they are about."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from eriq.config import Csv
from eriq.disclosure import Access, about_people
from eriq.errors import ConfigError, OutputError, SourceError
from eriq.tables.files import finished_or_nothing
from eriq.tables.pseudonyms import Pseudonyms, replace_ids

SHORTEST_KEY = 32  # characters
KINDS = (".csv", ".txt", ".parquet")


def pseudonymise(
    files: Sequence[Path],
    key_env: str,
    out: Path,
    columns: Sequence[str] = ("client_id",),
    *,
    encoding: str = "utf-8",
    overwrite: bool = False,
    access: Access = "owner",
) -> str:
    """Write tables anew with pseudonyms of clients and caseworkers; all of them, or none.

    Parameters
    ----------
    files : sequence of Path
        CSV, text or Parquet.
    key_env : str
        Environment variable with the key.
    out : Path
        Folder; made if the one above it is there.
    columns : sequence of str
        With ids of clients; `caseworker_id` is always replaced where it is there.
    encoding : str
        Of text.
    overwrite : bool
    access : {"owner", "group"}

    Raises
    ------
    ConfigError
        When there is no key, or a short one.
    OutputError
        When an output is an input or is there already.
    SourceError, SchemaError
        When a table cannot be read, or has none of the columns.
    """
    key = os.environ.get(key_env, "")
    if len(key) < SHORTEST_KEY:
        raise ConfigError(f"environment variable {key_env} holds no key of {SHORTEST_KEY} characters or more")
    places = _places(files, out)
    names, rows = Pseudonyms(key.encode()), 0
    with about_people(access), ExitStack() as finished:
        for file, place in places.items():
            draft = finished.enter_context(finished_or_nothing(place, overwrite=overwrite, about_persons=True))
            rows += replace_ids(file, draft, columns, names, Csv(encoding=encoding))
    return (
        f"{rows:,} rows of {len(places)} table(s) with {len(names):,} pseudonyms in {out}. All other columns are as "
        "they were: birth days, places and free text may still tell who somebody is."
    )


def _places(files: Sequence[Path], out: Path) -> dict[Path, Path]:
    """Return where each table goes; refuse what would replace an input or another table."""
    if not out.parent.is_dir():
        raise OutputError(f"there is no folder {out.parent}; make it first, or look whether its name is as meant")
    for file in files:
        if not file.is_file():
            raise SourceError(f"there is no file {file}")
        if file.suffix.lower() not in KINDS:
            raise SourceError(f"{file.name}: ids are replaced in {', '.join(KINDS)}")
    places = {file: out / file.name for file in files}
    if len(set(places.values())) < len(files):
        raise OutputError("two of the tables have the same name; give them in two calls, into two folders")
    for place in places.values():
        if place.exists() and any(place.samefile(file) for file in files):
            raise OutputError(f"{place} is one of the inputs; give another folder")
    return places
