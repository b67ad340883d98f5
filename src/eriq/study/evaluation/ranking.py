"""AUC, average precision and lists of limited length of one contender, on many draws of clients at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eriq.study.evaluation.wanted import Wanted

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
CountArray = npt.NDArray[np.int32]
Sums = npt.NDArray[Any]  # of counts, whole numbers; of weights, not


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """One contender's rows from the highest forecast to the lowest, cut into groups of equal forecasts."""

    client: IntArray  # of every row, in rank order
    positive_client: IntArray  # of every row with the outcome, in rank order
    bounds: IntArray  # rows before each group, and at last all rows
    hits: IntArray  # rows with the outcome before each group, and at last all of them
    holding: IntArray  # groups in which somebody has the outcome
    weight: FloatArray | None = None  # of every row, in rank order; none: every row counts once
    positive_weight: FloatArray | None = None  # of every row with the outcome, in rank order
    tallies: tuple[Sums, Sums] | None = None  # instead of rows: (clients, groups), rows in each, and with the outcome


def make_ranking(
    happened: npt.NDArray[np.bool_], forecast: FloatArray, codes: IntArray, weight: FloatArray | None = None
) -> Ranking:
    """Return the ranking of one contender from outcome, forecast, client code and, if any, weight of every row."""
    order = np.argsort(-forecast, kind="stable")
    ranked, positive = forecast[order], happened[order]
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(ranked)) + 1, [len(ranked)]])
    hits = np.concatenate([[0], np.cumsum(positive)])[bounds]
    weights = (None, None) if weight is None else (weight[order], weight[order][positive])
    return Ranking(codes[order], codes[order][positive], bounds, hits, np.flatnonzero(np.diff(hits)), *weights)


def make_tallied(
    happened: npt.NDArray[np.bool_],
    forecast: FloatArray,
    codes: IntArray,
    weight: FloatArray | None,
    clients: int,
    bins: int,
) -> Ranking:
    """Return the ranking of one contender by bins of forecasts and sums per client in each, from many rows.

    Half of the bins hold equally many rows, and half become ever smaller towards the highest forecasts, so that short
    lists are cut finely too. Rows of a bin count as tied.
    """
    n = len(forecast)
    order = np.argsort(-forecast, kind="stable")
    ends = np.concatenate([np.linspace(0, n, bins // 2 + 1), np.geomspace(1, 2 * n / bins, bins - bins // 2)])
    ranked = forecast[order]
    first = np.searchsorted(-ranked, -ranked, side="left")  # of the rows with the same forecast, which stay together
    bins_used, bin_of_rank = np.unique(
        np.searchsorted(np.unique(ends.astype(np.int64)), first, "right"), return_inverse=True
    )
    groups = len(bins_used)
    place = codes[order] * groups + bin_of_rank
    counted = (np.ones(n) if weight is None else weight)[order]
    kind = np.float32 if weight is None else np.float64  # whole numbers this small are exact in either
    tallies = [
        np.bincount(place, part, clients * groups).reshape(clients, groups).astype(kind)
        for part in (counted, counted * happened[order])
    ]
    every = np.arange(groups + 1)
    return Ranking(every, every, every, every, every[:-1], tallies=(tallies[0], tallies[1]))


def rank_measures(
    counts: CountArray, ranking: Ranking, total: FloatArray, hits: FloatArray, wanted: Wanted
) -> FloatArray:
    """Return the ranked measures that are wanted, of shape (replicates, measures).

    Sums of counts are whole numbers, exact in any order; one pass over the sorted rows serves all measures. With
    weights a row counts as often as its weight says.

    Parameters
    ----------
    counts : ndarray of shape (replicates, clients)
        How often each client was drawn.
    ranking : Ranking
    total, hits : ndarray of shape (replicates,)
        Rows drawn, and rows with the outcome among them.
    wanted : Wanted
    """
    if ranking.tallies:
        drawn, found = (_running_sums(counts, tally) for tally in ranking.tallies)
    else:
        drawn = _running(counts, ranking.client, ranking.weight)
        found = _running(counts, ranking.positive_client, ranking.positive_weight)
    group = ranking.holding
    start: Sums = np.take(drawn, ranking.bounds[group], axis=1)
    end: Sums = np.take(drawn, ranking.bounds[group + 1], axis=1)
    before: Sums = np.take(found, ranking.hits[group], axis=1)
    after: Sums = np.take(found, ranking.hits[group + 1], axis=1)
    new = (after - before).astype(np.float64)
    misses = total - hits
    measured = []
    with np.errstate(invalid="ignore", divide="ignore"):
        if "auc" in wanted.measures:
            # A hit beats the misses below its group and half of those in it.
            beaten = 2 * misses[:, None] - ((start - before) + (end - after))
            measured.append(np.einsum("rg,rg->r", new, beaten) / (2 * hits * misses))
        if "average_precision" in wanted.measures:
            measured.append(np.einsum("rg,rg->r", new, after / np.where(end > 0, end, 1)) / hits)
        if wanted.shares or wanted.numbers:
            sizes = [share * total for share in wanted.shares] + [np.minimum(n, total) for n in wanted.numbers]
            room = np.array(sizes)
            caught = _caught(drawn, found, ranking, room)
            measured += [*(caught / room), *(caught / hits), *((caught / room) / (hits / total))]
    return np.array(measured).T


def _running(counts: CountArray, client: IntArray, weight: FloatArray | None) -> Sums:
    """Return rows drawn before each ranked row, and at last all of them."""
    drawn = np.take(counts, client, axis=1)
    running = np.zeros((len(counts), len(client) + 1), dtype=np.int32 if weight is None else np.float64)
    np.cumsum(drawn if weight is None else drawn * weight, axis=1, dtype=running.dtype, out=running[:, 1:])
    return running


def _running_sums(counts: CountArray, tally: Sums) -> FloatArray:
    """Return rows drawn before each bin, and at last all of them."""
    running = np.zeros((len(counts), tally.shape[1] + 1))
    np.cumsum(counts.astype(tally.dtype) @ tally, axis=1, dtype=np.float64, out=running[:, 1:])
    return running


def _caught(
    drawn: CountArray | FloatArray, found: CountArray | FloatArray, ranking: Ranking, room: FloatArray
) -> FloatArray:
    """Return hits on a list of each size in `room` (sizes, replicates), the cut group with the fraction that fits."""
    each = np.arange(len(drawn))
    low, high = np.zeros(room.shape, dtype=np.int64), np.full(room.shape, len(ranking.bounds) - 2)
    for _ in range(len(ranking.bounds).bit_length()):  # halving, in all replicates at once
        middle = (low + high) // 2
        full = drawn[each, ranking.bounds[middle + 1]] >= room
        low, high = np.where(full, low, np.minimum(middle + 1, high)), np.where(full, middle, high)
    start, end = drawn[each, ranking.bounds[low]], drawn[each, ranking.bounds[low + 1]]
    before, after = found[each, ranking.hits[low]], found[each, ranking.hits[low + 1]]
    result: FloatArray = before + (room - start) / np.where(end > start, end - start, 1) * (after - before)
    return result
