"""Bootstrap of clients, paired over contenders: what is wanted of every contender, on every replicate.

One client answers several times, so rows are not independent. A replicate draws as many clients as
there are, with replacement, and takes all rows of each. Every contender is judged on the same draws,
so the difference of two contenders has an interval of its own.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from eriq.config.streams import stream
from eriq.study.evaluation.ranking import (
    CountArray,
    FloatArray,
    IntArray,
    Ranking,
    make_ranking,
    make_tallied,
    rank_measures,
)
from eriq.study.evaluation.wanted import Measure, Wanted

CELLS = 1_000_000  # rows x replicates handled at once: a few MB, so that sums stay near the processor
MANY_ROWS = 200_000  # above it, draws are of random parts of the clients and of binned forecasts
PARTS = 2000  # of the clients; what an interval's width errs by for it is 1 / sqrt(2 x PARTS), 1.6 %
BINS = 1000  # of a contender's forecasts
SMALLEST_PROBABILITY = 1e-15  # log loss of a forecast that was certain and wrong stays finite


@dataclass(frozen=True, slots=True, eq=False)
class Replicates:
    """Measures of every contender on the sample and on each replicate of it."""

    measures: tuple[Measure, ...]
    estimate: FloatArray  # (measures, contenders), on the sample itself
    draws: FloatArray  # (measures, replicates, contenders); NaN where one class only was drawn

    def place(self, name: str, at: str | None = None) -> int:
        """Return the position of a measure."""
        if (name, at) not in self.measures:
            there = ", ".join(m.name if m.at is None else f"{m.name} at {m.at}" for m in self.measures)
            raise ValueError(f"{name}{f' at {at}' if at else ''} was not computed; there are {there}")
        return self.measures.index(Measure(name, at))

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """Which replicates hold both classes, of shape (replicates,)."""
        return np.asarray(~np.isnan(self.draws).any(axis=(0, 2)))


def client_weights(client: npt.ArrayLike, replicates: int, seed: int) -> Iterator[FloatArray]:
    """Yield how often each row is drawn, for measures that need a refit per replicate.

    The draws are those of `bootstrap` with the same seed, also when it makes more of them.

    Parameters
    ----------
    client : array-like of shape (n,)
        Code or label of the client a row belongs to.
    replicates : int
        How many rows of weights come in all.
    seed : int
        Not negative.

    Yields
    ------
    ndarray of shape (r, n)
        Whole numbers as float64, for the next r replicates; r depends on n alone.

    Raises
    ------
    ValueError
        If a client is missing.

    Examples
    --------
    >>> for weight in client_weights(["a", "b", "a"], replicates=2, seed=4):
    ...     print(weight)
    [[0. 2. 0.]
     [1. 1. 1.]]
    """
    codes, clients = _codes(client)
    for chunk in _chunks(replicates, len(codes)):
        yield _counts(clients, seed, chunk)[:, codes].astype(np.float64)


def bootstrap(
    outcome: npt.ArrayLike,
    probability: npt.ArrayLike,
    client: npt.ArrayLike,
    wanted: Wanted | None = None,
    *,
    replicates: int = 2000,
    seed: int,
    workers: int = 1,
) -> Replicates:
    """Return what is wanted of all contenders on the sample and on bootstrap samples of its clients.

    Rows tied at the cut of a list count with the fraction that still fits, so that their order cannot matter.

    Of more than `MANY_ROWS` rows, clients are dealt at random into `PARTS` parts of equal size which are drawn as
    clients are, and forecasts are ranked by `BINS` bins, so that time and memory do not grow with rows x replicates.
    Sums over random parts of the clients spread as sums over clients do; estimates are of all rows as they are.

    Parameters
    ----------
    outcome : array-like of shape (n,)
        0 or 1.
    probability : array-like of shape (n, C)
        Forecasts of C contenders on the same rows, in [0, 1].
    client : array-like of shape (n,)
        Code or label of the client a row belongs to.
    wanted : Wanted, optional
        Without it: auc, average_precision, log_loss, brier.
    replicates, seed : int
        How many samples of clients are drawn, and the seed (not negative) they come from.
    workers : int
        Threads; they change the time and no digit of the result.

    Returns
    -------
    Replicates
        A replicate that drew one class only is NaN for every measure.

    Raises
    ------
    ValueError
        If shapes do not fit, a value is missing or out of range, or there is one class only.

    References
    ----------
    Davison and Hinkley (1997), Bootstrap Methods and their Application, sections 2.4 and 3.8.
    Field and Welsh (2007), Journal of the Royal Statistical Society B 69, 369-390.
    Wolter (2007), Introduction to Variance Estimation, chapter 2, for random groups.

    Examples
    --------
    >>> made = bootstrap([0, 1, 0, 1], [[0.2], [0.7], [0.6], [0.6]], [1, 2, 3, 4], replicates=50, seed=1)
    >>> float(made.estimate[made.place("auc"), 0])
    0.875
    """
    rows = Rows(outcome, probability, client)
    return weighted_bootstrap(rows, wanted, replicates=replicates, seed=seed, workers=workers)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What is judged: arrays as `bootstrap` takes them, and how much each row counts."""

    outcome: npt.ArrayLike
    probability: npt.ArrayLike
    client: npt.ArrayLike
    weights: npt.ArrayLike | None = None  # (n,), not negative; none: every row counts once
    unit: npt.ArrayLike | None = None  # (n,), period or centre within which AUCs are taken, -1: none; or over all rows


