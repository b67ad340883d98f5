"""Answers from a database, scores into one: whole chunks, nothing twice, no address or value in an error.

A database is reached by SQLAlchemy, at an address that stands in an environment variable and
nowhere else; DuckDB files are opened by their path. Scores are stored chunk by chunk in tables of
the running job, together with a line of its journal, and move to their final table in one
transaction at the end. So an interrupted job can be continued, and nobody sees half of one.
"""

import datetime as dt
import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy import exc

from eriq.errors import (
    BusyError,
    ConfigError,
    DatabaseError,
    DependencyError,
    EriqError,
    OutputError,
    ResumeError,
    SourceError,
    nearest,
)
from eriq.scoring.sources.files import Chunk

KEY = ("client_id", "answered_on")
LONGEST_NAME = 40  # PostgreSQL cuts names after 63 letters, and ours get an ending
INSERT_ROWS = 5000
_TEXT = pd.StringDtype(na_value=np.nan)
NULLABLE = {"integer": "Int64", "floating": "Float64", "mixed-integer-float": "Float64", "boolean": "boolean"}
# What databases report, by SQLSTATE or by SQLite's own names.
LOCKED = ("55P03", "40P01", "40001", "SQLITE_BUSY", "SQLITE_LOCKED")
FULL = ("53100", "53200", "SQLITE_FULL")
ENDED = ("57P01", "57P02", "57P03", "57P05", "25P03")


# --- errors and addresses ------------------------------------------------------------------


def named(why: Exception, where: str, task: str) -> EriqError:
    """Return what a database driver raised as an error of ours, without its text: that can hold rows and passwords.

    >>> print(named(exc.OperationalError("", None, ValueError("password=hunter2")), "ERIQ_DB", "reading"))
    the database of ERIQ_DB refused while reading (ValueError)
    """
    original = getattr(why, "orig", None) or why
    code = str(getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None) or "")
    kind = type(original).__name__ + (f", {code}" if code else "")
    again = "whole chunks stored before stay, and --resume continues after them"
    if code.startswith(LOCKED):
        return DatabaseError(
            f"a table in the database of {where} was locked by somebody else while {task} ({kind}); {again}"
        )
    if code.startswith(FULL):
        return DatabaseError(f"the database of {where} is full ({kind}); {again}")
    dropped = getattr(why, "connection_invalidated", False) or code in ENDED or code.startswith("08")
    if dropped:
        return DatabaseError(f"the connection to the database of {where} was lost while {task} ({kind}); {again}")
    return DatabaseError(f"the database of {where} refused while {task} ({kind})")


@contextmanager
def _naming(where: str, task: str) -> Iterator[None]:
    try:
        yield
    except exc.SQLAlchemyError as why:
        raise named(why, where, task) from None


