"""Answers from a database that SQLAlchemy reaches."""

from collections.abc import Sequence

from eriq.scoring.databases.base import KEY, check_query
from eriq.scoring.databases.sql import SqlReader
from eriq.scoring.sources.base import CHUNK_ROWS, Wanted
from eriq.scoring.sources.table import TableSource


class SqlSource(TableSource):
    """Rows of a table or query, from one state of the database.

    Counting, the digest of the content and all chunks come from that state: a PostgreSQL snapshot, or for
    SQLite a temporary copy. Other databases are read by one statement.

    Parameters
    ----------
    url_env : str
        Environment variable that holds the address.
    table, query : str, optional
        One of them; a schema may stand before the table: ``registers.answers``.
    order_by : sequence of str
        Columns to order by; rows that agree in them are ordered by all other columns.
    chunk_rows : int
    wanted : Wanted, optional
        Columns to give, under our names; all of them as they are named there by default.

    Raises
    ------
    ConfigError, SourceError, DatabaseError, DependencyError
        By cause; the text names the variable, never the address.

    Examples
    --------
    >>> import os, sqlite3, tempfile
    >>> file = f"{tempfile.mkdtemp()}/example.db"
    >>> os.environ["ERIQ_EXAMPLE_DB"] = f"sqlite:///{file}"
    >>> made = sqlite3.connect(file)
    >>> _ = made.execute("CREATE TABLE answers AS SELECT 'b' client_id, 4 cw01 UNION ALL SELECT 'a', NULL")
    >>> made.commit(), made.close()
    (None, None)
    >>> with SqlSource("ERIQ_EXAMPLE_DB", table="answers", order_by=["client_id"]) as source:
    ...     [(chunk.index, chunk.rows.tolist(), chunk.frame["client_id"].tolist()) for chunk in source.chunks()]
    [(0, [1, 2], ['a', 'b'])]
    """

    def __init__(
        self,
        url_env: str,
        *,
        table: str | None = None,
        query: str | None = None,
        order_by: Sequence[str] = KEY,
        chunk_rows: int = CHUNK_ROWS,
        wanted: Wanted | None = None,
    ) -> None:
        check_query(table, query, chunk_rows)
        super().__init__(SqlReader(url_env, table, query, order_by), wanted, chunk_rows)
