"""Parquet as a source: one file, or the files of a folder."""

import math
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from eriq.errors import SourceError
from eriq.scoring.sources.base import Chunk, Source, Wanted, whole_chunk
from eriq.tables.files import instrument_of, to_frame
from eriq.tables.folders import parquet_files
from eriq.tables.stamped import Stamp, stamped


class ParquetSource(Source):
    """A Parquet file, or the files of a folder in the order of their names, row group by row group.

    `taken` are files that were stamped already, wherever they are kept.
    """

    def __init__(
        self, path: Path, wanted: Wanted, chunk_rows: int, taken: tuple[str, list[Stamp]] | None = None
    ) -> None:
        self._chunk_rows = chunk_rows
        self._sha256, self._files = taken or stamped(parquet_files(path))
        self._groups: list[tuple[int, list[int], int]] = []  # number of a file, row groups read together, their rows
        self._columns: list[dict[str, int]] = []
        self._instruments: list[str | None] = []  # of a whole file, where it has no column that says so
        for number, file in enumerate(self._files):
            with _opened(file) as found:
                self._groups += [(number, groups, rows) for groups, rows in _packed(found.metadata, chunk_rows)]
                names = list(found.schema_arrow.names)
                self._columns.append(places := wanted.places(names))
                asks = "instrument" in wanted.names and "instrument" not in places
                self._instruments.append(instrument_of(found.schema_arrow) if asks else None)
                self.notices = self.notices or wanted.unread(names)
        if any(columns.keys() != self._columns[0].keys() for columns in self._columns):
            raise SourceError(f"the files in {path.name} do not have the same columns")
        self.total_rows: int | None = sum(rows for _, _, rows in self._groups)
        if not self.total_rows:
            raise SourceError(f"{path.name} has a header and no rows")

    def stamp(self) -> dict[str, str]:
        """Return the digest of the content."""
        return {"sha256": self._sha256}

    def chunks(self, start: int = 0) -> Generator[Chunk, None, None]:
        """Yield the rows of one or several whole row groups, or a slice of a large one."""
        index, first_row = 0, 1
        for number, groups, rows in self._groups:
            pieces = math.ceil(rows / self._chunk_rows)
            if index + pieces <= start:
                index, first_row = index + pieces, first_row + rows
                continue
            for frame in self._frames(number, groups):
                if index >= start:
                    yield whole_chunk(index, first_row, frame)
                index, first_row = index + 1, first_row + len(frame)

    def _frames(self, number: int, groups: list[int]) -> Iterator[pd.DataFrame]:
        file, places, label = self._files[number], self._columns[number], self._instruments[number]
        with _opened(file) as found:
            theirs = [found.schema_arrow.names[place] for place in places.values()]
            try:
                for batch in found.iter_batches(self._chunk_rows, row_groups=groups, columns=theirs):
                    table = pa.Table.from_batches([batch]).select(theirs).rename_columns(list(places))
                    yield to_frame(table) if label is None else to_frame(table).assign(instrument=label)
            except (pa.ArrowException, OSError, ValueError) as why:
                raise SourceError(f"{file.path.name} cannot be read to its end ({type(why).__name__})") from None


@contextmanager
def _opened(file: Stamp) -> Iterator[pq.ParquetFile]:
    """Give an open Parquet file, of which no byte is read that its stamp does not know."""
    with file.open() as source:
        try:
            found = pq.ParquetFile(source, pre_buffer=False)  # a buffer ahead would grow with the file
        except (pa.ArrowException, OSError, ValueError) as why:
            raise SourceError(f"{file.path.name} is not a readable Parquet file ({type(why).__name__})") from None
        yield found


def _packed(meta: pq.FileMetaData, chunk_rows: int) -> Iterator[tuple[list[int], int]]:
    """Yield runs of row groups that fit into one chunk together, with their rows."""
    run: list[int] = []
    rows = 0
    for group in range(meta.num_row_groups):
        here = meta.row_group(group).num_rows
        if run and rows + here > chunk_rows:
            yield run, rows
            run, rows = [], 0
        if here:
            run, rows = [*run, group], rows + here
    if run:
        yield run, rows
