"""Ranks over a whole run, and which rows are better left without one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from eriq.scoring.manifest import RankRules

TIES = {
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
        What equal values get.

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


@dataclass(frozen=True, slots=True)
class RankWish:
    """How a run is to be ranked."""

    ties: str  # one of TIES
    moves: float  # a row whose rank spans more than this share of the run, over the refits, is not ranked
    capacity: int | None  # how many people there is room for


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Ranks over a whole run; where a refit would move a row too far there is none."""

    rank: np.ndarray
    unstable: np.ndarray | None  # None: the model has no refits
    within: np.ndarray | None  # 1, 0, or -1 where a tie lies across the capacity
    rules: RankRules
    withheld: np.ndarray  # rows whose forecast is not shown

    def columns(self, before: int, table: pa.Table) -> pa.Table:
        """Return a chunk of scores with its ranks, after the ids."""
        part = slice(before, before + len(table))
        unstable = self.withheld[part] if self.unstable is None else self.unstable[part]
        made = {"rank": pa.array(self.rank[part], mask=unstable)}
        if self.unstable is not None:
            made["do_not_rank"] = pa.array(unstable)
        if self.within is not None:
            within = self.within[part]
            made["within_capacity"] = pa.array(within == 1, mask=unstable | (within < 0))
        for place, (name, column) in enumerate(made.items(), 2):
            table = table.add_column(place, name, column)
        return table


def rank_run(parts: Callable[[list[str] | None], Iterator[pa.Table]], wish: RankWish) -> Ranking:
    """Return the ranks of all stored chunks by their log-odds, one column in memory at a time.

    Parameters
    ----------
    parts : callable
        Gives the stored chunks of scores, of these columns only or of all; they hold the hidden columns of
        `Options.ranked`.
    wish : RankWish
    """

    def column(name: str) -> np.ndarray:
        found = np.concatenate([np.empty(0), *(part.column(0).to_numpy() for part in parts([name]))])
        return np.where(np.isnan(found), -np.inf, found)  # a withheld forecast comes last and takes no place

    names: list[str] = next((part.column_names for part in parts(None)), [])
    log_odds = column("_log_odds") if names else np.empty(0)
    withheld = np.isneginf(log_odds)
    refits = [name for name in names if name.startswith("_refit_")]
    unstable, within = None, None
    said = "not checked: the model was saved without refits"
    if refits:
        low = ranks(log_odds).astype("int64")
        high = low.copy()
        for name in refits:
            other = ranks(column(name))
            np.minimum(low, other, out=low)
            np.maximum(high, other, out=high)
        unstable = (high - low > wish.moves * (~withheld).sum()) | withheld
        said = (
            f"rows whose rank spans more than {wish.moves:g} of the run over the model and its {len(refits)} refits on "
            "resampled clients carry no rank"
        )
    if wish.capacity is not None:
        open_or_out = np.where(ranks(log_odds) <= wish.capacity, -1, 0)
        within = np.where(ranks(log_odds, "max") <= wish.capacity, 1, open_or_out).astype("int8")
    rules = RankRules(
        ties=f"{wish.ties}: {TIES[wish.ties]}",
        do_not_rank=said,
        not_ranked=(int(withheld.sum()) or None) if unstable is None else int(unstable.sum()),
        capacity=wish.capacity and f"{wish.capacity} places by rank; a tie across the last place is left open",
        open=None if within is None else int((within < 0).sum()),
    )
    return Ranking(ranks(log_odds, wish.ties), unstable, within, rules, withheld)
