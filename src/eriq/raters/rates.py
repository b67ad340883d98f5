"""Rates of an outcome under two conditions, as a ratio whose interval knows that rows of one person hang together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]
LEAST_PEOPLE = 20  # with the outcome on each side: below, the interval on the log scale is not to be trusted


@dataclass(frozen=True, slots=True)
class Ratio:
    """Rate on one side over the rate on the other; gaps, with the reason, where it cannot be told."""

    estimate: float
    low: float
    high: float
    n: int  # people on the smaller side
    why_not: str = ""


def rate_ratio(
    outcome: Floats,
    here: NDArray[np.bool_],
    cluster: NDArray[np.object_],
    *,
    expected: Floats | None = None,
    level: float = 0.95,
) -> Ratio:
    """Return how many times as often the outcome came where `here` holds as where it does not.

    Parameters
    ----------
    outcome : array of shape (n,)
        0 or 1.
    here : array of shape (n,)
        Which rows stand above the line of the ratio.
    cluster : array of shape (n,)
        Whose rows hang together: the client, or the caseworker.
    expected : array of shape (n,), optional
        Probability of the outcome by case mix, taken as given: each side's rate is then what came over what was
        expected of these clients (indirect standardisation).
    level : float
        Of the interval: delta method on the log ratio, sandwich variance over clusters.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> here = np.repeat([True, False], 2000)
    >>> ratio = rate_ratio((rng.random(4000) < np.where(here, 0.16, 0.2)) * 1.0, here, np.arange(4000).astype(object))
    >>> ratio.low < 0.8 < ratio.high
    True
    """
    _, who = np.unique(cluster.astype(str), return_inverse=True)
    sides = (here, ~here)
    people = [len(np.unique(who[side])) for side in sides]
    if min(len(np.unique(who[side & (outcome == 1)])) for side in sides) < LEAST_PEOPLE:
        return Ratio(np.nan, np.nan, np.nan, min(people), f"fewer than {LEAST_PEOPLE} with the outcome on one side")
    given = np.ones(len(outcome)) if expected is None else expected
    rate = [float(outcome[side].sum() / given[side].sum()) for side in sides]
    pull = [side * (outcome - r * given) / outcome[side].sum() for side, r in zip(sides, rate, strict=True)]
    se = float(np.sqrt((np.bincount(who, pull[0] - pull[1]) ** 2).sum()))
    middle, z = np.log(rate[0] / rate[1]), float(norm.ppf((1 + level) / 2))
    estimate, low, high = (float(np.exp(middle + side * z * se)) for side in (0, -1, 1))
    return Ratio(estimate, low, high, min(people))
