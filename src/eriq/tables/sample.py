"""The beginning of a file of which nothing is known yet: how it is written, and its cells as text."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from eriq.config import Csv
from eriq.errors import SourceError
from eriq.tables.files import DELIMITERS, read_declared
from eriq.tables.schema import as_text

ROWS = 20_000  # of a file, to guess from
MEANT_TO_BE_NUMBERS = 0.9  # share of cells
_COMMA, _NUMBER = r"-?\d+,\d+", r"-?\d+([.,]\d+)?"


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A file, its cells as text, and how it is written; `csv` is None where a file says itself how it is written."""

    path: Path
    cells: pd.DataFrame
    csv: Csv | None

    @property
    def headers(self) -> list[str]:
        """Names of the columns as they stand there."""
        return [str(name) for name in self.cells.columns]


def take(path: Path) -> Sample:
    """Return the first rows of a file.

    Raises
    ------
    SourceError
        When it cannot be read, or a column name is there twice.
    """
    text = path.suffix.lower() in (".csv", ".txt")
    csv = Csv(encoding=_encoding(path)) if text else None
    read = read_declared(path, csv)
    frame = read.frame.head(ROWS)
    if twice := int(frame.columns.duplicated().sum()):
        raise SourceError(f"{path.name}: {twice} column name(s) are there twice; rename them")
    cells = pd.DataFrame({str(name): _text(frame[name]) for name in frame.columns})
    for name, said in (read.declared or {}).items():  # labels say what codes mean, as they will be read
        told: dict[str, str | None] = {**said.labels, **dict.fromkeys(said.missing)}
        cells[name] = cells[name].map(lambda cell, told=told: told.get(cell, cell), na_action="ignore").astype("str")
    if csv is not None:
        csv = Csv(encoding=csv.encoding, delimiter=_delimiter(path, csv.encoding), decimal=_decimal(cells))
    return Sample(path, cells, csv)


def _encoding(path: Path) -> str:
    try:
        path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    except OSError:
        pass  # said by the reader
    return "utf-8"


def _delimiter(path: Path, encoding: str) -> str:
    """Return the sign between cells, as the reader finds it."""
    with path.open(encoding=encoding) as file:
        header = next((line for line in file if line.strip()), "")
    return max(DELIMITERS, key=header.count)


def _text(column: pd.Series) -> pd.Series:
    if column.dtype.kind == "M":
        column = column.dt.strftime("%Y-%m-%d")
    cells = as_text(column.astype(object).where(column.notna(), None)).str.strip()
    return cells.where(cells != "")


def _decimal(cells: pd.DataFrame) -> str:
    """Return the decimal sign: a comma where some column of numbers has one."""
    for name in cells.columns:
        given = cells[name].dropna()
        if given.str.fullmatch(_COMMA).any() and given.str.fullmatch(_NUMBER).mean() >= MEANT_TO_BE_NUMBERS:
            return ","
    return "."
