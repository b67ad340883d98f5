"""Read and write files, whole; digests; nothing else."""

import hashlib
import io
import os
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from eriq.config import Csv
from eriq.errors import ConfigError, OutputError, SourceError, nearest
from eriq.tables.folders import parquet_files
from eriq.tables.formats import STATISTICS, read_statistics
from eriq.tables.stamped import Stamp, stamped
from eriq.tables.words import Labels

DELIMITERS = ",;\t|"
LONGEST_HEADER = 1_000_000  # characters; a first line beyond that is not a header
MOST_BLANK = 1000  # rows of a sheet, and half of them; more is a cell far below the table
MAX_UNPACKED_BYTES = 500_000_000  # a spreadsheet that unpacks to more is refused before it is opened


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A file as a table, with what it was made from and what it declares."""

    frame: pd.DataFrame
    sha256: str  # `file_digest` of the very bytes it was made from
    declared: Labels | None = None  # by column, of files that know labels and missing codes


def read_table(path: Path, csv: Csv | None = None) -> pd.DataFrame:
    """Return a CSV, Parquet or Excel file as a table.

    Parameters
    ----------
    path : Path
        Ends in ``.csv``, ``.txt``, ``.parquet``, ``.xlsx`` or one of `STATISTICS`; a folder is read as Parquet.
    csv : Csv, optional
        How a text file is written; the delimiter is found from the header when not given.

    Returns
    -------
    DataFrame
        Text columns as ``str``, nothing guessed: types are the business of the schema.

    Raises
    ------
    SourceError
        When there is no such file, it is empty, has no rows, cannot be decoded, changes while it is read, or some
        line has more or fewer cells than the header.
    """
    return read_with_digest(path, csv)[0]


def read_with_digest(path: Path, csv: Csv | None = None) -> tuple[pd.DataFrame, str]:
    """Return a file as a table, and the `file_digest` of the very bytes it was made from; else as `read_table`."""
    read = read_declared(path, csv)
    return read.frame, read.sha256


def read_declared(path: Path, csv: Csv | None = None, sheet: str | None = None) -> Read:
    """Return a file as a table, with its digest and what it declares of its columns; else as `read_table`.

    Raises
    ------
    ConfigError
        When a `sheet` is named and the file is no workbook.
    """
    csv, suffix = csv or Csv(), path.suffix.lower()
    readers: dict[str, Callable[[Stamp], pd.DataFrame]] = {
        ".csv": lambda taken: _read_csv(taken, csv),
        ".txt": lambda taken: _read_csv(taken, csv),
        ".xlsx": lambda taken: _read_excel(taken, sheet),
        ".parquet": _read_parquet,
        "": _read_parquet,
    }
    if sheet is not None and suffix != ".xlsx":
        raise ConfigError(f"source.sheets: {path.name} is no workbook and has no sheet '{sheet}'")
    declared: Labels | None = None
    try:
        if not path.exists():
            raise SourceError(f"there is no file {path}")
        if suffix not in (*readers, *STATISTICS):
            raise SourceError(f"{path.name}: eriq reads {', '.join(filter(None, [*readers, *STATISTICS]))}")
        if path.is_dir() and suffix not in ("", ".parquet"):
            raise SourceError(f"{path.name} is a folder; only Parquet may come as a folder")
        if path.is_dir():
            parquet_files(path)
            sha256 = file_digest(path)
            frame = _as_frame(path.name, lambda: pq.read_table(path))
            if file_digest(path) != sha256:
                raise SourceError(f"{path.name} changed while it was read; nothing was made of it")
        else:
            sha256, (taken,) = stamped([path])
            if suffix in STATISTICS:
                frame, declared = read_statistics(taken)
            else:
                frame = readers[suffix](taken)
    except PermissionError:
        raise SourceError(f"{path} may not be read by this user") from None
    except OSError as why:
        raise SourceError(f"{path.name} cannot be read: {why.strerror or type(why).__name__}") from None
    if frame.empty:
        raise SourceError(f"{path.name} has a header and no rows")
    return Read(frame, sha256, declared)


# --- text ----------------------------------------------------------------------------------


def _encoding(csv: Csv) -> str:
    return "utf-8-sig" if csv.encoding.lower() in ("utf-8", "utf8") else csv.encoding


def _not_decoded(name: str, csv: Csv) -> SourceError:
    return SourceError(f"{name} is not {csv.encoding}; set csv.encoding, for example latin-1")


def _header_line(taken: Stamp, csv: Csv) -> str:
    """Return the first line that is not blank."""
    try:
        with io.TextIOWrapper(taken.open(), encoding=_encoding(csv)) as file:
            while line := file.readline(LONGEST_HEADER):
                if line.strip():
                    return line
    except (ValueError, LookupError):  # UnicodeError among them
        raise _not_decoded(taken.path.name, csv) from None
    raise SourceError(f"{taken.path.name} is empty")


def _quotes_pair(taken: Stamp, csv: Csv) -> bool:
    """Return whether every quote closes; the parser would put the rest of the file into one cell."""
    total = 0
    try:
        with io.TextIOWrapper(taken.open(), encoding=_encoding(csv), newline="") as file:
            while block := file.read(1 << 20):
                total += block.count('"')
    except UnicodeError:
        raise _not_decoded(taken.path.name, csv) from None
    return total % 2 == 0


def _read_csv(taken: Stamp, csv: Csv) -> pd.DataFrame:
    """Return a text file cell by cell; pandas would fill short lines and cut long ones without an error."""
    name, header = taken.path.name, _header_line(taken, csv)
    delimiter: str = csv.delimiter or max(DELIMITERS, key=header.count)
    if header.count('"') % 2 or not _quotes_pair(taken, csv):
        raise SourceError(f"{name}: a quote is opened and never closed")
    every_cell_text = {f"f{place}": pa.string() for place in range(header.count(delimiter) + 1)}
    try:
        with taken.open() as file:
            table = pc.read_csv(
                file,
                read_options=pc.ReadOptions(autogenerate_column_names=True, encoding=_encoding(csv)),
                parse_options=pc.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                convert_options=pc.ConvertOptions(
                    column_types=every_cell_text,
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
    except UnicodeError:
        raise _not_decoded(name, csv) from None
    except pa.ArrowInvalid as why:
        if "UTF8" in str(why):
            raise _not_decoded(name, csv) from None
        if "Empty CSV" in str(why):  # one line that no line break ends
            raise SourceError(f"{name} has a header and no rows") from None
        raise SourceError(f"{name}: some line has more or fewer cells than the header") from None
    frame = _first_row_as_header(table.to_pandas(types_mapper=nullable))
    if csv.decimal == ",":
        frame = frame.apply(lambda column: column.str.replace(r"^(\s*-?\d+),(\d+\s*)$", r"\1.\2", regex=True))
    return frame


def _first_row_as_header(cells: pd.DataFrame) -> pd.DataFrame:
    """Return `cells` below the names in their first row, as written: a repeated one stays repeated."""
    frame = cells.iloc[1:].reset_index(drop=True)
    return frame.set_axis(["" if pd.isna(name) else str(name).strip() for name in cells.iloc[0]], axis="columns")


# --- spreadsheets --------------------------------------------------------------------------


def _read_excel(taken: Stamp, sheet: str | None = None) -> pd.DataFrame:
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
    return _first_row_as_header(cells.map(_cell_text, na_action="ignore").astype("str"))


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


def _read_parquet(taken: Stamp) -> pd.DataFrame:
    with taken.open() as file:
        # Opened as one file, since a folder of them may not repeat a column.
        return _as_frame(taken.path.name, lambda: pq.ParquetFile(file).read())


def _as_frame(name: str, read: Callable[[], pa.Table]) -> pd.DataFrame:
    try:
        frame = to_frame(read())
    except PermissionError:
        raise
    except (pa.ArrowException, OSError, ValueError) as why:
        raise SourceError(f"{name} is not a readable Parquet file ({type(why).__name__})") from None
    # A named index of pandas is a column like any other; an unnamed one only counts the rows.
    return frame.loc[:, [not str(name).startswith("__index_level_") for name in frame.columns]]


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as pandas keeps it; text that is not UTF-8 stays bytes, for the schema to judge."""
    frame: pd.DataFrame = table.to_pandas(types_mapper=nullable, date_as_object=False, ignore_metadata=True)
    for place, column in enumerate(table.columns):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            try:
                column.validate(full=True)
            except pa.ArrowInvalid:
                cells = [_text_or_bytes(cell) for cell in column.cast(pa.large_binary()).to_pylist()]
                frame.isetitem(place, np.array([*cells, None], dtype=object)[:-1])
    return frame


