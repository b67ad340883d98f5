"""A scoring job: chunk after chunk from a source to a sink, nothing lost, nothing twice."""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from threadpoolctl import threadpool_limits

from eriq.errors import CountError, ResumeError
from eriq.model.bundle import Bundle
from eriq.scoring.rows import Options, Scored, keys_of, repeated, score_rows, set_aside
from eriq.scoring.sinks.files import REJECTED, FileSink
from eriq.scoring.sources.files import Chunk, Sink, Source
from eriq.tables import schema
from eriq.tables.cohort import Registers


@dataclass(frozen=True, slots=True)
class Step:
    """One chunk done; counts only."""

    chunk: int
    rows: int
    scored: int
    set_aside: int
    read: int  # rows of all chunks so far
    expected: int | None  # rows of the whole input, where known or estimated
    rows_per_second: int  # of this run


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the rows."""

    read: int
    scored: int
    set_aside: int
    resumed_after: int  # chunks an earlier run had stored


def run_job(
    bundle: Bundle,
    source: Source,
    sink: Sink,
    options: Options,
    registers: Registers | None = None,
    *,
    workers: int = 2,
    report: Callable[[Step], None] | None = None,
) -> Tally:
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
    report : callable, optional
        Called with a `Step` after each chunk.

    Raises
    ------
    CountError
        When rows in are not rows scored and rows set aside.
    ResumeError
        When the input gives other chunks than the interrupted run saw.
    EriqError
        What source, scoring and sink raise; chunks stored before stay.
    """
    begin, known = time.perf_counter(), sink.completed()
    scored, rejected = sink.counted()
    lookup = None if registers is None else Lookup(registers)
    seen, waiting = Seen(), deque[tuple[Chunk, Future[Scored]]]()
    read = written = 0

    def work(chunk: Chunk) -> Scored:
        return score_rows(bundle, chunk.frame, options, None if lookup is None else lookup.of(chunk.frame))

    def store() -> None:
        nonlocal scored, rejected, written
        chunk, done = waiting.popleft()
        scores, aside = settle(bundle, chunk, done.result(), seen)
        if len(scores) + len(aside) != chunk.n_rows:
            raise CountError(f"{chunk.n_rows} rows in, {len(scores)} scored and {len(aside)} set aside")
        sink.write(chunk.index, scores, aside)
        scored, rejected, written = scored + len(scores), rejected + len(aside), written + chunk.n_rows
        if report:
            rate = round(written / max(time.perf_counter() - begin, 1e-9))
            so_far = chunk.first_row + chunk.n_rows - 1
            report(Step(chunk.index, chunk.n_rows, len(scores), len(aside), so_far, source.total_rows, rate))

    # BLAS and OpenMP stay on one thread in each worker: chunks are what runs side by side.
    with (
        threadpool_limits(1),
        closing(source.chunks()) as chunks,  # type: ignore[type-var]
    ):
        begun = deque(islice(chunks, 2))
        threads = {"openmp": workers if len(begun) < 2 else 1, "blas": 1}  # one chunk alone takes all cores
        pool = ThreadPoolExecutor(workers, initializer=threadpool_limits, initargs=(threads,))
        try:
            for chunk in chain((begun.popleft() for _ in range(len(begun))), chunks):
                if chunk.index < known:
                    seen.add(keys_of(bundle, chunk.frame))
                    read += chunk.n_rows
                    continue
                if chunk.index == known and read != scored + rejected:
                    raise ResumeError("the input gives other chunks than the interrupted run had")
                read += chunk.n_rows
                waiting.append((chunk, pool.submit(work, chunk)))
                if len(waiting) > workers:
                    store()
            while waiting:
                store()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    if read != scored + rejected:
        raise CountError(f"{read} rows read, {scored} scored and {rejected} set aside")
    return Tally(read, scored, rejected, known)


