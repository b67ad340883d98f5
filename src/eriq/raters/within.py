"""The same client under two caseworkers: whether the outcome goes with the caseworker's belief within clients."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

SHOWN = "an association within clients was shown"
NOT_SHOWN = "an association within clients was not shown"
CANNOT_TELL = "cannot tell"
NOT_ASSESSABLE = "not assessable"
LEAST_CLIENTS = 50  # who met two caseworkers
WEAK = 10.0  # F of the instrument below which it is called weak: Staiger and Stock, Econometrica 65 (1997)


@dataclass(frozen=True, slots=True)
class Within:
    """Change of the outcome's probability with belief, within clients, or why it cannot be told."""

    estimate: float
    low: float
    high: float
    strength: float  # F of the instrument
    clients: int
    caseworkers: int
    verdict: str
    why: str = ""
    margin: float = np.nan  # in probability


def within_clients(rows: pd.DataFrame, *, once: bool = False, margin: float = 1 / 3, level: float = 0.95) -> Within:
    """Return how the probability of the outcome differs with belief within clients who met two caseworkers.

    Parameters
    ----------
    rows : DataFrame of shape (n_waves, any)
        client, caseworker, wave, believes (0 or 1) and outcome (0 or 1), without gaps, in order of wave.
    once : bool
        The outcome comes once and ends a client's rows, as an entry does. Then nobody is seen after it, every wave but
        the last is without it, and taking means off both sides would halve the slope. Each wave's leniency is set
        against that of the client's waves up to then, which the outcome cannot have touched (backward deviations).
    margin : float
        As a share of the outcome's rate. An interval inside ±margin says that no association was shown: a third is what
        was published as the least. One that holds 0 and is wider tells nothing.
    level : float
        Of the interval.

    Notes
    -----
    Fixed effects of client and wave; belief is instrumented by the leniency of the caseworker among other clients
    (Doyle, American Economic Review 97 (2007)). Two-way sandwich over clients and caseworkers (Cameron, Gelbach and
    Miller, Journal of Business and Economic Statistics 29 (2011)).

    Examples
    --------
    >>> alone = {"client": ["a"], "caseworker": ["x"], "wave": [1], "believes": [1.0], "outcome": [0.0]}
    >>> within_clients(pd.DataFrame(alone)).verdict
    'not assessable'
    """
    lenient = rows.assign(leniency=_leave_one_out(rows)).dropna(subset=["leniency"])
    met = lenient.groupby("client")["caseworker"].transform("nunique")
    kept = lenient[met > 1]
    counts = (int(kept["client"].nunique()), int(kept["caseworker"].nunique()))
    if counts[0] < LEAST_CLIENTS or counts[1] < 2:
        why = f"fewer than {LEAST_CLIENTS} clients met two caseworkers who also had other clients"
        return Within(np.nan, np.nan, np.nan, np.nan, *counts, NOT_ASSESSABLE, why)
    if kept["outcome"].nunique() < 2 or kept["believes"].nunique() < 2:
        why = "outcome or belief is the same in every row"
        return Within(np.nan, np.nan, np.nan, np.nan, *counts, NOT_ASSESSABLE, why)
    client, caseworker = (kept[name].factorize()[0] for name in ("client", "caseworker"))
    waves = pd.get_dummies(kept["wave"], drop_first=True).to_numpy("float64")
    told = kept[["outcome", "believes", "leniency"]].to_numpy("float64")
    if once:
        until = kept.groupby("client")["leniency"].expanding().mean().droplevel(0).reindex(kept.index)
        told[:, 2] -= until.to_numpy("float64")
        columns = np.column_stack([told, waves, np.ones(len(told))])
    else:
        columns = _demeaned(np.column_stack([told, waves]), client)
    outcome, believes, leniency = _without_waves(columns)
    first = float(leniency @ believes / (leniency @ leniency))
    strength = (
        first / _se(leniency * (believes - first * leniency), float(leniency @ leniency), client, caseworker)
    ) ** 2
    if strength < WEAK:
        why = f"caseworkers hardly differ in leniency: F of the instrument is below {WEAK:g}"
        return Within(np.nan, np.nan, np.nan, strength, *counts, CANNOT_TELL, why)
    slope = float(leniency @ outcome / (leniency @ believes))
    half = float(norm.ppf((1 + level) / 2)) * _se(
        leniency * (outcome - slope * believes), float(leniency @ believes), client, caseworker
    )
    low, high, small = slope - half, slope + half, margin * float(kept["outcome"].mean())
    verdict = SHOWN if low > 0 or high < 0 else NOT_SHOWN if max(-low, high) < small else CANNOT_TELL
    return Within(slope, low, high, strength, *counts, verdict, margin=small)


def _leave_one_out(rows: pd.DataFrame) -> Floats:
    """Return the mean belief of each row's caseworker among other clients; a gap where there are none."""
    staff, pair = (rows.groupby(by)["believes"] for by in ("caseworker", ["caseworker", "client"]))
    others = staff.transform("count") - pair.transform("count")
    total = staff.transform("sum") - pair.transform("sum")
    return (total / others.where(others > 0)).to_numpy("float64")


def _demeaned(columns: Floats, client: Codes) -> Floats:
    """Return columns less their mean over the rows of each client."""
    size = np.bincount(client)
    means = np.column_stack([np.bincount(client, column) / size for column in columns.T])
    return np.asarray(columns - means[client], dtype=np.float64)


def _without_waves(columns: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the first three columns, less what the others tell of them."""
    told, waves = columns[:, :3], columns[:, 3:]
    left = told - waves @ np.linalg.lstsq(waves, told, rcond=None)[0] if waves.shape[1] else told
    return left[:, 0], left[:, 1], left[:, 2]


def _se(score: Floats, bread: float, client: Codes, caseworker: Codes) -> float:
    """Return the standard error of a slope by the two-way sandwich."""
    both = pd.MultiIndex.from_arrays([client, caseworker]).factorize()[0]
    by = [float((np.bincount(codes, score) ** 2).sum()) for codes in (client, caseworker, both)]
    meat = by[0] + by[1] - by[2]
    return float(np.sqrt(meat if meat > 0 else max(by)) / abs(bread))