def weighted_bootstrap(
    rows: Rows, wanted: Wanted | None = None, *, replicates: int = 2000, seed: int, workers: int = 1
) -> Replicates:
    """Return what `bootstrap` does from rows that may have weights, which multiply how often their client is drawn.

    A row of weight 2 counts as two rows of its client, one of weight 0 not at all, though its client is drawn like any
    other. The weights are taken as known: the intervals do not cover that they may have been estimated.

    With units the AUC is the mean of the AUCs within each, all alike: pairs of rows of two units, which reward telling
    good times or places from bad ones, do not count. A unit with one class only does not either.

    Parameters
    ----------
    rows : Rows
    wanted, replicates, seed, workers
        As for `bootstrap`.

    Raises
    ------
    ValueError
        As `bootstrap` does, and if weights are missing, negative or 0 for a whole class.

    Examples
    --------
    >>> rows = Rows([0, 1, 0, 1], [[0.2], [0.7], [0.6], [0.6]], [1, 2, 3, 4], weights=[1, 1, 3, 1])
    >>> made = weighted_bootstrap(rows, replicates=50, seed=1)
    >>> float(made.estimate[made.place("auc"), 0])
    0.8125
    """
    if replicates < 1 or workers < 1:
        raise ValueError("replicates and workers must be at least 1")
    wanted = wanted or Wanted()
    many = len(np.asarray(rows.outcome)) > MANY_ROWS
    sample = _sample(rows, wanted, seed if many else None)
    estimate, at_once = _once(sample), sample.n
    moved = np.zeros_like(estimate)
    if many:
        sample = _sample(rows, wanted, seed, binned=True)
        moved, at_once = estimate - _once(sample), BINS  # draws lie around the estimate, which no bin has touched
    chunks = _chunks(replicates, at_once)
    with ThreadPoolExecutor(workers) as pool:
        pieces = list(pool.map(lambda chunk: sample.measure(_counts(sample.clients, seed, chunk)), chunks))
    return Replicates(sample.wanted.measured, estimate, (np.concatenate(pieces) + moved).transpose(1, 0, 2))


def _once(sample: "_Sample") -> FloatArray:
    """Return the measures of the sample itself, every client once."""
    return np.asarray(sample.measure(np.ones((1, sample.clients), dtype=np.int32))[0])


# --- draws ---------------------------------------------------------------------------------


def random_parts(clients: int, seed: int) -> IntArray:
    """Return the part of every client, of `PARTS` parts of equal size, give or take one."""
    return stream(seed, "parts of clients").permutation(clients) % PARTS