def settle(bundle: Bundle, chunk: Chunk, done: Scored, seen: "Seen") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return scores and rows set aside under their numbers in the input, later repeats among the latter."""
    again = seen.add(done.keys)
    scores, rejected = done.scores, done.rejected
    if again.any():
        late = set_aside(chunk.frame, repeated(bundle, again), 1)
        scores = scores[~scores["row"].isin(late["row"])].reset_index(drop=True)
        rejected = _joined(_texts(rejected), _texts(late))
    scores = scores.assign(row=chunk.rows[scores["row"].to_numpy() - 1])
    rejected = rejected.assign(row=chunk.rows[rejected["row"].to_numpy("int64") - 1])
    whole = pd.concat([_texts(rejected), _texts(chunk.broken)]) if len(chunk.broken) else _texts(rejected)
    return scores, whole.sort_values("row", kind="stable").reset_index(drop=True)


def _texts(rejected: pd.DataFrame) -> pd.DataFrame:
    """Return rows set aside with the same columns and types whatever is known of them."""
    return rejected.reindex(columns=list(REJECTED)).astype({"row": "int64", **dict.fromkeys(REJECTED[1:], "str")})


def _joined(rejected: pd.DataFrame, late: pd.DataFrame) -> pd.DataFrame:
    """Return one line per row; a row set aside already gets the reasons it does not have yet."""
    known = {row: place for place, row in enumerate(rejected["row"])}
    code, reason = rejected["code"].tolist(), rejected["reason"].tolist()
    for row, codes, reasons in zip(late["row"], late["code"], late["reason"], strict=True):
        if row in known:
            place = known[row]
            more = [
                (c, r) for c, r in zip(codes.split("; "), reasons.split("; "), strict=True) if r not in reason[place]
            ]
            code[place] = "; ".join([code[place], *(c for c, _ in more)])
            reason[place] = "; ".join([reason[place], *(r for _, r in more)])
    fresh = late[~late["row"].isin(rejected["row"])]
    return pd.concat(
        [rejected.assign(code=code, reason=reason).astype(dict.fromkeys(("code", "reason"), "str")), fresh]
    )


# --- rows seen before ----------------------------------------------------------------------


class Seen:
    """Keys of all rows so far, 8 bytes each, in sorted runs of doubling length.

    >>> seen = Seen()
    >>> _ = seen.add(np.array([[5], [7]], dtype="uint64"))
    >>> seen.add(np.array([[7], [0], [9]], dtype="uint64")).tolist()
    [[True], [False], [False]]
    """

    def __init__(self) -> None:
        self._runs: list[list[np.ndarray]] = []

    def add(self, keys: np.ndarray) -> np.ndarray:
        """Return, per row and rule, whether the key came in an earlier call; 0 is no key."""
        self._runs += [[] for _ in range(keys.shape[1] - len(self._runs))]
        again = np.zeros(keys.shape, dtype=bool)
        for rule, runs in enumerate(self._runs):
            fresh, place = np.unique(keys[:, rule], return_inverse=True)
            old = np.zeros(len(fresh), dtype=bool)
            for run in runs:
                at = np.minimum(np.searchsorted(run, fresh), len(run) - 1)
                old |= run[at] == fresh
            old &= fresh != 0
            again[:, rule] = old[place]
            fresh = fresh[~old & (fresh != 0)]
            while runs and len(runs[-1]) <= 2 * len(fresh):
                fresh = np.concatenate([runs.pop(), fresh])
                fresh.sort(kind="stable")  # merges two sorted halves
            if len(fresh):
                runs.append(fresh)
        return again


# --- registers -----------------------------------------------------------------------------


class Lookup:
    """Registers in order of client, so that a chunk takes only the lines of its own clients."""

    def __init__(self, registers: Registers) -> None:
        self._tables = {}
        for name in ("persons", "spells", "events"):
            table = getattr(registers, name)
            code, clients = pd.factorize(table["client_id"])
            order = np.argsort(code, kind="stable")  # lines of a client stay in their order
            counts = np.bincount(code[code >= 0], minlength=len(clients))
            starts = np.concatenate([[0], counts.cumsum()]) + (code < 0).sum()
            self._tables[name] = (table, pd.Index(clients), order, starts)

    def of(self, rows: pd.DataFrame) -> Registers:
        """Return the registers of the clients in `rows`, as read."""
        ids = schema.read_column(rows["client_id"], schema.Column("client_id", "str")).dropna().unique()
        found = {}
        for name, (table, clients, order, starts) in self._tables.items():
            place = np.sort(clients.get_indexer(pd.Index(ids)))
            place = place[place >= 0]
            size = starts[place + 1] - starts[place]
            offset = np.repeat(starts[place] - (size.cumsum() - size), size)
            lines = order[offset + np.arange(size.sum())]
            found[name] = table.iloc[np.sort(lines)].reset_index(drop=True)
        return Registers(**found)


# --- ranks ---------------------------------------------------------------------------------

RANK_RULES = {
    "min": "equal probabilities share the best of their ranks",
    "dense": "equal probabilities share a rank and the next one follows without a gap",
    "average": "equal probabilities share the mean of their ranks",
}


def ranks(values: np.ndarray, ties: str = "min") -> np.ndarray:
    """Return ranks, 1 for the highest value.

    Parameters
    ----------
    values : ndarray of shape (n,)
    ties : {"min", "max", "dense", "average"}

    Examples
    --------
    >>> given = np.array([0.2, 0.9, 0.2, 0.1])
    >>> [ranks(given, ties).tolist() for ties in ("min", "dense", "average")]
    [[2, 1, 2, 4], [2, 1, 2, 3], [2.5, 1.0, 2.5, 4.0]]
    """
    order = np.argsort(-values, kind="stable")
    ordered = values[order]
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(values)]
    group = first.cumsum() - 1
    starts = np.concatenate([np.flatnonzero(first), [len(values)]])
    rules: dict[str, Callable[[], np.ndarray]] = {
        "min": lambda: starts[group] + 1,
        "max": lambda: starts[group + 1],
        "dense": lambda: group + 1,
        "average": lambda: (starts[group] + 1 + starts[group + 1]) / 2,
    }
    given = rules[ties]()
    back = np.empty_like(given)
    back[order] = given
    return back


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Ranks over a whole run; where a refit would move a row too far there is none."""

    rank: np.ndarray
    unstable: np.ndarray | None  # None: the model has no refits
    within: np.ndarray | None  # 1, 0, or -1 where a tie lies across the capacity
    rules: dict[str, Any]

    def columns(self, before: int, table: pa.Table) -> pa.Table:
        """Return a chunk of scores with its ranks, after the ids."""
        part = slice(before, before + len(table))
        unstable = np.zeros(len(table), dtype=bool) if self.unstable is None else self.unstable[part]
        made = {"rank": pa.array(self.rank[part], mask=unstable)}
        if self.unstable is not None:
            made["do_not_rank"] = pa.array(unstable)
        if self.within is not None:
            within = self.within[part]
            made["within_capacity"] = pa.array(within == 1, mask=unstable | (within < 0))
        for place, (name, column) in enumerate(made.items(), 2):
            table = table.add_column(place, name, column)
        return table


