"""The door to SQLAlchemy: addresses, errors without values, rows to read and tables to write."""

import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects import postgresql

from eriq.errors import ConfigError, DatabaseError, DependencyError, EriqError, SourceError
from eriq.scoring.databases.base import BATCH_ROWS, Reader, Row, Writer, whole_order
from eriq.scoring.databases.cells import records, row_digest
from eriq.scoring.databases.select import one_select
from eriq.scoring.kinds import Kind, kind_of

# What databases report, by SQLSTATE or by SQLite's own names.
LOCKED = ("55P03", "40P01", "40001", "SQLITE_BUSY", "SQLITE_LOCKED")
FULL = ("53100", "53200", "SQLITE_FULL")
# For this transaction: wide rows are sorted in memory, unless the server gives more of it anyway.
ROOM_TO_SORT = (
    "SELECT set_config('work_mem', '64MB', true) "
    "WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('64MB')"
)
ENDED = ("57P01", "57P02", "57P03", "57P05", "25P03")


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


def open_engine(url_env: str, lock_seconds: int = 30, *, often: bool = False) -> sa.Engine:
    """Return an engine that shows no values, keeps no connection open, and waits for locks so many seconds.

    Where it is used `often`, a connection to PostgreSQL stays open until the engine is let go of, and another one is
    made where that was lost.

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
        if often and url.drivername == "postgresql+psycopg":
            return sa.create_engine(url, hide_parameters=True, pool_size=1, pool_pre_ping=True, connect_args=arguments)
        return sa.create_engine(url, hide_parameters=True, poolclass=sa.NullPool, connect_args=arguments)
    except ImportError:
        raise DependencyError(
            f"no driver for {url.drivername} is installed; for PostgreSQL: pip install 'eriq[postgres]'"
        ) from None
    except exc.SQLAlchemyError:
        raise SourceError(f"{url_env} names a kind of database that is not known here") from None


class SqlReader(Reader):
    """Rows of a table or query behind SQLAlchemy, from one state of the database.

    For PostgreSQL that is a snapshot in a read-only transaction, for SQLite a temporary copy, so that its file is not
    locked meanwhile, by a connection that may write nothing else; other databases are read by one statement.

    Parameters
    ----------
    url_env : str
        Environment variable that holds the address.
    table, query : str, optional
        One of them; a schema may stand before the table.
    order_by : sequence of str
    """

    def __init__(self, url_env: str, table: str | None, query: str | None, order_by: Sequence[str]) -> None:
        self._where = url_env
        self._engine = open_engine(url_env)
        self.kind = self._engine.dialect.name
        self.snapshot = self.kind in ("postgresql", "sqlite")
        if query is not None:
            one_select(query, self.kind)
        if self.kind == "sqlite":
            sa.event.listen(self._engine, "connect", _lenient)
        file = self._engine.url.database
        if self.kind == "sqlite" and file and file != ":memory:" and not Path(file).is_file():
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
        if self.kind == "postgresql":
            self._connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self._connection.exec_driver_sql(ROOM_TO_SORT)
        quote = self._engine.dialect.identifier_preparer.quote
        if table:
            query = "SELECT * FROM " + ".".join(quote(part) for part in table.split("."))
        # text() takes ":name" for a parameter; a query of ours has none
        given = sa.text(query.strip().rstrip(";").replace(":", r"\:"))
        head = self._connection.execute(
            sa.select(sa.text("*")).select_from(given.columns().subquery("eriq_input")).limit(0)
        )
        self.names = list(head.keys())
        described: Any = head.cursor.description if head.cursor else ()
        self._types: dict[str, int] = {str(column[0]): column[1] for column in described}
        order = whole_order(self.names, order_by)
        source: sa.FromClause = given.columns(*(sa.column(name) for name in self.names)).subquery("eriq_input")
        if self.kind == "sqlite":
            source = self._copied(source, order)
        self._source = source
        self._ordered = sa.select(source).order_by(*(source.c[name] for name in order))
        self.total_rows = int(self._connection.execute(sa.select(sa.func.count()).select_from(source)).scalar_one())

    def _copied(self, source: sa.FromClause, order: Sequence[str]) -> sa.FromClause:
        """Return a temporary table with the rows in order; an open cursor would lock the whole file against writing."""
        ordered = sa.select(source).order_by(*(source.c[name] for name in order))
        text = str(ordered.compile(self._engine))
        self._connection.exec_driver_sql(f"CREATE TEMPORARY TABLE eriq_input AS {text}")
        self._connection.commit()
        return sa.table("eriq_input", *(sa.column(name) for name in self.names), schema="temp")

    def frames(self, start: int, size: int, names: Sequence[str]) -> Iterator[pd.DataFrame] | None:
        """Yield some columns of the same rows as frames, by COPY; None where the database or a type has none."""
        if not names or not _by_copy(self._engine):
            return None
        from eriq.scoring.databases import copied

        types = {name: self._types[name] for name in names}
        if not set(types.values()) <= copied.KINDS.keys():
            return None
        chosen = self._ordered.with_only_columns(*(self._source.c[name] for name in names))
        # Another way of marking values than the driver's: that would double every sign of per cent.
        text = str(chosen.compile(dialect=postgresql.dialect(paramstyle="named")))  # type: ignore[no-untyped-call]
        return self._copied_out(copied.frames, f"{text} OFFSET {start * size}" if start else text, types, size)

    def _copied_out(
        self, frames: Callable[..., Iterator[pd.DataFrame]], text: str, types: Mapping[str, int], size: int
    ) -> Iterator[pd.DataFrame]:
        with _naming(self._where, "reading"):
            yield from frames(self._connection.connection.driver_connection, text, types, size)

    def digest(self) -> str:
        """Return a digest of every row, whatever the order."""
        with _naming(self._where, "reading"):
            if self.kind == "postgresql":  # several times as fast, where the rows are
                whole = sa.func.hashtextextended(sa.literal_column("CAST(eriq_input AS text)"), 0)
                return str(
                    self._connection.execute(sa.select(sa.func.sum(whole)).select_from(self._source)).scalar_one()
                )
            result = self._connection.execute(sa.select(self._source))
            total = sum(row_digest(row) for rows in result.partitions(BATCH_ROWS) for row in rows)
            return str(total % 2**64)

    def rows(self, start: int, size: int) -> Iterator[Sequence[Row]]:
        """Yield rows from piece number `start` on, `size` at a time, in order.

        Raises
        ------
        DatabaseError
            When the connection is lost on the way; what was yielded before is whole.
        """
        with _naming(self._where, "reading"):
            yield from self._pages(start, size) if self.kind == "sqlite" else self._stream(start, size)

    def _pages(self, start: int, size: int) -> Iterator[Sequence[Row]]:
        lower = {name.lower() for name in self.names}
        place = next(name for name in ("rowid", "oid", "_rowid_") if name not in lower)
        rowid: sa.ColumnElement[int] = sa.literal_column(place)
        for first in count(start * size, size):
            page = sa.select(self._source).where(rowid > first, rowid <= first + size).order_by(rowid)
            rows = self._connection.execute(page).all()
            if not rows:
                return
            yield rows

    def _stream(self, start: int, size: int) -> Iterator[Sequence[Row]]:
        statement = self._ordered.offset(start * size) if start else self._ordered
        with self._connection.execution_options(stream_results=True, yield_per=size).execute(statement) as result:
            yield from result.partitions()

    def close(self) -> None:
        """Let go of the connection; a server that is gone has done so already."""
        with suppress(exc.SQLAlchemyError):
            self._connection.close()
        self._engine.dispose()


def _lenient(connection: Any, record: Any) -> None:
    """Let SQLite write nothing, and hand out text that is not UTF-8: one such cell would end the whole job otherwise.

    ``PRAGMA query_only`` would refuse our temporary copy too.
    """
    connection.text_factory = lambda given: given.decode("utf-8", "surrogateescape")
    connection.set_authorizer(_reading)


def _reading(action: int, name: str | None, more: str | None, database: str | None, trigger: str | None) -> int:
    """Return whether SQLite may do what it was asked for: read, and make our temporary copy."""
    own = {sqlite3.SQLITE_CREATE_TEMP_TABLE, sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE}
    ways = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
    ways |= {sqlite3.SQLITE_TRANSACTION}
    return sqlite3.SQLITE_OK if action in ways or (action in own and database == "temp") else sqlite3.SQLITE_DENY


class SqlWriter(Writer):
    """Tables behind SQLAlchemy; a locked one is waited for `lock_seconds` (PostgreSQL and SQLite)."""

    def __init__(self, url_env: str, lock_seconds: int) -> None:
        self._where, self._lock_seconds = url_env, lock_seconds
        self._engine = open_engine(url_env, lock_seconds, often=True)
        self._connection: sa.Connection | None = None

    @contextmanager
    def transaction(self, task: str) -> Iterator[None]:
        """Make what happens within durable together, or not at all."""
        with _naming(self._where, task), self._engine.begin() as self._connection:
            if self._engine.dialect.name == "postgresql":
                self._connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{self._lock_seconds}s'")
            yield

    def _now(self) -> sa.Connection:
        assert self._connection is not None
        return self._connection

    def select(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        """Return what a query gives."""
        return [tuple(row) for row in self._now().execute(sa.text(sql), values)]

    def change(self, sql: str, **values: object) -> int:
        """Run a statement and return the number of rows it changed."""
        return self._now().execute(sa.text(sql), values).rowcount

    def insert(self, table: str, line: Mapping[str, object]) -> bool:
        """Add a row, and return false if its key is there already; then the transaction is lost."""
        target = _table(table, [sa.Column(name) for name in line])
        try:
            self._now().execute(target.insert(), [dict(line)])
        except exc.IntegrityError:
            return False
        return True

    def load(self, table: str, frame: pd.DataFrame) -> None:
        """Add the rows of a frame."""
        if _by_copy(self._engine):
            from eriq.scoring.databases import copied

            columns = [self._engine.dialect.identifier_preparer.quote(str(name)) for name in frame.columns]
            copied.load(self._now().connection.driver_connection, self.quote(table), columns, frame)
            return
        target = _table(table, [sa.Column(str(name)) for name in frame.columns])
        rows = records(frame)
        for first in range(0, len(rows), BATCH_ROWS):
            self._now().execute(target.insert(), rows[first : first + BATCH_ROWS])

    def create(self, table: str, like: pd.DataFrame, key: Sequence[str]) -> None:
        """Make a table with the columns of a frame, those of `key` filled and together unique."""
        columns = [sa.Column(str(n), _type(like[n], n in key), nullable=n not in key) for n in like.columns]
        made = _table(table, columns)
        if key:
            made.append_constraint(sa.UniqueConstraint(*key))
        made.create(self._now(), checkfirst=False)

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table, none if it is not there."""
        schema, _, plain = table.rpartition(".")
        look, where = sa.inspect(self._now()), schema or None
        return [c["name"] for c in look.get_columns(plain, where)] if look.has_table(plain, where) else []

    def quote(self, name: str) -> str:
        """Return a name as SQL takes it."""
        return ".".join(self._engine.dialect.identifier_preparer.quote(part) for part in name.split("."))

    def skip_known(self) -> str:
        """Return what to add to an INSERT so that rows whose key is there are passed over."""
        return " ON CONFLICT DO NOTHING" if self._engine.dialect.name in ("postgresql", "sqlite") else ""

    def fill(self, table: str, part: str, key: Sequence[str]) -> int | None:
        """Bring all rows of `part` into an empty table at one go, and return how many; None, and nothing, otherwise."""
        if not _by_copy(self._engine):
            return None
        from eriq.scoring.databases import copied

        names = ", ".join(map(self.quote, self.columns(part)))
        unique = f"UNIQUE ({', '.join(map(self.quote, key))})"
        return copied.fill(self._now(), self.quote(table), f"({names}) SELECT {names} FROM {self.quote(part)}", unique)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def _by_copy(engine: sa.Engine) -> bool:
    """Return whether rows can go as whole columns, by PostgreSQL's COPY and the driver we ship."""
    return (engine.dialect.name, engine.dialect.driver) == ("postgresql", "psycopg")


def _table(name: str, columns: Sequence[sa.Column[Any]]) -> sa.Table:
    schema, _, plain = name.rpartition(".")
    return sa.Table(plain, sa.MetaData(), *columns, schema=schema or None)


def _type(column: pd.Series, in_key: bool) -> sa.types.TypeEngine[Any]:
    """Return the column type for what a score table holds; a key of text needs a length in some databases."""
    short = sa.String(255)
    text = sa.Text().with_variant(short, "mysql", "mariadb", "mssql", "oracle") if in_key else sa.Text()
    kinds: dict[Kind, sa.types.TypeEngine[Any]] = {
        "day": sa.Date(),
        "flag": sa.Boolean(),
        "whole": sa.BigInteger(),
        "number": sa.Double(),
        "text": text,
    }
    return kinds[kind_of(column)]