def address(url_env: str) -> sa.URL:
    """Return the address of a database from the environment variable that holds it.

    Parameters
    ----------
    url_env : str
        Name of the variable; its content is like ``postgresql://user:password@host/name``.

    Raises
    ------
    SourceError
        When the variable is not set, or holds no address. The content is never shown.

    Examples
    --------
    >>> os.environ["ERIQ_EXAMPLE_DB"] = "postgres://reader:secret@db.example/registers"
    >>> address("ERIQ_EXAMPLE_DB").drivername
    'postgresql+psycopg'
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", url_env):
        raise ConfigError("a database is given by the NAME of an environment variable, never by its address")
    text = os.environ.get(url_env, "")
    if not text:
        raise SourceError(f"the environment variable {url_env} is not set; it holds the address of the database")
    try:
        url = sa.make_url(text)
    except (exc.ArgumentError, ValueError):
        raise SourceError(f"{url_env} does not hold an address such as postgresql://user@host/name") from None
    if url.drivername in ("postgres", "postgresql"):  # what most people write, for the driver we ship
        url = url.set(drivername="postgresql+psycopg")
    return url


def open_engine(url_env: str, lock_seconds: int = 30) -> sa.Engine:
    """Return an engine that shows no values, keeps no connection open, and waits for locks so many seconds.

    Raises
    ------
    SourceError, DependencyError
        When there is no address, or its driver is not installed.
    """
    url = address(url_env)
    arguments: dict[str, Any] = {}
    if url.get_backend_name() == "sqlite":
        arguments = {"timeout": lock_seconds}
    elif url.drivername == "postgresql+psycopg":
        arguments = {"connect_timeout": 10, "application_name": "eriq"}
    try:
        return sa.create_engine(url, hide_parameters=True, poolclass=sa.NullPool, connect_args=arguments)
    except ImportError:
        raise DependencyError(
            f"no driver for {url.drivername} is installed; for PostgreSQL: pip install 'eriq[postgres]'"
        ) from None
    except exc.SQLAlchemyError:
        raise SourceError(f"{url_env} names a kind of database that is not known here") from None


# --- rows to frames and back ---------------------------------------------------------------


def frame_of(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> pd.DataFrame:
    """Return rows of a cursor as a table; whole numbers stay whole beside gaps, numbers like 0.10 stay as written.

    >>> frame_of([(1, "a", None), (None, "b", None)], ["n", "t", "nothing"]).dtypes.astype(str).tolist()
    ['Int64', 'str', 'str']
    """
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    made = [_column(values) for values in columns]
    return (
        pd.concat(made, axis="columns", keys=range(len(made))).set_axis(list(names), axis="columns")
        if made
        else pd.DataFrame()
    )


def _column(values: Sequence[Any]) -> pd.Series:
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    kind = pd.api.types.infer_dtype(cells, skipna=True)
    if kind in ("string", "empty"):
        return pd.Series(cells, dtype=_TEXT)
    try:
        return pd.Series(cells, dtype=NULLABLE.get(kind, object))
    except OverflowError:  # a whole number of more than 64 bits
        return pd.Series(cells, dtype=object)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    r"""Return rows as a driver takes them: plain values, gaps as None, days as dates.

    >>> records(pd.DataFrame({"n": pd.array([1, None], dtype="Int8"), "t": ["a", "b\x00"]}))
    [{'n': 1, 't': 'a'}, {'n': None, 't': 'b\ufffd'}]
    """
    plain = []
    for name in frame.columns:
        given = frame[name]
        if given.dtype.kind == "M":
            plain.append([None if day is pd.NaT else day.date() for day in given])
        elif given.dtype.kind in "iufb" and not pd.api.types.is_extension_array_dtype(given.dtype):
            plain.append([None if v != v else v for v in given.tolist()])
        else:
            cells = given.astype(object).where(given.notna(), None).tolist()
            plain.append([_storable(v) if isinstance(v, str) else v for v in cells])
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*plain, strict=True)]


def _storable(text: str) -> str:
    """Return text without what databases refuse: the sign 0, and halves of a surrogate pair."""
    if text.isascii():
        return text.replace("\x00", "\ufffd")
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _chunk(index: int, first: int, rows: Sequence[Sequence[Any]], names: Sequence[str]) -> Chunk:
    """Return rows as a chunk; a row with text that is not UTF-8 is broken, the others are not."""
    numbers = np.arange(first, first + len(rows), dtype=np.int64)
    bad: list[int] = []
    try:
        frame = frame_of(rows, names)
    except UnicodeEncodeError:
        bad = [place for place, row in enumerate(rows) if not all(map(_is_text, row))]
        good = np.setdiff1d(np.arange(len(rows)), bad)
        frame = frame_of([rows[place] for place in good], names)
    broken = pd.DataFrame(
        {
            "row": numbers[bad],
            "code": pd.Series(["encoding"] * len(bad), dtype="str"),
            "reason": pd.Series(["text that is not UTF-8"] * len(bad), dtype="str"),
        }
    )
    return Chunk(index, first, len(rows), frame, np.delete(numbers, bad), broken)


def _is_text(cell: Any) -> bool:
    """Return false for text that came with half a surrogate pair: bytes that are not UTF-8."""
    if not isinstance(cell, str) or cell.isascii():
        return True
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


# --- sources -------------------------------------------------------------------------------


class SqlSource:
    """Rows of a table or query, in an order that does not depend on the database's mood.

    Counting, the digest of the content and all chunks come from one state of the database: a
    PostgreSQL snapshot, or for SQLite a temporary copy, so that its file is not locked meanwhile.
    Other databases are read by one statement.

    Parameters
    ----------
    url_env : str
        Environment variable that holds the address.
    table, query : str, optional
        One of them; a schema may stand before the table: ``registers.answers``.
    order_by : sequence of str
        Columns to order by; rows that agree in them are ordered by all other columns.
    chunk_rows : int

    Raises
    ------
    ConfigError, SourceError, DatabaseError, DependencyError
        By cause; the text names the variable, never the address.

    Examples
    --------
    >>> import tempfile
    >>> os.environ["ERIQ_EXAMPLE_DB"] = f"sqlite:///{tempfile.mkdtemp()}/example.db"
    >>> with sa.create_engine(os.environ["ERIQ_EXAMPLE_DB"]).begin() as made:
    ...     _ = made.execute(sa.text("CREATE TABLE answers AS SELECT 'b' client_id, 4 cw01 UNION ALL SELECT 'a', NULL"))
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
        chunk_rows: int = 50_000,
    ) -> None:
        _one_of(table, query, chunk_rows)
        self._where, self._chunk_rows = url_env, chunk_rows
        self._engine = open_engine(url_env)
        self._dialect = self._engine.dialect.name
        if self._dialect == "sqlite":
            sa.event.listen(self._engine, "connect", _lenient)
        file = self._engine.url.database
        if self._dialect == "sqlite" and file and file != ":memory:" and not Path(file).is_file():
            raise SourceError(f"{url_env} names a SQLite file that is not there")
        with _naming(url_env, "being opened"):
            self._connection = self._engine.connect()
        try:
            with _naming(url_env, "reading"):
                self._open(table, query or "", order_by)
        except BaseException:
            self.close()
            raise

    def _open(self, table: str | None, query: str, order_by: Sequence[str]) -> None:
        if self._dialect == "postgresql":
            self._connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        quote = self._engine.dialect.identifier_preparer.quote
        if table:
            query = "SELECT * FROM " + ".".join(quote(part) for part in table.split("."))
        # text() takes ":name" for a parameter; a query of ours has none
        given = sa.text(query.strip().rstrip(";").replace(":", r"\:"))
        head = self._connection.execute(
            sa.select(sa.text("*")).select_from(given.columns().subquery("eriq_input")).limit(0)
        )
        self.names = list(head.keys())
        order = _order(self.names, order_by)
        source = given.columns(*(sa.column(name) for name in self.names)).subquery("eriq_input")
        if self._dialect == "sqlite":
            source = self._copied(source, order)
        self._source = source
        self._ordered = sa.select(source).order_by(*(source.c[name] for name in order))
        self.total_rows: int | None = int(
            self._connection.execute(sa.select(sa.func.count()).select_from(source)).scalar_one()
        )

    def _copied(self, source: Any, order: Sequence[str]) -> Any:
        """Return a temporary table with the rows in order; an open cursor would lock the whole file against writing."""
        ordered = sa.select(source).order_by(*(source.c[name] for name in order))
        text = str(ordered.compile(self._engine))
        self._connection.exec_driver_sql(f"CREATE TEMPORARY TABLE eriq_input AS {text}")
        self._connection.commit()
        return sa.table("eriq_input", *(sa.column(name) for name in self.names), schema="temp")

    def stamp(self) -> dict[str, str]:
        """Return the number of rows, the columns, and a digest of every row whatever the order."""
        with _naming(self._where, "reading"):
            total = self._digest()
        columns = hashlib.sha256("\x1f".join(self.names).encode()).hexdigest()[:16]
        return {"kind": self._dialect, "rows": str(self.total_rows), "columns": columns, "content": total}

    def _digest(self) -> str:
        if self._dialect == "postgresql":  # several times as fast, where the rows are
            whole = sa.func.hashtextextended(sa.literal_column("CAST(eriq_input AS text)"), 0)
            return str(self._connection.execute(sa.select(sa.func.sum(whole)).select_from(self._source)).scalar_one())
        result = self._connection.execute(sa.select(self._source))
        total = sum(row_digest(row) for rows in result.partitions(INSERT_ROWS) for row in rows)
        return str(total % 2**64)

    def chunks(self, start: int = 0) -> Iterator[Chunk]:
        """Yield chunks from number `start` on, in the order of the key.

        Raises
        ------
        DatabaseError
            When the connection is lost on the way; what was yielded before is whole.
        """
        with _naming(self._where, "reading"):
            if self._dialect == "sqlite":
                yield from self._pages(start)
            else:
                yield from self._stream(start)

    def _pages(self, start: int) -> Iterator[Chunk]:
        lower = {name.lower() for name in self.names}
        rowid: Any = sa.literal_column(next(name for name in ("rowid", "oid", "_rowid_") if name not in lower))
        for index in count(start):
            first = index * self._chunk_rows
            page = sa.select(self._source).where(rowid > first, rowid <= first + self._chunk_rows).order_by(rowid)
            rows = self._connection.execute(page).all()
            if not rows:
                return
            yield _chunk(index, first + 1, rows, self.names)

    def _stream(self, start: int) -> Iterator[Chunk]:
        statement = self._ordered.offset(start * self._chunk_rows) if start else self._ordered
        result = self._connection.execution_options(stream_results=True, yield_per=self._chunk_rows).execute(statement)
        with result:
            for index, rows in enumerate(result.partitions(), start):
                yield _chunk(index, index * self._chunk_rows + 1, rows, self.names)

    def close(self) -> None:
        """Let go of the connection."""
        if hasattr(self, "_connection"):
            self._connection.close()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def row_digest(row: Sequence[Any]) -> int:
    """Return 64 bits that stand for a row; added up they do not depend on the order of rows.

    >>> row_digest((1, "a")) == row_digest([1, "a"])
    True
    """
    return int.from_bytes(
        hashlib.blake2b(repr(tuple(row)).encode("utf-8", "replace"), digest_size=8).digest(), "little"
    )


