"""How much of the variance of answers is the caseworker, and how optimism is spread over caseworkers."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution
from scipy.stats import hmean

Floats = NDArray[np.float64]

LEAST_CASEWORKERS = 20  # below, a distribution would be about single members of staff
LEAST_CLIENTS = 5  # of a caseworker who counts


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """Share of variance that is the caseworker, or in words why it cannot be told."""

    estimate: float
    low: float
    high: float
    caseworkers: int
    clients: int
    why_not: str = ""
    # Of each caseworker, in order of ids; never shown where this is printed.
    names: NDArray[np.str_] = field(default_factory=lambda: np.empty(0, dtype="str"), repr=False)
    sizes: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp), repr=False)  # clients
    optimism: Floats = field(default_factory=lambda: np.empty(0), repr=False)  # shrunken, in the unit of the answer
    error: Floats = field(default_factory=lambda: np.empty(0), repr=False)  # standard, of optimism


def caseworker_share(answer: Floats, caseworker: NDArray[np.object_], *, level: float = 0.95) -> Share:
    """Return the intraclass correlation of answers by caseworker, with its interval.

    Parameters
    ----------
    answer : array of shape (n,)
        One per client, so that answers of one caseworker are independent; gaps are left out.
    caseworker : array of shape (n,)
        Who answered.
    level : float
        Of the interval.

    Returns
    -------
    Share
        All gaps with `why_not` where too few caseworkers have enough clients, or nobody varies.

    Notes
    -----
    Unweighted means with the harmonic mean of the group sizes: Thomas and Hultquist, Annals of Statistics 6 (1978).
    Optimism is the best linear predictor: each mean is drawn towards the mean of all by its reliability. Its error is
    what is left of the spread of caseworkers, and that of the mean of all (Henderson, Biometrics 31 (1975)).

    Examples
    --------
    >>> staff = np.repeat(np.arange(30).astype(str), 10).astype(object)
    >>> share = caseworker_share(np.repeat(np.arange(30.0), 10) + np.tile(np.arange(10.0), 30), staff)
    >>> share.low < share.estimate < share.high, share.caseworkers
    (True, 30)
    """
    known = ~np.isnan(answer)
    names, who = np.unique(caseworker[known].astype(str), return_inverse=True)
    size = np.bincount(who, minlength=len(names))
    enough = size >= LEAST_CLIENTS
    value, who, names = answer[known][enough[who]], np.cumsum(enough)[who[enough[who]]] - 1, names[enough]
    k, n = int(enough.sum()), len(value)
    if k < LEAST_CASEWORKERS:
        return _none(k, n, f"fewer than {LEAST_CASEWORKERS} caseworkers with {LEAST_CLIENTS} clients each")
    size = np.bincount(who)
    mean = np.bincount(who, value) / size
    within = float(((value - mean[who]) ** 2).sum() / (n - k))
    if within == 0:
        return _none(k, n, "the answers of a caseworker do not vary")
    even = float(hmean(size))
    ratio = even * float(mean.var(ddof=1)) / within
    tails = f_distribution.ppf([0.5, (1 + level) / 2, (1 - level) / 2], k - 1, n - k)
    theta = np.maximum(0, (np.array([ratio, ratio / tails[1], ratio / tails[2]]) - 1) / even)
    shrink = size * theta[0] / (1 + size * theta[0])
    estimate, low, high = (float(part) for part in theta / (1 + theta))
    of_mean = float((theta[0] + 1 / size).mean()) / k  # variance of the mean of all, in units of `within`
    error = np.sqrt(within * (theta[0] * (1 - shrink) + (1 - shrink) ** 2 * of_mean))
    return Share(estimate, low, high, k, n, "", names, size, shrink * (mean - mean.mean()), error)


def _none(caseworkers: int, clients: int, why: str) -> Share:
    return Share(np.nan, np.nan, np.nan, caseworkers, clients, why)
