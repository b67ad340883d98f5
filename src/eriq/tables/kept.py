"""Checked columns as they are kept: values by their codes, and of a column of gaps one gap for all rows."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

EARLIEST, LATEST = np.datetime64("1900-01-01"), np.datetime64("9999-12-31")  # days; others are slips


MANY = 100_000  # rows; of fewer, gaps take no memory to speak of
KEPT_AS_ONE = ("datetime64[us]", "Int8", "Int16", "Float64")  # types of columns of gaps of which one gap is kept


def taken(read: pd.Series, code: np.ndarray | None, *, coded: bool) -> pd.Series:
    """Return the value of each row; text as categories where that is asked for.

    Parameters
    ----------
    read : Series of shape (n_rows,) or (n_values + 1,)
        The column, or with `code` its values and a gap behind them.
    code : ndarray of shape (n_rows,), optional
        Where each row's value stands, -1 for a gap.
    coded : bool

    Examples
    --------
    >>> taken(pd.Series(["b", "a", None], dtype="str"), np.array([1, -1, 0]), coded=False).tolist()
    ['a', nan, 'b']
    """
    if coded and isinstance(read.dtype, pd.StringDtype):
        place, names = pd.factorize(read)
        if code is None or not np.array_equal(place[:-1], np.arange(len(place) - 1)):
            code = place if code is None else place[code]  # else values were read as they stand, each another one
        return pd.Series(pd.Categorical.from_codes(code, categories=pd.Index(names)))
    return read if code is None else pd.Series(read.array.take(code))


def gaps(dtype: str, n: int, *, coded: bool) -> pd.Series:
    """Return a column of `n` gaps: one gap is kept for all of `MANY` rows, but for text that is not `coded`.

    >>> column = gaps("datetime64[us]", 1_000_000, coded=True)
    >>> int(column.isna().sum()), column.to_numpy().strides
    (1000000, (0,))
    """
    kind: Any = pd.api.types.pandas_dtype(dtype)
    if n < MANY or isinstance(kind, pd.StringDtype):
        return taken(pd.Series([pd.NA], dtype=kind), np.full(n, -1, dtype=np.int8), coded=coded)
    return _one_gap(dtype, n).copy(deep=False)


@cache
def _one_gap(dtype: str, n: int) -> pd.Series:
    """Return a column that stays, so that pandas copies before it writes into one that shares its only cell."""
    kind: Any = pd.api.types.pandas_dtype(dtype)
    if kind.kind == "M":
        return pd.Series(np.broadcast_to(np.datetime64("NaT", "us"), n), copy=False)
    made = kind.construct_array_type()(np.broadcast_to(kind.type(1), n), np.broadcast_to(np.True_, n))
    return pd.Series(made, copy=False)


def rows_of(frame: pd.DataFrame, place: np.ndarray) -> pd.DataFrame:
    """Return the rows at some places, in that order; a column of gaps stays one gap.

    >>> rows_of(pd.DataFrame({"a": [1, 2], "b": pd.array([None, None], "Int8")}), np.array([1, 1, 0]))
       a     b
    0  2  <NA>
    1  2  <NA>
    2  1  <NA>
    """
    made = {}
    for name, column in frame.items():
        there = column.notna().any() or str(column.dtype) not in KEPT_AS_ONE
        made[name] = pd.Series(column.array.take(place)) if there else gaps(str(column.dtype), len(place), coded=False)
    return pd.DataFrame(made, copy=False)


def are_days(when: np.ndarray) -> bool:
    """Return whether every date is a whole day that can be one, looking at a million at a time.

    >>> days = np.array(["2020-02-01", "NaT", "2020-02-02"], dtype="datetime64[us]")
    >>> are_days(days), are_days(days + np.timedelta64(1, "h"))
    (True, False)
    """
    for part in np.array_split(when, 1 + len(when) // 1_000_000):
        there = part[~np.isnat(part)]
        day = there.astype("datetime64[D]")
        if (day != there).any() or (day < EARLIEST).any() or (day > LATEST).any():
            return False
    return True
