"""Files to read in chunks, and what came out of them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from eriq.config import Csv
from eriq.scoring.sources.base import Chunk, Wanted
from eriq.scoring.sources.files import open_files

WANTED = Wanted(frozenset({"client_id", "cw01", "weeks"}), frozenset({"cw01"}), frozenset({"weeks"}))


def read(path: Path, chunk_rows: int = 100, csv: Csv | None = None, start: int = 0) -> list[Chunk]:
    return list(open_files(path, WANTED, csv, chunk_rows).chunks(start))


def csv_file(path: Path, body: bytes) -> Path:
    path.write_bytes(body)
    return path


def found(made: list[Chunk]) -> tuple[list[int], list[str], list[tuple[int, str]]]:
    """Return numbers of rows read, their clients, and (number, code) of broken lines."""
    rows = np.concatenate([c.rows for c in made]).tolist()
    clients = [str(v) for c in made for v in c.frame["client_id"]]
    return rows, clients, [(r, code) for c in made for r, code in zip(c.broken["row"], c.broken["code"], strict=True)]


def parquet(path: Path, n: int, group: int, first: int = 0) -> Path:
    rows = range(first, first + n)
    table = pa.table(
        {"client_id": [f"c{k}" for k in rows], "cw01": pa.array([k % 5 for k in rows], pa.int8()), "z": [0] * n}
    )
    pq.write_table(table, path, row_group_size=group)
    return path
