"""Estimates, percentile intervals and paired differences from the replicates of a bootstrap.

`tests/statistical/test_coverage.py` shows the coverage of percentile intervals by simulation. With 600 clients it is
as promised; with 300, and strong likeness within clients, AUC and average precision reach 93 to 94 %.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from eriq.study.evaluation.bootstrap import Replicates
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.evaluation.ranking import FloatArray
from eriq.study.evaluation.wanted import Measure, Wanted


def summarise(replicates: Replicates, names: Sequence[str], level: float = 0.95) -> pd.DataFrame:
    """Return estimate and percentile interval of every measure of every contender.

    Parameters
    ----------
    replicates : Replicates
        As `bootstrap` returns it.
    names : sequence of str
        One name per contender, in the order of the columns.
    level : float
        Share of samples whose interval is meant to hold the true value.

    Returns
    -------
    DataFrame
        Columns contender, measure, at, estimate, low, high, replicates (those that could be used).

    Examples
    --------
    >>> from eriq.study.evaluation.bootstrap import bootstrap
    >>> made = bootstrap([0, 1, 0, 1], [[0.2], [0.7], [0.6], [0.6]], [1, 2, 3, 4], replicates=50, seed=1)
    >>> summarise(made, ["belief"]).drop(columns=["at", "low", "replicates"]).head(1)
      contender measure  estimate  high
    0    belief     auc     0.875   1.0
    """
    _check_names(replicates, names)
    low, high = percentiles(replicates.draws[:, replicates.usable], level)
    return _long(replicates.measures, {"contender": names}, replicates.estimate, low, high, replicates)


def one_measure(forecasts: Forecasts, measure: str, *, replicates: int, seed: int, level: float) -> pd.DataFrame:
    """Return one measure of every contender: contender, estimate, low, high, replicates.

    Parameters
    ----------
    forecasts : Forecasts
    measure : str
        auc, average_precision, log_loss or brier.
    replicates, seed, level
        As in `bootstrap` and `summarise`.

    Examples
    --------
    >>> rows = Forecasts(("belief",), np.array([0, 1]), np.array([[-1.0], [1.0]]), np.array([1, 2]))
    >>> one_measure(rows, "auc", replicates=50, seed=1, level=0.95)["estimate"].tolist()
    [1.0]
    """
    made = forecasts.bootstrap(Wanted((measure,)), replicates=replicates, seed=seed)
    return summarise(made, forecasts.names, level).drop(columns=["measure", "at"])


def from_refits(
    contender: str, measure: str, estimate: float, draws: np.ndarray, level: float
) -> tuple[str, str, float, float, float, int]:
    """Return a row of contender, measure, estimate, low, high, replicates from draws of which some may be NaN.

    >>> from_refits("belief", "calibration_slope", 1.0, np.array([0.5, 1.5, np.nan]), level=0.5)
    ('belief', 'calibration_slope', 1.0, 0.75, 1.25, 2)
    """
    usable = draws[np.isfinite(draws)]
    low, high = percentiles(usable[None, :, None], level)
    return contender, measure, estimate, float(low[0, 0]), float(high[0, 0]), len(usable)


def differences(
    replicates: Replicates, names: Sequence[str], baseline: str | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Return paired differences, contender less baseline, with percentile intervals.

    Parameters
    ----------
    replicates, names, level
        As in `summarise`.
    baseline : str, optional
        The contender all others are compared with; without it every pair comes once, the later
        name less the earlier one.

    Returns
    -------
    DataFrame
        Columns contender, baseline, measure, at, estimate, low, high, replicates.

    Examples
    --------
    >>> from eriq.study.evaluation.bootstrap import bootstrap
    >>> made = bootstrap([0, 1, 0, 1], [[0.2, 0.5], [0.7, 0.5], [0.6, 0.5], [0.6, 0.5]], [1, 2, 3, 4],
    ...                  replicates=50, seed=1)
    >>> differences(made, ["belief", "nobody"], "nobody").drop(columns=["at", "low", "replicates"]).head(1)
      contender baseline measure  estimate  high
    0    belief   nobody     auc     0.375   0.5
    """
    _check_names(replicates, names)
    usable = replicates.draws[:, replicates.usable]
    tables = []
    for b in range(len(names)) if baseline is None else [_position(names, baseline)]:
        others = [c for c in range(len(names)) if (c > b if baseline is None else c != b)]
        if others:
            low, high = percentiles(usable[:, :, others] - usable[:, :, [b]], level)
            keys = {"contender": [names[c] for c in others], "baseline": [names[b]] * len(others)}
            estimate = replicates.estimate[:, others] - replicates.estimate[:, [b]]
            tables.append(_long(replicates.measures, keys, estimate, low, high, replicates))
    if not tables:
        raise ValueError("a difference needs at least two contenders")
    return pd.concat(tables, ignore_index=True)