def _chunks(replicates: int, rows: int) -> list[range]:
    """Return replicate numbers in pieces whose size depends on the number of rows alone."""
    size = max(1, min(64, CELLS // max(rows, 1)))
    return [range(first, min(first + size, replicates)) for first in range(0, replicates, size)]


def _counts(clients: int, seed: int, chunk: range) -> CountArray:
    """Return how often each client is drawn, of shape (len(chunk), clients)."""
    counts = np.empty((len(chunk), clients), dtype=np.int32)
    for row, number in zip(counts, chunk, strict=True):
        # A generator per replicate, so that neither chunks nor the number of replicates change a draw.
        drawn = stream(seed, "bootstrap", number).integers(clients, size=clients)
        row[:] = np.bincount(drawn, minlength=clients)
    return counts


def _codes(client: npt.ArrayLike) -> tuple[IntArray, int]:
    """Return clients as 0, 1, ... in sorted order, so that the order of rows does not matter."""
    codes, labels = pd.factorize(np.asarray(client), sort=True)
    if missing := int((codes < 0).sum()):
        raise ValueError(f"client is missing in {missing} row(s)")
    return codes.astype(np.int64), len(labels)


# --- measures ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """The rows of all contenders, ready to be counted again with every draw of clients."""

    wanted: Wanted
    n: int  # rows
    rows: FloatArray  # of each client, by weight
    positives: FloatArray  # rows with the outcome of each client, by weight
    both: IntArray  # (clients, 2), rows without and with the outcome, counted
    rankings: list[Ranking]  # one per contender where something is ranked, else none
    table: FloatArray  # (clients, averaged measures x contenders), sums over the rows of each client
    units: tuple["_Sample", ...] = ()  # the rows of each period or centre, where the AUC is the mean of theirs

    @property
    def clients(self) -> int:
        return len(self.rows)

    def measure(self, counts: CountArray) -> FloatArray:
        """Return (replicates, measures, contenders) from how often each client was drawn."""
        # Not BLAS: its last digits change with its number of threads, and it would save a tenth of the time.
        drawn = counts.astype(np.float64)
        total, hits = (np.einsum("rk,k->r", drawn, part) for part in (self.rows, self.positives))
        parts = []
        if self.rankings:
            ranked = np.stack([rank_measures(counts, r, total, hits, self.wanted) for r in self.rankings], axis=2)
            if self.units:
                ranked[:, 0] = _mean_of_known(np.concatenate([unit.measure(counts) for unit in self.units], axis=1))
            parts.append(ranked)
        if averaged := len(self.wanted.averaged):
            sums = np.einsum("rk,km->rm", drawn, self.table)
            parts.append((sums / total[:, None]).reshape(len(counts), averaged, -1))
        measured = np.concatenate(parts, axis=1)
        measured[(counts @ self.both == 0).any(axis=1)] = np.nan
        return measured


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """Checked rows."""

    happened: npt.NDArray[np.bool_]
    forecast: FloatArray
    codes: IntArray
    clients: int  # in all, also of those without a row here
    weight: FloatArray | None
    binned: bool = False  # whether forecasts are ranked by bins

    def only(self, rows: npt.NDArray[np.bool_]) -> "_Judged":
        weight = None if self.weight is None else self.weight[rows]
        return _Judged(self.happened[rows], self.forecast[rows], self.codes[rows], self.clients, weight, self.binned)

    def ready(self, wanted: Wanted, units: tuple[_Sample, ...] = ()) -> _Sample:
        happened, codes, clients = self.happened, self.codes, self.clients
        weight = np.ones(len(codes)) if self.weight is None else self.weight
        rows, positives = (np.bincount(codes, part, clients).astype(np.float64) for part in (weight, weight * happened))
        both = np.column_stack([np.bincount(codes[part], minlength=clients) for part in (~happened, happened)])
        rankings = []
        if wanted.ranked:  # without weights, counts stay whole numbers
            columns, bins = self.forecast.T, BINS if len(codes) > MANY_ROWS else BINS // 10  # few rows: of one unit
            rankings = (
                [make_tallied(happened, column, codes, self.weight, clients, bins) for column in columns]
                if self.binned
                else [make_ranking(happened, column, codes, self.weight) for column in columns]
            )
        # One column at a time: of all rows together they would be the largest table of a training.
        table = np.empty((clients, 0))
        if wanted.averaged:
            losses = _losses(happened, self.forecast, wanted)
            table = np.column_stack([np.bincount(codes, weight * column, clients) for column in losses])
        return _Sample(wanted, len(codes), rows, positives, both, rankings, table, units)


def _sample(given: Rows, wanted: Wanted, parts_seed: int | None, *, binned: bool = False) -> _Sample:
    """Return the rows ready to be counted; with a seed, those of a random part of the clients as one client's."""
    happened, forecast = _checked(given.outcome, given.probability)
    codes, clients = _codes(given.client)
    if len(codes) != len(happened):
        raise ValueError(f"client has {len(codes)} rows, outcome has {len(happened)}")
    weight = None if given.weights is None else _checked_weights(given.weights, happened)
    seen = np.ones(len(codes), dtype=bool) if weight is None else weight > 0
    if parts_seed is not None and clients > 2 * PARTS:
        codes, clients = random_parts(clients, parts_seed)[codes], PARTS
    whole = _Judged(happened, forecast, codes, clients, weight, binned).only(seen)
    if given.unit is None or "auc" not in wanted.measures:
        return whole.ready(wanted)
    unit = np.asarray(given.unit)[seen]
    parts = [whole.only(unit == name) for name in np.unique(unit[unit >= 0])]
    units = tuple(part.ready(Wanted(("auc",))) for part in parts if 0 < part.happened.sum() < len(part.happened))
    if not units:
        raise ValueError("outcome has one class only within every unit")
    return whole.ready(wanted, units)


def _mean_of_known(auc: FloatArray) -> FloatArray:
    """Return the mean over axis 1 of what is not NaN; NaN where nothing is known."""
    known = ~np.isnan(auc)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, auc, 0).sum(axis=1) / known.sum(axis=1))


