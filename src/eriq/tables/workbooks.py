"""Sheets of a workbook as tables: cells as they are shown, one sheet or the one that is named."""

import warnings
import zipfile
import zlib

import numpy as np
import pandas as pd

from eriq.errors import SourceError, nearest
from eriq.tables.stamped import Stamp

MOST_BLANK = 1000  # rows of a sheet, and half of them; more is a cell far below the table
MAX_UNPACKED_BYTES = 500_000_000  # a spreadsheet that unpacks to more is refused before it is opened


def first_row_as_header(cells: pd.DataFrame) -> pd.DataFrame:
    """Return `cells` below the names in their first row, as written: a repeated one stays repeated."""
    frame = cells.iloc[1:].reset_index(drop=True)
    return frame.set_axis(["" if pd.isna(name) else str(name).strip() for name in cells.iloc[0]], axis="columns")


def read_workbook(taken: Stamp, sheet: str | None = None) -> pd.DataFrame:
    """Return the only sheet of a workbook that holds anything, or the one that is named.

    Raises
    ------
    SourceError
        When it is no workbook, unpacks to too much, has no such sheet, or several without a name given.
    """
    path = taken.path
    try:
        with taken.open() as file, zipfile.ZipFile(file) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile:
        raise SourceError(f"{path.name} is not an Excel workbook") from None
    if unpacked > MAX_UNPACKED_BYTES:
        raise SourceError(f"{path.name} unpacks to {unpacked / 1e6:.0f} MB; give large tables as CSV or Parquet")
    try:
        with warnings.catch_warnings(), taken.open() as file:
            warnings.simplefilter("ignore", UserWarning)  # styles and drop-down lists that openpyxl leaves out
            book = pd.ExcelFile(file, engine="openpyxl")
            _one_sheet(path.name, book, sheet)
            cells = pd.read_excel(
                book, sheet_name=sheet or 0, header=None, dtype=object, keep_default_na=False, na_values=[""]
            )
    except (ValueError, LookupError, TypeError, EOFError, SyntaxError, zipfile.BadZipFile, zlib.error):
        raise SourceError(f"{path.name} is not an Excel workbook with a first sheet of data") from None
    # Rows below and columns beside the table are there once a cell has been formatted.
    filled = cells.notna().to_numpy()
    if not filled.any():
        raise SourceError(f"{path.name} is empty")
    last = int(np.flatnonzero(filled.any(axis=1))[-1]) + 1
    blank = last - int(filled.any(axis=1).sum())
    if blank > max(MOST_BLANK, last // 2):
        raise SourceError(f"{path.name} has {blank:,} blank rows above its last cell; delete them, or that cell")
    cells = cells.iloc[:last, : np.flatnonzero(filled.any(axis=0))[-1] + 1]
    if rounded := int(cells.map(_is_rounded).to_numpy().sum()):
        raise SourceError(
            f"{path.name} has {rounded:,} number(s) of more than 15 digits, which a workbook keeps rounded: two "
            "ids may have become one; store ids as text"
        )
    return first_row_as_header(cells.map(_cell_text, na_action="ignore").astype("str"))


def _one_sheet(name: str, book: pd.ExcelFile, sheet: str | None) -> None:
    """Raise SourceError when a named sheet is not there, or else other sheets hold data, or the first is hidden."""
    if sheet is not None:
        if sheet not in book.sheet_names:
            raise SourceError(f"{name} has no sheet '{sheet}'.{nearest(sheet, map(str, book.sheet_names))}")
        return
    first, *others = book.book.worksheets
    filled = [
        sheet for sheet in others if any(cell is not None for row in sheet.iter_rows(values_only=True) for cell in row)
    ]
    if filled:
        hidden = sum(sheet.sheet_state != "visible" for sheet in filled)
        raise SourceError(
            f"{name} has {len(filled)} more sheet(s) with data that would not be read ({hidden} of them hidden); "
            "leave one sheet, or name it in source.sheets"
        )
    if first.sheet_state != "visible":
        raise SourceError(f"the first sheet of {name} is hidden; show it, or leave the one that counts")


def _is_rounded(cell: object) -> bool:
    return isinstance(cell, int | float) and abs(cell) >= 2**53 and not isinstance(cell, bool)


def _cell_text(cell: object) -> str:
    """Return a cell as a CSV would hold it; a date loses its midnight, a whole float its point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).removesuffix(" 00:00:00")


# --- Parquet -------------------------------------------------------------------------------
