"""The door to DuckDB: one file, rows to read and tables to write."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd

from eriq.errors import BusyError, ConfigError, DatabaseError, DependencyError, SourceError
from eriq.scoring.databases.base import BATCH_ROWS, Reader, Row, Writer, whole_order
from eriq.scoring.databases.cells import row_digest
from eriq.scoring.databases.select import RULE
from eriq.scoring.kinds import Kind, kind_of

TYPES: dict[Kind, str] = {
    "day": "DATE",
    "flag": "BOOLEAN",
    "whole": "BIGINT",
    "number": "DOUBLE",
    "text": "VARCHAR",
}


# No file, address, library or variable of the program within reach of a query, and no way back.
CLOSED = (
    "SET enable_external_access = false",
    "SET python_enable_replacements = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET lock_configuration = true",
)


class DuckFile(Writer):
    """An open DuckDB file, and tables in it; with `read_only` it may be open so in other processes too.

    Raises
    ------
    DependencyError
        When DuckDB is not installed.
    BusyError, DatabaseError
        When the file is open elsewhere, or is none.
    """

    def __init__(self, file: Path, *, read_only: bool = False) -> None:
        try:
            import duckdb
        except ImportError:
            raise DependencyError("DuckDB is not installed: pip install 'eriq[duckdb]'") from None
        self._where, self._error, self._refused = file.name, duckdb.Error, duckdb.PermissionException
        try:
            self.connection = duckdb.connect(str(file), read_only=read_only)
        except (duckdb.IOException, duckdb.ConnectionException):
            raise BusyError(f"{file.name} is open elsewhere, may not be written to, or is not a DuckDB file") from None
        except duckdb.Error as why:
            raise DatabaseError(f"{file.name} cannot be opened ({type(why).__name__})") from None

    @contextmanager
    def naming(self, task: str) -> Iterator[None]:
        """Turn what DuckDB raises into an error of ours, without its text."""
        try:
            yield
        except self._error as why:
            raise DatabaseError(f"{self._where} refused while {task} ({type(why).__name__})") from None

    def select_alone(self, query: str) -> None:
        """Raise ConfigError unless DuckDB itself takes a text for one SELECT; the text is never repeated."""
        import duckdb

        try:
            kinds = [statement.type for statement in self.connection.extract_statements(query)]
        except self._error:
            raise ConfigError(f"{RULE}, and the query does not read as SQL of DuckDB") from None
        if kinds != [duckdb.StatementType.SELECT]:
            raise ConfigError(f"{RULE}, and the query is none, or more than one statement")

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Keep queries to the tables of the file; what reaches for more breaks a rule of ours."""
        with self.naming("reading"):
            if not self.connection.execute("SELECT current_setting('lock_configuration')").fetchone()[0]:
                for line in CLOSED:
                    self.connection.execute(line)
            try:
                yield
            except self._refused:
                raise ConfigError(
                    f"{RULE} of its own file, and the query reaches for another file or address"
                ) from None

    @contextmanager
    def transaction(self, task: str) -> Iterator[None]:
        """Make what happens within durable together, or not at all."""
        with self.naming(task):
            self.connection.execute("BEGIN")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                with suppress(self._error):  # an error may have ended the transaction already
                    self.connection.execute("ROLLBACK")
                raise

    def select(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        """Return what a query gives."""
        used = {name: value for name, value in values.items() if f":{name}" in sql}
        return [tuple(row) for row in self.connection.execute(re.sub(r":([a-z]\w*)", r"$\1", sql), used).fetchall()]

    def change(self, sql: str, **values: object) -> int:
        """Run a statement and return the number of rows it changed."""
        told = self.select(sql, **values)  # one line with the number; none for what changes no rows
        return int(told[0][0]) if told else 0

    def insert(self, table: str, line: Mapping[str, object]) -> bool:
        """Add a row; a key that is there already is an error of DuckDB's own."""
        names, marks = ", ".join(map(self.quote, line)), ", ".join(f"${name}" for name in line)
        self.connection.execute(f"INSERT INTO {self.quote(table)} ({names}) VALUES ({marks})", dict(line))
        return True

    def load(self, table: str, frame: pd.DataFrame) -> None:
        """Add the rows of a frame."""
        names = ", ".join(self.quote(str(name)) for name in frame.columns)
        self.connection.register("eriq_chunk", frame)
        self.connection.execute(f"INSERT INTO {self.quote(table)} ({names}) SELECT {names} FROM eriq_chunk")
        self.connection.unregister("eriq_chunk")

    def create(self, table: str, like: pd.DataFrame, key: Sequence[str]) -> None:
        """Make a table with the columns of a frame, those of `key` filled and together unique."""
        columns = [
            f"{self.quote(str(name))} {TYPES[kind_of(like[name])]}{' NOT NULL' if name in key else ''}"
            for name in like.columns
        ]
        if key:
            columns.append(f"UNIQUE ({', '.join(map(self.quote, key))})")
        self.connection.execute(f"CREATE TABLE {self.quote(table)} ({', '.join(columns)})")

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table, none if it is not there."""
        sql = "SELECT column_name FROM duckdb_columns() WHERE table_name = $name ORDER BY column_index"
        return [str(row[0]) for row in self.connection.execute(sql, {"name": table}).fetchall()]

    def quote(self, name: str) -> str:
        """Return a name as SQL takes it."""
        return '"' + name.replace('"', '""') + '"'

    def skip_known(self) -> str:
        """Return what to add to an INSERT so that rows whose key is there are passed over."""
        return " ON CONFLICT DO NOTHING"

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()


class DuckReader(Reader):
    """Rows of a table or query in a DuckDB file."""

    kind, snapshot = "duckdb", False  # its file may be replaced by what is no database

    def __init__(
        self, file: Path, table: str | None, query: str | None, order_by: Sequence[str], *, written: bool = False
    ) -> None:
        if not file.is_file():
            raise SourceError(f"there is no DuckDB file {file}")
        # Whoever writes to a file shares it within one process, and then its connections must be of one kind.
        self._duck = DuckFile(file, read_only=not written)
        try:
            if query is not None:
                self._duck.select_alone(query)
            self._open(table, query or "", order_by)
        except BaseException:
            self.close()
            raise

    def _open(self, table: str | None, query: str, order_by: Sequence[str]) -> None:
        if table:
            query = "SELECT * FROM " + ".".join(self._duck.quote(part) for part in table.split("."))
        self._query = f"({query.strip().rstrip(';')}) AS eriq_input"
        with self._duck.closed():
            described = self._cursor().execute(f"SELECT * FROM {self._query} LIMIT 0").description
            self.names = [str(column[0]) for column in described]
            found = self._cursor().execute(f"SELECT count(*) FROM {self._query}").fetchone()
        self._order = ", ".join(self._duck.quote(name) for name in whole_order(self.names, order_by))
        self.total_rows = int(found[0])

    def _cursor(self) -> Any:
        """Return a connection of its own that can only read, also where the file is open for writing."""
        return self._duck.connection.cursor().execute("BEGIN TRANSACTION READ ONLY")

    def digest(self) -> str:
        """Return a digest of every row, whatever the order."""
        total = 0
        with self._duck.naming("reading"):
            result = self._cursor().execute(f"SELECT * FROM {self._query}")
            while rows := result.fetchmany(BATCH_ROWS):
                total += sum(map(row_digest, rows))
        return str(total % 2**64)

    def rows(self, start: int, size: int) -> Iterator[Sequence[Row]]:
        """Yield rows from piece number `start` on, `size` at a time, in order."""
        with self._duck.naming("reading"):
            text = f"SELECT * FROM {self._query} ORDER BY {self._order} OFFSET {start * size}"
            result = self._cursor().execute(text)
            while rows := result.fetchmany(size):
                yield rows

    def close(self) -> None:
        """Let go of the file."""
        self._duck.close()
