"""Files as sources, by their endings."""

from collections.abc import Callable, Mapping
from pathlib import Path

from eriq.config import Csv
from eriq.errors import SourceError
from eriq.scoring.sources.base import CHUNK_ROWS, Source, Wanted
from eriq.scoring.sources.frame import FrameSource
from eriq.scoring.sources.parquet import ParquetSource
from eriq.scoring.sources.text import CsvSource
from eriq.tables.files import read_with_digest

Opener = Callable[[Path, Wanted, Csv, int], Source]


def _parquet(path: Path, wanted: Wanted, csv: Csv, chunk_rows: int) -> Source:
    return ParquetSource(path, wanted, chunk_rows)


def _whole(path: Path, wanted: Wanted, csv: Csv, chunk_rows: int) -> Source:
    """Return a source of a file that cannot be read in parts; where it is no table, the reader says why."""
    frame, sha256 = read_with_digest(path, csv)
    return FrameSource(frame, wanted, chunk_rows, {"sha256": sha256})


FORMATS: Mapping[str, Opener] = {".csv": CsvSource, ".txt": CsvSource, ".parquet": _parquet, "": _parquet}
IN_A_FOLDER = (_parquet,)


def open_files(path: Path, wanted: Wanted, csv: Csv | None = None, chunk_rows: int = CHUNK_ROWS) -> Source:
    """Return the source for a CSV, Parquet or Excel file, or a folder of Parquet files.

    Parameters
    ----------
    path : Path
        Ends in ``.csv``, ``.txt``, ``.parquet`` or ``.xlsx``; a folder is read as Parquet.
    wanted : Wanted
        Columns to read.
    csv : Csv, optional
        How a text file is written.
    chunk_rows : int
        Most rows in a chunk.

    Raises
    ------
    SourceError
        When there is no such file, it has no rows, or its frame cannot be read.
    """
    opened = FORMATS.get(path.suffix.lower(), _whole)
    try:
        if not path.is_file() and not (path.is_dir() and opened in IN_A_FOLDER):
            opened = _whole
        return opened(path, wanted, csv or Csv(), chunk_rows)
    except OSError as why:
        raise SourceError(f"{path.name} cannot be read: {why.strerror or type(why).__name__}") from None
