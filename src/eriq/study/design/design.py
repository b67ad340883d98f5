"""The rows every contender sees."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

TOGETHER = "kept_together"  # of `Design.rows`, where a config declares it: the village, centre, ... of each row
IDENTIFYING = (
    "client_id",
    "answered_on",
    "caseworker_id",
    TOGETHER,
)  # of `Design.rows`; every other column makes groups


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)  # a queue knows which it has written
class Design:
    """Aligned rows, predictors and outcome of one study population."""

    rows: pd.DataFrame  # client_id, answered_on, job_centre, caseworker_id and audit columns
    matrix: pd.DataFrame  # float64 (or float32, where exact and only looked at), a column per feature, NaN: unknown
    outcome: np.ndarray  # shape (n_rows,), 0 or 1
    client: np.ndarray  # shape (n_rows,), a whole number per client
    weight: np.ndarray | None = None  # shape (n_rows,); 0: outcome not known, and not to be read; None: every row once
    times: pd.DataFrame | None = (
        None  # days, event, followed_days, where rows that are not followed to the end are kept
    )
    horizon_days: int = 0  # by which an event counts, where there are times
    halves: pd.DataFrame | None = None  # per respondent, whether that half could be scored; None: no questionnaire
    group: np.ndarray | None = None  # shape (n_rows,), a whole number per declared group; None: each client is one

    @property
    def together(self) -> np.ndarray:
        """What is kept on one side of a split and drawn as one: declared groups, else clients; shape (n_rows,)."""
        return self.client if self.group is None else self.group

    @property
    def known(self) -> np.ndarray:
        """Which rows have an outcome that counts, of shape (n_rows,)."""
        return np.ones(len(self.outcome), dtype=bool) if self.weight is None else self.weight > 0

    @property
    def whole(self) -> np.ndarray:
        """Which rows were followed to the horizon, of shape (n_rows,); all where nothing is known of times."""
        if self.times is None:
            return np.ones(len(self.outcome), dtype=bool)
        return (self.times["followed_days"] >= self.horizon_days).to_numpy(bool)

    @property
    def rate(self) -> float:
        """The share with the outcome, by weight."""
        return float(np.average(self.outcome, weights=self.weight))

    def judged(self) -> Self:
        """Return the rows whose outcome is known, without weights where they are all alike."""
        if self.weight is None:
            return self
        kept = self.take(np.flatnonzero(self.known))
        return replace(kept, weight=None) if np.all(kept.weight == 1) else kept

    def followed(self) -> Self:
        """Return the rows that were followed to the horizon, each once: what is compared without weights."""
        return self if self.times is None else replace(self.take(np.flatnonzero(self.whole)), weight=None)

    def bare(self) -> Self:
        """Return what a fit looks at: no ids, no groups of people, of rows the answer date alone."""
        return replace(self, rows=self.rows.filter(["answered_on"]), halves=None)

    def only(self, columns: Sequence[str], index: np.ndarray | None = None) -> Self:
        """Return what `bare` keeps, with these columns of the matrix alone, at the positions in `index` or all of them.

        Each column is copied once, and of a matrix that is mapped from a file no other is read.
        """
        index = np.arange(len(self.outcome)) if index is None else index
        values = np.empty((len(columns), len(index)))
        for place, name in enumerate(columns):
            np.take(self.matrix[name].to_numpy(), index, out=values[place])
        bare = replace(self.bare(), matrix=self.matrix[[]]).take(index)
        return replace(bare, matrix=pd.DataFrame(values.T, columns=list(columns), copy=False))

    def take(self, index: np.ndarray) -> Self:
        """Return the design restricted to the positions in `index`, in that order."""
        return replace(
            self,
            rows=self.rows.iloc[index].reset_index(drop=True),
            matrix=self.matrix.iloc[index].reset_index(drop=True),
            outcome=self.outcome[index],
            client=self.client[index],
            group=None if self.group is None else self.group[index],
            weight=None if self.weight is None else self.weight[index],
            times=None if self.times is None else self.times.iloc[index].reset_index(drop=True),
            halves=None if self.halves is None else self.halves.iloc[index].reset_index(drop=True),
        )


def make_design(rows: pd.DataFrame, matrix: pd.DataFrame, outcome: np.ndarray) -> Design:
    """Return a design with client codes in order of appearance."""
    client, _ = pd.factorize(rows["client_id"])
    return Design(
        rows.reset_index(drop=True),
        matrix.reset_index(drop=True),
        np.asarray(outcome, dtype=np.int8),
        client,
        group=joined(client, rows[TOGETHER]) if TOGETHER in rows else None,
    )


def joined(client: np.ndarray, group: pd.Series) -> np.ndarray:
    """Return a code per row for what hangs together: rows of a group, of a client, and groups that share a client.

    A row without a group goes with its client alone.

    Parameters
    ----------
    client : ndarray of int, shape (n_rows,)
    group : Series of shape (n_rows,)

    Examples
    --------
    >>> joined(np.array([0, 1, 1, 2, 3]), pd.Series(["a", "a", "b", "c", None])).tolist()
    [0, 0, 0, 1, 2]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    codes, names = pd.factorize(group)
    linked = codes >= 0
    clients = int(client.max()) + 1 if len(client) else 0
    size = clients + len(names)
    ends = client[linked], clients + codes[linked]
    graph = coo_array((np.ones(linked.sum()), ends), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    return np.asarray(pd.factorize(label[client])[0])


def resampled(design: Design, rng: np.random.Generator) -> Design:
    """Return rows of clients, or of declared groups, drawn with replacement, each draw one of its own."""
    codes, row_client = np.unique(design.together, return_inverse=True)
    order = np.argsort(row_client, kind="stable")
    starts = np.concatenate([[0], np.bincount(row_client).cumsum()])
    drawn = rng.integers(len(codes), size=len(codes))
    rows = np.concatenate([order[starts[c] : starts[c + 1]] for c in drawn])
    again = design.take(rows)
    sizes = np.diff(starts)[drawn]
    draw = np.repeat(np.arange(len(drawn)), sizes)
    if design.group is None:
        return replace(again, client=draw)
    people, _ = pd.factorize(pd.MultiIndex.from_arrays([draw, again.client]))
    return replace(again, client=people, group=draw)
