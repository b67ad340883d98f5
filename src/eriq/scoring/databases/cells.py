"""Cells of a database as columns of a frame, and back."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from eriq.scoring.databases.base import Row

_TEXT = pd.StringDtype(na_value=np.nan)
NULLABLE = {"integer": "Int64", "floating": "Float64", "mixed-integer-float": "Float64", "boolean": "boolean"}


def frame_of(rows: Sequence[Row], names: Sequence[str]) -> pd.DataFrame:
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
            plain.append([storable(v) if isinstance(v, str) else v for v in cells])
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*plain, strict=True)]


def storable(text: str) -> str:
    """Return text without what databases refuse: the sign 0, and halves of a surrogate pair."""
    if text.isascii():
        return text.replace("\x00", "\ufffd")
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def row_digest(row: Row) -> int:
    """Return 64 bits that stand for a row; added up they do not depend on the order of rows.

    >>> row_digest((1, "a")) == row_digest([1, "a"])
    True
    """
    return int.from_bytes(
        hashlib.blake2b(repr(tuple(row)).encode("utf-8", "replace"), digest_size=8).digest(), "little"
    )
