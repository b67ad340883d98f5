"""Forecasts of several contenders for the same rows, and what happened there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from eriq.model.calibrator import expit
from eriq.study.evaluation.bootstrap import Replicates, Rows, weighted_bootstrap
from eriq.study.evaluation.wanted import Wanted


@dataclass(frozen=True, slots=True, eq=False)
class Forecasts:
    """Forecasts without gaps: every contender is judged on every row."""

    names: tuple[str, ...]  # of the contenders
    outcome: np.ndarray  # shape (n,), 0 or 1
    log_odds: np.ndarray  # shape (n, contenders)
    client: np.ndarray  # shape (n,)
    weights: np.ndarray | None = None  # shape (n,), where rows stand for censored ones; none: every row counts once
    followed: np.ndarray | None = None  # shape (n,), with weights: which rows were followed to the horizon

    @property
    def probability(self) -> np.ndarray:
        """The forecasts as probabilities, of shape (n, contenders)."""
        return expit(self.log_odds)

    def only(self, names: Sequence[str]) -> Self:
        """Return the forecasts of some contenders, each of them once."""
        kept = tuple(dict.fromkeys(names))
        return replace(self, names=kept, log_odds=self.log_odds[:, [self.names.index(name) for name in kept]])

    def beside(self, other: Self) -> Self:
        """Return these forecasts and, behind them, others for the same rows."""
        return replace(self, names=self.names + other.names, log_odds=np.column_stack([self.log_odds, other.log_odds]))

    def unweighted(self) -> Self:
        """Return the rows that can be judged without weights: those followed to the horizon, each once.

        Of the others only early events are known, so that they would raise every rate.
        """
        if self.weights is None or self.followed is None:
            return replace(self, weights=None)
        kept = self.followed
        return replace(
            self,
            outcome=self.outcome[kept],
            log_odds=self.log_odds[kept],
            client=self.client[kept],
            weights=None,
            followed=None,
        )

    def bootstrap(self, wanted: Wanted, *, replicates: int, seed: int, workers: int = 1) -> Replicates:
        """Return what is wanted of every contender on bootstrap samples of the clients; see `weighted_bootstrap`."""
        rows = Rows(self.outcome, self.probability, self.client, self.weights)
        return weighted_bootstrap(rows, wanted, replicates=replicates, seed=seed, workers=workers)