def rank_run(sink: FileSink, ties: str, moves: float, capacity: int | None) -> Ranking:
    """Return the ranks of all stored chunks by their log-odds, one column in memory at a time.

    Parameters
    ----------
    sink : FileSink
        Its chunks hold the hidden columns of `Options.ranked`.
    ties : {"min", "dense", "average"}
    moves : float
        A row whose rank spans more than this share of the run, over the saved model and its refits,
        is not ranked.
    capacity : int, optional
    """

    def column(name: str) -> np.ndarray:
        return np.concatenate([np.empty(0), *(part.column(0).to_numpy() for part in sink.parts("scores", [name]))])

    names: list[str] = next((part.column_names for part in sink.parts("scores")), [])
    log_odds = column("_log_odds") if names else np.empty(0)
    rank, unstable, within = ranks(log_odds, ties), None, None
    rules: dict[str, Any] = {"order": "rank 1 is the highest probability", "ties": f"{ties}: {RANK_RULES[ties]}"}
    refits = [name for name in names if name.startswith("_refit_")]
    if refits:
        low = ranks(log_odds).astype("int64")
        high = low.copy()
        for name in refits:
            other = ranks(column(name))
            np.minimum(low, other, out=low)
            np.maximum(high, other, out=high)
        unstable = high - low > moves * len(log_odds)
        rules["do_not_rank"] = (
            f"rows whose rank spans more than {moves:g} of the run over the model and its {len(refits)} refits on "
            "resampled clients carry no rank"
        )
        rules["not_ranked"] = int(unstable.sum())
    else:
        rules["do_not_rank"] = "not checked: the model was saved without refits"
    if capacity is not None:
        within = np.where(ranks(log_odds, "max") <= capacity, 1, np.where(ranks(log_odds) <= capacity, -1, 0)).astype(
            "int8"
        )
        rules["capacity"] = f"{capacity} places by rank; a tie across the last place is left open"
        rules["open"] = int((within < 0).sum())
    return Ranking(rank, unstable, within, rules)