def _losses(happened: npt.NDArray[np.bool_], forecast: FloatArray, wanted: Wanted) -> Iterator[FloatArray]:
    """Yield what is averaged of every row: of each measure the contenders one after the other."""
    if "log_loss" in wanted.measures:
        for p in forecast.T:
            safe = np.clip(p, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
            yield -np.where(happened, np.log(safe), np.log1p(-safe))
    if "brier" in wanted.measures:
        for p in forecast.T:
            yield (p - happened) ** 2
    for t in wanted.thresholds:
        for p in forecast.T:
            yield (p >= t) * np.where(happened, 1.0, -t / (1 - t))


def _checked(outcome: npt.ArrayLike, probability: npt.ArrayLike) -> tuple[npt.NDArray[np.bool_], FloatArray]:
    """Return the outcome as truth values and the forecasts as numbers, or raise ValueError."""
    happened, forecast = np.asarray(outcome, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    if happened.ndim != 1 or forecast.ndim != 2 or len(happened) != len(forecast) or not forecast.size:
        raise ValueError(f"outcome {happened.shape} and probability {forecast.shape} must be (n,) and (n, contenders)")
    if wrong := int((~np.isin(happened, (0, 1))).sum()):
        raise ValueError(f"outcome is not 0 or 1 in {wrong} row(s)")
    if wrong := int((~((forecast >= 0) & (forecast <= 1))).any(axis=1).sum()):
        raise ValueError(f"probability is missing or outside [0, 1] in {wrong} row(s)")
    if happened.min() == happened.max():
        raise ValueError("outcome has one class only")
    return happened == 1, forecast


def _checked_weights(weights: npt.ArrayLike, happened: npt.NDArray[np.bool_]) -> FloatArray:
    """Return the weights as numbers, or raise ValueError."""
    weight = np.asarray(weights, dtype=np.float64)
    if weight.shape != happened.shape:
        raise ValueError(f"weights {weight.shape} must have the shape of the outcome, {happened.shape}")
    if wrong := int((~(np.isfinite(weight) & (weight >= 0))).sum()):
        raise ValueError(f"weights are missing, infinite or negative in {wrong} row(s)")
    if not (weight[happened] > 0).any() or not (weight[~happened] > 0).any():
        raise ValueError("outcome has one class only among rows with a weight")
    return weight
