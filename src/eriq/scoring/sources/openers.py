"""Which source reads which kind of input; a new kind is one more line in `OPENERS`."""

from collections.abc import Callable, Mapping
from pathlib import Path

from eriq.config import DuckDbInput, FileInput, ObjectInput, SqlInput, Tables
from eriq.scoring.sources.base import Source, Wanted
from eriq.scoring.sources.files import open_files
from eriq.scoring.sources.own_words import OwnWords, own_tables, whole_file, words_for
from eriq.tables.folders import find_table
from eriq.tables.formats import STATISTICS

Input = FileInput | SqlInput | DuckDbInput | ObjectInput | Tables


def open_source(given: Input, wanted: Wanted, chunk_rows: int, *, written: bool = False) -> Source:
    """Return the source that reads an input.

    Parameters
    ----------
    given : FileInput, SqlInput, DuckDbInput, ObjectInput or Tables
    wanted : Wanted
        Columns to read; all others stay where they are.
    chunk_rows : int
        Most rows in a chunk.
    written : bool
        Scores go into the very file that is read, as a DuckDB file lets them.

    Raises
    ------
    EriqError
        By cause: no such file or table, unreadable, columns that do not fit, a library that is not installed.
    """
    if isinstance(given, FileInput) and _needs_all(given, wanted):
        return whole_file(_answers(given), given, wanted, chunk_rows)
    if isinstance(given, Tables) or given.says_nothing:
        return OPENERS[given.kind](given, wanted, chunk_rows, written)
    words = words_for(given, wanted)
    return OwnWords(OPENERS[given.kind](given, wanted, chunk_rows, written), words)


def _answers(given: FileInput) -> Path:
    return (find_table(given.folder, "answers") if given.folder else None) or given.path


def _needs_all(given: FileInput, wanted: Wanted) -> bool:
    """Return whether a chunk of the file does not tell enough: rows of one questionnaire, a sheet, declared labels."""
    declared = wanted.instrument is not None and _answers(given).suffix.lower() in STATISTICS
    return given.answers_form == "long" or given.sheet("answers") is not None or declared


def _file(given: FileInput, wanted: Wanted, chunk_rows: int, written: bool) -> Source:
    return open_files(_answers(given), wanted, given.csv, chunk_rows)


def _sql(given: SqlInput, wanted: Wanted, chunk_rows: int, written: bool) -> Source:
    from eriq.scoring.sources.sql import SqlSource

    return SqlSource(
        given.url_env,
        table=given.table,
        query=given.query,
        order_by=given.order_by,
        chunk_rows=chunk_rows,
        wanted=wanted,
    )


def _duckdb(given: DuckDbInput, wanted: Wanted, chunk_rows: int, written: bool) -> Source:
    from eriq.scoring.sources.duckdb import DuckDbSource

    return DuckDbSource(
        given.file,
        table=given.table,
        query=given.query,
        order_by=given.order_by,
        chunk_rows=chunk_rows,
        wanted=wanted,
        written=written,
    )


def _object(given: ObjectInput, wanted: Wanted, chunk_rows: int, written: bool) -> Source:
    from eriq.scoring.sources.objects import open_objects

    return open_objects(given.uri, wanted, given.csv, chunk_rows)


OPENERS: Mapping[str, Callable[..., Source]] = {
    "file": _file,
    "sql": _sql,
    "duckdb": _duckdb,
    "object": _object,
    "tables": own_tables,
}
