"""Optimism by caseworker, for those who were asked to name and said why: in order of ids, never of merit."""

from dataclasses import dataclass

import pandas as pd
from scipy.stats import norm

from eriq.raters.variance import Share


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Named:
    """A table about members of staff, or in words why there is none."""

    table: pd.DataFrame  # caseworker_id, estimate, low, high, n
    left_out: int  # caseworkers with too few clients
    why_not: str = ""


def named_optimism(share: Share, seen: int, least: int, *, level: float = 0.95) -> Named:
    """Return shrunken optimism of each caseworker with enough clients, with its interval.

    Parameters
    ----------
    share : Share
    seen : int
        Caseworkers in all.
    least : int
        Clients of a caseworker who is named.
    level : float
        Of the interval of each by itself.

    Returns
    -------
    Named
        No table where it was not shown that caseworkers differ at all: all would be drawn to the same value, and an
        interval around it would be of no width.

    Examples
    --------
    >>> import numpy as np
    >>> from eriq.raters.variance import caseworker_share
    >>> staff = np.repeat(np.arange(30).astype(str), 10).astype(object)
    >>> share = caseworker_share(np.repeat(np.arange(30.0), 10) + np.tile(np.arange(10.0), 30), staff)
    >>> named = named_optimism(share, seen=31, least=10)
    >>> len(named.table), named.left_out
    (30, 1)
    """
    none = pd.DataFrame({"caseworker_id": [], "estimate": [], "low": [], "high": [], "n": []})
    if share.why_not:
        return Named(none, seen, share.why_not)
    if not share.low > 0:
        return Named(none, seen, "that caseworkers differ was not shown")
    half = float(norm.ppf((1 + level) / 2)) * share.error
    ends = {"estimate": share.optimism, "low": share.optimism - half, "high": share.optimism + half}
    table = pd.DataFrame({"caseworker_id": share.names, **ends, "n": share.sizes})
    kept = table[table["n"] >= least].sort_values("caseworker_id", ignore_index=True)
    return Named(kept, seen - len(kept))
