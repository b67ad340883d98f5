"""How well the items of a scale hold together: alpha, omega, and what each item does for it."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eriq.psychometrics.models import Factors, factors_of
from eriq.psychometrics.scales import Scale

Matrix = NDArray[np.float64]

FEWEST = 100  # people: with fewer, a factor model of a scale says little (MacCallum and others 1999)
FEWEST_ALPHA = 30  # people: the interval of an alpha of fewer is wider than any use of it
GROUP_FACTORS = 3  # below the general one; two leave it open how large it is
LEVEL = 0.95


def pairwise_covariance(places: Matrix, weights: Matrix | None = None) -> Matrix:
    """Return covariances, each of the rows that have both items; a row counts as often as its weight says.

    >>> pairwise_covariance(np.array([[0.0, 1], [1, 2], [2, np.nan], [3, 5]])).round(3).tolist()
    [[1.667, 3.167], [3.167, 4.333]]
    """
    there = ~np.isnan(places)
    times = (np.ones(len(places)) if weights is None else weights)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = np.nansum(places * times, axis=0) / (there * times).sum(axis=0)
        filled = np.where(there, places - centre, 0.0)
        held = there.astype("float64")
        n = held.T @ (held * times)
        sums = filled.T @ (held * times)
        made: Matrix = (filled.T @ (filled * times) - sums * sums.T / n) / (n - 1)
    return made


def correlation_of(covariance: Matrix) -> Matrix:
    """Return correlations from covariances."""
    sd = np.sqrt(np.diag(covariance))
    made: Matrix = covariance / np.outer(sd, sd)
    return made


def cronbach_alpha(covariance: Matrix) -> float:
    """Return Cronbach's alpha (1951, Psychometrika 16:297) from a covariance matrix.

    >>> round(cronbach_alpha(np.full((4, 4), 0.5) + 0.5 * np.eye(4)), 6)
    0.8
    """
    k = len(covariance)
    return float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))


def omega_total(correlations: Matrix, factors: Factors) -> float:
    """Return the share of the variance of a sum that the items have in common: McDonald's omega total (1999)."""
    return float(1 - factors.uniqueness.sum() / correlations.sum())


def omega_hierarchical(correlations: Matrix, factors: Factors) -> float:
    """Return the share of the variance of a sum that one general factor has: Schmid-Leiman on correlated factors.

    Schmid and Leiman (1957), Psychometrika 22:53; Zinbarg and others (2005), Psychometrika 70:123. NaN where the
    correlations of the factors have no general one.
    """
    above = factors_of(factors.correlations, 1)
    if above is None:
        return float("nan")
    general = factors.loadings @ above.loadings[:, 0]
    return float(general.sum() ** 2 / correlations.sum())


def _alpha(covariance: Matrix) -> Mapping[str, float]:
    return {"alpha": cronbach_alpha(covariance)}


def _with_omega(covariance: Matrix) -> Mapping[str, float]:
    """Return alpha and both omegas; NaN of what the factors do not hold for."""
    made = {"alpha": cronbach_alpha(covariance), "omega_total": np.nan, "omega_hierarchical": np.nan}
    correlations = correlation_of(covariance)
    several = len(covariance) >= 2 * GROUP_FACTORS
    if factors := factors_of(correlations, GROUP_FACTORS if several else 1):
        made["omega_total"] = omega_total(correlations, factors)
        if several:
            made["omega_hierarchical"] = omega_hierarchical(correlations, factors)
    return made


def not_assessable(places: pd.DataFrame, least: int) -> str:
    """Return why nothing can be said of these items, or nothing.

    >>> not_assessable(pd.DataFrame({"a": [1.0, 1.0], "b": [0.0, 1.0]}), 2)
    'nobody varies on a'
    """
    people = int(places.notna().sum().min()) if len(places) else 0
    if people < least:
        return f"fewer than {least} people answered"
    if constant := [str(name) for name in places if places[name].nunique() < 2]:
        return f"nobody varies on {', '.join(constant)}"
    both = places.notna().to_numpy("float64")
    if (both.T @ both).min() < least:
        return f"some two items have fewer than {least} people in common"
    return ""


