"""Rows of a table found by their client: whole numbers in place of ids, blocks in place of one large join."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eriq.tables.coded import places_among

Places = NDArray[np.signedinteger]
BLOCK = 50_000  # rows whose facts are looked at together; memory grows with it and results do not depend on it


@dataclass(frozen=True, slots=True, eq=False)
class ByClient:
    """A table's rows by client, in their order within each client."""

    names: pd.Index
    starts: Places  # shape (n_clients + 1,)
    order: Places | None  # of the rows; None: they lie in order of client

    def place(self, client_id: pd.Series) -> Places:
        """Return the place of each client among `names`, -1 where the table has none of it."""
        return place_among(self.names, client_id)

    def pairs(self, place: Places) -> tuple[Places, Places]:
        """Return every (position in `place`, row of that client), in order of both."""
        given = np.flatnonzero(place >= 0)
        first = self.starts[place[given]]
        n = self.starts[place[given] + 1] - first
        row = np.repeat(given, n)
        fact = np.arange(len(row)) + np.repeat(first - (n.cumsum() - n), n)
        return row, fact if self.order is None else self.order[fact]


def by_client(client_id: pd.Series) -> ByClient:
    """Return the rows of a table by client; a row without an id belongs to nobody.

    Examples
    --------
    >>> facts = by_client(pd.Series(["b", "a", "b"]))
    >>> [part.tolist() for part in facts.pairs(facts.place(pd.Series(["a", "x", "b"])))]
    [[0, 2, 2], [1, 0, 2]]
    """
    code, names = codes_of(client_id)
    sorted_already = bool((code[1:] >= code[:-1]).all()) and (not len(code) or code[0] >= 0)
    starts = np.concatenate([[0], np.cumsum(np.bincount(code + 1, minlength=len(names) + 1))])
    # Gaps come first in the order and are nobody's.
    return ByClient(names, starts[1:], None if sorted_already else np.argsort(code, kind="stable"))


def place_among(names: pd.Index, client_id: pd.Series) -> Places:
    """Return the place of each row's client among `names`, -1 where it has none: each client is looked for once.

    >>> place_among(pd.Index(["a", "b"]), pd.Series(["b", None, "b", "c"])).tolist()
    [1, -1, 1, -1]
    """
    code, once = codes_of(client_id)
    there: Places = np.append(places_among(names, once), -1)[code]
    return there


def coded(given: pd.Series) -> pd.Series:
    """Return a column as categories in the order of their first rows, so that it is looked through only once.

    >>> coded(pd.Series(["b", None, "a"])).cat.categories.tolist()
    ['b', 'a']
    """
    code, names = codes_of(given)
    return pd.Series(pd.Categorical.from_codes(code, categories=names), index=given.index, name=given.name)


def codes_of(given: pd.Series) -> tuple[Places, pd.Index]:
    """Return a whole number per row, -1 for a gap, and the value each number stands for.

    >>> code, names = codes_of(pd.Series(["b", None, "a", "b"]))
    >>> code.tolist(), names.tolist()
    ([0, -1, 1, 0], ['b', 'a'])
    """
    if isinstance(given.dtype, pd.CategoricalDtype):
        return np.asarray(given.cat.codes.to_numpy()), given.cat.categories  # small codes, as they are
    place, names = pd.factorize(given)
    return np.asarray(place, dtype=np.int64), pd.Index(names)


def blocks(n: int) -> Iterator[slice]:
    """Yield slices that make up `n` rows, `BLOCK` at a time.

    >>> [block.stop for block in blocks(120_000)]
    [50000, 100000, 120000]
    """
    for start in range(0, n, BLOCK):
        yield slice(start, min(start + BLOCK, n))


def days_of(given: pd.Series, gap: int) -> NDArray[np.int32]:
    """Return dates as whole days since 1970, `gap` where there is none.

    >>> days_of(pd.Series(pd.to_datetime(["1970-01-03", None])), -1).tolist()
    [2, -1]
    """
    day = given.to_numpy("datetime64[D]")
    days = day.view(np.int64).astype(np.int32)
    days[np.isnat(day)] = gap
    return days
