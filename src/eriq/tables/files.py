"""Read and write files, whole; digests; nothing else."""

import hashlib
import io
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from eriq.config import Csv
from eriq.disclosure import about_people, only_for_owner
from eriq.errors import ConfigError, OutputError, SourceError
from eriq.tables.cells import each_once
from eriq.tables.coded import as_codes, coded_below_header, text_columns
from eriq.tables.folders import parquet_files
from eriq.tables.formats import STATISTICS, read_statistics
from eriq.tables.stamped import Stamp, stamped
from eriq.tables.words import Labels
from eriq.tables.workbooks import first_row_as_header, read_workbook

DELIMITERS = ",;\t|"
LONGEST_HEADER = 1_000_000  # characters; a first line beyond that is not a header


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


def read_declared(path: Path, csv: Csv | None = None, sheet: str | None = None, *, coded: bool = False) -> Read:
    """Return a file as a table, with its digest and what it declares of its columns; else as `read_table`.

    With `coded`, text of CSV and Parquet comes as categories: every value once, and a whole number a row.

    Raises
    ------
    ConfigError
        When a `sheet` is named and the file is no workbook.
    """
    csv, suffix = csv or Csv(), path.suffix.lower()
    readers: dict[str, Callable[[Stamp], pd.DataFrame]] = {
        ".csv": lambda taken: _read_csv(taken, csv, coded=coded),
        ".txt": lambda taken: _read_csv(taken, csv, coded=coded),
        ".xlsx": lambda taken: read_workbook(taken, sheet),
        ".parquet": lambda taken: _read_parquet(taken, coded=coded),
        "": lambda taken: _read_parquet(taken, coded=coded),
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
            frame = _as_frame(path.name, lambda: to_frame(named_instrument(pq.read_table(path), _one_instrument(path))))
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


def delimiter_of(header: str) -> str:
    """Return what stands between the columns of a first line; what stands within quotes is part of a name.

    >>> delimiter_of('id;"How often, if at all, or never?"')
    ';'
    """
    return max(DELIMITERS, key=re.sub(r'"[^"]*"', "", header).count)


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


def _read_csv(taken: Stamp, csv: Csv, *, coded: bool = False) -> pd.DataFrame:
    """Return a text file cell by cell; pandas would fill short lines and cut long ones without an error."""
    name, header = taken.path.name, _header_line(taken, csv)
    delimiter: str = csv.delimiter or delimiter_of(header)
    if header.count('"') % 2 or not _quotes_pair(taken, csv):
        raise SourceError(f"{name}: a quote is opened and never closed")
    kind = pa.dictionary(pa.int32(), pa.string()) if coded else pa.string()
    every_cell_text = {f"f{place}": kind for place in range(header.count(delimiter) + 1)}
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
    frame = coded_below_header(table) if coded else first_row_as_header(table.to_pandas(types_mapper=nullable))
    if csv.decimal == ",":
        frame = frame.apply(lambda column: each_once(_decimal_point, column))
    return frame


def _decimal_point(cells: pd.Series) -> pd.Series:
    return cells.str.replace(r"^(\s*-?\d+),(\d+\s*)$", r"\1.\2", regex=True)


def _read_parquet(taken: Stamp, *, coded: bool = False) -> pd.DataFrame:
    def read() -> pd.DataFrame:
        # Opened as one file, since a folder of them may not repeat a column.
        given = pq.ParquetFile(file, read_dictionary=texts)
        names = given.schema_arrow.names
        if not names or len({*names}) < len(names) or any("." in name for name in names):  # a dot looks into a column
            return to_frame(named_instrument(given.read()))
        # One column at a time is there both in Arrow and in pandas.
        frame = pd.concat([to_frame(given.read(columns=[name])) for name in names], axis="columns")
        label = None if "instrument" in names else instrument_of(given.schema_arrow)
        return frame if label is None else frame.assign(instrument=pd.Series(label, index=frame.index, dtype="str"))

    with taken.open() as file:
        texts = text_columns(file) if coded else None
        frame = _as_frame(taken.path.name, read)
    pa.default_memory_pool().release_unused()  # what was decoded on the way would else be kept for the next table
    return frame


def instrument_of(schema: pa.Schema) -> str | None:
    """Return the "id version" that a Parquet file has in its metadata under ``eriq.instrument``.

    >>> instrument_of(pa.schema([], metadata={"eriq.instrument": "eriq22 2.0.0"}))
    'eriq22 2.0.0'
    """
    label = (schema.metadata or {}).get(b"eriq.instrument")
    return label.decode("utf-8", "replace") if label else None


def named_instrument(table: pa.Table, label: str | None = None) -> pa.Table:
    """Return a table with what its metadata, or `label`, says of its questionnaire as a column, if it has none."""
    label = label or instrument_of(table.schema)
    if label is None or "instrument" in table.column_names:
        return table
    return table.append_column("instrument", pa.array([label] * len(table), pa.string()))


def _one_instrument(folder: Path) -> str | None:
    """Return the questionnaire that all files of a folder name in their metadata.

    Raises
    ------
    SourceError
        When they do not say the same: a folder is read as one table.
    """
    labels = {instrument_of(pq.read_schema(file)) for file in parquet_files(folder)}
    if len(labels) > 1:
        raise SourceError(f"the files in {folder.name} name different questionnaires; write a column instrument")
    return labels.pop() if labels else None


def _as_frame(name: str, read: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    try:
        frame = read()
    except PermissionError:
        raise
    except (pa.ArrowException, OSError, ValueError) as why:
        raise SourceError(f"{name} is not a readable Parquet file ({type(why).__name__})") from None
    # A named index of pandas is a column like any other; an unnamed one only counts the rows.
    return frame.loc[:, [not str(name).startswith("__index_level_") for name in frame.columns]]


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as pandas keeps it; text that is not UTF-8 stays bytes, for the schema to judge."""
    table, categories = as_codes(table)
    frame: pd.DataFrame = table.to_pandas(types_mapper=nullable, date_as_object=False, ignore_metadata=True)
    for place, column in categories.items():
        frame.isetitem(place, column.array)
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
def finished_or_nothing(path: Path, *, overwrite: bool, about_persons: bool = False) -> Iterator[Path]:
    """Give a temporary name beside `path`; it takes the final name only when all went well.

    A file about single persons is readable as `eriq.disclosure.people` says; any other by everyone.
    """
    if path.exists() and not overwrite:
        raise OutputError(f"{path} is there already; give --overwrite to replace it")
    try:
        with about_people() if about_persons else nullcontext():
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
        only_for_owner(temporary) if about_persons else temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as why:
        raise OutputError(f"{path.name} could not be written: {why.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)


def write_table(frame: pd.DataFrame, path: Path, *, overwrite: bool = False) -> None:
    """Write a table about people as CSV or Parquet, under its name only when complete: the door for rows of persons.

    Raises
    ------
    OutputError
        When `path` exists and `overwrite` is false, or cannot be written.
    """
    with finished_or_nothing(path, overwrite=overwrite, about_persons=True) as temporary:
        _write(frame, path, temporary)


def write_aggregates(frame: pd.DataFrame, path: Path, *, overwrite: bool = False) -> None:
    """Write a table that anyone may read: aggregates that `eriq.disclosure` cleared, or what holds no people."""
    with finished_or_nothing(path, overwrite=overwrite) as temporary:
        _write(frame, path, temporary)


def _write(frame: pd.DataFrame, path: Path, temporary: Path) -> None:
    if path.suffix.lower() == ".parquet":
        frame.to_parquet(temporary, index=False)
    elif path.suffix.lower() in (".csv", ".txt"):
        frame.to_csv(temporary, index=False, date_format="%Y-%m-%d", lineterminator="\n")
    else:
        raise OutputError(f"{path.name}: eriq writes .csv and .parquet")
