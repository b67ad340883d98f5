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
    group: np.ndarray | None = None  # shape (n,), what is drawn as one where it is not the client
    unit: np.ndarray | None = None  # shape (n,), period or centre AUCs are taken within, -1: none; or over all rows

    @property
    def probability(self) -> np.ndarray:
        """The forecasts as probabilities, of shape (n, contenders)."""
        return expit(self.log_odds)

    @property
    def drawn(self) -> np.ndarray:
        """What bootstrap samples draw as one: declared groups, else clients; shape (n,)."""
        return self.client if self.group is None else self.group

    def only(self, names: Sequence[str]) -> Self:
        """Return the forecasts of some contenders, each of them once."""
        kept = tuple(dict.fromkeys(names))
        return replace(self, names=kept, log_odds=self.log_odds[:, [self.names.index(name) for name in kept]])

    def beside(self, other: Self) -> Self:
        """Return these forecasts and, behind them, others for the same rows."""
        return replace(self, names=self.names + other.names, log_odds=np.column_stack([self.log_odds, other.log_odds]))

    def rows(self, index: np.ndarray) -> Self:
        """Return the forecasts for some rows, as one sample without units."""
        return replace(
            self,
            outcome=self.outcome[index],
            log_odds=self.log_odds[index],
            client=self.client[index],
            group=None if self.group is None else self.group[index],
            weights=None if self.weights is None else self.weights[index],
            followed=None if self.followed is None else self.followed[index],
            unit=None,
        )

    def unweighted(self) -> Self:
        """Return the rows that can be judged without weights: those followed to the horizon, each once.

        Of the others only early events are known, so that they would raise every rate.
        """
        if self.weights is None or self.followed is None:
            return replace(self, weights=None)
        kept, unit = self.followed, self.unit
        made = replace(self.rows(kept), weights=None, followed=None)
        return made if unit is None else replace(made, unit=unit[kept])

    def bootstrap(self, wanted: Wanted, *, replicates: int, seed: int, workers: int = 1) -> Replicates:
        """Return what is wanted of every contender on samples of clients, or of groups; see `weighted_bootstrap`."""
        rows = Rows(self.outcome, self.probability, self.drawn, self.weights, self.unit)
        return weighted_bootstrap(rows, wanted, replicates=replicates, seed=seed, workers=workers)
