"""How forecasts are spread, and what each cut of them reaches: histogram, ROC and precision against recall."""

import numpy as np
import pandas as pd

from eriq.disclosure import min_people
from eriq.study.evaluation.forecasts import Forecasts

BINS, TOP = 20, 0.995  # of the histogram, up to the forecast that this share does not exceed; the last bin is open
CUTS = 80  # at most


def _apart(with_: np.ndarray, without: np.ndarray) -> tuple[list[int], list[int]]:
    """Return which cuts are kept, and the fewest rows of one outcome since the one before.

    Parameters
    ----------
    with_, without : ndarray of shape (n_cuts,)
        Rows above each cut, from the highest cut down; the last are all rows.

    Examples
    --------
    >>> _apart(np.array([5, 9, 12, 20]), np.array([6, 7, 30, 60]))
    ([0, 2], [5, 7])
    """
    step = max(min_people(), -(-int(with_[-1]) // CUTS))
    kept, fewest, last = list[int](), list[int](), (0.0, 0.0)
    for place, (a, b) in enumerate(zip(with_.tolist(), without.tolist(), strict=True)):
        since, left = (a - last[0], b - last[1]), (with_[-1] - a, without[-1] - b)
        if since[0] >= step and min(*since, *left) >= min_people():
            kept.append(place)
            fewest.append(round(min(since)))
            last = (a, b)
    return kept, fewest


def histogram(shown: Forecasts) -> pd.DataFrame:
    """Return how many rows have a forecast in each of equally wide bins, the same ones for all contenders.

    Rows count once, whatever their weight; the last bin also holds all higher forecasts.
    """
    top = float(np.quantile(shown.probability, TOP, axis=0).max()) or 1.0
    edges = np.linspace(0, top, BINS + 1)
    parts = []
    for name, probability in zip(shown.names, shown.probability.T, strict=True):
        counts, _ = np.histogram(np.minimum(probability, top), edges)
        parts.append(pd.DataFrame({"contender": name, "low": edges[:-1], "high": edges[1:], "n": counts}))
    return pd.concat(parts, ignore_index=True)


def roc(shown: Forecasts) -> pd.DataFrame:
    """Return what cuts of each forecast reach, all rows together: sensitivity, false positives, precision.

    Parameters
    ----------
    shown : Forecasts
        A contender with one forecast for everyone has no curve.

    Returns
    -------
    DataFrame
        One row per contender and cut, from the highest cut down. Between two cuts lie rows enough of either outcome to
        be told; `fewest` is the smallest number of rows of one outcome from the cut before on.
    """
    outcome = shown.outcome.astype(np.float64)
    weight = np.ones(len(outcome)) if shown.weights is None else shown.weights
    parts = []
    for name, probability in zip(shown.names, shown.probability.T, strict=True):
        if np.ptp(probability) < 1e-9:
            continue
        order = np.argsort(-probability, kind="stable")
        ends = np.flatnonzero(np.append(np.diff(probability[order]) < 0, True))  # of rows that tie, the last
        with_ = np.cumsum(outcome[order])[ends]
        kept, fewest = _apart(with_, ends + 1 - with_)
        at = ends[kept]
        hits, all_rows = (np.cumsum(part[order])[at] for part in (weight * outcome, weight))
        parts.append(
            pd.DataFrame(
                {
                    "contender": name,
                    "cut": probability[order][at],
                    "false_positive_rate": (all_rows - hits) / (weight @ (1 - outcome)),
                    "sensitivity": hits / (weight @ outcome),
                    "precision": hits / all_rows,
                    "fewest": fewest,
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
