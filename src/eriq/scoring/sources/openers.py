"""Which source reads which kind of input; a new kind is one more line in `OPENERS`."""

from collections.abc import Callable, Mapping

from eriq.config import DuckDbInput, FileInput, SqlInput
from eriq.scoring.sources.base import Source, Wanted
from eriq.scoring.sources.files import open_files
from eriq.tables.folders import find_table

Input = FileInput | SqlInput | DuckDbInput


def open_source(given: Input, wanted: Wanted, chunk_rows: int, *, written: bool = False) -> Source:
    """Return the source that reads an input.

    Parameters
    ----------
    given : FileInput, SqlInput or DuckDbInput
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
    return OPENERS[given.kind](given, wanted, chunk_rows, written)


def _file(given: FileInput, wanted: Wanted, chunk_rows: int, written: bool) -> Source:
    answers = find_table(given.folder, "answers") if given.folder else None
    return open_files(answers or given.path, wanted, given.csv, chunk_rows)


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


OPENERS: Mapping[str, Callable[..., Source]] = {"file": _file, "sql": _sql, "duckdb": _duckdb}
