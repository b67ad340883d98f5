"""The rows every contender sees."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

IDENTIFYING = ("client_id", "answered_on", "caseworker_id")  # of `Design.rows`; every other column makes groups


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Aligned rows, predictors and outcome of one study population."""

    rows: pd.DataFrame  # client_id, answered_on, job_centre, caseworker_id and audit columns
    matrix: pd.DataFrame  # float64, one named column per feature, NaN where unknown
    outcome: np.ndarray  # shape (n_rows,), 0 or 1
    client: np.ndarray  # shape (n_rows,), a whole number per client
    weight: np.ndarray | None = None  # shape (n_rows,); 0: outcome not known, and not to be read; None: every row once
    times: pd.DataFrame | None = (
        None  # days, event, followed_days, where rows that are not followed to the end are kept
    )
    horizon_days: int = 0  # by which an event counts, where there are times
    halves: pd.DataFrame | None = None  # per respondent, whether that half could be scored; None: no questionnaire

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

    def take(self, index: np.ndarray) -> Self:
        """Return the design restricted to the positions in `index`, in that order."""
        return replace(
            self,
            rows=self.rows.iloc[index].reset_index(drop=True),
            matrix=self.matrix.iloc[index].reset_index(drop=True),
            outcome=self.outcome[index],
            client=self.client[index],
            weight=None if self.weight is None else self.weight[index],
            times=None if self.times is None else self.times.iloc[index].reset_index(drop=True),
            halves=None if self.halves is None else self.halves.iloc[index].reset_index(drop=True),
        )


def make_design(rows: pd.DataFrame, matrix: pd.DataFrame, outcome: np.ndarray) -> Design:
    """Return a design with client codes in order of appearance."""
    client, _ = pd.factorize(rows["client_id"])
    return Design(
        rows.reset_index(drop=True), matrix.reset_index(drop=True), np.asarray(outcome, dtype=np.int8), client
    )


def resampled(design: Design, rng: np.random.Generator) -> Design:
    """Return rows of clients drawn with replacement, each draw a person of its own."""
    codes, row_client = np.unique(design.client, return_inverse=True)
    order = np.argsort(row_client, kind="stable")
    starts = np.concatenate([[0], np.bincount(row_client).cumsum()])
    drawn = rng.integers(len(codes), size=len(codes))
    rows = np.concatenate([order[starts[c] : starts[c + 1]] for c in drawn])
    again = design.take(rows)
    sizes = np.diff(starts)[drawn]
    return replace(again, client=np.repeat(np.arange(len(drawn)), sizes))
