"""What every sink of scores promises: whole chunks, and nothing under the final name before the end."""

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import pandas as pd

from eriq.scoring.manifest import RunManifest


@dataclass(frozen=True, slots=True)
class Places:
    """Where the rows of a run are, in words for the person who started it."""

    scored: str
    set_aside: str


class Sink(Protocol):
    """An output that holds whole chunks only.

    A sink is made for one job: its maker is given a digest of the source's stamp, the model, the options and
    the chunk size, so that `completed` speaks of that job alone. `write` is called for chunks in their order,
    from one thread at a time, and not for those already completed. Left with an error it is abandoned.
    """

    known: int  # rows that were in the output before this run, once finished

    def completed(self) -> int:
        """Return how many chunks an interrupted run of the same job has stored, 0 if none."""
        ...

    def counted(self) -> tuple[int, int]:
        """Return rows scored and rows set aside in the chunks of `completed`."""
        ...

    def write(self, index: int, scores: pd.DataFrame, rejected: pd.DataFrame) -> None:
        """Store one chunk, words in categories included; it is durable when this returns."""
        ...

    def finish(self, manifest: RunManifest) -> None:
        """Make the whole output appear under its final name, with what the run says about itself."""
        ...

    def places(self) -> Places:
        """Return where scores and rows set aside are, once finished."""
        ...

    def forget(self) -> None:
        """Drop the chunks that an interrupted run of the same job has stored, so that it begins anew."""
        ...

    def abandon(self) -> None:
        """Tidy up after a failure; stored chunks stay, since the job can be continued after them."""
        ...

    def close(self) -> None:
        """Let go of what is held open."""
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.abandon()
        self.close()
