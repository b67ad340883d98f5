"""Tables about people written piece by piece, each under its name only when all are complete."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from eriq.errors import OutputError
from eriq.tables.files import finished_or_nothing

Append = Callable[[pd.DataFrame], None]


def write_pieces(
    pieces: Iterable[Mapping[str, pd.DataFrame]], paths: Mapping[str, Path], *, overwrite: bool = False
) -> dict[str, int]:
    """Write tables about people of which no more than a piece is ever held; rows by table.

    Parameters
    ----------
    pieces : iterable of mapping of str to DataFrame
        The next rows of every table; all pieces of a table have the same columns.
    paths : mapping of str to Path
        CSV or Parquet, by table.

    Raises
    ------
    OutputError
        When one is there and `overwrite` is false, or cannot be written; then none is.
    """
    rows = dict.fromkeys(paths, 0)
    with ExitStack() as open_files:
        append = {name: open_files.enter_context(_appending(path, overwrite)) for name, path in paths.items()}
        for piece in pieces:
            for name, frame in piece.items():
                append[name](frame)
                rows[name] += len(frame)
    return rows


@contextmanager
def _appending(path: Path, overwrite: bool) -> Iterator[Append]:
    """Give what adds rows to a table, which takes its name in the end."""
    openers = {".parquet": _parquet, ".csv": _csv}
    if path.suffix not in openers:
        raise OutputError(f"{path.name}: eriq writes .csv and .parquet")
    with (
        finished_or_nothing(path, overwrite=overwrite, about_persons=True) as temporary,
        openers[path.suffix](temporary) as append,
    ):
        yield append


@contextmanager
def _csv(file: Path) -> Iterator[Append]:
    with file.open("w", encoding="utf-8", newline="") as to:

        def append(frame: pd.DataFrame) -> None:
            frame.to_csv(to, index=False, header=not to.tell(), date_format="%Y-%m-%d", lineterminator="\n")

        yield append


@contextmanager
def _parquet(file: Path) -> Iterator[Append]:
    with ExitStack() as closing:
        writer: list[pq.ParquetWriter] = []  # opened by the first piece, whose columns are those of all

        def append(frame: pd.DataFrame) -> None:
            schema = writer[0].schema if writer else None
            table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
            if not writer:
                writer.append(closing.enter_context(pq.ParquetWriter(file, table.schema)))
            writer[0].write_table(table)

        yield append
