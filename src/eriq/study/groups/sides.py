"""What a measure of one group rests on: sums over the rows of each client, whose ratios are the measure.

Every measure is written as a fixed number plus ratios of sums over clients. Rates are such ratios. Calibration in the
large and slope are one Newton step from the fit on the sample, the log-odds centred for the slope, so that its
intercept moves it in second order only. The AUC is its projection on rows with and rows without the outcome, DeLong's
placements. So a draw of clients costs a few multiplications, and gives a measure together with its own standard error.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from eriq.model.calibrator import expit
from eriq.study.evaluation.recalibration import logistic_recalibration
from eriq.study.groups.picked import Rule, benefit, case_of, picked


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows that are judged, one entry each."""

    outcome: np.ndarray  # 0 or 1
    log_odds: np.ndarray
    client: np.ndarray  # 0, 1, ...: every number is there
    picked: np.ndarray  # 0 to 1
    case: np.ndarray  # 1 where the row should have been picked
    benefit: np.ndarray  # what it adds to the net benefit
    drawn: np.ndarray  # 0, 1, ...: what a sample draws as one, the client or a group that holds clients
    weight: np.ndarray

    @property
    def clients(self) -> int:
        """Number of clients, or of what is drawn in their place."""
        return int(self.drawn.max()) + 1

    def take(self, rows: np.ndarray) -> "Rows":
        """Return some of the rows."""
        return Rows(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One measure of one group: a fixed number plus ratios of sums over clients."""

    offset: float
    sums: np.ndarray  # (clients, 2 x ratios): numerator, denominator, numerator, ...
    people: int  # that the number rests on: of the scarcer outcome where it compares the two

    @property
    def estimate(self) -> float:
        """The measure on the sample."""
        total = self.sums.sum(axis=0)
        return float(self.offset + (total[0::2] / total[1::2]).sum())


def rows_of(
    outcome: np.ndarray,
    log_odds: np.ndarray,
    client: np.ndarray,
    rule: Rule,
    weights: np.ndarray | None = None,
    drawn: np.ndarray | None = None,
) -> Rows:
    """Return rows with who is picked by a rule; `drawn` where a sample draws something else than clients."""
    _, codes = np.unique(client, return_inverse=True)
    one = codes if drawn is None else np.unique(drawn, return_inverse=True)[1]
    y, p = outcome.astype(np.float64), expit(log_odds)
    weight = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=np.float64)
    list_of = picked(p, rule, weight)
    return Rows(y, log_odds, codes, list_of, case_of(y, rule.pick), benefit(y, p, rule), one, weight)


def side_of(measure: str, rows: Rows, clients: int, least: int) -> Side | None:
    """Return a measure of some rows, or None where fewer than `least` people carry it, or it has no finite value.

    Parameters
    ----------
    measure : str
        One of `MEASURES`.
    rows : Rows
        Of one group; they may be none.
    clients : int
        Number of clients of the whole sample.
    least : int
        People, with and without the outcome where the measure compares the two.
    """
    people = PEOPLE[measure](rows)
    if people < least or (made := MEASURES[measure](rows)) is None:
        return None
    offset, parts = made
    sums = np.column_stack([np.bincount(rows.drawn, rows.weight * part, minlength=clients) for part in parts])
    return Side(offset, sums, people)


# --- measures ------------------------------------------------------------------------------

Parts = tuple[float, tuple[np.ndarray, ...]]


def _auc(rows: Rows) -> Parts:
    yes = rows.outcome == 1
    beaten, beats = np.zeros((2, len(yes)))
    beaten[yes] = _below(rows.log_odds[yes], rows.log_odds[~yes], rows.weight[~yes])
    beats[~yes] = 1 - _below(rows.log_odds[~yes], rows.log_odds[yes], rows.weight[yes])
    auc = float(np.average(beaten[yes], weights=rows.weight[yes]))
    return -auc, (beaten, yes * 1.0, beats, ~yes * 1.0)


def _below(at: np.ndarray, others: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the share of `others` below each value, ties half."""
    order = np.argsort(others, kind="stable")
    running = np.concatenate([[0.0], np.cumsum(weight[order])])
    first, last = (np.searchsorted(others[order], at, side=side) for side in ("left", "right"))
    return np.asarray((running[first] + running[last]) / (2 * running[-1]))


def _in_the_large(rows: Rows) -> Parts:
    shift = logistic_recalibration(rows.outcome, expit(rows.log_odds), rows.weight).in_the_large
    p = expit(rows.log_odds + shift)
    return shift, (rows.outcome - p, p * (1 - p))


def _slope(rows: Rows) -> Parts | None:
    fit = logistic_recalibration(rows.outcome, expit(rows.log_odds), rows.weight)
    if not np.isfinite(fit.slope):
        return None
    p = expit(fit.intercept + fit.slope * rows.log_odds)
    spread = p * (1 - p)
    x = rows.log_odds - np.average(rows.log_odds, weights=spread * rows.weight)
    return fit.slope, ((rows.outcome - p) * x, spread * x * x)


MEASURES: Mapping[str, Callable[[Rows], Parts | None]] = {
    "auc": _auc,
    "calibration_in_the_large": _in_the_large,
    "calibration_slope": _slope,
    "net_benefit": lambda rows: (0.0, (rows.benefit, np.ones_like(rows.benefit))),
    "false_negative_rate": lambda rows: (0.0, (rows.case * (1 - rows.picked), rows.case)),
    "false_positive_rate": lambda rows: (0.0, ((1 - rows.case) * rows.picked, 1 - rows.case)),
    "share_picked": lambda rows: (0.0, (rows.picked, np.ones_like(rows.picked))),
    "mean_forecast": lambda rows: (0.0, (expit(rows.log_odds), np.ones_like(rows.picked))),
}


def _people(rows: Rows, among: np.ndarray) -> int:
    return int(np.count_nonzero(np.bincount(rows.client[among & (rows.weight > 0)])))


def _scarcer(rows: Rows) -> int:
    return min(_people(rows, rows.outcome == 1), _people(rows, rows.outcome == 0))


def _all(rows: Rows) -> int:
    return _people(rows, np.ones(len(rows.client), dtype=bool))


PEOPLE: Mapping[str, Callable[[Rows], int]] = {
    **dict.fromkeys(("auc", "calibration_in_the_large", "calibration_slope", "net_benefit"), _scarcer),
    **dict.fromkeys(("share_picked", "mean_forecast"), _all),
    "false_negative_rate": lambda rows: _people(rows, rows.case == 1),
    "false_positive_rate": lambda rows: _people(rows, rows.case == 0),
}
