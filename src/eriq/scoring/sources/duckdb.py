"""Answers from a DuckDB file."""

from collections.abc import Sequence
from pathlib import Path

from eriq.scoring.databases.base import KEY, check_query
from eriq.scoring.databases.duckdb import DuckReader
from eriq.scoring.sources.base import CHUNK_ROWS, Wanted
from eriq.scoring.sources.table import TableSource


class DuckDbSource(TableSource):
    """Rows of a table or query in a DuckDB file; else as `SqlSource`.

    A query sees the tables of the file and nothing else: no other file, address or extension. Nobody writes to the
    file meanwhile, except with `written` a `DuckDbSink` of the same process.

    Parameters
    ----------
    file : Path
    table, query, order_by, chunk_rows, wanted
        As in `SqlSource`.
    written : bool
        Scores go into the same file; then it is open for writing, and the reading is kept to read-only transactions.

    Raises
    ------
    ConfigError
        When the query is not one SELECT, or reaches beyond the file.
    DependencyError
        When DuckDB is not installed.
    SourceError, DatabaseError, BusyError
        By cause.
    """

    def __init__(
        self,
        file: Path,
        *,
        table: str | None = None,
        query: str | None = None,
        order_by: Sequence[str] = KEY,
        chunk_rows: int = CHUNK_ROWS,
        wanted: Wanted | None = None,
        written: bool = False,
    ) -> None:
        check_query(table, query, chunk_rows)
        super().__init__(DuckReader(file, table, query, order_by, written=written), wanted, chunk_rows)
