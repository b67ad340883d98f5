"""The first rows of an input, looked at before the job begins, and read once only."""

from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import chain

from eriq.scoring.sources.base import Chunk, Source


class Peeked(Source):
    """A source whose first chunks were read already: they come again, then the rest, all read once.

    Parameters
    ----------
    source : Source
    rows : int
        Chunks are read until they hold so many rows; no more than that and one chunk is held.
    """

    def __init__(self, source: Source, rows: int) -> None:
        self._source, self.first = source, list[Chunk]()
        self._rest = source.chunks()
        try:
            while sum(chunk.n_rows for chunk in self.first) < rows and (chunk := next(self._rest, None)):
                self.first.append(chunk)
        except BaseException:
            self._rest.close()
            raise

    @property
    def total_rows(self) -> int | None:  # type: ignore[override]  # known once reading has begun
        """Return rows of the whole input, where known or estimated."""
        return self._source.total_rows

    def chunks(self, start: int = 0) -> Generator[Chunk, None, None]:
        """Yield all chunks from number `start` on, as the source gives them; once."""
        with closing(self._rest):
            for chunk in chain(_emptied(self.first), self._rest):
                if chunk.index >= start:
                    yield chunk

    def stamp(self) -> dict[str, str]:
        """Return what identifies the input."""
        return self._source.stamp()

    def close(self) -> None:
        """Let go of the chunks; the source is its owner's to close."""
        self._rest.close()


def _emptied(chunks: list[Chunk]) -> Iterator[Chunk]:
    """Yield chunks and forget each, so that memory holds no more than without a look."""
    while chunks:
        yield chunks.pop(0)
