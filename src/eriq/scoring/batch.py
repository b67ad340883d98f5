"""A scoring job: chunk after chunk from a source to a sink, nothing lost, nothing twice."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain, islice

from threadpoolctl import threadpool_limits

from eriq.errors import CountError, ResumeError
from eriq.model.bundle import Bundle
from eriq.scoring.chunk import Scored, score_rows, settle
from eriq.scoring.manifest import Counts
from eriq.scoring.options import Options
from eriq.scoring.registers import Lookup
from eriq.scoring.repeats import Seen, keys_of
from eriq.scoring.sinks.base import Sink
from eriq.scoring.sources.base import Chunk, Source
from eriq.tables.cohort import Registers


@dataclass(frozen=True, slots=True)
class ChunkDone:
    """One chunk scored and stored; counts only."""

    chunk: int
    rows: int
    scored: int
    set_aside: int
    read: int  # rows of all chunks so far
    expected: int | None  # rows of the whole input, where known or estimated
    rows_per_second: int  # of this run


OnChunk = Callable[[ChunkDone], None]


@dataclass(slots=True)
class _Rows:
    """Counts of rows while a job runs."""

    scored: int
    set_aside: int
    read: int = 0
    written: int = 0  # by this run
    begin: float = field(default_factory=time.perf_counter)

    def add(self, chunk: Chunk, scored: int, set_aside: int, expected: int | None) -> ChunkDone:
        """Count a stored chunk, and return what is known after it."""
        self.scored, self.set_aside = self.scored + scored, self.set_aside + set_aside
        self.written += chunk.n_rows
        rate = round(self.written / max(time.perf_counter() - self.begin, 1e-9))
        so_far = chunk.first_row + chunk.n_rows - 1
        return ChunkDone(chunk.index, chunk.n_rows, scored, set_aside, so_far, expected, rate)


def run_job(
    bundle: Bundle,
    source: Source,
    sink: Sink,
    options: Options,
    registers: Registers | Lookup | None = None,
    *,
    workers: int = 2,
    on_chunk: OnChunk | None = None,
) -> Counts:
    """Score every chunk of `source` into `sink`, in order; `sink.finish` is left to the caller.

    Parameters
    ----------
    bundle : Bundle
    source : Source
    sink : Sink
        Chunks it has stored already are not scored again; only their keys are read, so that a row
        which repeats one of theirs is found.
    options : Options
    registers : Registers, optional
        Each chunk looks up its own clients in them.
    workers : int
        Chunks scored at a time; `workers` + 2 are in memory.
    on_chunk : callable, optional
        Called with a `ChunkDone` after each chunk.

    Raises
    ------
    CountError
        When rows in are not rows scored and rows set aside.
    ResumeError
        When the input gives other chunks than the interrupted run saw.
    EriqError
        What source, scoring and sink raise; chunks stored before stay.
    """
    rows, seen, stored = _Rows(*sink.counted()), Seen(), sink.completed()
    lookup = Lookup(registers) if isinstance(registers, Registers) else registers

    def work(chunk: Chunk) -> Scored:
        return score_rows(bundle, chunk.frame, options, None if lookup is None else lookup.of(chunk.frame))

    def store(chunk: Chunk, done: Scored) -> None:
        scores, aside = settle(bundle, chunk, done, seen)
        if len(scores) + len(aside) != chunk.n_rows:
            raise CountError(f"{chunk.n_rows} rows in, {len(scores)} scored and {len(aside)} set aside")
        sink.write(chunk.index, scores, aside)
        told = rows.add(chunk, len(scores), len(aside), source.total_rows)
        if on_chunk:
            on_chunk(told)

    with threadpool_limits(1), closing(source.chunks()) as chunks:
        ahead = deque(islice(chunks, 2))
        openmp = workers if len(ahead) < 2 else 1  # one chunk alone takes all cores
        given = chain((ahead.popleft() for _ in range(len(ahead))), chunks)
        _side_by_side(_unstored(given, bundle, stored, rows, seen), work, store, workers, openmp)
    if rows.read != rows.scored + rows.set_aside:
        raise CountError(f"{rows.read} rows read, {rows.scored} scored and {rows.set_aside} set aside")
    return Counts(read=rows.read, scored=rows.scored, set_aside=rows.set_aside)


def _unstored(chunks: Iterator[Chunk], bundle: Bundle, stored: int, rows: _Rows, seen: Seen) -> Iterator[Chunk]:
    """Yield the chunks that no earlier run has stored; of the others the keys are remembered."""
    for chunk in chunks:
        if chunk.index == stored and rows.read != rows.scored + rows.set_aside:
            raise ResumeError("the input gives other chunks than the interrupted run had")
        rows.read += chunk.n_rows
        if chunk.index < stored:
            seen.add(keys_of(bundle, chunk.frame))
        else:
            yield chunk


def _side_by_side(
    chunks: Iterator[Chunk],
    work: Callable[[Chunk], Scored],
    store: Callable[[Chunk, Scored], None],
    workers: int,
    openmp: int,
) -> None:
    """Have `workers` chunks scored at a time, and each stored in its turn; what is stored is let go of at once."""
    waiting = deque[tuple[Chunk, Future[Scored]]]()
    # BLAS and OpenMP stay on one thread in each worker: chunks are what runs side by side.
    pool = ThreadPoolExecutor(workers, initializer=threadpool_limits, initargs=({"openmp": openmp, "blas": 1},))

    def store_first() -> None:
        chunk, done = waiting.popleft()
        store(chunk, done.result())

    try:
        for chunk in chunks:
            waiting.append((chunk, pool.submit(work, chunk)))
            if len(waiting) > workers:
                store_first()
        while waiting:
            store_first()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
