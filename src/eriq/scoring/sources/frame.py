"""A table in memory as a source, for what cannot be read in parts."""

import math
from collections.abc import Generator

import pandas as pd

from eriq.scoring.sources.base import Chunk, Source, Wanted, whole_chunk


class FrameSource(Source):
    """A table in memory, in slices."""

    def __init__(self, frame: pd.DataFrame, wanted: Wanted, chunk_rows: int, stamp: dict[str, str]) -> None:
        found = [str(name) for name in frame.columns]
        places, self.notices = wanted.places(found), wanted.unread(found)
        self._frame = frame.iloc[:, list(places.values())].set_axis(list(places), axis="columns")
        self._stamp, self._chunk_rows = stamp, chunk_rows
        self.total_rows: int | None = len(frame)

    def chunks(self, start: int = 0) -> Generator[Chunk, None, None]:
        """Yield slices of the table."""
        for index in range(start, math.ceil(len(self._frame) / self._chunk_rows)):
            first = index * self._chunk_rows
            part = self._frame.iloc[first : first + self._chunk_rows].reset_index(drop=True)
            yield whole_chunk(index, first + 1, part)

    def stamp(self) -> dict[str, str]:
        """Return the digest it was made with."""
        return self._stamp