def _lenient(connection: Any, record: Any) -> None:
    """Let SQLite hand out text that is not UTF-8: one such cell would end the whole job otherwise."""
    connection.text_factory = lambda given: given.decode("utf-8", "surrogateescape")


def _one_of(table: str | None, query: str | None, chunk_rows: int) -> None:
    if (table is None) == (query is None):
        raise ConfigError("a database source needs either a table or a query")
    if chunk_rows < 1:
        raise ConfigError(f"chunk_rows must be at least 1, got {chunk_rows}")


def _order(names: Sequence[str], order_by: Sequence[str]) -> list[str]:
    """Return the columns to order by: the key, and then all others, so that ties are of equal rows only."""
    for name in order_by:
        if name not in names:
            raise SourceError(f"the database has no column '{name}' to order by.{nearest(name, names)}")
    if len(set(names)) < len(names):
        raise SourceError("the query gives two columns of the same name")
    return [*order_by, *(name for name in names if name not in order_by)]


class DuckDbSource:
    """Rows of a table or query in a DuckDB file; else as `SqlSource`.

    The file is not opened by others meanwhile, except by a `DuckDbSink` of the same process.

    Parameters
    ----------
    file : Path
    table, query, order_by, chunk_rows
        As in `SqlSource`.

    Raises
    ------
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
        chunk_rows: int = 50_000,
    ) -> None:
        _one_of(table, query, chunk_rows)
        if not file.is_file():
            raise SourceError(f"there is no DuckDB file {file}")
        self._duck = _Duck(file)
        self._chunk_rows = chunk_rows
        if table:
            query = "SELECT * FROM " + ".".join(self._duck.quote(part) for part in table.split("."))
        self._query = f"({(query or '').strip().rstrip(';')}) AS eriq_input"
        with self._duck.naming("reading"):
            described = self._duck.connection.execute(f"SELECT * FROM {self._query} LIMIT 0").description
            self.names = [str(column[0]) for column in described]
            found = self._duck.connection.execute(f"SELECT count(*) FROM {self._query}").fetchone()
        self._order = ", ".join(self._duck.quote(name) for name in _order(self.names, order_by))
        self.total_rows: int | None = int(found[0])

    def stamp(self) -> dict[str, str]:
        """Return the number of rows, the columns, and a digest of every row whatever the order."""
        columns = hashlib.sha256("\x1f".join(self.names).encode()).hexdigest()[:16]
        total = 0
        with self._duck.naming("reading"):
            result = self._duck.connection.cursor().execute(f"SELECT * FROM {self._query}")
            while rows := result.fetchmany(self._chunk_rows):
                total += sum(map(row_digest, rows))
        return {"kind": "duckdb", "rows": str(self.total_rows), "columns": columns, "content": str(total % 2**64)}

    def chunks(self, start: int = 0) -> Iterator[Chunk]:
        """Yield chunks from number `start` on, in the order of the key."""
        with self._duck.naming("reading"):
            skipped = start * self._chunk_rows
            text = f"SELECT * FROM {self._query} ORDER BY {self._order} OFFSET {skipped}"
            result = self._duck.connection.cursor().execute(text)
            for index in count(start):
                rows = result.fetchmany(self._chunk_rows)
                if not rows:
                    return
                yield _chunk(index, index * self._chunk_rows + 1, rows, self.names)

    def close(self) -> None:
        """Let go of the file."""
        self._duck.connection.close()


# --- what a sink asks of a database --------------------------------------------------------


class _Database(Protocol):
    """The few things that differ between databases."""

    where: str

    def transaction(self, task: str) -> AbstractContextManager[None]: ...
    def run(self, sql: str, **values: Any) -> list[tuple[Any, ...]]: ...  # rows, or the number of rows changed
    def load(self, table: str, frame: pd.DataFrame) -> None: ...
    def create(self, table: str, like: pd.DataFrame, key: Sequence[str]) -> None: ...
    def columns(self, table: str) -> list[str]: ...
    def quote(self, name: str) -> str: ...
    def skip_known(self) -> str: ...
    def close(self) -> None: ...


class _Sql:
    """A database behind SQLAlchemy."""

    def __init__(self, url_env: str, lock_seconds: int) -> None:
        self.where, self._lock_seconds = url_env, lock_seconds
        self._engine = open_engine(url_env, lock_seconds)
        self._connection: sa.Connection | None = None

    @contextmanager
    def transaction(self, task: str) -> Iterator[None]:
        with _naming(self.where, task), self._engine.begin() as self._connection:
            if self._engine.dialect.name == "postgresql":
                self._connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{self._lock_seconds}s'")
            yield

    def _now(self) -> sa.Connection:
        assert self._connection is not None
        return self._connection

    def run(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        result = self._now().execute(sa.text(sql), values)
        return [tuple(row) for row in result] if result.returns_rows else [(result.rowcount,)]

    def load(self, table: str, frame: pd.DataFrame) -> None:
        names = [str(name) for name in frame.columns]
        target = self._table(table, [sa.Column(name) for name in names])
        rows = records(frame)
        for first in range(0, len(rows), INSERT_ROWS):
            self._now().execute(target.insert(), rows[first : first + INSERT_ROWS])

    def create(self, table: str, like: pd.DataFrame, key: Sequence[str]) -> None:
        columns = [sa.Column(str(n), _type(like[n].dtype, n in key), nullable=n not in key) for n in like.columns]
        made = self._table(table, columns)
        if key:
            made.append_constraint(sa.UniqueConstraint(*key))
        made.create(self._now(), checkfirst=False)

    @staticmethod
    def _table(name: str, columns: Sequence[sa.Column]) -> sa.Table:
        schema, _, plain = name.rpartition(".")
        return sa.Table(plain, sa.MetaData(), *columns, schema=schema or None)

    def columns(self, table: str) -> list[str]:
        schema, _, plain = table.rpartition(".")
        look = sa.inspect(self._now())
        return (
            [c["name"] for c in look.get_columns(plain, schema or None)]
            if look.has_table(plain, schema or None)
            else []
        )

    def quote(self, name: str) -> str:
        return ".".join(self._engine.dialect.identifier_preparer.quote(part) for part in name.split("."))

    def skip_known(self) -> str:
        return " ON CONFLICT DO NOTHING" if self._engine.dialect.name in ("postgresql", "sqlite") else ""

    def close(self) -> None:
        self._engine.dispose()


def _type(dtype: Any, in_key: bool) -> Any:
    """Return the column type for what a score table holds; a key of text needs a length in some databases."""
    if dtype.kind == "M":
        return sa.Date()
    if pd.api.types.is_bool_dtype(dtype):
        return sa.Boolean()
    if pd.api.types.is_integer_dtype(dtype):
        return sa.BigInteger()
    if pd.api.types.is_float_dtype(dtype):
        return sa.Double()
    short = sa.String(255)
    return sa.Text().with_variant(short, "mysql", "mariadb", "mssql", "oracle") if in_key else sa.Text()


class _Duck:
    """A DuckDB file."""

    def __init__(self, file: Path) -> None:
        try:
            import duckdb
        except ImportError:
            raise DependencyError("DuckDB is not installed: pip install 'eriq[duckdb]'") from None
        self.where, self._error = file.name, duckdb.Error
        try:
            self.connection = duckdb.connect(str(file))
        except duckdb.IOException:
            try:  # a file or folder that may not be written
                self.connection = duckdb.connect(str(file), read_only=True)
            except duckdb.Error:
                raise BusyError(f"{file.name} is open in another process, or is not a DuckDB file") from None
        except duckdb.Error as why:
            raise DatabaseError(f"{file.name} cannot be opened ({type(why).__name__})") from None

    @contextmanager
    def naming(self, task: str) -> Iterator[None]:
        try:
            yield
        except self._error as why:
            raise DatabaseError(f"{self.where} refused while {task} ({type(why).__name__})") from None

    @contextmanager
    def transaction(self, task: str) -> Iterator[None]:
        with self.naming(task):
            self.connection.execute("BEGIN")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                with suppress(self._error):  # an error may have ended the transaction already
                    self.connection.execute("ROLLBACK")
                raise

    def run(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        used = {name: value for name, value in values.items() if f":{name}" in sql}
        result = self.connection.execute(re.sub(r":([a-z]\w*)", r"$\1", sql), used)
        return [tuple(row) for row in result.fetchall()]

    def load(self, table: str, frame: pd.DataFrame) -> None:
        names = ", ".join(self.quote(str(name)) for name in frame.columns)
        self.connection.register("eriq_chunk", frame)
        self.connection.execute(f"INSERT INTO {self.quote(table)} ({names}) SELECT {names} FROM eriq_chunk")
        self.connection.unregister("eriq_chunk")

    def create(self, table: str, like: pd.DataFrame, key: Sequence[str]) -> None:
        names = {"BIGINT": sa.BigInteger, "DOUBLE": sa.Double, "BOOLEAN": sa.Boolean, "DATE": sa.Date}
        columns = []
        for name in like.columns:
            kind = _type(like[name].dtype, False)
            word = next((word for word, type_ in names.items() if isinstance(kind, type_)), "VARCHAR")
            columns.append(f"{self.quote(str(name))} {word}{' NOT NULL' if name in key else ''}")
        if key:
            columns.append(f"UNIQUE ({', '.join(map(self.quote, key))})")
        self.connection.execute(f"CREATE TABLE {self.quote(table)} ({', '.join(columns)})")

    def columns(self, table: str) -> list[str]:
        sql = "SELECT column_name FROM duckdb_columns() WHERE table_name = $name ORDER BY column_index"
        return [str(row[0]) for row in self.connection.execute(sql, {"name": table}).fetchall()]

    def quote(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    def skip_known(self) -> str:
        return " ON CONFLICT DO NOTHING"

    def close(self) -> None:
        self.connection.close()


# --- sinks ---------------------------------------------------------------------------------


class _TableSink:
    """Scores in a table of a database; made by `SqlSink` and `DuckDbSink`."""

    def __init__(self, database: _Database, table: str, job: str) -> None:
        if (
            not re.fullmatch(r"([A-Za-z_]\w*\.)?[A-Za-z_]\w*", table, re.ASCII)
            or len(table.split(".")[-1]) > LONGEST_NAME
        ):
            raise ConfigError(f"the sink's table must be a plain name of at most {LONGEST_NAME} letters, digits and _")
        if not job:
            raise ConfigError("a sink needs the identity of its job")
        self._db, self._table = database, table
        self._job = hashlib.sha256(job.encode()).hexdigest()[:16]
        self._parts = {kind: f"{table}{kind}_{self._job[:8]}" for kind in ("_part", "_part_rejected")}
        self._ready = False
        self.added = self.known = self.repeated = 0  # what became of the rows, once finished

    def _name(self, ending: str = "") -> str:
        return self._db.quote(self._table + ending)

    def _journal(self) -> None:
        """Make the journal and the list of runs, unless they are there."""
        with self._db.transaction("making its tables"):
            if not self._db.columns(f"{self._table}_journal"):
                like = pd.DataFrame({"job": ["a"], "chunk": [1], "scored": [1], "rejected": [1]})
                self._db.create(f"{self._table}_journal", like, ["job", "chunk"])
            if not self._db.columns(f"{self._table}_runs"):
                words = pd.DataFrame({"job": ["a"], "finished_on": ["a"]})
                counts = pd.DataFrame({n: [1] for n in ("scored", "rejected", "added", "known", "repeated")})
                self._db.create(f"{self._table}_runs", pd.concat([words, counts], axis=1).assign(manifest="a"), [])

    def completed(self) -> int:
        """Return how many chunks of this job are stored and not yet moved to the final table.

        Raises
        ------
        ResumeError
            When the journal has a gap: somebody changed it.
        """
        return self.stored()[0]

    def stored(self) -> tuple[int, int, int]:
        """Return chunks, scored rows and rejected rows of this job that wait for its end."""
        with self._db.transaction("reading its journal"):
            if not self._db.columns(f"{self._table}_journal"):
                return 0, 0, 0
            found = self._db.run(
                f"SELECT count(*), coalesce(max(chunk), -1), coalesce(sum(scored), 0), coalesce(sum(rejected), 0) "
                f"FROM {self._name('_journal')} WHERE job = :job",
                job=self._job,
            )
        chunks, last, scored, rejected = (int(value) for value in found[0])
        if last + 1 != chunks:
            raise ResumeError(f"the journal of {self._table} lacks {last + 1 - chunks} chunk(s) of this job")
        return chunks, scored, rejected

    def write(self, index: int, scores: pd.DataFrame, rejected: pd.DataFrame) -> None:
        """Store one chunk and its line in the journal, in one transaction.

        Raises
        ------
        BusyError
            When another process stored this chunk.
        DatabaseError
            When the database refuses; then nothing of the chunk is stored.
        """
        if index == 0:
            self._journal()
        if len(scores) and not self._ready:
            with self._db.transaction("making its tables"):
                self._targets(scores)
            self._ready = True
        with self._db.transaction(f"storing chunk {index}"):
            # First the journal: whoever else writes the same chunk waits here, and then fails.
            line = {"job": self._job, "chunk": index, "scored": len(scores), "rejected": len(rejected)}
            journal = self._name("_journal")
            sql = f"INSERT INTO {journal} (job, chunk, scored, rejected) VALUES (:job, :chunk, :scored, :rejected)"
            taken = f"SELECT count(*) FROM {journal} WHERE job = :job AND chunk = :chunk"
            try:
                if self._db.run(taken, **line)[0][0]:
                    raise BusyError(f"chunk {index} is stored already: another process works on the same job")
                self._db.run(sql, **line)
            except exc.IntegrityError:
                raise BusyError(f"another process works on the same job: it stored chunk {index}") from None
            if index == 0:
                self._drop_parts()
            if len(scores):
                self._store(self._parts["_part"], scores)
            if len(rejected):
                self._store(self._parts["_part_rejected"], rejected)

    def _store(self, part: str, frame: pd.DataFrame) -> None:
        there = self._db.columns(part)
        if not there:
            self._db.create(part, frame, [])
        elif set(frame.columns) != set(there):
            raise OutputError(f"this chunk has other columns than the first one in {self._table}")
        self._db.load(part, frame)

    def _targets(self, scores: pd.DataFrame) -> None:
        """Make the final table, or find fault with it, at the beginning and not at the end of the night."""
        there = self._db.columns(self._table)
        if not there:
            self._db.create(self._table, scores, [n for n in (*KEY, "model") if n in scores])
        elif missing := [str(n) for n in scores.columns if n not in there]:
            raise OutputError(f"the table {self._table} is there and lacks the column(s) {', '.join(missing)}")

    def discard(self) -> None:
        """Forget the stored chunks of this job."""
        self._journal()
        with self._db.transaction("discarding an unfinished job"):
            self._db.run(f"DELETE FROM {self._name('_journal')} WHERE job = :job", job=self._job)
            self._drop_parts()

    def _drop_parts(self) -> None:
        for part in self._parts.values():
            self._db.run(f"DROP TABLE IF EXISTS {self._db.quote(part)}")

    def finish(self, manifest: dict[str, Any]) -> None:
        """Move everything to the final tables in one transaction, and write the run into the list of runs.

        A row whose client, day and model are in the table already is known and left alone; a row
        that repeats an earlier row of the same job goes to the rejected ones.

        Raises
        ------
        OutputError
            When the table is there and lacks a column.
        DatabaseError
            When the database refuses; then nothing was moved, and `finish` can be called again.
        """
        chunks, scored, rejected = self.stored()
        if not chunks:
            self._journal()
        with self._db.transaction("moving the scores to their table"):
            self._reject()
            if scored:
                self._move()
            counts = {"scored": scored, "rejected": rejected, "added": self.added, "known": self.known}
            values = {
                **counts,
                "repeated": self.repeated,
                "job": self._job,
                "manifest": json.dumps(manifest, default=str),
            }
            names = ", ".join(["finished_on", *values])
            marks = ", ".join(f":{name}" for name in ("finished_on", *values))
            now = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
            self._db.run(f"INSERT INTO {self._name('_runs')} ({names}) VALUES ({marks})", finished_on=now, **values)
            self._db.run(f"DELETE FROM {self._name('_journal')} WHERE job = :job", job=self._job)
        # Not above: dropping a table ends a transaction in some databases. The journal is what counts.
        with self._db.transaction("dropping its temporary tables"):
            self._drop_parts()

    def _reject(self) -> None:
        """Replace the rejected rows of this job by those of this run."""
        name, part = f"{self._table}_rejected", self._parts["_part_rejected"]
        wanted = ["row", "client_id", "answered_on", "code", "reason"]
        if not self._db.columns(name):
            like = pd.DataFrame({"job": ["a"], "row": [1], **{n: ["a"] for n in wanted[1:]}})
            self._db.create(name, like, [])
        self._db.run(f"DELETE FROM {self._name('_rejected')} WHERE job = :job", job=self._job)
        if there := self._db.columns(part):
            names = ", ".join(self._db.quote(n) for n in wanted if n in there)
            sql = (
                f"INSERT INTO {self._name('_rejected')} (job, {names}) SELECT :job, {names} FROM {self._db.quote(part)}"
            )
            self._db.run(sql, job=self._job)

    def _move(self) -> None:
        part, quote = self._parts["_part"], self._db.quote
        names = self._db.columns(part)
        key = [n for n in (*KEY, "model") if n in names]
        columns, chosen = ", ".join(map(quote, names)), ", ".join(f"s.{quote(n)}" for n in names)
        if not key:
            self.added = self._db.run(f"INSERT INTO {self._name()} ({columns}) SELECT {chosen} FROM {quote(part)} s")[
                0
            ][0]
            return
        index = quote(part.split(".")[-1] + "_key")
        self._db.run(f"CREATE INDEX {index} ON {quote(part)} ({', '.join(map(quote, key))})")
        same = " AND ".join(f"t.{quote(n)} = s.{quote(n)}" for n in key)
        again = f"EXISTS (SELECT 1 FROM {quote(part)} t WHERE {same} AND t.{quote('row')} < s.{quote('row')})"
        known = f"EXISTS (SELECT 1 FROM {self._name()} t WHERE {same})"
        ids = [n for n in ("row", *KEY) if n in names]
        given = ", ".join(f"CAST(s.{quote(n)} AS VARCHAR(40))" if n == "answered_on" else f"s.{quote(n)}" for n in ids)
        self.repeated = self._db.run(
            f"INSERT INTO {self._name('_rejected')} (job, {', '.join(map(quote, ids))}, code, reason) "
            f"SELECT :job, {given}, :code, :reason FROM {quote(part)} s WHERE {again}",
            job=self._job,
            code="client_id:duplicate",
            reason=f"client_id: same {' and '.join(key)} as an earlier row",
        )[0][0]
        self.known = self._db.run(f"SELECT count(*) FROM {quote(part)} s WHERE {known} AND NOT {again}")[0][0]
        self.added = self._db.run(
            f"INSERT INTO {self._name()} ({columns}) SELECT {chosen} FROM {quote(part)} s "
            f"WHERE NOT {known} AND NOT {again}{self._db.skip_known()}"
        )[0][0]

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()


class SqlSink(_TableSink):
    """Scores in a table of a database that SQLAlchemy reaches.

    Beside ``<table>`` there are ``<table>_rejected``, ``<table>_runs`` (one line per finished run
    with its counts and manifest) and ``<table>_journal`` (the chunks of unfinished ones). A client,
    day and model occur once in ``<table>``, however often a job is run.

    Parameters
    ----------
    url_env : str
        Environment variable that holds the address.
    table : str
        A schema may stand before it: ``results.scores``.
    job : str
        What makes a job the same one: input, model and options. Only a digest of it is stored.
    lock_seconds : int
        How long a locked table is waited for (PostgreSQL and SQLite).

    Raises
    ------
    ConfigError, SourceError, DependencyError
        By cause; the text names the variable, never the address.

    Examples
    --------
    >>> import tempfile
    >>> os.environ["ERIQ_EXAMPLE_DB"] = f"sqlite:///{tempfile.mkdtemp()}/example.db"
    >>> scores = pd.DataFrame({"row": [1], "client_id": ["a"], "probability": [0.2], "model": ["m-1"]})
    >>> nothing = pd.DataFrame(columns=["row", "client_id", "answered_on", "code", "reason"])
    >>> for run in range(2):
    ...     sink = SqlSink("ERIQ_EXAMPLE_DB", "scores", job="november")
    ...     sink.write(0, scores, nothing)
    ...     sink.finish({"rows": 1})
    ...     print(sink.added, sink.known)
    1 0
    0 1
    """

    def __init__(self, url_env: str, table: str, *, job: str, lock_seconds: int = 30) -> None:
        super().__init__(_Sql(url_env, lock_seconds), table, job)


class DuckDbSink(_TableSink):
    """Scores in a table of a DuckDB file, which is made if it is not there; else as `SqlSink`."""

    def __init__(self, file: Path, table: str, *, job: str) -> None:
        super().__init__(_Duck(file), table, job)
