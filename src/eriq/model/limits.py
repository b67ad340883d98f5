"""How large a saved model may be: looked at before anything of it is parsed."""

import io
import math
import os
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from eriq.errors import BundleError

# Many times what a training writes: the demo's manifest has 40 kB, its largest part 120 kB.
MANIFEST_BYTES = 10_000_000
PART_BYTES = 50_000_000
JSON_BYTES = 20_000_000  # lists take many times their text
WHOLE_BYTES = 500_000_000
PARTS = 1000
MEMBERS = 50  # as many refits as a config may ask for
ARCHIVED = 1000  # files in a skops archive
UNPACKED_BYTES = 200_000_000
ROWS = 10_000  # of the self-test and of the background


def bounded(path: Path, most: int) -> bytes:
    """Return the bytes of a plain file of at most `most` bytes.

    Raises
    ------
    BundleError
        When it is missing, larger, a link, or something that could be read without end.
    """
    name = f"{path.parent.name}/{path.name}"
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise BundleError(f"{name} is not a plain file")
            content = file.read(most + 1)
    except OSError:
        raise BundleError(f"{name} is missing or cannot be read") from None
    if len(content) > most:
        raise BundleError(f"{name} is larger than the {most:,} bytes that such a file of a saved model may have")
    return content


def most_of(name: str) -> int:
    """Return how many bytes a part may have.

    >>> most_of("model.tables.json") < most_of("model.skops")
    True
    """
    return JSON_BYTES if name.endswith(".json") else PART_BYTES


def check_number(folder: Path, parts: int, members: int) -> None:
    """Raise BundleError when a manifest names more parts or refits than any training saves."""
    if parts > PARTS or not 0 <= members <= MEMBERS:
        raise BundleError(
            f"{folder.name} has {parts:,} parts and {members:,} refits; {PARTS} and {MEMBERS} are allowed"
        )


def check_whole(folder: Path, payload: Mapping[str, bytes]) -> None:
    """Raise BundleError when all parts together are too large."""
    if sum(map(len, payload.values())) > WHOLE_BYTES:
        raise BundleError(f"{folder.name} is larger than the {WHOLE_BYTES:,} bytes that a saved model may have")


def check_archive(content: bytes, name: str) -> None:
    """Raise BundleError unless a skops archive unpacks to little, and its arrays are no larger than they are stored.

    An archive of a few kilobytes can unpack to terabytes, and an array of 128 bytes can claim as much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = archive.infolist()
            if len(inside) > ARCHIVED or sum(info.file_size for info in inside) > UNPACKED_BYTES:
                raise BundleError(f"{name} unpacks to more than {ARCHIVED} files or {UNPACKED_BYTES:,} bytes")
            for info in inside:
                if info.filename == "schema.json":
                    continue
                with archive.open(info) as file:
                    claimed = _claimed(file.read(info.file_size))
                if not info.filename.endswith(".npy") or claimed > info.file_size:
                    raise BundleError(f"{name} holds an array that claims to be larger than it is, or something else")
    except BundleError:
        raise
    except Exception:  # whatever a broken archive runs into
        raise BundleError(f"{name} is not a skops file") from None


def _claimed(content: bytes) -> int:
    """Return how many bytes an array takes by its own heading."""
    file = io.BytesIO(content)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    shape, _, kind = read[np.lib.format.read_magic(file)](file)
    return math.prod(shape) * kind.itemsize


def check_parquet(content: bytes, name: str, columns: int) -> None:
    """Raise BundleError unless a Parquet part has few rows, at most so many columns, and unpacks to little."""
    import pyarrow.parquet as pq

    try:
        told = pq.read_metadata(io.BytesIO(content))
        size = sum(told.row_group(k).total_byte_size for k in range(told.num_row_groups))
        rows, wide = told.num_rows, told.num_columns
    except Exception:  # whatever a broken file runs into
        raise BundleError(f"{name} is not a Parquet file") from None
    if not (0 < rows <= ROWS and wide <= columns and 0 <= size <= UNPACKED_BYTES):
        raise BundleError(f"{name} has {rows:,} rows and {wide:,} columns; 1 to {ROWS:,} and {columns:,} are allowed")
