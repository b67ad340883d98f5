"""Parquet as a source: one file, or the files of a folder."""

import math
from collections.abc import Generator, Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from eriq.errors import SourceError
from eriq.scoring.sources.base import Chunk, Source, Wanted, whole_chunk
from eriq.tables.files import file_digest, nullable


def parquet_files(path: Path) -> list[Path]:
    """Return a Parquet file, or those within a folder in the order of their names.

    What Spark and others leave beside the data, under names that begin with _ or a dot, is passed over.

    Raises
    ------
    SourceError
        When the folder holds none.
    """
    inside = [p for p in sorted(path.rglob("*.parquet")) if p.is_file() and not p.name.startswith(("_", "."))]
    files = inside if path.is_dir() else [path]
    if not files:
        raise SourceError(f"{path.name} holds no Parquet file")
    return files


class ParquetSource(Source):
    """A Parquet file, or the files of a folder in the order of their names, row group by row group."""

    def __init__(self, path: Path, wanted: Wanted, chunk_rows: int) -> None:
        self._path, self._chunk_rows = path, chunk_rows
        self._files = parquet_files(path)
        self._groups: list[tuple[Path, list[int], int]] = []  # file, row groups read together, their rows
        for file in self._files:
            meta = self._open(file).metadata
            self._groups += [(file, groups, rows) for groups, rows in _packed(meta, chunk_rows)]
        schemas = [self._open(file).schema_arrow.names for file in self._files]
        self._columns = [wanted.places(list(names)) for names in schemas]
        if any(columns.keys() != self._columns[0].keys() for columns in self._columns):
            raise SourceError(f"the files in {path.name} do not have the same columns")
        self.total_rows: int | None = sum(rows for _, _, rows in self._groups)
        if not self.total_rows:
            raise SourceError(f"{path.name} has a header and no rows")

    def _open(self, file: Path) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(file, pre_buffer=False)  # a buffer ahead would grow with the file
        except (pa.ArrowException, OSError, ValueError) as why:
            raise SourceError(f"{file.name} is not a readable Parquet file ({type(why).__name__})") from None

    def stamp(self) -> dict[str, str]:
        """Return the digest of the content."""
        return {"sha256": file_digest(self._path)}

    def chunks(self, start: int = 0) -> Generator[Chunk, None, None]:
        """Yield the rows of one or several whole row groups, or a slice of a large one."""
        index, first_row = 0, 1
        for file, groups, rows in self._groups:
            pieces = math.ceil(rows / self._chunk_rows)
            if index + pieces <= start:
                index, first_row = index + pieces, first_row + rows
                continue
            for frame in self._frames(file, groups):
                if index >= start:
                    yield whole_chunk(index, first_row, frame)
                index, first_row = index + 1, first_row + len(frame)

    def _frames(self, file: Path, groups: list[int]) -> Iterator[pd.DataFrame]:
        opened, places = self._open(file), self._columns[self._files.index(file)]
        theirs = [opened.schema_arrow.names[place] for place in places.values()]
        try:
            for batch in opened.iter_batches(self._chunk_rows, row_groups=groups, columns=theirs):
                table = pa.Table.from_batches([batch]).select(theirs).rename_columns(list(places))
                yield table.to_pandas(types_mapper=nullable, date_as_object=False, ignore_metadata=True)
        except (pa.ArrowException, OSError, ValueError) as why:
            raise SourceError(f"{file.name} cannot be read to its end ({type(why).__name__})") from None


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
