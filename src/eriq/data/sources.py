"""Read and write files, whole; digests; nothing else."""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from eriq.config import Csv
from eriq.errors import OutputError, SourceError

DELIMITERS = ",;\t|"
MAX_UNPACKED_BYTES = 500_000_000  # a spreadsheet that unpacks to more is refused before it is opened


def read_table(path: Path, csv: Csv | None = None) -> pd.DataFrame:
    """Return a CSV, Parquet or Excel file as a table.

    Parameters
    ----------
    path : Path
        Ends in ``.csv``, ``.txt``, ``.parquet`` or ``.xlsx``; a folder is read as Parquet.
    csv : Csv, optional
        How a text file is written; the delimiter is found from the header when not given.

    Returns
    -------
    DataFrame
        Text columns as ``str``, nothing guessed: types are the business of the schema.

    Raises
    ------
    SourceError
        When there is no such file, it is empty, has no rows, or cannot be decoded.
    """
    csv = csv or Csv()
    if not path.exists():
        raise SourceError(f"there is no file {path}")
    readers: dict[str, Callable[[], pd.DataFrame]] = {
        ".csv": lambda: _read_csv(path, csv),
        ".txt": lambda: _read_csv(path, csv),
        ".xlsx": lambda: _read_excel(path),
        ".parquet": lambda: _read_parquet(path),
        "": lambda: _read_parquet(path),
    }
    if path.suffix.lower() not in readers:
        raise SourceError(f"{path.name}: eriq reads {', '.join(filter(None, readers))}")
    try:
        frame = readers[path.suffix.lower()]()
    except PermissionError:
        raise SourceError(f"{path} may not be read by this user") from None
    if frame.empty:
        raise SourceError(f"{path.name} has a header and no rows")
    return frame


def find_delimiter(path: Path, csv: Csv) -> str:
    """Return the delimiter given, or the one that splits the header into most columns."""
    if csv.delimiter:
        return csv.delimiter
    try:
        with path.open(encoding=_encoding(csv)) as file:
            header = file.readline(1_000_000)
    except (UnicodeDecodeError, LookupError):
        raise _not_decoded(path, csv) from None
    if not header.strip():
        raise SourceError(f"{path.name} is empty")
    return max(DELIMITERS, key=header.count)


def _encoding(csv: Csv) -> str:
    return "utf-8-sig" if csv.encoding.lower() in ("utf-8", "utf8") else csv.encoding


def _not_decoded(path: Path, csv: Csv) -> SourceError:
    return SourceError(f"{path.name} is not {csv.encoding}; set csv.encoding, for example latin-1")


def _read_csv(path: Path, csv: Csv) -> pd.DataFrame:
    delimiter = find_delimiter(path, csv)
    try:
        frame = pd.read_csv(
            path,
            sep=delimiter,
            encoding=_encoding(csv),
            dtype="str",
            keep_default_na=False,
            na_values=[""],
            skipinitialspace=True,
            index_col=False,
        )
    except UnicodeDecodeError:
        raise _not_decoded(path, csv) from None
    except pd.errors.EmptyDataError:
        raise SourceError(f"{path.name} is empty") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning):
        raise SourceError(f"{path.name}: some line has more cells than the header, or a quote never closes") from None
    frame.columns = _header(path, delimiter, _encoding(csv), len(frame.columns))
    if csv.decimal == ",":
        frame = frame.apply(lambda column: column.str.replace(r"^(\s*-?\d+),(\d+\s*)$", r"\1.\2", regex=True))
    return frame


def _header(path: Path, delimiter: str, encoding: str, width: int) -> list[str]:
    """Return column names as written: pandas would rename the second of two equal ones."""
    first = pd.read_csv(path, sep=delimiter, encoding=encoding, dtype="str", header=None, nrows=1, keep_default_na=False)
    return [str(name).strip() for name in first.iloc[0].tolist()][:width]


def _read_excel(path: Path) -> pd.DataFrame:
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile:
        raise SourceError(f"{path.name} is not an Excel workbook") from None
    if unpacked > MAX_UNPACKED_BYTES:
        raise SourceError(f"{path.name} unpacks to {unpacked / 1e6:.0f} MB; give large tables as CSV or Parquet")
    try:
        frame = pd.read_excel(path, dtype=object, keep_default_na=False, na_values=[""], engine="openpyxl")
    except (ValueError, KeyError, zipfile.BadZipFile, SyntaxError):
        raise SourceError(f"{path.name} is not an Excel workbook with a first sheet of data") from None
    text = {name: frame[name].map(_cell_text, na_action="ignore").astype("str") for name in frame}
    return pd.DataFrame(text)


def _cell_text(cell: object) -> str:
    """Return a cell as a CSV would hold it; a date loses its midnight, a whole float its point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).removesuffix(" 00:00:00")


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as why:
        raise SourceError(f"{path.name} is not a readable Parquet file ({type(why).__name__})") from None
    return table.to_pandas(types_mapper=_nullable, date_as_object=False)


_NULLABLE = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.string(): pd.StringDtype(na_value=float("nan")),
    pa.large_string(): pd.StringDtype(na_value=float("nan")),
}


def _nullable(kind: pa.DataType) -> pd.api.extensions.ExtensionDtype | None:
    """Return the pandas type that keeps gaps in whole numbers."""
    return _NULLABLE.get(kind)


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
