"""Rows looked at before a job begins come again, and are read once."""

import pandas as pd

from eriq.scoring.sources.base import Source, whole_chunk
from eriq.scoring.sources.peeked import Peeked


class _Counting(Source):
    total_rows = 8

    def __init__(self) -> None:
        self.read = list[int]()
        self.closed = False

    def chunks(self, start: int = 0):
        try:
            for index in range(start, 4):
                self.read.append(index)
                yield whole_chunk(index, 2 * index + 1, pd.DataFrame({"a": [index, index]}))
        finally:
            self.closed = True

    def stamp(self) -> dict[str, str]:
        return {"rows": "8"}


def test_each_chunk_is_read_once_and_comes_in_its_order() -> None:
    """Two chunks are held for three rows; then all four come, none read twice, and the source's reading is closed."""
    source = _Counting()
    peeked = Peeked(source, 3)
    assert (source.read, [chunk.index for chunk in peeked.first]) == ([0, 1], [0, 1])
    assert [chunk.index for chunk in peeked.chunks()] == [0, 1, 2, 3]
    assert (source.read, source.closed, peeked.first) == ([0, 1, 2, 3], True, [])
    assert (peeked.total_rows, peeked.stamp()) == (8, {"rows": "8"})


def test_who_stops_early_closes_the_reading() -> None:
    """A refused job leaves no reading open."""
    source = _Counting()
    Peeked(source, 3).close()
    assert source.closed
