"""A table or query of a database as a source, whichever database it is."""

import hashlib
from collections.abc import Generator, Sequence

import numpy as np
import pandas as pd

from eriq.errors import SourceError
from eriq.scoring.databases.base import Reader, Row
from eriq.scoring.databases.cells import frame_of, row_digest
from eriq.scoring.set_aside import BROKEN
from eriq.scoring.sources.base import Chunk, Source, Wanted, whole_chunk
from eriq.tables.schema import is_text


class TableSource(Source):
    """Rows in an order that does not depend on the database's mood; made by `SqlSource` and `DuckDbSource`."""

    def __init__(self, reader: Reader, wanted: Wanted | None, chunk_rows: int) -> None:
        self._reader, self._chunk_rows = reader, chunk_rows
        self._content: str | None = None
        self.total_rows: int | None = reader.total_rows
        try:
            self.notices = wanted.unread(reader.names) if wanted else ()
            self._places = wanted.places(reader.names) if wanted else {n: k for k, n in enumerate(reader.names)}
        except BaseException:
            self.close()
            raise

    def stamp(self) -> dict[str, str]:
        """Return the number of rows, the columns, and a digest of every row whatever the order."""
        columns = hashlib.sha256("\x1f".join(self._reader.names).encode()).hexdigest()[:16]
        self._content = content = self._reader.digest()
        return {"kind": self._reader.kind, "rows": str(self.total_rows), "columns": columns, "content": content}

    def chunks(self, start: int = 0) -> Generator[Chunk, None, None]:
        """Yield chunks from number `start` on, in the order of the key.

        Raises
        ------
        DatabaseError
            When the connection is lost on the way; what was yielded before is whole.
        SourceError
            When the rows are not those of the stamp.
        """
        theirs = [self._reader.names[place] for place in self._places.values()]
        if (frames := self._reader.frames(start, self._chunk_rows, theirs)) is not None:
            for index, frame in enumerate(frames, start):
                yield whole_chunk(
                    index, index * self._chunk_rows + 1, frame.set_axis(list(self._places), axis="columns")
                )
            return
        compared, total = self._content is not None and not self._reader.snapshot and not start, 0
        for index, rows in enumerate(self._reader.rows(start, self._chunk_rows), start):
            if compared:
                total += sum(map(row_digest, rows))
            yield self._chunk(index, index * self._chunk_rows + 1, rows)
        if compared and str(total % 2**64) != self._content:
            raise SourceError("the table changed while it was read; nothing was made of it")

    def _chunk(self, index: int, first: int, rows: Sequence[Row]) -> Chunk:
        """Return rows as a chunk; a row with text that is not UTF-8 is broken, the others are not."""
        numbers, names = np.arange(first, first + len(rows), dtype=np.int64), self._reader.names
        bad: list[int] = []
        try:
            frame = frame_of(rows, names)
        except UnicodeEncodeError:
            bad = [place for place, row in enumerate(rows) if not all(map(is_text, row))]
            frame = frame_of([rows[place] for place in np.setdiff1d(np.arange(len(rows)), bad)], names)
        mine = frame.iloc[:, list(self._places.values())].set_axis(list(self._places), axis="columns")
        found = {"row": numbers[bad], "code": ["encoding"] * len(bad), "reason": ["text that is not UTF-8"] * len(bad)}
        broken = pd.DataFrame(found).astype(BROKEN)
        return Chunk(index, first, len(rows), mine, np.delete(numbers, bad), broken)

    def close(self) -> None:
        """Let go of the database."""
        self._reader.close()
