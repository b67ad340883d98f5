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

    def take(self, index: np.ndarray) -> Self:
        """Return the design restricted to the positions in `index`, in that order."""
        return replace(
            self,
            rows=self.rows.iloc[index].reset_index(drop=True),
            matrix=self.matrix.iloc[index].reset_index(drop=True),
            outcome=self.outcome[index],
            client=self.client[index],
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
