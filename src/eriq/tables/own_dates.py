"""Dates as an agency writes them: read by the format that is given, and a refusal where two would fit."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from eriq.config import Part
from eriq.tables.cells import cell_text
from eriq.tables.schema import Column, Problem

ISO = r"\d{4}-\d{2}-\d{2}(?:[ T]00:00:00)?"
# Formats that are looked for where none is given; of one line, the same cells may fit several.
FORMATS = (
    *(
        sign.join(parts)
        for sign in "-/. "
        for parts in (
            ("%d", "%m", "%Y"),
            ("%m", "%d", "%Y"),
            ("%Y", "%m", "%d"),
            ("%d", "%m", "%y"),
            ("%m", "%d", "%y"),
        )
    ),
    "%Y%m%d",
    "%d%m%Y",
    "%m%d%Y",
)
NO_ROWS = np.empty(0, dtype=np.int64)


def iso_days(given: pd.Series, day_format: str) -> pd.Series:
    """Return cells that fit a format as ``YYYY-MM-DD``, and the others as they are.

    A cell that is a date already, as spreadsheets and databases keep them, stays one.

    >>> iso_days(pd.Series(["24-11-1987", "1987-11-24", "31-02-2013", None]), "%d-%m-%Y").tolist()
    ['1987-11-24', '1987-11-24', '31-02-2013', nan]
    """
    if not _is_text(given):
        return given
    text = cell_text(given)
    day = _read(text, day_format)
    iso: pd.Series = day.dt.strftime("%Y-%m-%d").where(day.notna(), text)
    return iso


def date_problems(
    frame: pd.DataFrame, columns: Sequence[Column], formats: Mapping[str, str], part: Part
) -> list[Problem]:
    """Return columns whose dates do not fit the format that is given, or fit one, or two, that nobody gave.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, any)
        After `iso_days`, under our names.
    columns : sequence of Column
    formats : mapping of str to str
        By column, what was given.
    part : str
        Named in the problems.
    """
    problems, found = [], [str(name) for name in frame.columns]
    for column in columns:
        name = column.name
        if column.dtype[0] != "d" or found.count(name) != 1:
            continue
        once = pd.Series(frame[name].dropna().unique())  # days repeat: a look at each is enough
        if isinstance(once.dtype, pd.CategoricalDtype):
            once = once.astype(once.cat.categories.dtype)
        if not _is_text(once):
            continue
        cells = cell_text(once)
        cells = cells[cells != ""]
        odd = cells[~cells.str.fullmatch(ISO)]
        if odd.empty:
            continue
        text = cell_text(frame[name])
        if name in formats:
            rows = np.flatnonzero(text.isin(odd))
            words = f"neither a date written {formats[name]} nor YYYY-MM-DD"
            problems.append(Problem(part, name, "date_format", words, rows))
        elif len(odd) == len(cells) and (fitting := _fitting(odd)):
            how = " and ".join(fitting)
            more = " alike, so nobody knows which was meant" if len(fitting) > 1 else ""
            count = int(text.isin(odd).sum())
            words = f"{name}: {count:,} date(s) fit {how}{more}; say in source.dates how they are written"
            problems.append(Problem(part, name, "date_format", words, NO_ROWS))
    return problems


def _fitting(odd: pd.Series) -> list[str]:
    """Return every known format that all cells fit; a year of two digits only where none of four does."""
    cells = pd.Series(odd.unique())
    fitting = [day for day in FORMATS if _read(cells, day).notna().all()]
    return [day for day in fitting if "%Y" in day] or fitting


def _read(text: pd.Series, day_format: str) -> pd.Series:
    return pd.to_datetime(text, errors="coerce", format=day_format)


def _is_text(given: pd.Series) -> bool:
    return bool(given.dtype == object or pd.api.types.is_string_dtype(given.dtype))
