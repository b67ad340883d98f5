"""Whether people of a new period are as those of training: effect sizes, intervals and verdicts that know of n."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import chdtr, chdtrc, chdtri, chndtr, ndtri  # scipy.stats takes half the start of a scoring

from eriq.model.distributions import Binned, counted

MOVED, QUIET, UNKNOWN = "drift shown", "no drift shown", "not assessable"
LEAST = 50  # clients, under which nothing is said
WORTH = 0.1  # a population stability index that matters; the customary "small change"
EFFECT = ("effect", "effect_low", "effect_high")  # standardised difference of means
POWER = 0.8  # to find it: with less, silence says nothing


def psi(training: np.ndarray, new: np.ndarray) -> float:
    """Return the population stability index of two rows of counts, half a person added to each.

    >>> psi(np.array([50, 50]), np.array([50, 50]))
    0.0
    """
    p, q = ((x + 0.5) / (x + 0.5).sum() for x in (np.asarray(training, float), np.asarray(new, float)))
    return float(((q - p) * np.log(q / p)).sum())


def js_distance(training: np.ndarray, new: np.ndarray) -> float:
    """Return the Jensen-Shannon distance of two rows of counts, in bits: 0 alike, 1 apart.

    >>> js_distance(np.array([1, 0]), np.array([0, 1]))
    1.0
    """
    from scipy.spatial.distance import jensenshannon

    return float(jensenshannon(training, new, base=2))


def compare(
    training: Sequence[int], new: np.ndarray, level: float = 0.95, *, intervals: bool = True
) -> dict[str, float]:
    """Return PSI less what chance alone gives it, its interval, distance, p and power for a PSI of `WORTH`.

    Without `intervals` there is no distance either: scipy's package for it takes a tenth of the start of a scoring.

    Clients are independent, so the index over ``1/n + 1/m`` is about chi-square with bins less one degrees of freedom,
    non-central where the period differs; the interval inverts that.

    References
    ----------
    Yurdakul and Naranjo (2020), Journal of Risk Model Validation 14(4), 89-100.
    """
    a, b = np.asarray(training, float), np.asarray(new, float)
    used = a + b > 0
    a, b = a[used], b[used]
    df = len(a) - 1
    scale = 1 / a.sum() + 1 / b.sum()
    pearson = float(((a * np.sqrt(b.sum() / a.sum()) - b * np.sqrt(a.sum() / b.sum())) ** 2 / (a + b)).sum())
    found = pearson * scale  # Pearson's form of the index: its chi-square holds with small counts too
    tail = (1 - level) / 2
    ends = [scale * _noncentral(pearson, df, q) for q in (1 - tail, tail)] if intervals else [np.nan, np.nan]
    return {
        "estimate": max(0.0, found - df * scale),
        "low": ends[0],
        "high": ends[1],
        "psi": psi(a, b),
        "js_distance": js_distance(a, b) if intervals else np.nan,
        "p": float(chdtrc(df, pearson)),
        "df": float(df),
        "worth": WORTH / scale,
    }


def standardised(kept: Binned, values: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """Return the mean of known values less that of training, in standard deviations of training, and its interval.

    Glass's delta with its large-sample variance, without assuming equal spread; clients are independent, each has one
    value. Gaps where training kept no mean or nothing varied.

    Parameters
    ----------
    kept : Binned
    values : ndarray of shape (n_clients,)
        Gaps are NaN and left out; PSI sees them.
    level : float

    References
    ----------
    Glass (1976), Educational Researcher 5(10), 3-8; Hedges (1981), Journal of Educational Statistics 6, 107-128.

    Examples
    --------
    >>> kept = Binned(counts=(400, 400, 0), edges=(0.5,), mean=0.5, sd=0.5)
    >>> [round(x, 2) for x in standardised(kept, np.array([1.0, 0.0, 1.0, 1.0] * 25))]
    [0.5, 0.31, 0.69]
    """
    known = values[~np.isnan(values)]
    trained = sum(kept.counts[:-1])
    if kept.mean is None or not kept.sd or len(known) < LEAST or trained < LEAST:
        return np.nan, np.nan, np.nan
    d = float((known.mean() - kept.mean) / kept.sd)
    variance = 1 / trained + float(known.var(ddof=1)) / kept.sd**2 / len(known) + d**2 / (2 * trained)
    half = float(ndtri((1 + level) / 2) * np.sqrt(variance))
    return d, d - half, d + half


def _noncentral(statistic: float, df: int, quantile: float) -> float:
    """Return the non-centrality under which `statistic` is the `quantile` of its distribution; 0 where none is."""
    from scipy.optimize import brentq

    def miss(centre: float) -> float:
        return float(chndtr(statistic, df, centre) if centre else chdtr(df, statistic)) - quantile

    if miss(0.0) <= 0:
        return 0.0
    return float(brentq(miss, 0.0, 4 * statistic + 20 * df + 100))


def shift(
    kept: Mapping[str, Binned],
    blocks: Mapping[str, str],
    slices: Mapping[str, pd.DataFrame],
    alpha: float = 0.05,
    *,
    intervals: bool = True,
) -> pd.DataFrame:
    """Return for every slice and column how far it moved, with a verdict; Holm over all of them.

    Parameters
    ----------
    kept : mapping
        What the model knows of training, by column.
    blocks : mapping
        Column to its block.
    slices : mapping
        Name of a slice of the new period to its clients, one row each.
    alpha : float
        Chance that anything at all is called drift where nothing moved.
    intervals : bool
        Whether they are computed, which is nearly all of the time it takes.
    """
    rows = []
    for name, people in slices.items():
        for column in people.columns.intersection(list(kept)):
            values = people[column].to_numpy("float64")
            line = {"slice": name, "block": blocks[column], "column": column, "n": len(values)}
            binned = kept[column]
            possible = len(values) >= LEAST and sum(binned.counts) >= LEAST
            new = counted(values, binned.edges)
            possible = possible and (np.asarray(binned.counts) + new > 0).sum() > 1
            if possible:
                line |= compare(binned.counts, new, 1 - alpha, intervals=intervals)
                line |= dict(zip(EFFECT, standardised(binned, values, 1 - alpha), strict=True))
            rows.append(line)
    empty = [
        "slice",
        "block",
        "column",
        "n",
        "estimate",
        "low",
        "high",
        *EFFECT,
        "psi",
        "js_distance",
        "p",
        "df",
        "worth",
    ]
    table = pd.DataFrame(rows).reindex(columns=empty)
    known = table["p"].notna().to_numpy()
    table["p_holm"] = np.nan
    table.loc[known, "p_holm"] = holm(table.loc[known, "p"].to_numpy("float64"))
    df, worth = (table[name].to_numpy("float64") for name in ("df", "worth"))
    able = findable(df, worth, alpha / max(1, known.sum()))
    moved = (table["p_holm"] < alpha).to_numpy()
    table["verdict"] = np.where(moved, MOVED, np.where(able & known, QUIET, UNKNOWN))
    return table.drop(columns=["df", "worth"])


def findable(df: np.ndarray, worth: np.ndarray, alpha: float) -> np.ndarray:
    """Return whether an index of `WORTH` would be found with a chance of `POWER`: only then does silence say anything.

    >>> findable(np.array([4.0]), np.array([5.0, 50.0]), 0.05).tolist()
    [False, True]
    """
    return np.asarray(1 - chndtr(chdtri(df, alpha), df, worth) >= POWER)


def holm(p: np.ndarray) -> np.ndarray:
    """Return p-values adjusted for their number (Holm 1979).

    >>> holm(np.array([0.01, 0.04])).tolist()
    [0.02, 0.04]
    """
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted
