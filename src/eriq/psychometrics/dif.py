"""Whether an item means the same in every group: ordinal logistic regression on the rest of its scale."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import chi2

from eriq.psychometrics.models import ordinal_fit
from eriq.psychometrics.reliability import not_assessable
from eriq.psychometrics.responses import holm_of
from eriq.psychometrics.scales import Scale

FEWEST_GROUP = 100  # people of a group (Zumbo 1999 asks for 200 in all, so that both of two have this many)
MOST = 2000  # people in a regression; more are drawn from, as effect sizes that matter are told apart by these
MODERATE, LARGE = 0.035, 0.070  # of Nagelkerke's R2 (Jodoin, Gierl 2001, Appl Meas Educ 14:329)
ALPHA = 0.05
NONE, SMALL_EFFECT, SOME, MUCH = "no difference shown", "negligible", "moderate", "large"
OPEN = "not assessable"


def differential(places: pd.DataFrame, scale: Scale, groups: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """Return, for each item of a scale, whether people of equal rest score answer it differently by group.

    Three nested regressions of the item: on the mean of the other items; with groups (the item is easier for some);
    with groups times that mean (it tells people apart better in some). The effect is the gain in Nagelkerke's R2 from
    first to last, the p value that of their likelihood ratio, held to the number of items by Holm's rule.

    Parameters
    ----------
    places : DataFrame of shape (n_clients, n_items)
        One row per client.
    scale : Scale
    groups : Series of shape (n_clients,)
        Named as the column it is; groups of fewer than 100 people are left out.
    rng : Generator
        Draws people where there are more than are needed.

    Returns
    -------
    DataFrame
        As in `DIF`, one row per item.

    Notes
    -----
    Zumbo (1999), A handbook on the theory and methods of differential item functioning.
    """
    column, mine = str(groups.name), places[list(scale.items)].reset_index(drop=True)
    whole = mine.notna().all(axis=1).to_numpy()
    named = groups.reset_index(drop=True).where(pd.Series(whole))
    size = named.value_counts()
    large = sorted(str(name) for name in size.index[size >= FEWEST_GROUP])
    kept = np.flatnonzero(named.astype("str").isin(large).to_numpy() & whole)
    kept = np.sort(rng.permutation(kept)[:MOST])
    rows = [
        _item(mine.iloc[kept], item, named.iloc[kept].astype("str"), large) | {"column": column, "scale": scale.name}
        for item in scale.items
    ]
    return _judged(pd.DataFrame(rows))


def _item(mine: pd.DataFrame, item: str, named: pd.Series, large: Sequence[str]) -> dict[str, object]:
    row: dict[str, object] = {
        "item": item, "n": len(mine), "groups": len(large), "effect": np.nan, "level_effect": np.nan, "p": np.nan,
        "easier_in": "", "harder_in": "", "verdict": OPEN, "why": "",
    }  # fmt: skip
    if len(large) < 2:
        return {**row, "why": f"fewer than two groups of {FEWEST_GROUP} people"}
    if why := not_assessable(mine, FEWEST_GROUP):
        return {**row, "why": why}
    rest = mine.drop(columns=item).mean(axis=1).to_numpy("float64")
    if rest.std() == 0:
        return {**row, "why": "nobody varies on the other items"}
    rest = (rest - rest.mean()) / rest.std()
    marks = np.column_stack([(named == name).to_numpy("float64") for name in large[1:]])
    steps = (rest[:, None], np.column_stack([rest, marks]), np.column_stack([rest, marks, marks * rest[:, None]]))
    fits = [ordinal_fit(mine[item], columns) for columns in steps]
    alone, shifted, crossed = fits
    if alone is None or shifted is None or crossed is None:
        return {**row, "why": "a regression did not settle"}
    shares = mine[item].value_counts(normalize=True).to_numpy()
    nothing = len(mine) * float((shares * np.log(shares)).sum())
    r2 = [_nagelkerke(fit.log_likelihood, nothing, len(mine)) for fit in (alone, shifted, crossed)]
    twice = max(0.0, 2 * (crossed.log_likelihood - alone.log_likelihood))
    shift = dict(zip(large, (0.0, *shifted.coefficients[1:]), strict=True))
    return {
        **row,
        "effect": max(0.0, r2[2] - r2[0]),
        "level_effect": max(0.0, r2[1] - r2[0]),
        "p": float(chi2.sf(twice, 2 * (len(large) - 1))),
        "easier_in": max(shift, key=lambda name: shift[name]),
        "harder_in": min(shift, key=lambda name: shift[name]),
    }


def _nagelkerke(fitted: float, nothing: float, n: int) -> float:
    """Return Nagelkerke's R2 (1991, Biometrika 78:691) from two log-likelihoods."""
    return float((1 - np.exp(2 * (nothing - fitted) / n)) / (1 - np.exp(2 * nothing / n)))


def _judged(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with p values held together by Holm's rule, and a verdict for each item."""
    judged = table.assign(p=holm_of(table["p"], twice=False))
    size = np.select([judged["effect"] >= LARGE, judged["effect"] >= MODERATE], [MUCH, SOME], SMALL_EFFECT)
    verdict = pd.Series(size, index=table.index).where(judged["p"] < ALPHA, NONE)
    shown = verdict.ne(NONE) & judged["effect"].notna()
    return judged.assign(
        verdict=verdict.where(judged["effect"].notna(), OPEN),
        easier_in=judged["easier_in"].where(shown, ""),
        harder_in=judged["harder_in"].where(shown, ""),
    )
