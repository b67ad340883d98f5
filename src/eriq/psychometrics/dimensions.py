"""One factor or several: parallel analysis, and the loadings of as many factors as it keeps."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.psychometrics.models import factors_of
from eriq.psychometrics.reliability import FEWEST, correlation_of, not_assessable, pairwise_covariance
from eriq.psychometrics.scales import Scale

DRAWS = 100  # random tables
QUANTILE = 0.95  # of their eigenvalues, which one of a real factor exceeds


@dataclass(frozen=True, slots=True, eq=False)
class Dimensions:
    """Eigenvalues beside those of chance, and loadings."""

    eigenvalues: pd.DataFrame  # PARALLEL_ANALYSIS
    loadings: pd.DataFrame  # FACTOR_LOADINGS


def dimensions(places: pd.DataFrame, scale: Scale, rng: np.random.Generator) -> Dimensions:
    """Return how many factors stand out from chance, and what loads on each.

    Horn (1965), Psychometrika 30:179, with columns shuffled apart rather than normal numbers, so that coarse and
    skewed answers are their own yardstick, and the 95th percentile instead of the mean.

    Parameters
    ----------
    places : DataFrame of shape (n_clients, n_items)
    scale : Scale
    rng : Generator
        Shuffles.
    """
    mine = places[list(scale.items)]
    why = not_assessable(mine, FEWEST) or ("a factor needs three items" if len(scale.items) < 3 else "")
    if why:
        row = {"scale": scale.name, "factor": 1, "n": len(mine), "eigenvalue": np.nan, "by_chance": np.nan}
        return Dimensions(pd.DataFrame([{**row, "kept": False, "why": why}]), pd.DataFrame())
    values = mine.to_numpy("float64")
    correlations = correlation_of(pairwise_covariance(values))
    found = np.linalg.eigvalsh(correlations)[::-1]
    chance = np.quantile([_shuffled(values, rng) for _ in range(DRAWS)], QUANTILE, axis=0)
    kept = np.logical_and.accumulate(found > chance)
    table = pd.DataFrame(
        {
            "scale": scale.name,
            "factor": np.arange(1, len(found) + 1),
            "n": len(mine),
            "eigenvalue": found,
            "by_chance": chance,
            "kept": kept,
            "why": "",
        }
    )
    return Dimensions(table, _loadings(scale, correlations, max(1, int(kept.sum())), len(mine)))


def _shuffled(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the eigenvalues of a table whose columns know nothing of each other."""
    made: np.ndarray = np.linalg.eigvalsh(correlation_of(pairwise_covariance(rng.permuted(values, axis=0))))[::-1]
    return made


def _loadings(scale: Scale, correlations: np.ndarray, kept: int, n: int) -> pd.DataFrame:
    """Return the loadings of as many factors as were kept, or of fewer where so many do not hold."""
    k = next((k for k in range(kept, 0, -1) if factors_of(correlations, k)), 0)
    factors = factors_of(correlations, k) if k else None
    if factors is None:
        return pd.DataFrame()
    return pd.DataFrame(
        {
            "scale": scale.name,
            "item": np.repeat(scale.items, k),
            "factor": np.tile(np.arange(1, k + 1), len(scale.items)),
            "n": n,
            "loading": factors.loadings.ravel(),
            "uniqueness": np.repeat(factors.uniqueness, k),
        }
    )