def _text_or_bytes(cell: bytes | None) -> str | bytes | None:
    try:
        return cell if cell is None else cell.decode()
    except UnicodeDecodeError:
        return cell


_TEXT = pd.StringDtype(na_value=float("nan"))
_NULLABLE = {
    pa.bool_(): pd.BooleanDtype(),
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
    pa.string(): _TEXT,
    pa.large_string(): _TEXT,
}


def nullable(kind: pa.DataType) -> pd.api.extensions.ExtensionDtype | None:
    """Return the pandas type that keeps gaps in whole numbers."""
    return _NULLABLE.get(kind)


# --- digests -------------------------------------------------------------------------------


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of the files in a folder in the order of their names."""
    total = hashlib.sha256()
    for part in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if part.is_file():
            with part.open("rb") as file:
                while block := file.read(1 << 20):
                    total.update(block)
    return total.hexdigest()


def frame_digest(frame: pd.DataFrame) -> str:
    """Return a SHA-256 of the content of a table, whatever file it came from."""
    total = hashlib.sha256("\x1f".join(map(str, frame.columns)).encode())
    total.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return total.hexdigest()


@contextmanager
def finished_or_nothing(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a temporary name beside `path`; it takes the final name only when all went well."""
    if path.exists() and not overwrite:
        raise OutputError(f"{path} is there already; give --overwrite to replace it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=f".part{path.suffix}")
        os.close(handle)
    except OSError as why:
        raise OutputError(f"{path.parent} cannot be written to: {why.strerror}") from None
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as why:
        raise OutputError(f"{path.name} could not be written: {why.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)


def write_table(frame: pd.DataFrame, path: Path, *, overwrite: bool = False) -> None:
    """Write a table as CSV or Parquet, under its name only when complete.

    Raises
    ------
    OutputError
        When `path` exists and `overwrite` is false, or cannot be written.
    """
    with finished_or_nothing(path, overwrite=overwrite) as temporary:
        if path.suffix.lower() == ".parquet":
            frame.to_parquet(temporary, index=False)
        elif path.suffix.lower() in (".csv", ".txt"):
            frame.to_csv(temporary, index=False, date_format="%Y-%m-%d", lineterminator="\n")
        else:
            raise OutputError(f"{path.name}: eriq writes .csv and .parquet")
