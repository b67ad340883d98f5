"""Whether two people who are asked the same of one client say the same: weighted kappa, ICC."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score

from eriq.psychometrics.reliability import FEWEST_ALPHA, LEVEL, not_assessable
from eriq.psychometrics.scales import Pair

Matrix = NDArray[np.float64]


def quadratic_kappa(pair: Matrix, levels: int) -> float:
    """Return Cohen's kappa with quadratic weights of two columns of places (Cohen 1968, Psychol Bull 70:213).

    >>> quadratic_kappa(np.array([[0, 0], [1, 1], [2, 2], [2, 1]], float), 3)
    0.8
    """
    places = pair.astype("int64")
    return float(cohen_kappa_score(places[:, 0], places[:, 1], labels=list(range(levels)), weights="quadratic"))


def icc_agreement(pair: Matrix, _levels: int = 0) -> float:
    """Return the intraclass correlation of absolute agreement of one rating: ICC(2,1), Shrout and Fleiss (1979).

    >>> round(icc_agreement(np.array([[9, 2], [6, 1], [8, 4], [7, 1], [10, 5], [6, 2]], float)), 3)
    0.126
    """
    n, k = pair.shape
    total = pair.mean()
    rows = k * ((pair.mean(axis=1) - total) ** 2).sum() / (n - 1)
    columns = n * ((pair.mean(axis=0) - total) ** 2).sum() / (k - 1)
    rest = ((pair - total) ** 2).sum() - rows * (n - 1) - columns * (k - 1)
    error = rest / ((n - 1) * (k - 1))
    return float((rows - error) / (rows + (k - 1) * error + k * (columns - error) / n))


MEASURES: dict[str, Callable[[Matrix, int], float]] = {"kappa": quadratic_kappa, "icc": icc_agreement}


def half_agreement(
    places: pd.DataFrame, pair: Pair, levels: int, rng: np.random.Generator, replicates: int = 200
) -> pd.DataFrame:
    """Return how far two halves agree on an indicator, with percentile intervals over clients: `HALF_AGREEMENT`.

    Parameters
    ----------
    places : DataFrame of shape (n_clients, n_items)
        One row per client.
    pair : Pair
    levels : int
        Answers to choose from.
    rng : Generator
    replicates : int
    """
    both = places[[pair.first, pair.second]].dropna()
    row: dict[str, object] = {"indicator": pair.indicator, "first": pair.first, "second": pair.second, "n": len(both)}
    if why := not_assessable(both, FEWEST_ALPHA):
        return pd.DataFrame([{**row, "measure": m, "estimate": np.nan, "why": why} for m in (*MEASURES, "same")])
    values = both.to_numpy("float64")
    draws = [values[rng.integers(0, len(values), len(values))] for _ in range(replicates)]
    rows = []
    for name, measure in {**MEASURES, "same": _same}.items():
        low, high = np.nanquantile([measure(d, levels) for d in draws], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        rows.append({**row, "measure": name, "estimate": measure(values, levels), "low": low, "high": high, "why": ""})
    return pd.DataFrame(rows)


def _same(pair: Matrix, _levels: int) -> float:
    """Return the share of pairs that are equal."""
    return float((pair[:, 0] == pair[:, 1]).mean())
