"""What a saved model knows of the people it was trained on: counts per column, too coarse to tell of anyone."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from eriq.config import Section
from eriq.disclosure import min_people
from eriq.features import Feature

BINS = 8  # of a measured column, as far as that many people allow
FORECAST = "forecast"  # the log-odds the model gives, beside its columns


class Binned(Section):
    """How many clients had which values of a column; counts are rounded, and none is of fewer people."""

    edges: tuple[float, ...] = Field((), description="What parts the counts; a value on an edge belongs above it.")
    counts: tuple[int, ...] = Field(min_length=1, description="Between edges, and last without a value.")
    mean: float | None = Field(None, description="Of the values there are, to four digits; none: saved earlier.")
    sd: float | None = Field(None, description="The same of their standard deviation.")


def first_rows(client: np.ndarray) -> NDArray[np.intp]:
    """Return the place of the first row of every client, so that each counts once.

    >>> first_rows(np.array(["b", "a", "b"])).tolist()
    [0, 1]
    """
    return np.sort(np.unique(client, return_index=True)[1])


def counted(values: np.ndarray, edges: Sequence[float]) -> NDArray[np.int64]:
    """Return how many values lie between edges, and last how many are missing.

    >>> counted(np.array([1.0, 2.0, np.nan]), [2.0]).tolist()
    [1, 1, 1]
    """
    missing = np.isnan(values)
    place = np.searchsorted(np.asarray(edges, dtype=np.float64), values[~missing], side="right")
    return np.append(np.bincount(place, minlength=len(edges) + 1), missing.sum()).astype(np.int64)


def binned(values: np.ndarray, *, measured: bool) -> Binned | None:
    """Return counts of one value per client, or None where too few people are there.

    Parameters
    ----------
    values : ndarray of shape (n_clients,)
        Gaps are NaN.
    measured : bool
        Whether values are cut at quantiles; otherwise between levels.
    """
    least = min_people()
    known = np.sort(values[~np.isnan(values)])
    if len(known) < 2 * least:
        return None
    levels = np.unique(known)
    wanted = np.quantile(known, np.arange(1, BINS) / BINS) if measured and len(levels) > BINS else levels[1:]
    edges: list[float] = []
    begun = 0
    for edge in np.unique([float(f"{w:.3g}") for w in wanted] if measured else wanted):
        below = int(np.searchsorted(known, edge, side="left"))
        if below - begun >= least and len(known) - below >= least:
            edges.append(float(edge))
            begun = below
    counts = counted(values, edges)
    # Rounded, so that a count and the number of all clients give nobody away.
    told = tuple(int(least * np.round(n / least)) for n in counts)
    mean, sd = (float(f"{x:.4g}") for x in (known.mean(), known.std(ddof=1)))
    return Binned(edges=tuple(edges), counts=told, mean=mean, sd=sd)


def distributions(
    matrix: pd.DataFrame, used: Sequence[Feature], client: np.ndarray, log_odds: np.ndarray
) -> dict[str, Binned]:
    """Return counts per column of the model and of its forecast, of each client's first row; nothing sensitive.

    Parameters
    ----------
    matrix : DataFrame of shape (n_rows, n_columns)
    used : sequence of Feature
    client : ndarray of shape (n_rows,)
    log_odds : ndarray of shape (n_rows,)
        Out-of-fold forecasts, calibrated.
    """
    rows = first_rows(client)
    given: Mapping[str, Binned | None] = {
        **{
            f.name: binned(matrix[f.name].to_numpy("float64")[rows], measured=f.kind == "continuous")
            for f in used
            if not f.sensitive
        },
        FORECAST: binned(log_odds[rows], measured=True),
    }
    return {name: one for name, one in given.items() if one is not None}
