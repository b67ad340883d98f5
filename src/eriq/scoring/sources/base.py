"""What every source of rows promises: the same chunks each time it is asked, under our names."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

import numpy as np
import pandas as pd

from eriq.errors import ConfigError, SchemaError, bullets
from eriq.instrument.instrument import Instrument
from eriq.scoring.set_aside import BROKEN, nothing
from eriq.tables.schema import SHOWN_ROWS, Column, answers_columns, folded

CHUNK_ROWS = 20_000  # at 50,000 a row costs as much, at 5,000 half as much again


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some rows of the input, read as they stand; every input row is in `frame` or in `broken`."""

    index: int  # 0, 1, ...: the unit of resume
    first_row: int  # number of its first row within the whole input, from 1
    n_rows: int  # rows of input it accounts for: len(frame) + len(broken)
    frame: pd.DataFrame  # rows that could be read, raw, with a RangeIndex
    rows: np.ndarray  # (len(frame),) int64: the input row number of each row of `frame`
    broken: pd.DataFrame  # rows that could not even be read: BROKEN


class Source(Protocol):
    """An input that gives the same chunks each time it is asked, with the wanted columns under our names."""

    total_rows: int | None  # known or, for text, estimated once reading has begun
    notices: tuple[str, ...] = ()  # a line for what is left in the input

    def chunks(self, start: int = 0) -> Generator[Chunk, None, None]:
        """Yield chunks from number `start` on; boundaries depend on the input only."""
        ...

    def stamp(self) -> dict[str, str]:
        """Return what identifies the input; a resumed job refuses if it changed."""
        ...

    def close(self) -> None:
        """Let go of what is held open."""
        return  # files are opened and closed on the way

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which columns a job reads; all others are left in the file."""

    names: frozenset[str]
    whole: frozenset[str] = frozenset()  # of them, those that hold small whole numbers
    numbers: frozenset[str] = frozenset()  # of them, those that hold numbers
    mapping: Mapping[str, str] = field(default_factory=dict)  # our name -> name in the file
    instrument: Instrument | None = None  # that was answered

    @property
    def contract(self) -> tuple[Column, ...]:
        """The columns of answers to the questionnaire, with register columns beside them."""
        answers = answers_columns(self.instrument) if self.instrument else ()
        return (*answers, *(Column(name, "Float64", optional=True) for name in sorted(self.numbers)))

    def unread(self, found: list[str]) -> tuple[str, ...]:
        """Return a line that names the columns of the input nobody asked for, or none.

        >>> Wanted(frozenset({"client_id"}), mapping={"client_id": "cpr"}).unread(["note", "cpr"])
        ('not read: note',)
        """
        known = {self.mapping.get(name, name) for name in self.names}
        left = [name for name in found if name not in known]
        more = f" and {len(left) - SHOWN_ROWS} more" if len(left) > SHOWN_ROWS else ""
        return (f"not read: {', '.join(left[:SHOWN_ROWS])}{more}",) if left else ()

    def places(self, found: list[str]) -> dict[str, int]:
        """Return, by our name, where each wanted column stands among the file's columns.

        Raises
        ------
        ConfigError
            When the mapping names a column that is not there.
        SchemaError
            When a wanted column is there twice, or only under a name that differs in case, spaces, signs or accents.

        Examples
        --------
        >>> Wanted(frozenset({"client_id", "wave"}), mapping={"client_id": "cpr"}).places(["note", "cpr"])
        {'client_id': 1}
        """
        absent = [
            f"{ours}: the input has no column '{theirs}'"
            for ours, theirs in self.mapping.items()
            if theirs not in found
        ]
        absent += [f"{ours}: not a column the model reads" for ours in self.mapping if ours not in self.names]
        if absent:
            raise ConfigError(bullets("columns do not fit the input:", absent))
        written = {folded(name): place for place, name in reversed(list(enumerate(found, 1)))}
        likely = [
            f"column number {written[folded(ours)]} is written otherwise than {ours}; is it meant?"
            for ours in sorted(self.names)
            if self.mapping.get(ours, ours) not in found and folded(ours) in written
        ]
        if likely:
            raise SchemaError(
                bullets("columns are named almost as expected; rename them, or map them in columns:", likely)
            )
        here = {name: self.mapping.get(name, name) for name in sorted(self.names)}
        twice = [
            f"column {ours} is there {found.count(theirs)} times"
            for ours, theirs in here.items()
            if found.count(theirs) > 1
        ]
        if twice:
            raise SchemaError(bullets("the input cannot be read without doubt:", twice))
        return {ours: found.index(theirs) for ours, theirs in here.items() if theirs in found}


def whole_chunk(index: int, first_row: int, frame: pd.DataFrame) -> Chunk:
    """Return a chunk in which every row could be read."""
    return Chunk(index, first_row, len(frame), frame, np.arange(first_row, first_row + len(frame)), nothing(BROKEN))