def reliability(places: pd.DataFrame, scale: Scale, rng: np.random.Generator, replicates: int = 200) -> pd.DataFrame:
    """Return alpha and omegas of a scale with percentile intervals over clients.

    Parameters
    ----------
    places : DataFrame of shape (n_clients, n_items)
        Of `places`, one row per client.
    scale : Scale
    rng : Generator
        Draws clients.
    replicates : int

    Returns
    -------
    DataFrame
        As in `SCALE_RELIABILITY`; what cannot be assessed has its reason and no number.
    """
    mine = places[list(scale.items)]
    rows = [_row(scale, mine, measure) for measure in ("alpha", "omega_total", "omega_hierarchical")]
    if why := not_assessable(mine, FEWEST_ALPHA):
        return pd.DataFrame([{**row, "why": why} for row in rows])
    why = not_assessable(mine, FEWEST) or ("a factor needs three items" if len(scale.items) < 3 else "")
    measures: Callable[[Matrix], Mapping[str, float]] = _alpha if why else _with_omega
    values = mine.to_numpy("float64")
    found = measures(pairwise_covariance(values))
    drawn = pd.DataFrame(
        [
            dict(measures(pairwise_covariance(values, rng.multinomial(len(values), _even(len(values))).astype(float))))
            for _ in range(replicates)
        ]
    )
    few = f"a general factor needs {2 * GROUP_FACTORS} items"
    hierarchical = why or (few if len(scale.items) < 2 * GROUP_FACTORS else "")
    reasons = {"alpha": "", "omega_total": why, "omega_hierarchical": hierarchical}
    return pd.DataFrame([_told(row, found, drawn, reasons[str(row["measure"])]) for row in rows])


def _even(n: int) -> Matrix:
    return np.full(n, 1 / n)


def _row(scale: Scale, mine: pd.DataFrame, measure: str) -> dict[str, object]:
    return {
        "scale": scale.name,
        "items": len(scale.items),
        "n": int(mine.notna().any(axis=1).sum()),
        "measure": measure,
        "estimate": np.nan,
        "low": np.nan,
        "high": np.nan,
        "replicates": 0,
        "why": "",
    }


def _told(row: dict[str, object], found: Mapping[str, float], drawn: pd.DataFrame, why: str) -> dict[str, object]:
    name = str(row["measure"])
    if why or not np.isfinite(found.get(name, np.nan)):
        return {**row, "why": why or "the factors do not hold: an item would have nothing of its own"}
    held = drawn[name].dropna()
    low, high = np.quantile(held, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if len(held) else (np.nan, np.nan)
    return {**row, "estimate": found[name], "low": low, "high": high, "replicates": len(held)}


def item_statistics(places: pd.DataFrame, scale: Scale, levels: Mapping[str, int]) -> pd.DataFrame:
    """Return what each item does in its scale: difficulty, spread, item-total correlation, alpha without it.

    Parameters
    ----------
    places : DataFrame of shape (n_clients, n_items)
    scale : Scale
    levels : mapping
        Item -> how many answers there are to choose from.

    Returns
    -------
    DataFrame of shape (n_items, ...)
        As in `ITEM_STATISTICS`. Difficulty is the mean place as a share of the highest: near 0 few are ready on it,
        near 1 nearly all are.
    """
    mine = places[list(scale.items)]
    rows = []
    for item in scale.items:
        given = mine[item]
        rest = mine.drop(columns=item)
        why = not_assessable(mine[[item]], FEWEST_ALPHA)
        with_rest = why or not_assessable(mine, FEWEST_ALPHA)
        top = levels[item] - 1
        row: dict[str, object] = {
            "scale": scale.name,
            "item": item,
            "n": int(given.notna().sum()),
            "difficulty": np.nan if why else given.mean() / top,
            "sd": np.nan if why else given.std() / top,
            "item_total": np.nan,
            "alpha_without": np.nan,
            "levels": levels[item],
            "levels_used": int(given.nunique()),
            "why": with_rest,
        }
        if not with_rest:
            row["item_total"] = given.corr(rest.mean(axis=1))
            if len(scale.items) > 2:
                row["alpha_without"] = cronbach_alpha(pairwise_covariance(rest.to_numpy("float64")))
        rows.append(row)
    return pd.DataFrame(rows)
