"""Files of SPSS, Stata and SAS with the labels and missing codes they declare; the only door to pyreadstat."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from eriq.errors import DependencyError, SourceError
from eriq.tables.stamped import Stamp
from eriq.tables.words import Declared

STATISTICS = {
    ".sav": "SPSS", ".zsav": "SPSS", ".dta": "Stata", ".sas7bdat": "SAS", ".xpt": "SAS transport",
}  # fmt: skip
MAX_BYTES = 2_000_000_000  # read into memory as a whole
EXACT = 2**53  # whole numbers beyond that are rounded where they are kept as numbers


def read_statistics(taken: Stamp) -> tuple[pd.DataFrame, Mapping[str, Declared]]:
    """Return a file of a statistics program as text, and what it declares of its columns.

    Parameters
    ----------
    taken : Stamp
        A file whose name ends in one of `STATISTICS`.

    Returns
    -------
    frame : DataFrame
        Codes as text, days as ``YYYY-MM-DD``; system-missing cells are gaps, codes declared missing still stand there.
    declared : mapping of str to Declared

    Raises
    ------
    DependencyError
        When pyreadstat is not installed.
    SourceError
        When the file is too large, damaged or something else, or holds whole numbers that it keeps rounded.
    """
    name, suffix = taken.path.name, taken.path.suffix.lower()
    if taken.size > MAX_BYTES:
        raise SourceError(f"{name} has {taken.size / 1e9:.1f} GB; give large tables as CSV or Parquet")
    read = _reader(suffix, name)
    try:
        with taken.open() as file:
            frame, meta = read(file)
    except SourceError:
        raise
    except Exception as why:  # its errors share no class of their own
        raise SourceError(f"{name} is not a readable {STATISTICS[suffix]} file ({type(why).__name__})") from None
    labels: Mapping[str, Mapping[Any, str]] = meta.variable_value_labels
    declared = {
        column: Declared(
            {_cell(code): str(label) for code, label in labels.get(column, {}).items()},
            _gone(meta, column, frame[column]),
        )
        for column in frame.columns
    }
    rounded = sum(int((frame[c].abs() >= EXACT).sum()) for c in frame.columns if frame[c].dtype.kind in "iuf")
    if rounded:
        raise SourceError(
            f"{name} has {rounded:,} number(s) of more than 15 digits, kept rounded: two ids may have become one; "
            "store ids as text"
        )
    text = {column: frame[column].map(_cell, na_action="ignore").astype("str") for column in frame.columns}
    made = pd.DataFrame(text, index=frame.index)
    return made.where(made != ""), declared


def _reader(suffix: str, name: str) -> Callable[[Any], tuple[pd.DataFrame, Any]]:
    try:
        import pyreadstat
    except ImportError:
        raise DependencyError(
            f"{name} is a {STATISTICS[suffix]} file, which needs pyreadstat: pip install 'eriq[statistics-files]'"
        ) from None
    readers: dict[str, Callable[[Any], tuple[pd.DataFrame, Any]]] = {
        ".sav": lambda file: pyreadstat.read_sav(file, user_missing=True),
        ".zsav": lambda file: pyreadstat.read_sav(file, user_missing=True),
        ".dta": lambda file: pyreadstat.read_dta(file),
        ".sas7bdat": lambda file: pyreadstat.read_sas7bdat(file),
        ".xpt": lambda file: pyreadstat.read_xport(file),
    }
    return readers[suffix]


def _gone(meta: Any, column: str, cells: pd.Series) -> frozenset[str]:
    """Return the codes in a column that SPSS declares missing; Stata and SAS keep theirs as gaps."""
    spans = meta.missing_ranges.get(column, [])
    codes: list[Any] = cells.dropna().unique().tolist() if spans else []
    return frozenset(_cell(code) for code in codes if any(_within(code, span["lo"], span["hi"]) for span in spans))


def _within(code: Any, low: Any, high: Any) -> bool:
    try:
        return bool(low <= code <= high)
    except TypeError:  # a text among numbers
        return False


def _cell(cell: Any) -> str:
    """Return a cell as a text file would hold it."""
    if isinstance(cell, float | np.floating):
        return str(int(cell)) if float(cell).is_integer() else repr(float(cell))
    if isinstance(cell, dt.datetime | dt.date):
        return str(cell).removesuffix(" 00:00:00")
    return str(cell).strip()