def skill(replicates: Replicates, names: Sequence[str], baseline: str, level: float = 0.95) -> pd.DataFrame:
    """Return the Brier skill of every other contender: the share of the baseline's score it saves.

    Parameters
    ----------
    replicates, names, baseline, level
        As in `differences`; 0 is "no better than the baseline", 1 is "always right".

    Returns
    -------
    DataFrame
        Columns contender, baseline, measure ("brier_skill"), at, estimate, low, high, replicates.

    Examples
    --------
    >>> from eriq.study.evaluation.bootstrap import bootstrap
    >>> made = bootstrap([0, 1, 0, 1], [[0.0, 0.5], [1.0, 0.5], [0.5, 0.5], [0.5, 0.5]], [1, 2, 3, 4],
    ...                  replicates=50, seed=1)
    >>> skill(made, ["belief", "nobody"], "nobody")["estimate"].tolist()
    [0.5]
    """
    _check_names(replicates, names)
    b = _position(names, baseline)
    others = [c for c in range(len(names)) if c != b]
    brier = replicates.place("brier")
    score, draws = replicates.estimate[brier], replicates.draws[brier][replicates.usable]
    if score[b] == 0 or (draws[:, b] == 0).any():
        raise ValueError("a baseline that is always right leaves no score to save")
    low, high = percentiles(1 - draws[None, :, others] / draws[None, :, [b]], level)
    keys = {"contender": [names[c] for c in others], "baseline": [baseline] * len(others)}
    return _long((Measure("brier_skill"),), keys, 1 - score[None, others] / score[b], low, high, replicates)


def percentiles(draws: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the percentile interval over axis 1; NaN when there are no draws.

    >>> low, high = percentiles(np.arange(101.0).reshape(1, 101, 1), level=0.5)
    >>> low.tolist(), high.tolist()
    ([[25.0]], [[75.0]])
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    if not draws.shape[1]:
        nothing = np.full((draws.shape[0], *draws.shape[2:]), np.nan)
        return nothing, nothing
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=1)
    return low, high


def _check_names(replicates: Replicates, names: Sequence[str]) -> None:
    contenders = replicates.estimate.shape[1]
    if len(names) != contenders or len(set(names)) != contenders:
        raise ValueError(f"{contenders} different names are needed, got {len(names)} of which {len(set(names))} differ")


def _position(names: Sequence[str], name: str) -> int:
    if name not in names:
        raise ValueError(f"baseline {name} is not among the contenders")
    return list(names).index(name)


def _long(
    measures: Sequence[Measure],
    keys: Mapping[str, Sequence[str]],
    estimate: FloatArray,
    low: FloatArray,
    high: FloatArray,
    replicates: Replicates,
) -> pd.DataFrame:
    """Return one row per contender and measure from arrays of shape (measures, contenders)."""
    contenders = estimate.shape[1]
    table = pd.DataFrame({name: np.repeat(np.array(given), len(measures)) for name, given in keys.items()})
    return table.assign(
        measure=[m.name for m in measures] * contenders,
        at=pd.array([m.at for m in measures] * contenders, dtype="str"),
        estimate=estimate.T.ravel(),
        low=low.T.ravel(),
        high=high.T.ravel(),
        replicates=int(replicates.usable.sum()),
    )
