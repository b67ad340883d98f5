"""Cells as text, whatever a file or database kept them as."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from eriq.tables.schema import as_text


def cell_text(given: pd.Series) -> pd.Series:
    """Return cells as a text file would hold them: whole numbers without point, days without midnight.

    >>> cell_text(pd.Series([1.0, 2.5, None])).tolist()
    ['1', '2.5', nan]
    """
    if isinstance(given.dtype, pd.CategoricalDtype):
        given = given.astype(given.cat.categories.dtype)
    if given.dtype.kind == "M":
        given = given.dt.strftime("%Y-%m-%d")
    elif given.dtype.kind == "f":  # few numbers, many cells: each number is written once
        place, numbers = pd.factorize(given)
        written = pd.array([_one(float(number)) for number in numbers], dtype="str")
        given = pd.Series(written.take(place, allow_fill=True), index=given.index, name=given.name)
    elif given.dtype == object:
        given = given.astype("object").map(_one, na_action="ignore")
    text: pd.Series = as_text(given).str.strip()
    return text


def each_once(read: Callable[[pd.Series], pd.Series], given: pd.Series) -> pd.Series:
    """Return `read` of the cells, which looks at each by itself: of categories at each value once, and coded again.

    >>> each_once(lambda cells: cells.str.upper(), pd.Series(["a", None, "a"], dtype="category")).tolist()
    ['A', nan, 'A']
    """
    if not isinstance(given.dtype, pd.CategoricalDtype):
        return read(given)
    code, values = pd.factorize(read(pd.Series(given.cat.categories)))
    coded = pd.Categorical.from_codes(np.append(code, -1)[given.cat.codes], categories=pd.Index(values))
    return pd.Series(coded, index=given.index, name=given.name)


def _one(cell: Any) -> Any:
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(float(cell))
    return str(cell).removesuffix(" 00:00:00") if isinstance(cell, dt.date) else cell
