"""What sources and sinks ask of a database, whichever it is; nothing here needs one of their libraries."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import pandas as pd

from eriq.errors import ConfigError, SourceError, nearest

KEY = ("client_id", "answered_on")
BATCH_ROWS = 5000  # rows sent or fetched at a time
Row = Sequence[Any]  # cells as the driver gives them


class Reader(Protocol):
    """The rows of one table or query, in one state and one order."""

    kind: str
    names: list[str]
    total_rows: int
    snapshot: bool  # one state of the database, whoever writes to it meanwhile

    def rows(self, start: int, size: int) -> Iterator[Sequence[Row]]:
        """Yield rows from piece number `start` on, `size` at a time."""
        ...

    def frames(
        self,
        start: int,  # noqa: ARG002 - for those that can
        size: int,  # noqa: ARG002
        names: Sequence[str],  # noqa: ARG002
    ) -> Iterator[pd.DataFrame] | None:
        """Return some columns of the same rows as frames; None where the database gives rows only."""
        return None

    def digest(self) -> str:
        """Return a digest of every row, whatever the order."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


class Writer(Protocol):
    """The few things that differ between databases when tables are written."""

    def transaction(self, task: str) -> AbstractContextManager[None]:
        """Make what happens within durable together, or not at all; `task` is for the error."""
        ...

    def select(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        """Return what a query gives; ``:name`` in it stands for a value."""
        ...

    def change(self, sql: str, **values: object) -> int:
        """Run a statement and return the number of rows it changed."""
        ...

    def insert(self, table: str, line: Mapping[str, object]) -> bool:
        """Add a row, and return false if its key is there already; then the transaction is lost."""
        ...

    def load(self, table: str, frame: pd.DataFrame) -> None:
        """Add the rows of a frame."""
        ...

    def create(self, table: str, like: pd.DataFrame, key: Sequence[str]) -> None:
        """Make a table with the columns of a frame, those of `key` filled and together unique."""
        ...

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table, none if it is not there."""
        ...

    def quote(self, name: str) -> str:
        """Return a name as SQL takes it."""
        ...

    def skip_known(self) -> str:
        """Return what to add to an INSERT so that rows whose key is there are passed over."""
        ...

    def fill(
        self,
        table: str,  # noqa: ARG002 - for those that can
        part: str,  # noqa: ARG002
        key: Sequence[str],  # noqa: ARG002
    ) -> int | None:
        """Bring all rows of `part` into an empty table at one go, and return how many; None, and nothing, otherwise."""
        return None

    def close(self) -> None:
        """Let go of the database."""
        ...


def check_query(table: str | None, query: str | None, chunk_rows: int) -> None:
    """Raise ConfigError unless there is one of table and query, and room in a chunk."""
    if (table is None) == (query is None):
        raise ConfigError("a database source needs either a table or a query")
    if chunk_rows < 1:
        raise ConfigError(f"chunk_rows must be at least 1, got {chunk_rows}")


def whole_order(names: Sequence[str], order_by: Sequence[str]) -> list[str]:
    """Return the columns to order by: the key, and then all others, so that ties are of equal rows only.

    Raises
    ------
    SourceError
        When a column of the key is not there, or one name is there twice.

    Examples
    --------
    >>> whole_order(["note", "client_id"], ["client_id"])
    ['client_id', 'note']
    """
    for name in order_by:
        if name not in names:
            raise SourceError(f"the database has no column '{name}' to order by.{nearest(name, names)}")
    if len(set(names)) < len(names):
        raise SourceError("the query gives two columns of the same name")
    return [*order_by, *(name for name in names if name not in order_by)]
