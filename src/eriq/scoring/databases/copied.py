"""Whole columns to and from PostgreSQL by COPY, where other ways go row by row; errors are SQLAlchemy's."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import sqlalchemy as sa
from sqlalchemy import exc

from eriq.errors import DatabaseError
from eriq.scoring.databases.cells import storable

_TEXT = pd.StringDtype(na_value=np.nan)
NUMERIC = 1700
IN_THE_WAY = ("23505", "2BP01", "42501", "55P03")  # same key, relied on, not ours, locked
# How cells of a type of PostgreSQL, by its number, are read; rows with a column of another type come one by one.
KINDS: Mapping[int, pa.DataType] = {
    16: pa.bool_(),
    **dict.fromkeys((20, 21, 23), pa.int64()),
    **dict.fromkeys((700, 701), pa.float64()),
    **dict.fromkeys((19, 25, 1042, 1043, NUMERIC), pa.string()),
    1082: pa.date32(),
}
_PANDAS = {
    pa.bool_(): pd.BooleanDtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.string(): _TEXT,
}


@contextmanager
def _naming(connection: Any) -> Iterator[None]:
    """Let what the driver raises look as if it had come through SQLAlchemy."""
    import psycopg

    try:
        yield
    except psycopg.Error as why:
        raise exc.DBAPIError(None, None, why, connection_invalidated=connection.closed) from None


def frames(connection: Any, select: str, types: Mapping[str, int], size: int) -> Iterator[pd.DataFrame]:
    """Yield what a query gives, `size` rows at a time, with the columns that `frame_of` would make of its rows.

    Parameters
    ----------
    connection : psycopg.Connection
        Within a transaction; a savepoint keeps it usable when reading ends early.
    select : str
        As it stands: no signs stand for values.
    types : mapping of str to int
        Names of its columns in their order, and the numbers of their types, which are in `KINDS`.
    size : int

    Raises
    ------
    sqlalchemy.exc.DBAPIError, DatabaseError
        What the driver says, or when a cell is none of its type.
    """
    text = f"COPY ({select}) TO STDOUT (FORMAT csv)"
    with _naming(connection), connection.transaction(), connection.cursor() as cursor, cursor.copy(text) as copy:
        rows = iter(copy)  # PostgreSQL sends one row at a time
        while taken := [bytes(row) for row in islice(rows, size)]:
            yield _frame(b"".join(taken), types, len(taken))


def _frame(body: bytes, types: Mapping[str, int], rows: int) -> pd.DataFrame:
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(body),
            read_options=pa.csv.ReadOptions(column_names=list(types), block_size=len(body) + 1),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pa.csv.ConvertOptions(
                column_types={name: KINDS[kind] for name, kind in types.items()},
                null_values=[""],
                true_values=["t"],
                false_values=["f"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,  # what is quoted and empty is a text of no signs
            ),
        )
    except pa.ArrowInvalid as why:  # such as a day that is infinite
        raise DatabaseError(f"the database gave a cell that cannot be read ({type(why).__name__})") from None
    if len(table) != rows:
        raise DatabaseError(f"the database sent {rows:,} rows, of which {len(table):,} were read")
    return pd.DataFrame({name: _column(table.column(name), kind) for name, kind in types.items()})


def _column(cells: pa.ChunkedArray, kind: int) -> pd.Series:
    if cells.null_count == len(cells):  # a column of gaps has no type of its own
        return pd.Series(np.full(len(cells), None), dtype=_TEXT)
    if kind == NUMERIC:  # 0.10 stays as written
        return pd.Series([None if cell is None else Decimal(cell) for cell in cells.to_pylist()], dtype=object)
    if pa.types.is_floating(cells.type):
        cells = pc.if_else(pc.is_nan(cells), None, cells)
    made: pd.Series = cells.to_pandas(types_mapper=_PANDAS.get)
    return made


def load(connection: Any, target: str, columns: Sequence[str], frame: pd.DataFrame) -> None:
    """Add the rows of a frame to a table.

    Parameters
    ----------
    connection : psycopg.Connection
    target : str
        Name of the table, quoted.
    columns : sequence of str
        Names of its columns that the frame holds, quoted, in the order of the frame.
    frame : DataFrame

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        What the driver says.
    """
    out = pa.BufferOutputStream()
    pa.csv.write_csv(_storable(frame), out, pa.csv.WriteOptions(include_header=False))
    text = f"COPY {target} ({', '.join(columns)}) FROM STDIN (FORMAT csv)"
    with _naming(connection), connection.cursor() as cursor, cursor.copy(text) as copy:
        copy.write(memoryview(out.getvalue()))


def fill(connection: sa.Connection, table: str, rows: str, unique: str) -> int | None:
    """Add rows to an empty table and prove its key afterwards, in one sorting, instead of looking for each row's.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Within a transaction.
    table : str
        Quoted.
    rows : str
        Columns and a query, quoted: ``(a, b) SELECT a, b FROM part``.
    unique : str
        The key as the server writes it: ``UNIQUE (a, b)``.

    Returns
    -------
    int or None
        Rows added. None where the table holds rows or has no such key, somebody else reads it or relies on the key, it
        is not ours to change, or some rows have the same key; then nothing has changed.
    """
    known = "SELECT conname FROM pg_constraint WHERE conrelid = CAST(:t AS regclass) AND pg_get_constraintdef(oid) = :u"
    names = connection.execute(sa.text(known), {"t": table, "u": unique}).scalars().all()
    if len(names) != 1 or connection.exec_driver_sql(f"SELECT EXISTS (SELECT FROM {table})").scalar_one():
        return None
    name = connection.dialect.identifier_preparer.quote(names[0])
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE NOWAIT")
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            added = connection.exec_driver_sql(f"INSERT INTO {table} {rows}").rowcount
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {unique}")
    except exc.DBAPIError as why:
        if getattr(why.orig, "sqlstate", None) in IN_THE_WAY:
            return None
        raise
    return added


def _storable(frame: pd.DataFrame) -> pa.Table:
    r"""Return a table as text can hold it: gaps are nothing, days are dates, text without what databases refuse.

    >>> _storable(pd.DataFrame({"n": [1.5, None], "t": ["a", "b\x00"]})).to_pydict()
    {'n': [1.5, None], 't': ['a', 'b�']}
    """
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except UnicodeEncodeError:  # halves of a surrogate pair
        made = frame.map(lambda cell: storable(cell) if isinstance(cell, str) else cell)
        table = pa.Table.from_pandas(made, preserve_index=False)
    for place, given in enumerate(table.schema):
        column, kind = table.column(place), given.type
        if pa.types.is_null(kind) or pa.types.is_large_string(kind):
            column = column.cast(pa.string())
        elif pa.types.is_timestamp(kind):
            column = column.cast(pa.date32(), safe=False)
        if pa.types.is_string(column.type):
            column = pc.replace_substring(column, "\x00", "\ufffd")
        table = table.set_column(place, given.name, column)
    return table
